//! What the scheduler says to what happens, step by step.

use super::*;
use crate::model::Backoff;

const NO_LIVE: Schedule = Schedule {
    poll_interval: 30_000,
    debounce: 100,
    live: false,
    bandwidth: None,
    save_data: SaveData::Slow,
    backoff: Backoff { base: 1_000, max: 300_000 },
};
const FACTS: Facts = Facts { is_online: true, is_enabled: true, is_data_saved: false };

fn leader(options: Schedule) -> Scheduler {
    let mut scheduler = Scheduler::new(options, Default::default(), FACTS, Millis(0));
    assert_eq!(scheduler.poll(Millis(0)), Next::StartCycle);
    scheduler
}

#[test]
fn polls_follow_one_another() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_success(None, Millis(50));
    assert_eq!(scheduler.poll(Millis(50)), Next::Wait(Some(Millis(30_050))));
    assert_eq!(scheduler.poll(Millis(30_050)), Next::StartCycle);
}

#[test]
fn changes_wait_for_quiet_but_not_for_ever() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_success(None, Millis(0));
    for at in (0..1_000).step_by(50) {
        scheduler.handle_local_change(Millis(at));
    }
    assert_eq!(scheduler.poll(Millis(999)), Next::Wait(Some(Millis(1_000))));
    assert_eq!(scheduler.poll(Millis(1_000)), Next::StartCycle);
}

#[test]
fn failures_back_off_and_a_request_does_not_wait() {
    let mut scheduler = leader(NO_LIVE);
    let error = Error::new(ErrorCode::Network, "gone");
    scheduler.handle_failure(&error, 700, Millis(0));
    scheduler.handle_local_change(Millis(10));
    assert_eq!(scheduler.poll(Millis(10)), Next::Wait(Some(Millis(700))));
    scheduler.handle_request();
    assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
    scheduler.handle_failure(&error.with_retry(Retry::After(5_000)), 0, Millis(20));
    let kept = (
        RetryState { failures: 2, next_at: Some(Millis(5_020)) },
        RetryWait { milliseconds: 5_000, is_asked: true },
    );
    assert_eq!(scheduler.retry(), kept);
}

#[test]
fn nothing_runs_while_offline_and_the_connection_ends_the_waiting() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_online(false, Millis(1));
    assert_eq!(scheduler.poll(Millis(1)), Next::Stop);
    scheduler.handle_local_change(Millis(2));
    assert_eq!(scheduler.poll(Millis(99_000)), Next::Wait(Some(Millis(129_000))), "to look again");
    scheduler.handle_online(true, Millis(99_000));
    assert_eq!(scheduler.poll(Millis(99_000)), Next::StartCycle);
}

#[test]
fn a_live_channel_replaces_the_polls() {
    let mut scheduler = leader(Schedule { live: true, ..NO_LIVE });
    scheduler.handle_success(None, Millis(10));
    assert_eq!(scheduler.poll(Millis(10)), Next::StartLive);
    scheduler.handle_live_up(Millis(20));
    assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
    scheduler.handle_success(None, Millis(30));
    assert!(scheduler.is_live());
    assert_eq!(scheduler.poll(Millis(9_000_000)), Next::Wait(None));
    scheduler.handle_live_down(&Ok(true), 500, Millis(9_000_000));
    assert_eq!(scheduler.poll(Millis(9_000_000)), Next::Wait(Some(Millis(9_000_500))));
}

#[test]
fn word_of_a_live_channel_that_was_given_up_does_not_end_the_polls() {
    let mut scheduler = leader(Schedule { live: true, ..NO_LIVE });
    scheduler.handle_success(None, Millis(10));
    assert_eq!(scheduler.poll(Millis(10)), Next::StartLive);
    scheduler.handle_settings(true, Millis(20));
    assert_eq!(scheduler.poll(Millis(20)), Next::Stop);
    assert_eq!(scheduler.poll(Millis(20)), Next::StartCycle);
    scheduler.handle_live_up(Millis(20));
    scheduler.handle_success(None, Millis(30));
    assert!(!scheduler.is_live());
    assert_eq!(scheduler.next_at(), Some(Millis(30_030)));
}

