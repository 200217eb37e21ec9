//! What `pkg/begin.js` opened and read while this module was on its way. Reads nothing itself.

use std::collections::BTreeMap;

use js_sys::Array;
use syncline_store::{Blobs, DiskError, Generation, Loaded, PageId};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use web_sys::IdbDatabase;

use super::convert::{blob, head, number};
use super::schema::{counting, entries};

#[wasm_bindgen]
extern "C" {
    /// What `pkg/begin.js` hands over: a connection, and its rows as of one moment.
    #[derive(Debug)]
    pub type Begun;

    #[wasm_bindgen(method, getter)]
    pub(super) fn database(this: &Begun) -> IdbDatabase;

    #[wasm_bindgen(method, getter)]
    fn head(this: &Begun) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn directory(this: &Begun) -> JsValue;

    /// The numbers of the entries.
    #[wasm_bindgen(method, getter)]
    fn numbers(this: &Begun) -> Array;

    #[wasm_bindgen(method, getter)]
    fn entries(this: &Begun) -> Array;

    /// The ids of the pages; none, where they are many.
    #[wasm_bindgen(method, getter)]
    fn ids(this: &Begun) -> Array;

    #[wasm_bindgen(method, getter)]
    fn pages(this: &Begun) -> Array;
}

/// Rows that were read ahead, each for whoever asks for it first.
pub(super) struct Ahead {
    generation: Generation,
    loaded: Option<Loaded>,
    pages: BTreeMap<PageId, JsValue>,
}

impl Ahead {
    pub(super) fn of(begun: &Begun) -> Result<Self, DiskError> {
        let head = head(Some(&begun.head()))?;
        let directory = Some(begun.directory()).filter(|row| !row.is_undefined());
        let directory = directory.map(|row| blob(&row)).transpose()?;
        let entries = counting(head, entries(begun.numbers(), begun.entries())?);
        let page = |(id, page): (JsValue, JsValue)| Ok((PageId(number(&id)?), page));
        let pages = begun.ids().into_iter().zip(begun.pages()).map(page).collect::<Result<_, DiskError>>()?;
        Ok(Self { generation: head.generation, loaded: Some(Loaded { head, directory, entries }), pages })
    }

    pub(super) fn take_loaded(&mut self) -> Option<Loaded> {
        self.loaded.take()
    }

    /// Pages never change, so those of the generation that was read are what they were. `None`: not all of them are here.
    pub(super) fn take_pages(&mut self, generation: Generation, ids: &[PageId]) -> Option<Blobs> {
        if generation != self.generation || !ids.iter().all(|id| self.pages.contains_key(id)) {
            return None;
        }
        ids.iter().map(|id| Some(blob(&self.pages.remove(id)?).ok())).collect()
    }
}
