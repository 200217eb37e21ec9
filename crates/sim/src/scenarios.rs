//! Schedules that once broke something, set up by hand, each with its name. What they ask is asked of every seed too; here it
//! stays asked however the seeds' schedules move.

use std::rc::Rc;

use syncline_core::{
    engine::{Client, Intent},
    plan::EditKind,
};
use syncline_protocol::RecordId;

use crate::{
    app::User,
    device::{Device, drafts, notes, strategies},
    oracle::Ask,
    peace,
    stage::Simulated,
    weather::Weather,
    world::World,
};

fn world(weather: Weather) -> World {
    let world = World::with_weather(1, weather, false).unwrap();
    for device in &world.devices {
        world.open(device);
        world.run_for(1_000);
        user(device, 0).enable(strategies().into_keys().collect(), true);
    }
    world.run_for(2_000);
    world
}

/// A user at the context of a device that was opened as the first, the second.
fn user(device: &Device, context: usize) -> User<'_> {
    let (life, client) = device.living()[context].clone();
    User { device, life, client }
}

fn leading(device: &Device) -> Vec<usize> {
    let leads = |(_, client): &(_, Client<_>)| client.status().leader;
    device.living().iter().enumerate().filter(|(_, living)| leads(living)).map(|(at, _)| at).collect()
}

fn edit(kind: EditKind) -> Ask {
    Ask::Write(vec![Intent { collection: notes(), record: RecordId::trusted("r0"), kind }])
}

fn put(text: &str) -> Ask {
    edit(EditKind::Put(text.into()))
}

/// Lets the world come to rest by its own schedule, and asks of it what is asked of every seed.
fn assert_agreed(world: &World) {
    peace::settle(world, true);
    if !world.ground.has_finding() {
        peace::check(world);
    }
    assert_sound(world);
}

fn assert_sound(world: &World) {
    let finding = world.ground.finding();
    world.end();
    assert_eq!(finding, None);
}

fn is_here(device: &Device, text: &str) -> bool {
    let rows = device.seen().rows.borrow();
    let key = (notes(), RecordId::trusted("r0"));
    rows.pair(&key).base.is_some_and(|base| base.doc == text)
}

