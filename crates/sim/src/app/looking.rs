//! Reads, compared with what the log says was to be seen; and an app that reads again only what it is told has changed.

use std::{collections::BTreeSet, rc::Rc};

use syncline_core::{
    engine::Client,
    model::Error,
    query::{HasText as _, Query},
};
use syncline_protocol::{CollectionName, RecordId};
use syncline_store::Sequence;

use super::{Schema, live::by_scan};
use crate::{
    device::{Life, strategies},
    ground::Ground,
    oracle::{Seen, Views},
    stage::Simulated,
};

type Docs = Vec<(RecordId, String)>;

async fn find(client: &Client<Simulated>, collection: &CollectionName, query: &Query) -> Result<Docs, Error> {
    let found = client.select(collection, query).await?;
    Ok(found.into_iter().filter_map(|(id, row)| Some((id, row.text()?.to_owned()))).collect())
}

/// Asks a query: its answer must be what a scan of the log finds at one moment between the question and the answer, and
/// never of an earlier moment than the context has told of before.
pub(crate) async fn check_read(
    ground: &Ground,
    seen: &Seen,
    life: &Life,
    client: &Client<Simulated>,
    (collection, query): (&CollectionName, &Query),
) {
    let first = client.database().sequence();
    check_floor(ground, life, first);
    let Ok(found) = find(client, collection, query).await else { return };
    let last = client.database().sequence();
    check_floor(ground, life, last);
    ground.count(|counts| &mut counts.reads);
    let is_so = |sequence| by_scan(seen, collection, query, sequence).as_ref() == Some(&found);
    if !Views::was(first, last, is_so) {
        ground.find(|| {
            format!(
                "{:?} finds {found:?} by {query:?} in {collection}, which was not so from {first:?} to {last:?}",
                life.owner
            )
        });
    }
}

fn check_floor(ground: &Ground, life: &Life, sequence: Sequence) {
    if sequence < life.floor.get() {
        ground.find(|| format!("{:?} went back from {:?} to {sequence:?}", life.owner, life.floor.get()));
    }
    life.floor.set(sequence);
}

/// Reads again what was told to have changed.
pub(crate) async fn look(life: Rc<Life>, client: Client<Simulated>, schema: Schema) {
    if life.is_looking.replace(true) {
        return;
    }
    for collection in strategies().into_keys() {
        let Some(stale) = life.told.take_stale(&collection) else { continue };
        if refresh(&life, &client, schema, (&collection, stale)).await.is_err() {
            life.told.stale.borrow_mut().insert(collection, None);
        }
    }
    life.is_looking.set(false);
}

async fn refresh(
    life: &Life,
    client: &Client<Simulated>,
    schema: Schema,
    (collection, stale): (&CollectionName, Option<BTreeSet<RecordId>>),
) -> Result<(), Error> {
    let known = &life.told.known;
    match stale {
        None => {
            let found = find(client, collection, &Query::default()).await?;
            let mut known = known.borrow_mut();
            known.retain(|(name, _), _| name != collection);
            known.extend(
                found
                    .into_iter()
                    .map(|(id, text)| ((collection.clone(), id), schema.shown(collection, &text))),
            );
        }
        Some(ids) => {
            let ids: Vec<RecordId> = ids.into_iter().collect();
            let docs = client.read(collection, &ids).await?;
            let mut known = known.borrow_mut();
            for (id, doc) in ids.into_iter().zip(docs) {
                match doc {
                    Some(doc) => drop(known.insert((collection.clone(), id), schema.shown(collection, &doc))),
                    None => drop(known.remove(&(collection.clone(), id))),
                }
            }
        }
    }
    Ok(())
}
