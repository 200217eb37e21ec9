//! When the server is asked what, as logs of virtual moments in milliseconds, by the whole client over a clock that jumps.

use super::timetable::{Stage, todos};
use crate::{
    model::{Backoff, Error, ErrorCode, Retry, SaveData, Schedule, SyncReport},
    ports::Hint,
};

const POLLS: Schedule = Schedule {
    poll_interval: 30_000,
    debounce: 100,
    live: false,
    bandwidth: None,
    save_data: SaveData::Slow,
    backoff: Backoff { base: 1_000, max: 300_000 },
};

/// The first cycle of a collection pulls from nothing before it pushes, and pulls again after.
const FIRST: &str = "0 pull / 0 pull";

fn gone() -> Error {
    Error::new(ErrorCode::Network, "gone")
}

/// A stage whose device has synced once, at moment 0.
fn synced(schedule: Schedule) -> (Stage, super::Client<super::timetable::StageHost>) {
    let mut stage = Stage::new();
    stage.server.is_live.set(schedule.live);
    let client = stage.open_enabled(schedule);
    stage.run_until(0);
    (stage, client)
}

#[test]
fn polls_follow_one_another_where_there_is_no_channel() {
    let (mut stage, _client) = synced(POLLS);
    stage.run_until(70_000);
    assert_eq!(stage.log(), format!("{FIRST} / 30000 pull / 60000 pull"));
}

#[test]
fn changes_are_pushed_together_after_a_quiet_moment() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    for (at, id) in [(1_000, "a"), (1_050, "b"), (1_120, "c")] {
        stage.run_until(at);
        stage.put(&client, id);
    }
    stage.run_until(30_000);
    assert_eq!(stage.log(), "1220 push 3 / 1220 pull");
}

#[test]
fn failures_wait_longer_and_longer_and_a_success_ends_that() {
    // The chance is 700 each time: within 100, 200 and 400 that is 94, 97 and 299.
    let (mut stage, client) = synced(Schedule { backoff: Backoff { base: 100, max: 1_600 }, ..POLLS });
    stage.log();
    stage.server.failures.borrow_mut().extend([gone(), gone(), gone()]);
    stage.put(&client, "a");
    stage.run_until(150);
    let error = client.status().error.clone().unwrap();
    assert_eq!((error.code.as_str(), error.collection), ("network", Some(todos())));
    stage.run_until(10_000);
    assert_eq!((client.metrics().failures, client.metrics().retries), (3, 3));
    let log = "100 push 1 fails / 194 push 1 fails / 291 push 1 fails / 590 push 1 / 590 pull";
    assert_eq!(stage.log(), log);
    stage.server.failures.borrow_mut().push_back(gone());
    stage.put(&client, "b");
    stage.run_until(20_000);
    assert_eq!(stage.log(), "10100 push 1 fails / 10194 push 1 / 10194 pull", "it begins anew");
}

#[test]
fn a_server_that_asks_for_patience_gets_it_and_a_call_does_not_wait() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    let patience = Error::new(ErrorCode::RateLimited, "later").with_retry(Retry::After(600_000));
    stage.server.failures.borrow_mut().push_back(patience);
    stage.put(&client, "a");
    stage.run_until(50_000);
    stage.put(&client, "b");
    stage.around.wake();
    stage.run_until(400_000);
    assert_eq!(stage.log(), "100 push 1 fails");
    stage.end_contexts();
    drop(client);
    let client = stage.open(POLLS, true);
    stage.run_until(599_999);
    assert_eq!(stage.log(), "", "the next context keeps the wait, although it is longer than any of its own");
    stage.run_until(601_000);
    assert_eq!(stage.log(), "600100 push 2 / 600100 pull");

    let patience = Error::new(ErrorCode::Server, "later").with_retry(Retry::After(600_000));
    stage.server.failures.borrow_mut().push_back(patience);
    stage.put(&client, "c");
    stage.run_until(602_000);
    let called = client.clone();
    let answer = stage.begin(async move { called.sync().await.map(|report| report.pushed) });
    stage.run_until(603_000);
    assert_eq!(stage.log(), "601100 push 1 fails / 602000 push 1 / 602000 pull");
    assert_eq!(*answer.borrow(), Some((602_000, Ok(1))));
}

#[test]
fn a_restart_in_the_middle_of_a_backoff_neither_hammers_nor_forgets() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    stage.server.failures.borrow_mut().extend([gone(), gone()]);
    stage.put(&client, "a");
    stage.run_until(500);
    assert_eq!(stage.log(), "100 push 1 fails");
    stage.end_contexts();
    drop(client);
    let _client = stage.open(POLLS, true);
    stage.run_until(30_000);
    assert_eq!(stage.log(), "800 push 1 fails / 1500 push 1 / 1500 pull");
}

