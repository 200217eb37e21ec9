//! Heals a world and lets it come to rest: by calls of sync, or by the schedule alone. Judges only whether it does.

use syncline_store::Sequence;

use crate::{
    app::User,
    device::{Device, strategies},
    oracle::{is_of, number},
    world::World,
};

/// How long a healthy world may take to come to rest, in milliseconds: retries back off for five minutes at most.
const PATIENCE: u64 = 1_500_000;
/// One step of that.
const STEP: u64 = 15_000;

/// Heals the world and waits for quiet.
pub(crate) fn settle(world: &World, is_by_schedule: bool) {
    world.ground.say(|| format!("peace, by schedule: {is_by_schedule}"));
    heal(world);
    for device in &world.devices {
        // Every collection, and a last word, after which every context knows the log to its end.
        if let Some(user) = User::at(device, &world.will) {
            user.enable(strategies().into_keys().collect(), true);
            user.write_last_word(&world.tokens);
        }
    }
    // Users may leave conflicts as they are; the rest of the world comes to rest all the same.
    let is_choosing = world.will.happens(700);
    let mut waited = 0;
    let mut is_quiet_again = false;
    while waited < PATIENCE && !world.ground.has_finding() {
        for user in world.devices.iter().filter_map(|device| User::at(device, &world.will)) {
            user.confirm();
        }
        if !is_by_schedule && !is_quiet_again {
            for user in world.devices.iter().filter_map(|device| User::at(device, &world.will)) {
                drop(user.sync());
            }
        }
        if is_choosing {
            for user in world.devices.iter().filter_map(|device| User::at(device, &world.will)) {
                user.choose(true, &world.tokens, &world.will);
            }
        }
        world.run_for(STEP);
        waited = waited.saturating_add(STEP);
        let is_quiet = what_is_left(world).is_none();
        if is_quiet && is_quiet_again && what_is_open(world).is_none() {
            return;
        }
        is_quiet_again = is_quiet;
    }
    if let Some(left) = what_is_left(world).or_else(|| what_is_open(world)) {
        world.ground.find(|| format!("no quiet after {waited} ms of peace: {left}"));
    }
}

fn heal(world: &World) {
    world.ground.calm_down();
    for device in &world.devices {
        device.is_ill.set(false);
        device.around.link.set(false, true);
        device.around.link.save_data(false);
        device.around.is_signed_out.set(false);
        let frozen: Vec<_> =
            device.contexts.borrow().iter().filter(|life| life.is_frozen.get()).cloned().collect();
        for life in frozen {
            life.presence.come_back();
            device.thaw(&life);
        }
    }
    world.service.deliver_late();
    // What hangs gives up, what was closed ends, what did not open is opened again.
    for _ in 0..3 {
        world.run_for(5_000);
        for device in &world.devices {
            device.sweep();
            world.open(device);
        }
    }
    world.run_for(5_000);
}

/// What keeps the world from being quiet: queued changes, records that differ, contexts that lag.
fn what_is_left(world: &World) -> Option<String> {
    world.devices.iter().find_map(|device| left_on(world, device, device.seen().sequence()))
}

/// What is not answered yet, or not tried again: a cycle that keeps a bandwidth takes its time, and so does one that failed.
fn what_is_open(world: &World) -> Option<String> {
    let living = world.devices.iter().flat_map(Device::living);
    living.into_iter().find_map(|(life, client)| {
        let open = life.open_calls.get();
        let error = client.status().error.clone();
        let is_open = open > 0 || error.is_some();
        is_open.then(|| format!("{:?} has {open} calls without an answer, and says {error:?}", life.owner))
    })
}

/// What keeps a device from being quiet, where every context must know the log up to an entry.
pub(super) fn left_on(world: &World, device: &Device, least: Sequence) -> Option<String> {
    let seen = device.seen();
    let rows = seen.rows.borrow();
    let history = world.service.history.borrow();
    if let Some((key, pair)) =
        rows.records.iter().find(|(_, pair)| pair.queue.is_some() && !pair.is_conflicting())
    {
        return Some(format!("device {} has a change queued at {key:?}: {pair:?}", device.index));
    }
    for (key, deed) in history.latest() {
        let base = rows.records.get(key).and_then(|pair| pair.base.as_ref());
        let is_same = match &deed.doc {
            Some(doc) => base.is_some_and(|base| {
                let is_of = |schema| is_of(&base.doc, key, doc, schema);
                seen.versions.all().into_iter().any(is_of) && number(base) == Some(deed.version)
            }),
            None => base.is_none(),
        };
        let is_same = is_same || base.is_none() && seen.may_lack(key, deed.edited_at);
        if !is_same {
            return Some(format!(
                "device {} has {key:?} as {base:?} and the server as {deed:?}",
                device.index
            ));
        }
    }
    let living = device.living();
    if living.is_empty() {
        return Some(format!("device {} has no context", device.index));
    }
    living.into_iter().find_map(|(life, client)| {
        let known = client.database().sequence();
        (known < least)
            .then(|| format!("{:?} of device {} is at {known:?} of {least:?}", life.owner, device.index))
    })
}
