//! Plays one seed from its beginning to its end. Plays no second one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{counts::Counts, peace, world::World};

/// How a seed was played.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was met.
    pub counts: Counts,
    /// The invariant that was broken, if one was.
    pub finding: Option<String>,
    /// What happened, line by line, where it was asked for.
    pub trace: String,
}

/// Plays a seed; the same seed is played the same way, bit for bit.
pub fn play(seed: u64, is_traced: bool) -> Played {
    let Some(world) = World::new(seed, is_traced) else {
        let finding = Some("a healthy disk cannot be opened".to_owned());
        return Played { counts: Counts::default(), finding, trace: String::new() };
    };
    let played = catch_unwind(AssertUnwindSafe(|| {
        world.act();
        if !world.ground.has_finding() {
            peace::settle(&world, seed % 2 == 1);
        }
        if !world.ground.has_finding() {
            peace::check(&world);
        }
        if !world.ground.has_finding() {
            peace::check_promptness(&world);
        }
        if !world.ground.has_finding() {
            peace::check_damage(&world);
        }
    }));
    if let Err(panic) = played {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        world.ground.find(|| format!("a panic: {}", text.unwrap_or_default()));
    }
    let played = Played {
        counts: world.ground.counts(),
        finding: world.ground.finding(),
        trace: world.ground.trace(),
    };
    world.end();
    played
}
