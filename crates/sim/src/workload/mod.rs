//! A published workload: two devices edit documents of thirty fields, mostly offline, under three strategies at once, to measure
//! how many conflicts need a person. Its definition is in `docs/testing-simulation.md`.

mod edits;
mod report;
mod score;

use serde_json::Value;
use syncline_core::{engine::Intent, plan::Choice, plan::EditKind};
use syncline_protocol::{CollectionName, Limits, RecordId};

use self::edits::Editor;
pub use self::report::report;
use self::score::Score;
use crate::{
    app::User,
    chance::Chance,
    device::{Device, drafts, notes, tasks},
    oracle::Ask,
    weather::Weather,
    world::World,
};

/// Documents of each collection.
const DOCUMENTS: usize = 20;
/// Spans that a device is offline.
const SPANS: usize = 300;
/// How long a device is offline at most, in milliseconds: eight hours.
const LONGEST: u64 = 8 * 3_600_000;

/// Runs the workload of a seed: what became of the conflicts under each strategy, or what went wrong.
fn workload(seed: u64, spans: usize) -> Result<Vec<(&'static str, Score)>, String> {
    let weather = Weather { limits: Limits::default(), ..Weather::calm(2) };
    let Some(world) = World::with_weather(seed, weather, false) else {
        return Err("a healthy disk cannot be opened".to_owned());
    };
    let mut scores = strategies().map(|(name, _)| (name, Score::default()));
    let played = play(&world, &Chance::new(seed, 9), spans, &mut scores);
    let finding = world.ground.finding();
    world.end();
    played?;
    finding.map_or_else(|| Ok(scores.to_vec()), Err)
}

/// The same edits are made in each of these collections.
fn strategies() -> [(&'static str, CollectionName); 3] {
    [("merge", tasks()), ("last-write-wins", notes()), ("manual", drafts())]
}

fn play(
    world: &World,
    chance: &Chance,
    spans: usize,
    scores: &mut [(&'static str, Score); 3],
) -> Result<(), String> {
    let [one, other] = &world.devices[..] else { return Err("there are two devices".to_owned()) };
    let mut editor = Editor::default();
    for device in [one, other] {
        world.open(device);
        world.run_for(1_000);
        user(device)?.enable(strategies().map(|(_, name)| name).to_vec(), true);
        world.run_for(5_000);
    }
    for number in 0..DOCUMENTS {
        let (record, doc) = editor.document(number);
        write(one, &record, &EditKind::Put(doc.to_string().into()))?;
    }
    settle(world, scores)?;
    for _ in 0..spans {
        let (first, second) = if chance.happens(500) { (one, other) } else { (other, one) };
        // Both are offline for a time, or one is while the other one goes on.
        first.around.link.set(true, true);
        let are_both_off = chance.happens(700);
        second.around.link.set(are_both_off, true);
        for device in [first, second] {
            for _ in 0..chance.between(1, 8) {
                world.run_for(chance.between(1_000, LONGEST / 16));
                edit(device, &mut editor, chance)?;
            }
        }
        world.run_for(10_000);
        for device in [second, first] {
            device.around.link.set(false, true);
            world.run_for(10_000);
            settle(world, scores)?;
        }
    }
    Ok(())
}

/// One edit, the same in each collection, of a document as this device sees it there.
fn edit(device: &Device, editor: &mut Editor, chance: &Chance) -> Result<(), String> {
    let record = Editor::record(chance.below(DOCUMENTS));
    let planned = editor.plan(chance);
    for (_, name) in strategies() {
        let seen = seen(device, &name, &record);
        let kind = match &seen {
            Some(doc) => planned.on(doc),
            None => EditKind::Put(editor.document_of(&record).to_string().into()),
        };
        write_to(device, &name, &record, kind)?;
    }
    Ok(())
}

fn write(device: &Device, record: &RecordId, kind: &EditKind) -> Result<(), String> {
    strategies().iter().try_for_each(|(_, name)| write_to(device, name, record, kind.clone()))
}

fn write_to(
    device: &Device,
    collection: &CollectionName,
    record: &RecordId,
    kind: EditKind,
) -> Result<(), String> {
    let intent = Intent { collection: collection.clone(), record: record.clone(), kind };
    user(device)?.ask(Ask::Write(vec![intent]));
    // Time stands still, but what was asked is done before the next edit looks.
    for _ in 0..200 {
        device.around.ground.tasks.poll_one(&device.around.ground.order);
    }
    Ok(())
}

fn user(device: &Device) -> Result<User<'_>, String> {
    let Some((life, client)) = device.living().into_iter().next() else {
        return Err(format!("device {} has no context", device.index));
    };
    Ok(User { device, life, client })
}

fn seen(device: &Device, collection: &CollectionName, record: &RecordId) -> Option<Value> {
    let pair = device.seen().rows.borrow().pair(&(collection.clone(), record.clone()));
    serde_json::from_str(pair.seen()?).ok()
}

/// Lets what is connected come to rest, judges the conflicts that were met, and resolves those that were left to the user.
fn settle(world: &World, scores: &mut [(&'static str, Score); 3]) -> Result<(), String> {
    world.run_for(60_000);
    for device in &world.devices {
        let met = std::mem::take(&mut *user(device)?.life.told.conflicts.borrow_mut());
        for (conflict, resolved_as) in met {
            let after = seen(device, &conflict.collection, &conflict.record);
            for ((_, score), (_, name)) in scores.iter_mut().zip(strategies()) {
                if name == conflict.collection {
                    score.judge(&conflict, resolved_as, after.as_ref());
                }
            }
        }
        let kept: Vec<_> = {
            let rows = device.seen().rows.borrow();
            let kept = rows.records.values().filter(|pair| pair.is_conflicting());
            kept.filter_map(|pair| Some(pair.queue.as_ref()?.change.id.clone())).collect()
        };
        for conflict in kept {
            user(device)?.ask(Ask::Resolve(conflict, Choice::Local));
        }
    }
    world.run_for(60_000);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_resolves_what_the_goal_asks_for_and_the_same_seed_gives_the_same() {
        let scores = workload(1, 40).unwrap();
        assert_eq!(scores, workload(1, 40).unwrap());
        let of = |name: &str| scores.iter().find(|(known, _)| *known == name).unwrap().1;
        assert!(of("merge").conflicts > 20, "{:?}", of("merge"));
        assert!(of("merge").share() >= 0.95, "{:?}", of("merge"));
        assert_eq!(of("manual").resolved, 0);
    }
}
