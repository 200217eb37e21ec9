//! A live query as an app keeps it: by the patches it is told of, asking anew only where it is told to. Judges nothing but
//! whether that is what a query would find.

use std::rc::Rc;

use serde_json::{Value, json};
use syncline_core::{
    engine::Client,
    model::{Error, LiveChange, LiveNumber, Patch},
    query::{HasText as _, Query},
};
use syncline_protocol::{CollectionName, RecordId};

use crate::{chance::Chance, device::Life, ground::Ground, oracle::Seen, stage::Simulated};

/// One live query of an app.
#[derive(Debug)]
pub(crate) struct LiveAnswer {
    number: LiveNumber,
    collection: CollectionName,
    query: Query,
    /// The answer; `None`: it has to be asked for.
    docs: Option<Vec<(RecordId, String)>>,
}

impl LiveAnswer {
    /// Takes in what the app is told. Gives whether the query has to be opened anew.
    pub(crate) fn handle(&mut self, change: &LiveChange) -> bool {
        match change {
            LiveChange::Stale(numbers) => numbers.contains(&self.number),
            LiveChange::Record { record, text, patches } => {
                let mine = patches.iter().filter(|(number, _)| *number == self.number);
                for (_, patch) in mine {
                    match (patch, &mut self.docs) {
                        (Patch::Moved { from, to }, Some(docs)) => {
                            if let Some(from) = from.filter(|from| *from < docs.len()) {
                                docs.remove(from);
                            }
                            if let (Some(to), Some(text)) = (to.filter(|to| *to <= docs.len()), text) {
                                docs.insert(to, (record.clone(), text.clone()));
                            }
                        }
                        (Patch::Window, docs) => *docs = None,
                        (Patch::Moved { .. }, None) => {}
                    }
                }
                false
            }
        }
    }
}

/// Some query, with and without a condition, an order and a limit.
pub(crate) fn some_query(chance: &Chance) -> Result<Query, Error> {
    let digit = chance.below(10);
    let condition = match chance.below(5) {
        0 => json!({}),
        1 => json!({"a": {"startsWith": format!("t{digit}")}}),
        2 => json!({"a": {"gte": format!("t{digit}")}}),
        3 => json!({"a": {"lt": format!("t{digit}")}, "b": {"ne": "t1"}}),
        _ => json!({"b": {"gt": "t"}}),
    };
    let mut query = json!({"where": condition});
    let mut set = |name: &str, value: Value| {
        if let Some(query) = query.as_object_mut() {
            query.insert(name.to_owned(), value);
        }
    };
    if chance.happens(500) {
        set("orderBy", json!(if chance.happens(500) { "a" } else { "-b" }));
    }
    if chance.happens(300) {
        set("limit", json!(chance.between(1, 3)));
    }
    Query::parse(&query)
}

/// Makes sure that the app has a live answer: opens a query, or asks for what it was told has changed.
pub(crate) async fn keep_live(
    ground: Rc<Ground>,
    life: Rc<Life>,
    client: Client<Simulated>,
    collection: CollectionName,
    query: Query,
) -> Result<(), Error> {
    let asked = {
        let live = life.told.live.borrow();
        live.as_ref().map(|live| (live.number, live.collection.clone(), live.docs.is_none()))
    };
    let found = match asked {
        Some((_, _, false)) => return Ok(()),
        Some((number, collection, true)) => client.live_answer(&collection, number).await?,
        None => {
            let number = life.told.next_live();
            let found = client.open_live(&collection, &query, number).await?;
            let query = query.clone();
            life.told.live.replace(Some(LiveAnswer { number, collection, query, docs: None }));
            Some(found)
        }
    };
    ground.say(|| format!("{:?} is answered {:?} to {query:?}", life.owner, found.as_ref().map(Vec::len)));
    // Nothing is awaited from the answer to here, so no patch can have come between.
    let mut live = life.told.live.borrow_mut();
    match (live.as_mut(), found) {
        (Some(live), Some(found)) => {
            let docs = found.into_iter().filter_map(|(id, row)| Some((id, row.text()?.to_owned())));
            live.docs = Some(docs.collect());
        }
        (_, None) => *live = None,
        (None, Some(_)) => {}
    }
    Ok(())
}

/// The live answer is what the query finds by the log, as far as this context knows it.
pub(crate) fn check_live(ground: &Ground, seen: &Seen, life: &Life, client: &Client<Simulated>) {
    let live = life.told.live.borrow();
    let Some(LiveAnswer { collection, query, docs: Some(docs), .. }) = &*live else { return };
    ground.count(|counts| &mut counts.live_answers);
    let expected = by_scan(seen, collection, query, client.database().sequence());
    if expected.as_ref() != Some(docs) {
        ground.find(|| {
            format!("{:?} keeps {docs:?} as the answer to {query:?}, and it is {expected:?}", life.owner)
        });
    }
}

/// What a query finds by the log, as of an entry.
pub(crate) fn by_scan(
    seen: &Seen,
    collection: &CollectionName,
    query: &Query,
    sequence: syncline_store::Sequence,
) -> Option<Vec<(RecordId, String)>> {
    let views = seen.views.borrow();
    let all = views.all_at(collection, sequence).into_iter().map(|((_, id), doc)| (id.clone(), doc));
    let found = query.select(all).ok()?;
    Some(found.into_iter().map(|(id, doc)| (id, doc.to_owned())).collect())
}
