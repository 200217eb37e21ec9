//! A disk that goes bad once all is quiet: edits that can still be read survive, and everything else is pulled again. Spoils one
//! bit, so at most one row cannot be read; the device's log explains nothing from there on, and is not asked any more.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use futures::FutureExt as _;
use syncline_core::{
    engine::Client,
    model::{Error, ErrorCode},
    query::{HasText as _, Query},
};
use syncline_store::{Disk as _, Part};

use super::agreement::{Docs, expected};
use crate::{
    app::{NEWEST, Schema, User},
    device::{Device, strategies},
    ground::Ground,
    oracle::Ask,
    service::RecordKey,
    stage::Simulated,
    world::World,
};

/// Edits that are queued when it happens.
const QUEUED: usize = 6;
/// How long a device may take to mend, in milliseconds, and a step of that.
const PATIENCE: u64 = 900_000;
const STEP: u64 = 15_000;

/// What a device says after it: its documents, how many changes are queued, and where somebody has to choose: an edit that was
/// answered long ago may come back with what is salvaged, and meets the record as any old edit does.
type Said = Result<(Docs, usize, BTreeSet<RecordKey>), Error>;

/// Spoils a disk with edits queued on it, in worlds where that happens, and waits for everything to be well.
pub(crate) fn check_damage(world: &World) {
    // Where old records leave a device, it may rightly have less than the server once it has pulled from nothing.
    let weather = &world.ground.weather;
    let is_damaged = weather.is_damaged && weather.retain.is_none();
    let Some(device) = world.devices.first().filter(|_| is_damaged) else { return };
    let queued = write_offline(world, device);
    device.crash_all();
    if world.ground.has_finding() {
        return;
    }
    device.seen().excuse();
    world.service.history.borrow_mut().excuse();
    spoil(world, device);
    device.around.link.set(false, true);
    let said = mended(world, device);
    let server = expected(world);
    let lost = queued.iter().filter(|(key, doc)| server.get(*key) != Some(*doc)).count();
    if !is_well(said.as_ref(), &server) || lost > 1 {
        world.ground.find(|| {
            format!("a bit was spoiled, {lost} of {queued:?} are lost, here is {said:?} and there {server:?}")
        });
    }
}

/// Whether nothing is queued, and the device has what the server has wherever nobody has to choose.
fn is_well(said: Option<&Said>, server: &Docs) -> bool {
    let Some(Ok((docs, 0, kept))) = said else { return false };
    // Which version a device keeps is its app's affair.
    let settled = |docs: &Docs| -> Docs {
        let docs = docs.iter().filter(|(key, _)| !kept.contains(*key));
        docs.map(|(key, doc)| (key.clone(), Schema(NEWEST).shown(&key.0, doc))).collect()
    };
    settled(docs) == settled(server)
}

/// Edits records that nobody else does, without a connection.
fn write_offline(world: &World, device: &Device) -> BTreeMap<RecordKey, String> {
    device.around.link.set(true, true);
    let mut queued = BTreeMap::new();
    for number in 0..QUEUED {
        let (key, doc, intent) = world.tokens.kept(number);
        if let Some(user) = User::at(device, &world.will) {
            user.ask(Ask::Write(vec![intent]));
            world.run_for(300);
            queued.insert(key, doc);
        }
    }
    world.run_for(2_000);
    queued
}

fn spoil(world: &World, device: &Device) {
    let Some(Ok(loaded)) = device.disk.load().now_or_never() else { return };
    let entries = loaded.entries.iter().map(|(sequence, _)| Part::Entry(*sequence));
    let parts: Vec<Part> = entries.chain(device.disk.page_ids().into_iter().map(Part::Page)).collect();
    let Some(part) = world.will.pick(&parts) else { return };
    let flip = |bytes: &mut Vec<u8>| {
        let at = world.will.below(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << world.will.between(0, 7);
        }
    };
    match part {
        Part::Entry(sequence) => device.disk.damage_entry(*sequence, flip),
        Part::Page(id) => device.disk.damage_page(*id, flip),
        Part::Directory => {}
    }
    world.ground.say(|| format!("device {} has a spoiled bit in {part:?}", device.index));
    world.ground.count(|counts| &mut counts.disks_damaged);
}

/// Opens the device anew and asks until it has come to rest; `None`: it does not answer.
fn mended(world: &World, device: &Device) -> Option<Said> {
    let mut waited = 0;
    let mut last = None;
    while waited < PATIENCE {
        device.sweep();
        world.open(device);
        world.run_for(STEP);
        waited = waited.saturating_add(STEP);
        let Some(user) = User::at(device, &world.will) else { continue };
        let said = Rc::<RefCell<Option<Said>>>::default();
        let (place, client, ground) = (Rc::clone(&said), user.client.clone(), Rc::clone(&world.ground));
        let asking = async move {
            place.replace(Some(ask(&ground, &client).await));
        };
        world.ground.tasks.spawn(user.life.owner, Box::pin(asking));
        world.run_for(STEP);
        waited = waited.saturating_add(STEP);
        last = said.take();
        if is_well(last.as_ref(), &expected(world)) {
            return last;
        }
    }
    last
}

/// Looking is what finds the damage, and that sync was on may be what was lost.
async fn ask(ground: &Ground, client: &Client<Simulated>) -> Said {
    client.enable(strategies().into_keys().collect(), true).await?;
    drop(docs(client).await?);
    ground.time_passes(1_000).await;
    if let Err(error) = client.sync().await {
        // What was deleted long ago comes back with what is salvaged, and may be so much that a user has to let it go again.
        let awaited = error.collection.clone().filter(|_| error.code == ErrorCode::MassDeletion);
        client.confirm_deletions(awaited.ok_or(error)?).await?;
        client.sync().await?;
    }
    let kept = client.conflicts().await?.into_iter().map(|conflict| (conflict.collection, conflict.record));
    Ok((docs(client).await?, client.pending().await?.len(), kept.collect()))
}

async fn docs(client: &Client<Simulated>) -> Result<Docs, Error> {
    let mut docs = Docs::new();
    for name in strategies().into_keys() {
        let found = client.select(&name, &Query::default()).await?;
        let texts = found.into_iter().filter_map(|(id, row)| Some((id, row.text()?.to_owned())));
        docs.extend(texts.map(|(id, text)| ((name.clone(), id), text)));
    }
    Ok(docs)
}
