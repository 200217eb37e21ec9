//! Where the live channel is up, news comes by itself and at once, not with the next poll. Heals nothing, and looks at no
//! record but the one that it has written.

use syncline_core::model::Channel;

use super::healing::left_on;
use crate::{app::User, device::Device, world::World};

/// How long news may take while nothing is wrong, in milliseconds: a moment of quiet, a push, a hint, and a pull.
const PROMPT: u64 = 8_000;

/// How long the word of a commit may take to the other contexts of its device, in milliseconds.
const WORD: u64 = 1_000;

/// One device writes; whoever is live must have it soon.
pub(crate) fn check_promptness(world: &World) {
    let Some(user) = world.devices.first().and_then(|device| User::at(device, &world.will)) else { return };
    // Over a channel that ends meanwhile nothing comes, and the one after it may be up for too short a time.
    let channels = |device: &Device| device.around.link.channels();
    let live = world.devices.iter().filter(|device| is_live(device));
    let live: Vec<_> = live.map(|device| (device, channels(device))).collect();
    user.write_last_word(&world.tokens);
    world.run_for(PROMPT - WORD);
    // A poll may well have noted its end just now.
    let known: Vec<_> =
        live.into_iter().map(|(device, before)| (device, before, device.seen().sequence())).collect();
    world.run_for(WORD);
    let is_same = |device: &Device, before: u64| is_live(device) && channels(device) == before;
    for (device, _, least) in known.into_iter().filter(|(device, before, _)| is_same(device, *before)) {
        if let Some(left) = left_on(world, device, least) {
            world.ground.find(|| format!("after {PROMPT} ms with a live channel {left}"));
        }
    }
}

fn is_live(device: &Device) -> bool {
    let leads = |status: &syncline_core::model::Status| status.leader && status.channel == Channel::Live;
    device.living().iter().any(|(_, client)| leads(&client.status()))
}
