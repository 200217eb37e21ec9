//! What must be so once all is quiet: devices, contexts, apps, disks and the server agree, and statuses tell the truth. Waits
//! for nothing but its own questions.

use std::{cell::Cell, collections::BTreeMap, rc::Rc};

use futures::FutureExt as _;
use serde_json::Value;
use syncline_core::{
    engine::Client,
    model::{RecordState, State, version_of},
    query::{HasText as _, Query},
};
use syncline_store::{Database, Options, Read};

use crate::{
    app::{NEWEST, Schema, check_live, check_read, look, own_field, own_record, solo_record},
    device::{Device, Life, cards, strategies},
    ground::Ground,
    oracle::{Pair, Seen},
    service::RecordKey,
    stage::Simulated,
    world::World,
};

/// Checks everything that must be so.
pub(crate) fn check(world: &World) {
    let expected = Rc::new(expected(world));
    let asked = Rc::new(Cell::new(0_u64));
    for device in &world.devices {
        world.ground.check(check_alone(world, device, &expected));
        let expected = Rc::new(seen_by(device, &expected));
        world.ground.check(check_disk(device));
        for (life, client) in device.living() {
            if life.open_calls.get() > 0 {
                world
                    .ground
                    .find(|| format!("{:?} never answered {} calls", life.owner, life.open_calls.get()));
            }
            asked.set(asked.get().saturating_add(1));
            let (ground, seen, asked) =
                (Rc::clone(&world.ground), Rc::clone(device.seen()), Rc::clone(&asked));
            let schema = device.seen().versions.of(life.owner);
            let expected = shown(schema, here(world, device, &expected));
            let owner = life.owner;
            let asking = async move {
                let checked = check_context(&ground, &seen, life, client, &expected).await;
                ground.check(checked);
                asked.set(asked.get().saturating_sub(1));
            };
            world.ground.tasks.spawn(owner, Box::pin(asking));
        }
        check_leader(world, device);
    }
    world.run_for(2_000);
    if asked.get() > 0 {
        world.ground.find(|| format!("{} contexts do not answer", asked.get()));
    }
}

pub(super) type Docs = BTreeMap<RecordKey, String>;

pub(super) fn expected(world: &World) -> Docs {
    let history = world.service.history.borrow();
    history.latest().filter_map(|(key, deed)| Some((key.clone(), deed.doc.clone()?))).collect()
}

/// What the user of a device sees: of a record in conflict, the local edit.
fn seen_by(device: &Device, expected: &Docs) -> Docs {
    let mut docs = expected.clone();
    let rows = device.seen().rows.borrow();
    // An app of the device may have brought up what another one shows: that it is the server's was seen already.
    let is_kept = |key: &RecordKey, pair: &Pair| {
        pair.is_conflicting() || (key.0 == cards() && expected.contains_key(key))
    };
    for (key, pair) in rows.records.iter().filter(|(key, pair)| is_kept(key, pair)) {
        match pair.seen() {
            Some(doc) => drop(docs.insert(key.clone(), doc.to_owned())),
            None => drop(docs.remove(key)),
        }
    }
    docs
}

/// What an app shows of that by its version of cards.
fn shown(schema: Schema, docs: Docs) -> Docs {
    docs.into_iter()
        .map(|(key, doc)| {
            let doc = schema.shown(&key.0, &doc);
            (key, doc)
        })
        .collect()
}

/// What of that is on a device: some may have left it.
fn here(world: &World, device: &Device, expected: &Docs) -> Docs {
    let history = world.service.history.borrow();
    let rows = device.seen().rows.borrow();
    let has_left = |key: &RecordKey| {
        let last = history.deeds(key).last();
        rows.pair(key).seen().is_none()
            && last.is_some_and(|deed| device.seen().may_lack(key, deed.edited_at))
    };
    expected.iter().filter(|(key, _)| !has_left(key)).map(|(key, doc)| (key.clone(), doc.clone())).collect()
}

/// The records whose end can be told without knowing any rule of merging.
fn check_alone(world: &World, device: &Device, expected: &Docs) -> Result<(), String> {
    let solo = solo_record(device.index);
    if let Some((_, doc)) = device.seen().last_edit(&solo)
        && expected.get(&solo) != doc.as_ref()
    {
        return Err(format!("{solo:?} was left as {doc:?} and is {:?}", expected.get(&solo)));
    }
    let own = own_record();
    let is_overwritten = world.devices.iter().any(|device| device.seen().overwritten.borrow().contains(&own));
    let edited = device.seen().last_edit(&own).and_then(|(_, doc)| doc);
    // Where it has left, nobody knows any more what the next edit of it is made on.
    let edited = edited.filter(|_| world.ground.weather.retain.is_none());
    if let Some(doc) = edited.filter(|_| !is_overwritten) {
        let field = |text: &String| -> Option<Value> {
            let doc: Value = serde_json::from_str(text).ok()?;
            doc.get(own_field(device.index)).cloned()
        };
        if expected.get(&own).and_then(field) != field(&doc) {
            return Err(format!("{own:?} was left as {doc:?} and is {:?}", expected.get(&own)));
        }
    }
    Ok(())
}

