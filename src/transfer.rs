//! An export or import under way, as `pkg/transfer.js` drives it part by part. Packs and unpacks nothing.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Promise, Uint8Array};
use syncline_core::{
    engine::{Client, Export, Import},
    model::{Error, ErrorCode},
};
use wasm_bindgen::prelude::*;

use crate::{client::promise, errors::to_js, host::Browser};

/// An export under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Exporter {
    client: Client<Browser>,
    /// Taken while a part is read.
    export: Rc<RefCell<Option<Export>>>,
}

impl Exporter {
    pub(crate) fn of(client: Client<Browser>) -> Self {
        Self { client, export: Rc::new(RefCell::new(Some(Export::default()))) }
    }
}

#[wasm_bindgen]
impl Exporter {
    /// The next part, as UTF-8; undefined: that was all.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array | undefined>")]
    pub fn next(&self) -> Promise {
        let (client, place) = (self.client.clone(), Rc::clone(&self.export));
        promise(async move {
            let export = place.borrow_mut().take();
            let Some(export) = export else { return Ok(JsValue::UNDEFINED) };
            let Some((text, export)) = client.export_part(export).await? else {
                return Ok(JsValue::UNDEFINED);
            };
            place.replace(Some(export));
            Ok(Uint8Array::from(text.as_bytes()).into())
        })
    }
}

/// An import under way.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Importer {
    client: Client<Browser>,
    /// Taken by its end, and by an error.
    import: Rc<RefCell<Option<Import>>>,
}

impl Importer {
    pub(crate) fn of(client: Client<Browser>) -> Self {
        Self { client, import: Rc::new(RefCell::new(Some(Import::default()))) }
    }
}

#[wasm_bindgen]
impl Importer {
    /// Takes the next piece of the file, unpacked.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn push(&self, piece: &[u8]) -> Result<(), JsValue> {
        let mut import = self.import.borrow_mut();
        import.as_mut().map_or(Ok(()), |import| import.push(piece)).map_err(|error| to_js(&error))
    }

    /// Takes the file in, in place of what is there or beside it; gives how many records.
    #[wasm_bindgen(unchecked_return_type = "Promise<number>")]
    pub fn finish(&self, is_replacing: bool) -> Promise {
        let (client, import) = (self.client.clone(), self.import.borrow_mut().take());
        promise(async move {
            let import = import.ok_or_else(|| Error::new(ErrorCode::Closed, "the import has ended"))?;
            let records =
                if is_replacing { client.restore(import).await? } else { client.merge(import).await? };
            #[allow(clippy::cast_precision_loss, reason = "a count of records in memory")]
            Ok(JsValue::from_f64(records as f64))
        })
    }
}
