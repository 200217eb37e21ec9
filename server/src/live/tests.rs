//! What takes time on a live socket, with shorter times, over a real socket.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt as _, StreamExt as _};
use syncline_protocol::Millis;
use tempfile::TempDir;
use tokio::{net::TcpListener, net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use super::Timing;
use crate::{
    app::{AppState, Options, app},
    auth::UserId,
    clock,
    store::Store,
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves an account's live channel with those times; the directory goes with it.
async fn serve(timing: Timing) -> (Arc<AppState>, UserId, String, TempDir) {
    let directory = TempDir::new().unwrap();
    let url = format!("sqlite://{}", directory.path().join("test.db").display());
    let store = Store::open(&url).await.unwrap();
    let user = store.register("a@b", "", Millis(0)).await.unwrap();
    let mut state = AppState::new(store, Options::default()).unwrap();
    Arc::get_mut(&mut state).unwrap().timing = timing;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}/v1/live", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, app(state.clone())).into_future());
    (state, user, url, directory)
}

async fn greet(url: &str, token: &str) -> Socket {
    let (mut socket, _) = connect_async(url).await.unwrap();
    let hello = format!(r#"{{"token":"{token}","collections":{{"todos":null}}}}"#);
    socket.send(Message::text(hello)).await.unwrap();
    socket
}

/// The next text, or the code with which the socket was closed; 0 where it broke off.
async fn next(socket: &mut Socket) -> Result<String, u16> {
    match timeout(Duration::from_secs(5), socket.next()).await.expect("nothing came in five seconds") {
        Some(Ok(Message::Text(text))) => Ok(text.to_string()),
        Some(Ok(Message::Close(Some(frame)))) => Err(frame.code.into()),
        _ => Err(0),
    }
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let (state, user, url, _directory) = serve(Timing::default()).await;
    let (token, expires) = state.keys.sign_until(user, clock::now().plus(2_000)).unwrap();
    let mut socket = greet(&url, &token).await;
    assert_eq!(next(&mut socket).await, Err(4401));
    assert!(clock::now() >= expires);
}

#[tokio::test]
async fn who_says_nothing_at_first_is_closed() {
    let timing = Timing { hello: Duration::from_millis(50), ..Timing::default() };
    let (_state, _user, url, _directory) = serve(timing).await;
    let (mut socket, _) = connect_async(&url).await.unwrap();
    assert_eq!(next(&mut socket).await, Err(4401));
}

#[tokio::test]
async fn pings_are_counted_and_who_never_answers_is_gone() {
    let timing =
        Timing { ping: Duration::from_millis(100), silence: Duration::from_millis(350), ..Timing::default() };
    let (state, user, url, _directory) = serve(timing).await;
    let (token, _) = state.keys.sign(user, clock::now()).unwrap();
    let mut answers = greet(&url, &token).await;
    for count in 1..=6 {
        assert_eq!(next(&mut answers).await, Ok(format!(r#"{{"ping":{count}}}"#)));
        answers.send(Message::text(format!(r#"{{"pong":{count}}}"#))).await.unwrap();
    }
    let mut is_mute = greet(&url, &token).await;
    for count in 1..=3 {
        assert_eq!(next(&mut is_mute).await, Ok(format!(r#"{{"ping":{count}}}"#)));
    }
    assert_eq!(next(&mut is_mute).await, Err(0));
}

#[tokio::test]
async fn commits_close_together_are_hinted_once() {
    let timing = Timing { gather: Duration::from_millis(300), ..Timing::default() };
    let (state, user, url, _directory) = serve(timing).await;
    let (token, _) = state.keys.sign(user, clock::now()).unwrap();
    let mut socket = greet(&url, &token).await;
    let todos = syncline_protocol::CollectionName::trusted("todos");
    while state.hub.listeners_of(user) == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..40 {
        state.hub.tell(user, [todos.clone()].into());
    }
    assert_eq!(next(&mut socket).await, Ok(r#"{"changed":{"todos":null}}"#.to_owned()));
    assert!(timeout(Duration::from_millis(600), socket.next()).await.is_err(), "a second hint came");
}

#[tokio::test]
async fn a_user_has_64_sockets_at_most() {
    let (state, user, url, _directory) = serve(Timing::default()).await;
    let (token, _) = state.keys.sign(user, clock::now()).unwrap();
    let held: Vec<_> = (0..64).map(|_| state.hub.listen(user).unwrap()).collect();
    assert_eq!(next(&mut greet(&url, &token).await).await, Err(4429));
    drop(held);
    let mut socket = greet(&url, &token).await;
    assert!(timeout(Duration::from_millis(200), socket.next()).await.is_err());
}
