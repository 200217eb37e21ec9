//! The transactions of a compaction: one that counts, and as many more as it takes to clear away what it folded.
//! Does not decide what is folded.

use futures::future::try_join;
use js_sys::{Array, Uint8Array};
use syncline_store::{Compaction, Generation, Head, Sequence};
use wasm_bindgen::JsValue;
use web_sys::{IdbDatabase, IdbKeyRange};

use super::commit::Writing;
use super::convert::{head, head_row, key, number};
use super::error::{Failure, classify};
use super::known;
use super::schema::{DIRECTORY, HEAD, LOG, META, PAGES, damaged};
use super::signal::Signal;

/// How many entries one transaction deletes. Chromium takes some 5 µs for each, and commits wait meanwhile.
const ENTRIES_AT_ONCE: u64 = 1_000;

/// What came of the transaction that counts.
pub(super) enum Replaced {
    /// The disk has the next generation; entries up to here, if any, are still to be cleared away.
    Done(Option<Sequence>),
    /// Another context compacted first; nothing was written.
    Stale,
}

/// Replaces pages, directory and head, and deletes the first of the folded entries, unless the generation is another one.
pub(super) async fn replace(database: &IdbDatabase, compaction: &Compaction) -> Result<Replaced, Failure> {
    let writing = Writing::begin(database, &[LOG, META, PAGES], "relaxed")?;
    let sent = || {
        let head = writing.store(META)?.get(&known::text(HEAD))?;
        let first = writing.store(LOG)?.get_all_keys_with_key_and_limit(&JsValue::UNDEFINED, 1)?;
        Ok((Signal::of_request(&head), Signal::of_request(&first)))
    };
    let (head_row, first) = sent().map_err(|error: JsValue| Failure::undone(classify(&error)))?;
    let read = try_join(head_row, first).await;
    let (head_row, first) = read.map_err(|error| Failure::of_transaction(&error))?;
    let head = head(Some(&head_row)).map_err(Failure::undone)?;
    if head.generation != compaction.generation {
        return Ok(Replaced::Stale);
    }
    let first = Array::from(&first).iter().next().map(|first| number(&first)).transpose();
    let last = first.map_err(Failure::undone)?.map(|first| last_of_some(first, compaction.through));
    if let Err(error) = write(&writing, compaction, head, last) {
        // A part of the requests may have been sent.
        writing.undo();
        return Err(Failure::undone(classify(&error)));
    }
    writing.ended().await?;
    Ok(Replaced::Done(last.filter(|last| *last < compaction.through)))
}

/// Deletes some of the entries behind `last` that are folded away, and returns the last one of them; `None`: that was all.
pub(super) async fn clear(
    database: &IdbDatabase,
    last: Sequence,
    through: Sequence,
) -> Result<Option<Sequence>, Failure> {
    let writing = Writing::begin(database, &[LOG], "relaxed")?;
    let last = last_of_some(last.next().0, through);
    delete_entries(&writing, last).map_err(|error| Failure::undone(classify(&error)))?;
    writing.end().await?;
    Ok(Some(last).filter(|last| *last < through))
}

fn last_of_some(first: u64, through: Sequence) -> Sequence {
    through.min(Sequence(first.saturating_add(ENTRIES_AT_ONCE - 1)))
}

fn write(
    writing: &Writing,
    compaction: &Compaction,
    head: Head,
    last: Option<Sequence>,
) -> Result<(), JsValue> {
    let (pages, meta) = (writing.store(PAGES)?, writing.store(META)?);
    for id in &compaction.delete {
        pages.delete(&key(id.0))?;
    }
    for (id, page) in &compaction.put {
        pages.put_with_key(&Uint8Array::from(&**page), &key(id.0))?;
    }
    for (sequence, entry) in &compaction.set_aside {
        meta.put_with_key(&Uint8Array::from(&**entry), &damaged(*sequence))?;
    }
    meta.put_with_key(&Uint8Array::from(compaction.directory.as_slice()), &known::text(DIRECTORY))?;
    let generation: Generation = compaction.generation.next();
    let head = Head { generation, through: compaction.through, ..head };
    meta.put_with_key(&head_row(head), &known::text(HEAD))?;
    last.map_or(Ok(()), |last| delete_entries(writing, last))
}

fn delete_entries(writing: &Writing, last: Sequence) -> Result<(), JsValue> {
    let range = IdbKeyRange::upper_bound(&key(last.0))?;
    writing.store(LOG)?.delete(&range.into()).map(drop)
}