/// The disk, read afresh, holds what the log said.
fn check_disk(device: &Device) -> Result<(), String> {
    let read = async {
        let database = Database::open(device.disk.clone(), Options::default(), ()).await?;
        let everything = [Read::prefix(&[])];
        database
            .read(&everything, |view| {
                let Some(Read::Range { start, end }) = everything.first() else { return BTreeMap::new() };
                view.range(start, end.as_ref()).map(|(key, value)| (key, value.to_vec())).collect()
            })
            .await
    };
    let found: Option<Result<BTreeMap<_, _>, _>> = read.now_or_never();
    match found {
        Some(Ok(found)) if found == device.seen().rows.borrow().raw => Ok(()),
        found => Err(format!("the disk of device {} is not what its log says: {found:?}", device.index)),
    }
}

fn check_leader(world: &World, device: &Device) {
    let leaders = device.living().iter().filter(|(_, client)| client.status().leader).count();
    if leaders != 1 {
        world.ground.find(|| format!("device {} has {leaders} leaders", device.index));
    }
}

/// No card that an app finds is older than the app; an older app beside it may write one between a look and the answer.
async fn check_versions(life: &Life, client: &Client<Simulated>, schema: Schema) -> Result<(), String> {
    let mut older = None;
    for _ in 0..3 {
        let found = client.select(&cards(), &Query::default()).await.map_err(|error| error.to_string())?;
        let is_older = |row: &str| version_of(row) < schema.0;
        older = found.into_iter().find(|(_, row)| row.text().is_some_and(is_older));
        if older.is_none() {
            return Ok(());
        }
    }
    let older = older.map(|(record, row)| (record, row.text().map(str::to_owned)));
    Err(format!("{:?} knows {schema:?} and finds {older:?}", life.owner))
}

/// What is there still of what was expected when the looking began: some may have left since, by commits that were explained.
fn remaining(seen: &Seen, expected: &Docs) -> Docs {
    let rows = seen.rows.borrow();
    let is_here = |key: &RecordKey| {
        let pair = rows.pair(key);
        pair.base.is_some() || pair.queue.is_some()
    };
    expected.iter().filter(|(key, _)| is_here(key)).map(|(key, doc)| (key.clone(), doc.clone())).collect()
}

async fn check_context(
    ground: &Rc<Ground>,
    seen: &Rc<Seen>,
    life: Rc<Life>,
    client: Client<Simulated>,
    expected: &Docs,
) -> Result<(), String> {
    let owner = life.owner;
    for name in strategies().into_keys() {
        check_read(ground, seen, &life, &client, (&name, &Query::default())).await;
        let count = client.count(&name, &Query::default()).await.map_err(|error| error.to_string())?;
        let number = |docs: &Docs| docs.keys().filter(|(collection, _)| *collection == name).count() as u64;
        if count != number(expected) && count != number(&remaining(seen, expected)) {
            return Err(format!("{owner:?} counts {count} of {} in {name}", number(expected)));
        }
    }
    let schema = seen.versions.of(owner);
    check_versions(&life, &client, schema).await?;
    look(Rc::clone(&life), client.clone(), schema).await;
    check_live(ground, seen, &life, &client);
    // Another app of the device may have brought up meanwhile what this one shows.
    let newest = |docs: &Docs| shown(Schema(NEWEST), docs.clone());
    let known = newest(&life.told.known.borrow());
    if known != newest(expected) && known != newest(&remaining(seen, expected)) {
        return Err(format!(
            "{owner:?} believes {:?} by what it was told, and so it is: {expected:?}",
            life.told.known.borrow()
        ));
    }
    let pending = client.pending().await.map_err(|error| error.to_string())?;
    let parked = client.parked().await.map_err(|error| error.to_string())?;
    let status = client.status();
    let conflicts = seen.rows.borrow().records.values().filter(|pair| pair.is_conflicting()).count() as u64;
    let really_parked = seen.rows.borrow().parked.len();
    let is_counted = status.pending == 0
        && pending.is_empty()
        && parked.len() == really_parked
        && status.parked == really_parked as u64
        && status.conflicts == conflicts
        && client.conflicts().await.map_err(|error| error.to_string())?.len() as u64 == conflicts;
    let is_settled = matches!(status.state, State::Synced | State::Syncing) && status.error.is_none();
    if !is_counted || !is_settled || status.collections.values().any(|of| !of.enabled || of.pending > 0) {
        return Err(format!("{owner:?} says {status:?} with {really_parked} parked"));
    }
    if life.told.status.borrow().as_ref() != Some(&*client.status()) {
        return Err(format!(
            "{owner:?} was told {:?} last and is {:?}",
            life.told.status.borrow(),
            client.status()
        ));
    }
    for key in expected.keys() {
        let state = client.record_state(&key.0, &key.1).await.map_err(|error| error.to_string())?;
        let is_parked =
            parked.iter().any(|row| (&row.change.collection, &row.change.record) == (&key.0, &key.1));
        let pair = seen.rows.borrow().pair(key);
        let wanted = match (pair.is_conflicting(), is_parked) {
            (true, _) => RecordState::Conflict,
            (false, true) => RecordState::Parked,
            // It has left the device since the looking began, which this context may have heard of or not.
            (false, false) if pair.base.is_none() && pair.queue.is_none() => match state {
                RecordState::Synced => RecordState::Synced,
                _ => RecordState::Absent,
            },
            (false, false) => RecordState::Synced,
        };
        if state != wanted {
            return Err(format!("{owner:?} says that {key:?} is {state:?}"));
        }
    }
    Ok(())
}
