//! One live socket from its first message to its close code. Knows no database but through the state's store.

use std::{
    collections::{BTreeMap, BTreeSet},
    pin::pin,
    sync::Arc,
};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use syncline_protocol::{CollectionName, LiveHello, LiveMessage};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, interval_at, sleep, sleep_until, timeout},
};

use super::hub::Hint;
use crate::{app::AppState, auth::User, clock, decide::checks::MAX_COLLECTIONS};

/// Why a socket is closed.
#[derive(Clone, Copy, Debug)]
enum End {
    /// No token, or one that is not valid or has ended.
    Token,
    /// Too many sockets of one user, or too many collections on one socket.
    TooMany,
    /// The server ends and will be back.
    Restart,
    /// The first message is none.
    NotUnderstood,
    /// The server failed.
    Failed,
    /// The client went away or is not to be reached.
    Gone,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Token => (4401, "token"),
            Self::TooMany => (4429, "too many"),
            Self::Restart => (1012, "restart"),
            Self::NotUnderstood => (1008, "the first message is not understood"),
            Self::Failed => (1011, "failed"),
            Self::Gone => return None,
        };
        Some(CloseFrame { code, reason: reason.into() })
    }
}

/// Serves one socket to its end.
pub(crate) async fn converse(mut socket: WebSocket, state: Arc<AppState>) {
    let mut presence = state.hub.join();
    let talk = async {
        match greet(&mut socket, &state).await {
            Ok((user, hello)) => follow(&mut socket, &state, user, hello).await,
            Err(end) => end,
        }
    };
    let end = tokio::select! {
        () = presence.closed() => End::Restart,
        end = talk => end,
    };
    if let Some(frame) = end.frame() {
        // A client that is gone needs no close frame.
        let _ = timeout(state.timing.send, socket.send(Message::Close(Some(frame)))).await;
    }
}

/// Waits for the first message and checks its token.
async fn greet(socket: &mut WebSocket, state: &AppState) -> Result<(User, LiveHello), End> {
    let text = match timeout(state.timing.hello, socket.recv()).await {
        Err(_) => return Err(End::Token),
        Ok(Some(Ok(Message::Text(text)))) => text,
        Ok(Some(Ok(Message::Binary(_)))) => return Err(End::NotUnderstood),
        Ok(_) => return Err(End::Gone),
    };
    let hello: LiveHello = serde_json::from_str(text.as_str()).map_err(|_| End::NotUnderstood)?;
    let user = state.keys.verify(&hello.token).map_err(|_| End::Token)?;
    if hello.collections.len() > MAX_COLLECTIONS {
        return Err(End::TooMany);
    }
    Ok((user, hello))
}

/// Passes hints on until something ends it.
async fn follow(socket: &mut WebSocket, state: &AppState, user: User, hello: LiveHello) -> End {
    let timing = state.timing;
    // Listening starts before looking, so that no commit falls between the two.
    let Some(mut hints) = state.hub.listen(user.id) else { return End::TooMany };
    let mut pending: BTreeSet<CollectionName> = match state.store.behind(user.id, &hello.collections).await {
        Ok(behind) => behind.into_iter().collect(),
        Err(error) => {
            tracing::error!(%error, "a live socket could not be started");
            return End::Failed;
        }
    };
    let followed: BTreeSet<CollectionName> = hello.collections.into_keys().collect();

    let mut expired = pin!(sleep(clock::until(user.expires)));
    let mut pings = interval_at(Instant::now() + timing.ping, timing.ping);
    let mut count = 0_u64;
    let mut heard = Instant::now();
    let mut flush_at = Instant::now();
    let mut last_flush = flush_at;
    loop {
        let message = tokio::select! {
            () = &mut expired => return End::Token,
            received = socket.recv() => match received {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return End::Gone,
                Some(Ok(_)) => { heard = Instant::now(); continue }
            },
            hint = next(&mut hints, &followed) => {
                // The first hint goes out at once; those that follow closely go out together.
                if pending.is_empty() {
                    flush_at = flush_at.max(last_flush + timing.gather);
                }
                pending.extend(hint);
                continue;
            }
            _ = pings.tick() => {
                if heard.elapsed() > timing.silence {
                    return End::Gone;
                }
                count = count.saturating_add(1);
                LiveMessage::Ping(count)
            }
            () = sleep_until(flush_at), if !pending.is_empty() => {
                last_flush = Instant::now();
                let changed = std::mem::take(&mut pending);
                LiveMessage::Changed(changed.into_iter().map(|name| (name, None)).collect::<BTreeMap<_, _>>())
            }
        };
        let Ok(text) = serde_json::to_string(&message) else { return End::Failed };
        if !matches!(timeout(timing.send, socket.send(Message::Text(text.into()))).await, Ok(Ok(()))) {
            return End::Gone;
        }
    }
}

/// The next collections that changed, of those followed; all of them where hints were lost.
async fn next(hints: &mut Receiver<Hint>, followed: &BTreeSet<CollectionName>) -> BTreeSet<CollectionName> {
    match hints.recv().await {
        Ok(changed) => changed.intersection(followed).cloned().collect(),
        Err(RecvError::Lagged(_)) => followed.clone(),
        // The hub lives as long as the state that this socket holds.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}
