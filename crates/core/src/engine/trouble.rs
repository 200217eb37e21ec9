//! The table "What a status code does" of the design, row by row: what the status says, when it is tried again, and that no
//! change is lost by it, for pushes, pulls, tokens and the live channel. What is refused for good is not here.

use std::rc::Rc;

use super::wired::{Live, Reaction, Token, Wired, answer};
use crate::model::{Channel, Error, ErrorCode, State};

/// When the next attempt is due by itself, in milliseconds.
#[derive(Clone, Copy, Debug)]
enum Again {
    /// As the server asked.
    At(i64),
    /// With full jitter within the first delay.
    Soon,
    /// At the next poll: somebody has to act first.
    AtPoll,
}

type Row = (&'static str, fn() -> Reaction, ErrorCode, State, Again);

const POLL: i64 = 30_000;

/// What stops a request from being answered at all, each with what it is to look like.
const TABLE: &[Row] = &[
    ("network", || Reaction::Break, ErrorCode::Network, State::Offline, Again::Soon),
    ("timeout", || Reaction::Hang, ErrorCode::Timeout, State::Offline, Again::Soon),
    ("400", || status(400, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("401", || status(401, &[]), ErrorCode::Unauthorized, State::SignedOut, Again::AtPoll),
    ("402", || status(402, &[]), ErrorCode::NotEntitled, State::Error, Again::AtPoll),
    ("403", || status(403, &[]), ErrorCode::Forbidden, State::Error, Again::AtPoll),
    ("403 not-entitled", not_entitled, ErrorCode::NotEntitled, State::Error, Again::AtPoll),
    ("404", || status(404, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("408", || status(408, &[]), ErrorCode::Timeout, State::Offline, Again::Soon),
    ("409", || status(409, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("412", || status(412, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("413", || status(413, &[]), ErrorCode::Server, State::Error, Again::Soon),
    ("422", || status(422, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("426", || status(426, &[]), ErrorCode::UpgradeRequired, State::Error, Again::AtPoll),
    ("429", || status(429, &[]), ErrorCode::RateLimited, State::Error, Again::Soon),
    ("429 in seconds", || status(429, &[WAIT]), ErrorCode::RateLimited, State::Error, Again::At(7_000)),
    ("429 at a date", || status(429, &DATES), ErrorCode::RateLimited, State::Error, Again::At(90_000)),
    ("500", || status(500, &[]), ErrorCode::Server, State::Error, Again::Soon),
    ("502", || status(502, &[]), ErrorCode::Server, State::Error, Again::Soon),
    ("503", || status(503, &[]), ErrorCode::Server, State::Error, Again::Soon),
    ("503 in seconds", || status(503, &[WAIT]), ErrorCode::Server, State::Error, Again::At(7_000)),
    ("503 at a date", || status(503, &DATES), ErrorCode::Server, State::Error, Again::At(90_000)),
    ("504", || status(504, &[]), ErrorCode::Server, State::Error, Again::Soon),
    ("HTML", html, ErrorCode::Protocol, State::Error, Again::Soon),
    ("nonsense", nonsense, ErrorCode::Protocol, State::Error, Again::Soon),
    ("nothing", || status(200, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
    ("304 unasked", || status(304, &[]), ErrorCode::Protocol, State::Error, Again::Soon),
];

const WAIT: (&str, &str) = ("retry-after", "7");
const DATES: [(&str, &str); 2] =
    [("date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("retry-after", "Sun, 06 Nov 1994 08:51:07 GMT")];

fn status(status: u16, headers: &[(&str, &str)]) -> Reaction {
    Reaction::Answer(answer(status, headers, ""))
}

fn not_entitled() -> Reaction {
    let problem = r#"{"code":"not-entitled","status":403,"title":"Pay"}"#;
    Reaction::Answer(answer(403, &[("content-type", "application/problem+json")], problem))
}

fn html() -> Reaction {
    let page = "<!doctype html><title>Welcome to the hotel</title>";
    Reaction::Answer(answer(200, &[("content-type", "text/html")], page))
}

fn nonsense() -> Reaction {
    Reaction::Answer(answer(200, &[], r#"{"results":7,"collections":[],"now":"later"}"#))
}

/// A device that has synced once, and then edited three records.
fn edited() -> Wired {
    let mut wired = Wired::open(&["todos"], false);
    wired.put("todos", "a", "first");
    wired.sync().unwrap();
    for (record, text) in [("a", "second"), ("b", "first"), ("c", "first")] {
        wired.put("todos", record, text);
    }
    wired
}

/// Says what failed and checks that it looks as the row says.
fn check_failure(name: &str, wired: &Wired, error: &Error, row: &Row) {
    check_repeated_failure(name, wired, error, row, 1);
}

/// The same for a failure after others: the bound of the delay has doubled with each.
fn check_repeated_failure(name: &str, wired: &Wired, error: &Error, row: &Row, failures: u32) {
    let (_, _, code, state, again) = row;
    let shown = wired.status();
    let told = shown.error.as_ref().map(|error| error.code.clone());
    assert_eq!((error.code, told.as_deref()), (*code, Some(code.as_str())), "{name}");
    assert_eq!(shown.state, *state, "{name}");
    let next = wired.next_in().unwrap();
    match again {
        Again::At(wait) => assert_eq!(next, *wait, "{name}"),
        Again::Soon => assert!((0..=1_000 << (failures - 1)).contains(&next), "{name}: {next}"),
        Again::AtPoll => assert_eq!(next, POLL, "{name}"),
    }
}

/// Nothing is tried before its moment; from then on all is well again.
fn check_recovery(name: &str, wired: &mut Wired) {
    let (next, sent) = (wired.next_in().unwrap(), wired.world.log.borrow().len());
    wired.pass(next - 1);
    assert_eq!(wired.world.log.borrow().len(), sent, "{name}: not before its moment");
    wired.world.heal();
    wired.pass(1_000);
    assert_eq!(wired.queue().len(), 0, "{name}");
    assert_eq!((wired.status().state, wired.status().error.clone()), (State::Synced, None), "{name}");
    assert_eq!(wired.parked(), [], "{name}");
    let docs: Vec<String> = wired.world.server.docs().into_values().collect();
    assert_eq!(docs.len(), 3, "{name}: {docs:?}");
    assert!(docs.iter().any(|doc| doc.contains("second")), "{name}: {docs:?}");
}

#[test]
fn a_push_that_fails_leaves_the_queue_as_it_was() {
    for row in TABLE {
        let mut wired = edited();
        let (before, calls) = (wired.queue(), wired.world.token_calls.get());
        wired.world.always("/v1/push", row.1);
        let error = wired.sync().unwrap_err();
        check_failure(row.0, &wired, &error, row);
        assert_eq!((wired.queue(), wired.parked()), (before, Vec::new()), "{}", row.0);
        let asked = wired.world.token_calls.get() - calls;
        assert_eq!(asked, u32::from(row.0 == "401"), "{}: calls for a token", row.0);
        check_recovery(row.0, &mut wired);
    }
}

#[test]
fn a_pull_that_fails_loses_nothing_that_was_pushed_before_it() {
    for row in TABLE {
        let mut wired = edited();
        wired.world.always("/v1/pull", row.1);
        let error = wired.sync().unwrap_err();
        check_failure(row.0, &wired, &error, row);
        assert_eq!((wired.queue().len(), wired.parked()), (0, Vec::new()), "{}: they were accepted", row.0);
        assert_eq!(wired.world.server.docs().len(), 3, "{}", row.0);
        check_recovery(row.0, &mut wired);
    }
}

#[test]
fn a_first_pull_that_fails_leaves_every_change_in_the_queue_or_at_the_server() {
    for row in TABLE {
        let mut wired = Wired::unreached(&["todos"], false);
        wired.world.always("/v1/pull", row.1);
        for (record, text) in [("a", "second"), ("b", "first"), ("c", "first")] {
            wired.put("todos", record, text);
        }
        let error = wired.sync().unwrap_err();
        check_repeated_failure(row.0, &wired, &error, row, 3);
        let (queued, there) = (wired.queue().len(), wired.world.server.docs().len());
        assert_eq!(queued + there, 3, "{}", row.0);
        check_recovery(row.0, &mut wired);
    }
}

#[test]
fn a_request_that_fails_after_the_token_was_refreshed_is_as_any_other() {
    for row in TABLE {
        let mut wired = edited();
        let (before, calls) = (wired.queue(), wired.world.token_calls.get());
        let reaction = row.1;
        wired.world.tokens.borrow_mut().push_back(Token::Given("fresh"));
        wired.world.when(move |request| {
            let token = request.headers.iter().find(|(name, _)| *name == "authorization");
            let is_fresh = token.is_some_and(|(_, value)| value == "Bearer fresh");
            request.url.ends_with("/v1/push").then(|| if is_fresh { reaction() } else { status(401, &[]) })
        });
        let error = wired.sync().unwrap_err();
        check_failure(row.0, &wired, &error, row);
        assert_eq!((wired.queue(), wired.parked()), (before, Vec::new()), "{}", row.0);
        assert_eq!(wired.world.token_calls.get() - calls, 1, "{}: one refresh", row.0);
        check_recovery(row.0, &mut wired);
    }
}

#[test]
fn a_refresh_of_the_token_that_fails_keeps_everything() {
    for (name, token, code, state, again) in [
        ("fails", Token::Fails, ErrorCode::Network, State::Offline, Again::Soon),
        ("hangs", Token::Hangs, ErrorCode::Timeout, State::Offline, Again::Soon),
        ("none", Token::None, ErrorCode::Unauthorized, State::SignedOut, Again::AtPoll),
        ("the same", Token::Given("good"), ErrorCode::Unauthorized, State::SignedOut, Again::AtPoll),
    ] {
        let mut wired = edited();
        let (before, calls) = (wired.queue(), wired.world.token_calls.get());
        wired.world.tokens.borrow_mut().push_back(token);
        let pushes = wired.world.count("/v1/push");
        wired.world.always("/v1/push", || status(401, &[]));
        let error = wired.sync().unwrap_err();
        check_failure(name, &wired, &error, &(name, || status(401, &[]), code, state, again));
        assert_eq!((wired.queue(), wired.parked()), (before, Vec::new()), "{name}");
        assert_eq!(wired.world.token_calls.get() - calls, 1, "{name}");
        assert_eq!(wired.world.count("/v1/push") - pushes, 1, "{name}: a refused token is not sent again");
        check_recovery(name, &mut wired);
    }
}

#[test]
fn a_token_that_ended_is_replaced_and_nobody_notices() {
    let mut wired = edited();
    wired.world.tokens.borrow_mut().push_back(Token::Given("fresh"));
    wired.world.when(|request| {
        let is_old = request.headers.iter().any(|(_, value)| value == "Bearer good");
        is_old.then(|| status(401, &[]))
    });
    let report = wired.sync().unwrap();
    assert_eq!((report.pushed, wired.queue().len(), wired.world.token_calls.get()), (3, 0, 2));
}

#[test]
fn a_pull_with_nothing_new_is_304_and_well() {
    const EMPTY_PAGE: &str = r#"{"collections":{"todos":{"records":[],"cursor":"0","more":false}},"now":1}"#;
    let mut wired = Wired::open(&["todos"], false);
    let tagged = || Reaction::Answer(answer(200, &[("etag", "\"1\"")], EMPTY_PAGE));
    wired.world.always("/v1/pull", tagged);
    wired.sync().unwrap();
    wired.world.when(|request| {
        let is_conditional = request.headers.iter().any(|(name, _)| *name == "if-none-match");
        is_conditional.then(|| status(304, &[]))
    });
    let report = wired.sync().unwrap();
    assert_eq!((report.pulled, report.requests, wired.status().state), (0, 1, State::Synced));
}

#[test]
fn failures_back_off_with_full_jitter_up_to_five_minutes() {
    for row in TABLE.iter().filter(|(_, _, _, _, again)| matches!(again, Again::Soon)) {
        let mut wired = edited();
        wired.world.always("", row.1);
        let before = wired.queue();
        let sent = wired.world.log.borrow().len();
        // Two hours: the delays grow to five minutes, of which jitter takes half away.
        wired.pass(2 * 60 * 60 * 1_000);
        assert_eq!((wired.queue(), wired.parked()), (before, Vec::new()), "{}", row.0);
        let starts = wired.world.log.borrow().len() - sent;
        assert!((20..=300).contains(&starts), "{}: {starts} requests in two hours", row.0);
        wired.world.heal();
        wired.pass(300_000);
        assert_eq!((wired.queue().len(), wired.parked()), (0, Vec::new()), "{}", row.0);
    }
}

/// A device whose live channel is up.
fn live() -> Wired {
    let mut wired = Wired::open(&["todos"], true);
    wired.pass(10_000);
    assert_eq!(wired.status().channel, Channel::Live);
    wired
}

/// Whatever becomes of the channel, edits go up, polls come in its place, and it comes back when it can.
fn check_without_live(name: &str, wired: &mut Wired) {
    wired.pass(5_000);
    wired.put("todos", "a", "edited");
    wired.pass(1_000);
    assert_eq!((wired.queue().len(), wired.parked()), (0, Vec::new()), "{name}");
    assert_eq!(wired.status().error, None, "{name}: a channel less is no error");
    assert_eq!(wired.status().state, State::Synced, "{name}");
    let (tries, pulls) = (wired.world.live_tries.borrow().len(), wired.world.count("/v1/pull"));
    wired.pass(20 * 60 * 1_000);
    let tries = wired.world.live_tries.borrow().len() - tries;
    assert!((15..=90).contains(&tries), "{name}: tried {tries} times in twenty minutes");
    let pulls = wired.world.count("/v1/pull") - pulls;
    assert!((35..=140).contains(&pulls), "{name}: {pulls} pulls in twenty minutes");
    wired.world.heal();
    wired.pass(70_000);
    assert_eq!(wired.status().channel, Channel::Live, "{name}");
}

#[test]
fn a_live_channel_that_is_refused_is_tried_again_while_polls_go_on() {
    for status in [400, 401, 402, 403, 404, 408, 409, 412, 413, 422, 426, 429, 500, 502, 503, 504] {
        let mut wired = live();
        wired.world.live.replace(Some(Live::Refused(Error::of_status(status, None, None, ""))));
        wired.world.close_live(1006);
        check_without_live(&format!("upgrade refused with {status}"), &mut wired);
    }
    for code in [ErrorCode::Network, ErrorCode::Offline, ErrorCode::Timeout] {
        let mut wired = live();
        wired.world.live.replace(Some(Live::Refused(Error::new(code, "no channel"))));
        wired.world.close_live(1006);
        check_without_live(code.as_str(), &mut wired);
    }
}

#[test]
fn a_live_channel_that_is_closed_is_tried_again_while_polls_go_on() {
    for code in [4401, 4429, 1012, 1006, 1008, 1011] {
        let mut wired = live();
        let calls = wired.world.token_calls.get();
        wired.world.live.replace(Some(Live::Closes(code)));
        wired.world.close_live(code);
        wired.pass(2_500);
        let asked = wired.world.token_calls.get() - calls;
        assert_eq!(asked >= 1, code == 4401, "{code}: {asked} calls for a token");
        check_without_live(&format!("closed with {code}"), &mut wired);
    }
}

#[test]
fn a_live_channel_whose_token_ended_comes_back_with_a_fresh_one() {
    let mut wired = live();
    let calls = wired.world.token_calls.get();
    wired.world.tokens.borrow_mut().push_back(Token::Given("fresh"));
    wired.world.close_live(4401);
    wired.pass(2_500);
    assert_eq!((wired.status().channel, wired.world.token_calls.get() - calls), (Channel::Live, 1));
}

#[test]
fn an_explicit_discard_is_the_only_other_way_out_of_the_queue() {
    let mut wired = edited();
    wired.world.always("/v1/push", || status(500, &[]));
    drop(wired.sync());
    let before = wired.queue();
    let first = before.keys().next().cloned().unwrap();
    let client = wired.client.clone();
    let change = syncline_protocol::ChangeId::trusted(first.as_str());
    wired.wait(async move { client.discard(change).await }).unwrap();
    assert_eq!(wired.queue().len(), before.len() - 1);
    assert!(!wired.queue().contains_key(&first));
    assert_eq!(Rc::strong_count(&wired.world.server), 1);
}