#[test]
fn nothing_is_asked_offline_and_at_once_when_the_connection_is_back() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    stage.run_until(1_000);
    stage.around.set_online(false);
    stage.put(&client, "a");
    stage.run_until(100_000);
    assert_eq!(stage.log(), "");
    stage.around.set_online(true);
    stage.run_until(101_000);
    assert_eq!(stage.log(), "100000 push 1 / 100000 pull");
}

#[test]
fn a_context_that_is_shown_asks_unless_it_has_just_asked() {
    let (mut stage, _client) = synced(POLLS);
    stage.log();
    for at in [3_000, 10_000, 12_000] {
        stage.run_until(at);
        stage.around.wake();
    }
    stage.run_until(20_000);
    assert_eq!(stage.log(), "10000 pull");
}

#[test]
fn a_live_channel_replaces_polls_until_it_ends() {
    let (mut stage, _client) = synced(Schedule { live: true, ..POLLS });
    assert_eq!(stage.log(), format!("{FIRST} / 0 live / 0 pull"));
    stage.run_until(3_600_000);
    assert_eq!(stage.log(), "");
    stage.server.say(Some(Hint::Changed));
    stage.run_until(3_700_000);
    assert_eq!(stage.log(), "3600000 pull");
    stage.server.say(None);
    stage.run_until(3_720_000);
    assert_eq!(stage.log(), "3700700 live / 3700700 pull");
}

#[test]
fn a_channel_that_died_unnoticed_is_brought_up_anew_when_the_context_is_shown() {
    let (mut stage, _client) = synced(Schedule { live: true, ..POLLS });
    stage.run_until(100_000);
    stage.server.say(Some(Hint::Alive));
    stage.run_until(120_000);
    stage.log();
    stage.around.wake();
    stage.run_until(200_000);
    assert_eq!(stage.log(), "120000 pull");
    stage.around.wake();
    stage.run_until(201_000);
    assert_eq!(stage.log(), "200000 pull / 200000 live / 200000 pull");
}

#[test]
fn no_timer_is_set_while_all_is_quiet_and_hints_arrive() {
    let live = Schedule { live: true, ..POLLS };
    let (mut stage, leader) = synced(live);
    let follower = stage.open(live, true);
    let local = stage.open(live, false);
    stage.run_until(10_000);
    assert_eq!(stage.time.sleeping(), 0);
    stage.put(&follower, "a");
    stage.put(&local, "b");
    stage.run_until(60_000);
    assert_eq!((leader.status().pending, stage.time.sleeping()), (0, 0));
    drop((leader, follower, local));
}

#[test]
fn reduced_data_use_means_seldom_polls_and_no_channel() {
    let (mut stage, client) = synced(Schedule { live: true, ..POLLS });
    stage.run_until(1_000);
    stage.log();
    stage.around.save_data(true);
    stage.run_until(310_000);
    assert_eq!(stage.log(), "301000 pull");
    stage.put(&client, "a");
    stage.run_until(320_000);
    assert_eq!(stage.log(), "310100 push 1 / 310100 pull");
    stage.around.save_data(false);
    stage.run_until(400_000);
    assert_eq!(stage.log(), "320000 pull / 320000 live / 320000 pull");
}

#[test]
fn reduced_data_use_can_mean_that_nothing_happens_by_itself() {
    let (mut stage, client) = synced(Schedule { live: true, save_data: SaveData::Pause, ..POLLS });
    stage.log();
    stage.around.save_data(true);
    stage.put(&client, "a");
    stage.around.wake();
    stage.run_until(3_600_000);
    assert_eq!(stage.log(), "");
    assert_eq!(client.status().next_sync_at, None);
    let called = client.clone();
    let answer = stage.begin(async move { called.sync().await.map(|report| report.pushed) });
    stage.run_until(7_200_000);
    assert_eq!(stage.log(), "3600000 push 1 / 3600000 pull");
    assert_eq!(*answer.borrow(), Some((3_600_000, Ok(1))));
}

#[test]
fn traffic_keeps_below_the_bandwidth_in_pages_of_two_seconds_worth() {
    let mut stage = Stage::new();
    stage.server.records.set(20);
    let client = stage.open_enabled(Schedule { bandwidth: Some(5_000), ..POLLS });
    stage.run_until(20_000);
    // A page takes 10,600 bytes with its headers, of which the first second's 5,000 are there.
    assert_eq!(stage.log(), "0 pull 10 / 1120 pull 10 / 3240 pull");
    for number in 0..15 {
        stage.put(&client, &format!("r{number}"));
    }
    stage.run_until(29_000);
    let pushed = stage.log();
    assert!(pushed.starts_with("20100 push "), "{pushed}");
    assert!(!pushed.contains("push 15"), "a push is bounded too: {pushed}");
    assert_eq!(client.status().pending, 0);
}

