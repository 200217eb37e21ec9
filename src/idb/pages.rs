//! Reads pages, over the connection that writes: after a start there is no other yet, and a page is what is needed first.
//! Writes nothing.

use std::rc::Rc;

use futures::future::{try_join, try_join_all};
use syncline_store::{Head, PageId};
use wasm_bindgen::JsValue;
use web_sys::IdbDatabase;

use super::convert::{head, key, page};
use super::error::{Failure, classify};
use super::known;
use super::schema::{HEAD, META, PAGES};
use super::signal::Signal;

/// Reads the head and pages, as of one moment. All requests are sent in the stretch in which the transaction begins: Safari
/// ends one that has none by then.
pub(super) async fn pages(
    database: &IdbDatabase,
    ids: &[PageId],
) -> Result<(Head, Vec<Option<Rc<[u8]>>>), Failure> {
    let sent = || {
        let transaction = database.transaction_with_str_sequence(&known::list(&[META, PAGES]))?;
        let reading = Signal::of_request(&transaction.object_store(META)?.get(&known::text(HEAD))?);
        let stored = transaction.object_store(PAGES)?;
        let row = |id: &PageId| Ok(Signal::of_request(&stored.get(&key(id.0))?));
        let rows = ids.iter().map(row).collect::<Result<Vec<_>, JsValue>>()?;
        Ok((reading, try_join_all(rows)))
    };
    let (reading, rows) = sent().map_err(|error: JsValue| Failure::undone(classify(&error)))?;
    let read = try_join(reading, rows).await;
    let (head_row, rows) = read.map_err(|error| Failure::of_transaction(&error))?;
    let head = head(Some(&head_row)).map_err(Failure::undone)?;
    let pages = rows.iter().map(page).collect::<Result<_, _>>().map_err(Failure::undone)?;
    Ok((head, pages))
}