/// A connection that comes back so many polls after something that follows a put made without it.
fn assert_noticed(polls: usize, follows: impl Fn(&World, &Device)) {
    let world = world(Weather::calm(1));
    let device = &world.devices[0];
    device.around.link.set(true, true);
    world.run_for(1_000);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    follows(&world, device);
    world.run_polls(polls);
    device.around.link.set(false, true);
    world.run_for(5_000);
    assert!(is_here(device, r#"{"id":"r0","a":"x"}"#), "after {polls} polls");
    assert_sound(&world);
}

#[test]
fn a_connection_that_comes_back_at_the_moment_of_a_call_is_not_missed() {
    (0..30).for_each(|polls| assert_noticed(polls, |_, _| {}));
}

#[test]
fn a_connection_that_comes_back_at_the_moment_at_which_the_context_is_shown_is_not_missed() {
    let show = |world: &World, device: &Device| {
        world.run_for(1_000);
        device.around.link.wake();
    };
    (0..60).for_each(|polls| assert_noticed(polls, show));
}

#[test]
fn a_leader_that_was_frozen_does_not_lead_beside_the_next() {
    let world = world(Weather::calm(1));
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    let (life, _) = device.living()[leading(device)[0]].clone();
    device.freeze(&life);
    world.run_for(60_000);
    assert_eq!(leading(device).len(), 0, "nobody needs a leader");
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(10_000);
    assert_eq!(leading(device).len(), 1);
    assert!(is_here(device, r#"{"id":"r0","a":"x"}"#));
    assert_eq!(world.ground.counts().steals, 1);
    device.thaw(&life);
    world.run_for(1_000);
    assert_eq!(leading(device).len(), 1);
    assert_agreed(&world);
}

#[test]
fn a_leader_that_was_frozen_takes_in_what_it_did_not_hear() {
    let world = world(Weather { message_lost: 1_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    let (life, client) = device.living()[leading(device)[0]].clone();
    device.freeze(&life);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(10_000);
    assert!(is_here(device, r#"{"id":"r0","a":"x"}"#) && !is_shown(&client));
    device.thaw(&life);
    world.run_for(1_000);
    assert!(is_shown(&client));
    drop(client);
    assert_agreed(&world);
}

#[test]
fn a_context_that_is_shown_again_takes_in_what_it_did_not_hear() {
    for context in 0..2 {
        let world = world(Weather { message_lost: 1_000, ..Weather::calm(1) });
        let device = &world.devices[0];
        world.open(device);
        // So that nothing is to be led.
        device.around.link.set(true, true);
        world.run_for(1_000);
        let (life, client) = device.living()[context].clone();
        device.freeze(&life);
        user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
        world.run_for(10_000);
        device.thaw(&life);
        world.run_for(1_000);
        assert!(!is_shown(&client), "nothing has told it");
        device.around.link.wake();
        world.run_for(1_000);
        assert!(is_shown(&client));
        drop(client);
        device.around.link.set(false, true);
        assert_agreed(&world);
    }
}

#[test]
fn a_context_whose_disk_refuses_when_it_hears_of_a_commit_takes_it_in_later() {
    let world = world(Weather { disk_refuses: 1_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    // Without a connection nothing follows the commit that would be heard of too.
    device.around.link.set(true, true);
    let (life, _) = device.living()[1].clone();
    device.freeze(&life);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(1_000);
    device.is_ill.set(true);
    device.thaw(&life);
    world.run_for(500);
    device.is_ill.set(false);
    assert!(world.ground.counts().disk_refused > 0 && !shows(&world, 1));
    world.run_for(5_000);
    assert!(shows(&world, 1));
    device.around.link.set(false, true);
    assert_agreed(&world);
}

/// The second context of a device, while the first one puts a record that nobody tells it of.
fn world_with_one_left(disk_refuses: u32) -> World {
    let world = world(Weather { message_lost: 1_000, disk_refuses, ..Weather::calm(1) });
    world.open(&world.devices[0]);
    world.run_for(1_000);
    world
}

fn shows(world: &World, context: usize) -> bool {
    is_shown(&world.devices[0].living()[context].1)
}

fn is_shown(client: &Client<Simulated>) -> bool {
    client.row_now(&notes(), &RecordId::trusted("r0")).flatten().is_some()
}

#[test]
fn a_context_that_was_left_takes_in_what_it_missed_although_its_disk_refuses_at_first() {
    let world = world_with_one_left(1_000);
    let device = &world.devices[0];
    let (life, _) = device.living()[1].clone();
    life.presence.leave();
    world.run_for(1_000);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(1_000);
    device.is_ill.set(true);
    life.presence.come_back();
    world.run_for(500);
    device.is_ill.set(false);
    assert!(world.ground.counts().disk_refused > 0 && !shows(&world, 1));
    world.run_for(5_000);
    assert!(shows(&world, 1));
    assert_agreed(&world);
}

#[test]
fn a_context_that_was_left_and_is_back_before_it_notices_takes_in_what_it_missed() {
    let world = world_with_one_left(0);
    let device = &world.devices[0];
    let (life, _) = device.living()[1].clone();
    device.freeze(&life);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(1_000);
    life.presence.leave();
    life.presence.come_back();
    device.thaw(&life);
    world.run_for(1_000);
    assert!(shows(&world, 1));
    assert_agreed(&world);
}

#[test]
fn a_record_pushed_before_the_first_pull_and_deleted_elsewhere_goes() {
    let world = World::with_weather(1, Weather::calm(2), false).unwrap();
    let [one, other] = [&world.devices[0], &world.devices[1]];
    world.open(one);
    world.open(other);
    world.run_for(1_000);
    user(one, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    user(one, 0).enable(vec![notes()], true);
    while world.service.history.borrow().latest().count() == 0 {
        world.run_for(1);
    }
    one.around.link.set(true, false);
    user(other, 0).enable(vec![notes()], true);
    world.run_for(5_000);
    assert!(is_here(other, r#"{"id":"r0","a":"x"}"#));
    user(other, 0).ask(edit(EditKind::Delete));
    world.run_for(5_000);
    assert_agreed(&world);
}

#[test]
fn what_another_context_wrote_is_synced_although_its_word_was_lost() {
    let world = world(Weather { message_lost: 1_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    let leader = leading(device)[0];
    user(device, 1 - leader).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(50);
    let synced = user(device, leader).sync();
    world.run_for(2_000);
    assert_eq!(*synced.borrow(), Some(true));
    assert!(is_here(device, r#"{"id":"r0","a":"x"}"#));
    assert_sound(&world);
}

#[test]
fn a_call_of_sync_is_answered_although_the_leader_that_heard_it_dies() {
    let world = world(Weather::calm(1));
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    let leader = leading(device)[0];
    let (life, _) = device.living()[leader].clone();
    let synced = user(device, 1 - leader).sync();
    world.run_for(20);
    device.crash(&life);
    world.run_for(20_000);
    assert!(synced.borrow().is_some());
    assert_agreed(&world);
}

#[test]
fn a_record_of_another_context_is_deleted_although_its_word_was_lost() {
    let world = world(Weather { message_lost: 1_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    user(device, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(50);
    user(device, 1).ask(edit(EditKind::Delete));
    world.run_for(50);
    assert_eq!(device.seen().rows.borrow().pair(&(notes(), RecordId::trusted("r0"))).seen(), None);
    assert_sound(&world);
}

#[test]
fn a_switch_counts_although_the_word_of_the_one_before_was_lost() {
    let world = world(Weather { message_lost: 1_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    world.open(device);
    world.run_for(1_000);
    user(device, 0).enable(vec![notes()], false);
    world.run_for(50);
    user(device, 1).enable(vec![notes()], true);
    world.run_for(50);
    assert!(device.seen().rows.borrow().states[&notes()].is_enabled);
    assert_sound(&world);
}

#[test]
fn a_clock_that_is_put_back_a_day_does_not_stop_the_polls() {
    let world = world(Weather::calm(2));
    let [one, other] = [&world.devices[0], &world.devices[1]];
    one.around.skew.set(-86_400_000);
    user(other, 0).ask(put(r#"{"id":"r0","a":"x"}"#));
    world.run_for(70_000);
    assert!(is_here(one, r#"{"id":"r0","a":"x"}"#));
    assert_agreed(&world);
}

#[test]
fn an_answer_that_came_after_a_long_sleep_does_not_set_the_clock_wrong() {
    let world = world(Weather { skew: 3_600_000, ..Weather::calm(1) });
    let device = &world.devices[0];
    let synced = user(device, 0).sync();
    let requests = world.ground.counts().requests;
    while world.ground.counts().requests == requests {
        world.run_polls(1);
    }
    let (life, _) = device.living()[0].clone();
    device.freeze(&life);
    world.run_for(600_000);
    device.thaw(&life);
    world.run_for(1_000);
    assert!(synced.borrow().is_some());
    let known = device.seen().rows.borrow().skew;
    assert!((known + device.around.skew.get()).abs() < 1_500, "off by {}", known + device.around.skew.get());
    assert_sound(&world);
}

#[test]
fn a_device_a_day_wrong_before_its_first_contact_neither_wins_nor_loses_by_it() {
    for off in [86_400_000, -86_400_000] {
        for is_wrong_one_later in [true, false] {
            let world = World::with_weather(1, Weather::calm(2), false).unwrap();
            let [wrong, right] = [&world.devices[0], &world.devices[1]];
            world.open(wrong);
            world.open(right);
            world.run_for(1_000);
            wrong.around.skew.set(off);
            user(right, 0).enable(strategies().into_keys().collect(), true);
            let write = |device, text| {
                user(device, 0).ask(put(text));
                world.run_for(5_000);
            };
            let (mine, theirs) = (r#"{"id":"r0","a":"wrong"}"#, r#"{"id":"r0","a":"right"}"#);
            if is_wrong_one_later {
                write(right, theirs);
                write(wrong, mine);
            } else {
                write(wrong, mine);
                write(right, theirs);
            }
            user(wrong, 0).enable(strategies().into_keys().collect(), true);
            world.run_for(5_000);
            let winner = if is_wrong_one_later { mine } else { theirs };
            assert!(is_here(wrong, winner), "off by {off}, later: {is_wrong_one_later}");
            assert_sound(&world);
        }
    }
}

#[test]
fn a_compaction_on_a_slow_disk_goes_in_shorter_slices() {
    let slices = |disk_takes| {
        let world = world(Weather { disk_takes, compact_at: 1_000, page_records: 4, ..Weather::calm(1) });
        let put = |number: u32| {
            let text = format!(r#"{{"id":"r{number:03}","a":"{:0100}"}}"#, 0);
            Intent {
                collection: notes(),
                record: RecordId::trusted(format!("r{number:03}")),
                kind: EditKind::Put(text.into()),
            }
        };
        user(&world.devices[0], 0).ask(Ask::Write((0..200).map(put).collect()));
        world.run_for(60_000);
        let slices = world.ground.counts().compactions;
        assert_agreed(&world);
        slices
    };
    let (fast, slow) = (slices(0), slices(40));
    assert!(fast > 10 && 2 * slow > 3 * fast, "{slow} slices on a slow disk, {fast} on a fast one");
}

#[test]
fn a_caller_that_sleeps_through_the_end_of_its_sync_is_promised_nothing_of_what_came_after() {
    let world = world(Weather::calm(2));
    let [one, other] = [&world.devices[0], &world.devices[1]];
    world.open(one);
    world.run_for(1_000);
    let key = (drafts(), RecordId::trusted("r0"));
    let write = |device, kind| {
        let (collection, record) = key.clone();
        user(device, 0).ask(Ask::Write(vec![Intent { collection, record, kind }]));
    };
    one.around.link.set(true, true);
    write(one, EditKind::Put(r#"{"id":"r0","a":"x"}"#.into()));
    write(other, EditKind::Put(r#"{"id":"r0","a":"y"}"#.into()));
    world.run_for(5_000);
    one.around.link.set(false, true);
    let caller = 1 - leading(one)[0];
    let synced = user(one, caller).sync();
    let (life, _) = one.living()[caller].clone();
    world.run_polls(20);
    assert!(synced.borrow().is_none());
    one.freeze(&life);
    let pair = || one.seen().rows.borrow().pair(&key);
    world.run_for(2_000);
    assert!(pair().is_conflicting());
    write(other, EditKind::Delete);
    while pair().is_conflicting() {
        world.run_polls(1);
    }
    one.around.link.set(true, true);
    world.run_for(1_000);
    assert!(pair().queue.is_some(), "the edit outlives the deletion");
    one.thaw(&life);
    world.run_for(1_000);
    assert_eq!(*synced.borrow(), Some(true));
    one.around.link.set(false, true);
    assert_agreed(&world);
}

#[test]
fn of_a_live_channel_that_ends_meanwhile_nothing_is_asked() {
    for fate in 0..100 {
        let world = World::with_weather(fate, Weather { is_live: true, ..Weather::calm(2) }, false).unwrap();
        for device in &world.devices {
            world.open(device);
            world.run_for(1_000);
            user(device, 0).enable(strategies().into_keys().collect(), true);
        }
        for _ in 0..2 {
            world.run_for(5_000);
            world.service.restart();
        }
        world.run_for(10_000);
        let service = Rc::clone(&world.service);
        let ground = Rc::clone(&world.ground);
        world.ground.spawn_network(async move {
            ground.time.sleep(10).await;
            service.restart();
        });
        peace::check_promptness(&world);
        assert_sound(&world);
    }
}
