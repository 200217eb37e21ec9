//! Decides what the status says. Emits nothing.

use serde::{Deserialize, Serialize};
use syncline_protocol::Millis;

use super::mirror::Mirror;
use crate::{
    gather::Gather as _,
    model::{Channel, CollectionStatus, Error, ErrorCode, Progress, State, Status, StatusError},
    schedule::is_of_connection,
};

/// What the leader is doing; told to the other contexts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub(super) struct Activity {
    pub(super) is_running: bool,
    pub(super) is_offline: bool,
    pub(super) progress: Option<Progress>,
    pub(super) error: Option<StatusError>,
    pub(super) next_sync_at: Option<Millis>,
    pub(super) channel: Channel,
}

/// Decides the status from what is stored and what the leader is doing.
pub(super) fn decide(mirror: &Mirror, activity: &Activity, is_leader: bool) -> Status {
    let enabled = || mirror.collections.values().filter(|(state, _)| state.is_enabled);
    let pending = mirror.collections.values().map(|(_, tally)| tally.pending).sum();
    let waiting: u64 = enabled().map(|(_, tally)| tally.pending).sum();
    let collections = mirror.collections.iter().map(|(name, (state, tally))| {
        let status = CollectionStatus {
            enabled: state.is_enabled,
            pending: tally.pending,
            last_synced_at: state.last_synced_at,
        };
        (name.clone(), status)
    });
    let last_synced_at = enabled().map(|(state, _)| state.last_synced_at).min().flatten();
    let error = worst(mirror, activity);
    Status {
        state: state(
            activity,
            error.as_ref(),
            enabled().next().is_some(),
            waiting > 0 || last_synced_at.is_none(),
        ),
        pending,
        parked: mirror.collections.values().map(|(_, tally)| tally.parked).sum(),
        conflicts: mirror.collections.values().map(|(_, tally)| tally.conflicts).sum(),
        last_synced_at,
        next_sync_at: activity.next_sync_at,
        progress: activity.progress.clone(),
        error,
        leader: is_leader,
        channel: activity.channel,
        collections: collections.gather(),
    }
}

/// What is told of what went wrong: a pull that waits for somebody before a connection that comes back by itself.
fn worst(mirror: &Mirror, activity: &Activity) -> Option<StatusError> {
    let failure = activity.error.clone();
    let is_passing = |error: &StatusError| {
        ErrorCode::ALL.iter().any(|code| is_of_connection(*code) && code.as_str() == error.code)
    };
    let paused = mirror.paused().map(|(name, deletion)| {
        let Error { code, message, .. } = Error::mass_deletion(name, deletion);
        let (code, at) = (code.as_str().to_owned(), deletion.at);
        StatusError { code, message, at, collection: Some(name.clone()) }
    });
    if failure.as_ref().is_none_or(is_passing) { paused.or(failure) } else { failure }
}

fn state(activity: &Activity, error: Option<&StatusError>, is_enabled: bool, is_waiting: bool) -> State {
    let is_code = |code: ErrorCode| error.is_some_and(|error| error.code == code.as_str());
    let is_unconnected = ErrorCode::ALL.iter().any(|code| is_of_connection(*code) && is_code(*code));
    if !is_enabled {
        State::Disabled
    } else if is_code(ErrorCode::Unauthorized) {
        State::SignedOut
    } else if error.is_some() && !is_unconnected {
        State::Error
    } else if activity.is_offline || is_unconnected {
        State::Offline
    } else if activity.is_running {
        State::Syncing
    } else if is_waiting {
        State::Pending
    } else {
        State::Synced
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(error: Option<ErrorCode>, is_offline: bool, is_running: bool, is_waiting: bool) -> State {
        let error = error.map(|code| StatusError {
            code: code.as_str().into(),
            message: String::new(),
            at: Millis(1),
            collection: None,
        });
        let activity = Activity { is_running, is_offline, ..Activity::default() };
        state(&activity, error.as_ref(), true, is_waiting)
    }

    #[test]
    fn the_worst_is_shown() {
        assert_eq!(shown(Some(ErrorCode::Unauthorized), true, true, true), State::SignedOut);
        assert_eq!(shown(Some(ErrorCode::Forbidden), true, true, true), State::Error);
        assert_eq!(shown(Some(ErrorCode::Network), false, true, true), State::Offline);
        assert_eq!(shown(None, true, false, true), State::Offline);
        assert_eq!(shown(None, false, true, true), State::Syncing);
        assert_eq!(shown(None, false, false, true), State::Pending);
        assert_eq!(shown(None, false, false, false), State::Synced);
        assert_eq!(state(&Activity::default(), None, false, true), State::Disabled);
    }
}