#[test]
fn a_budget_ends_a_sync_with_what_was_done_and_nothing_goes_on() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    stage.server.latency.set(400);
    stage.put(&client, "a");
    let called = client.clone();
    let answer = stage.begin(async move { called.sync_within(Some(1_000)).await });
    stage.server.records.set(5_000);
    stage.run_until(5_000);
    let (at, report) = answer.take().unwrap();
    let SyncReport { pushed, pulled, requests, duration_ms, .. } = report.unwrap();
    assert_eq!((at, pushed, pulled, requests, duration_ms), (1_000, 1, 1_000, 3, 1_000));
    // The change was due by itself, and so is what is left.
    assert_eq!(stage.log().split(" / ").take(4).last(), Some("1100 pull 1000"));
}

#[test]
fn a_budget_that_ends_behind_another_cycle_is_told_with_its_time() {
    let (mut stage, client) = synced(POLLS);
    stage.server.latency.set(60_000);
    stage.put(&client, "a");
    stage.run_until(1_000);
    let called = client.clone();
    let answer = stage.begin(async move { called.sync_within(Some(500)).await });
    stage.run_until(5_000);
    let report = SyncReport { duration_ms: 500, ..SyncReport::default() };
    assert_eq!(answer.take(), Some((1_500, Ok(report))));
}

#[test]
fn a_sync_that_is_dropped_stops_unless_somebody_else_waits() {
    let (mut stage, client) = synced(POLLS);
    stage.log();
    stage.server.latency.set(500);
    let (first, brief, whole) = (client.clone(), client.clone(), client.clone());
    let first = stage.begin(async move { first.sync().await.is_ok() });
    stage.run_until(100);
    // Both wait for the cycle after the one that is under way.
    let brief = stage.begin(async move { brief.sync_within(Some(1_000)).await.map(|report| report.pulled) });
    let whole = stage.begin(async move { whole.sync().await.map(|report| report.pulled) });
    stage.server.records.set(3_000);
    stage.run_until(10_000);
    assert_eq!(*first.borrow(), Some((500, true)));
    assert_eq!(*brief.borrow(), Some((1_100, Ok(1_000))));
    assert_eq!(*whole.borrow(), Some((2_000, Ok(3_000))));
    assert_eq!(stage.log(), "0 pull / 500 pull 1000 / 1000 pull 1000 / 1500 pull 1000");
}

#[test]
fn a_follower_s_budget_and_its_leaving_reach_the_leader() {
    let (mut stage, leader) = synced(POLLS);
    let follower = stage.open(POLLS, true);
    stage.run_until(1_000);
    stage.log();
    stage.server.latency.set(500);
    stage.server.records.set(50_000);
    let called = follower.clone();
    let brief = stage.begin(async move { called.sync_within(Some(1_200)).await.map(|report| report.pulled) });
    stage.run_until(10_000);
    assert_eq!(*brief.borrow(), Some((2_200, Ok(2_000))));
    assert_eq!(stage.log(), "1000 pull 1000 / 1500 pull 1000 / 2000 pull 1000");
    let called = follower.clone();
    let left = stage.begin(async move {
        use futures::future::{Either, select};
        let syncing = std::pin::pin!(called.sync());
        let patience = std::pin::pin!(called.sync_within(Some(700)));
        matches!(select(patience, syncing).await, Either::Left(_))
    });
    stage.run_until(20_000);
    assert_eq!(*left.borrow(), Some((10_700, true)));
    let log = "10000 pull 1000 / 10500 pull 1000 / 10700 pull 1000";
    assert_eq!(stage.log(), log, "the second call's cycle was dropped as soon as it began");
    drop((leader, follower));
}

#[test]
fn a_sync_without_any_backend_fails_at_once_and_with_one_elsewhere_it_works() {
    let mut stage = Stage::new();
    let local = stage.open(POLLS, false);
    let called = local.clone();
    let answer = stage.begin(async move { called.sync().await.unwrap_err().message });
    stage.run_until(10);
    let (at, message) = answer.take().unwrap();
    assert_eq!((at, message.split(':').next()), (0, Some("backend")));
    let _leader = stage.open_enabled(POLLS);
    stage.run_until(1_000);
    let answer = stage.begin(async move { local.sync().await.is_ok() });
    stage.run_until(2_000);
    assert_eq!(*answer.borrow(), Some((1_000, true)));
}

#[test]
fn switching_off_drops_the_request_under_way_and_keeps_what_is_queued() {
    let (mut stage, client) = synced(POLLS);
    stage.server.latency.set(60_000);
    stage.put(&client, "a");
    stage.run_until(1_000);
    stage.log();
    let switched = client.clone();
    let done = stage.begin(async move { switched.enable(vec![todos()], false).await });
    stage.run_until(200_000);
    assert_eq!(done.take(), Some((1_000, Ok(()))));
    let status = client.status();
    assert_eq!((stage.log().as_str(), status.pending, stage.time.sleeping()), ("", 1, 0));
    stage.server.latency.set(0);
    let switched = client.clone();
    stage.begin(async move { switched.enable(vec![todos()], true).await });
    stage.run_until(201_000);
    assert_eq!((stage.log().as_str(), client.status().pending), ("200000 push 1 / 200000 pull", 0));
}