#[test]
fn switching_off_stops_at_once() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_settings(false, Millis(5));
    assert_eq!(scheduler.poll(Millis(5)), Next::Stop);
    assert_eq!(scheduler.poll(Millis(50_000)), Next::Wait(None));
}

#[test]
fn a_clock_that_is_put_back_makes_no_wait_longer() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_success(None, Millis(1_000_000));
    assert_eq!(scheduler.poll(Millis(1_000_000)), Next::Wait(Some(Millis(1_030_000))));
    assert_eq!(scheduler.poll(Millis(500_000)), Next::Wait(Some(Millis(530_000))));
    assert_eq!(scheduler.poll(Millis(530_000)), Next::StartCycle);
}

#[test]
fn a_failure_that_somebody_has_to_act_on_is_waited_for_by_this_leader_alone() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_failure(&Error::new(ErrorCode::Unauthorized, "nobody"), 0, Millis(0));
    scheduler.handle_local_change(Millis(10));
    assert_eq!(scheduler.poll(Millis(10)), Next::Wait(Some(Millis(30_000))));
    assert_eq!(scheduler.retry(), Default::default());
}

#[test]
fn a_new_leader_keeps_the_waiting_of_the_last() {
    let retry = RetryState { failures: 3, next_at: Some(Millis(4_000)) };
    let mut scheduler = Scheduler::new(NO_LIVE, (retry, RetryWait::default()), FACTS, Millis(1_000));
    assert_eq!(scheduler.poll(Millis(1_000)), Next::Wait(Some(Millis(4_000))));
}

#[test]
fn a_server_that_asks_for_patience_is_given_it_also_by_the_next_leader() {
    let mut scheduler = leader(NO_LIVE);
    let error = Error::new(ErrorCode::RateLimited, "later").with_retry(Retry::After(3_600_000));
    scheduler.handle_failure(&error, 0, Millis(0));
    scheduler.handle_hint(Millis(10));
    scheduler.handle_wake(None, Millis(60_000));
    scheduler.handle_online(false, Millis(60_000));
    assert_eq!(scheduler.poll(Millis(60_000)), Next::Wait(Some(Millis(90_000))));
    scheduler.handle_online(true, Millis(70_000));
    assert_eq!(scheduler.poll(Millis(70_000)), Next::Wait(Some(Millis(3_600_000))));
    let mut next = Scheduler::new(NO_LIVE, scheduler.retry(), FACTS, Millis(80_000));
    assert_eq!(next.poll(Millis(80_000)), Next::Wait(Some(Millis(3_600_000))));
    let mut earlier = Scheduler::new(NO_LIVE, scheduler.retry(), FACTS, Millis(-90_000_000));
    let put_back = Millis(-90_000_000 + 3_600_000);
    assert_eq!(earlier.poll(Millis(-90_000_000)), Next::Wait(Some(put_back)), "its clock was put back");
    next.handle_request();
    assert_eq!(next.poll(Millis(80_000)), Next::StartCycle, "somebody asked");
}

#[test]
fn a_context_that_is_shown_wants_news_unless_they_are_fresh() {
    let mut scheduler = leader(NO_LIVE);
    scheduler.handle_success(None, Millis(0));
    scheduler.handle_wake(None, Millis(4_000));
    assert_eq!(scheduler.poll(Millis(4_000)), Next::Wait(Some(Millis(30_000))));
    scheduler.handle_wake(None, Millis(6_000));
    assert_eq!(scheduler.poll(Millis(6_000)), Next::StartCycle);
    scheduler.handle_failure(&Error::new(ErrorCode::Network, "gone"), 900, Millis(6_000));
    scheduler.handle_wake(None, Millis(6_100));
    assert_eq!(scheduler.poll(Millis(6_100)), Next::Wait(Some(Millis(6_900))));
}

#[test]
fn a_live_channel_that_was_long_silent_is_brought_up_anew_when_the_context_is_shown() {
    let mut scheduler = leader(Schedule { live: true, ..NO_LIVE });
    scheduler.handle_success(None, Millis(0));
    assert_eq!(scheduler.poll(Millis(0)), Next::StartLive);
    scheduler.handle_live_up(Millis(0));
    assert_eq!(scheduler.poll(Millis(0)), Next::StartCycle);
    scheduler.handle_success(None, Millis(0));
    scheduler.handle_wake(Some(Millis(20_000)), Millis(30_000));
    assert_eq!(scheduler.poll(Millis(30_000)), Next::StartCycle, "news, and the channel stays");
    scheduler.handle_success(None, Millis(30_000));
    assert!(scheduler.is_live());
    scheduler.handle_wake(Some(Millis(20_000)), Millis(70_000));
    assert_eq!(scheduler.poll(Millis(70_000)), Next::StopLive);
    assert_eq!(scheduler.poll(Millis(70_000)), Next::StartCycle);
    scheduler.handle_success(None, Millis(70_000));
    assert_eq!(scheduler.poll(Millis(70_000)), Next::StartLive);
}

#[test]
fn saved_data_means_seldom_polls_and_no_channel_or_nothing_at_all() {
    let mut slow = leader(Schedule { live: true, ..NO_LIVE });
    slow.handle_success(None, Millis(0));
    assert_eq!(slow.poll(Millis(0)), Next::StartLive);
    slow.handle_live_up(Millis(0));
    assert_eq!(slow.poll(Millis(0)), Next::StartCycle);
    slow.handle_success(None, Millis(0));
    slow.handle_data_saved(true, Millis(1_000));
    assert_eq!(slow.poll(Millis(1_000)), Next::StopLive);
    assert_eq!(slow.poll(Millis(1_000)), Next::Wait(Some(Millis(301_000))));
    slow.handle_local_change(Millis(2_000));
    assert_eq!(slow.poll(Millis(2_000)), Next::Wait(Some(Millis(2_100))), "edits go as ever");
    slow.handle_data_saved(false, Millis(2_050));
    assert_eq!(slow.poll(Millis(2_050)), Next::StartCycle);

    let mut paused = leader(Schedule { save_data: SaveData::Pause, ..NO_LIVE });
    paused.handle_success(None, Millis(0));
    paused.handle_data_saved(true, Millis(0));
    paused.handle_local_change(Millis(10));
    paused.handle_wake(None, Millis(50_000));
    assert_eq!((paused.poll(Millis(90_000)), paused.next_at()), (Next::Wait(None), None));
    paused.handle_request();
    assert_eq!(paused.poll(Millis(90_000)), Next::StartCycle);
    paused.handle_success(Some(500), Millis(90_000));
    assert_eq!(paused.poll(Millis(190_000)), Next::Wait(None));

    let mut unmoved = leader(Schedule { save_data: SaveData::Ignore, ..NO_LIVE });
    unmoved.handle_success(None, Millis(0));
    unmoved.handle_data_saved(true, Millis(0));
    assert_eq!(unmoved.poll(Millis(0)), Next::Wait(Some(Millis(30_000))));
}

#[test]
fn a_cycle_that_nobody_waits_for_any_more_is_made_up_for_when_it_was_due_anyway() {
    let mut asked = leader(NO_LIVE);
    asked.handle_success(None, Millis(0));
    asked.handle_request();
    assert_eq!(asked.poll(Millis(10)), Next::StartCycle);
    asked.handle_halt(Millis(20));
    assert_eq!(asked.poll(Millis(20)), Next::Wait(Some(Millis(30_020))));
    asked.handle_local_change(Millis(100));
    asked.handle_request();
    assert_eq!(asked.poll(Millis(110)), Next::StartCycle);
    asked.handle_halt(Millis(120));
    assert_eq!(asked.poll(Millis(120)), Next::Wait(Some(Millis(220))));
    asked.handle_request();
    asked.handle_withdrawal();
    assert_eq!(asked.poll(Millis(130)), Next::Wait(Some(Millis(220))));
}
