//! The live channel, over a real socket.

use std::time::Duration;

use crate::common::{Server, put};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(server: &Server, hello: &Value) -> Socket {
    let (mut socket, _) = connect_async(server.live_url()).await.unwrap();
    socket.send(Message::text(hello.to_string())).await.unwrap();
    socket
}

/// The next message, or the code with which the socket was closed.
async fn next(socket: &mut Socket) -> Result<Value, u16> {
    match timeout(Duration::from_secs(5), socket.next()).await.expect("nothing came in five seconds") {
        Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(text.as_str()).unwrap()),
        Some(Ok(Message::Close(Some(frame)))) => Err(frame.code.into()),
        other => panic!("neither a message nor a close frame: {other:?}"),
    }
}

async fn is_silent(socket: &mut Socket) -> bool {
    timeout(Duration::from_millis(300), socket.next()).await.is_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_hinted_to_those_of_its_user_who_follow_the_collection() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let (ann, bob) = (server.register("ann@b"), server.register("bob@b"));
    let mut follows = open(&server, &json!({"token": ann.token, "collections": {"todos": null}})).await;
    let mut elsewhere = open(&server, &json!({"token": ann.token, "collections": {"habits": null}})).await;
    let mut other = open(&server, &json!({"token": bob.token, "collections": {"todos": null}})).await;
    assert!(is_silent(&mut follows).await, "nothing is there to be hinted at");

    ann.push(&[put("1", "a", None)]);
    assert_eq!(next(&mut follows).await, Ok(json!({"changed": {"todos": null}})));
    assert!(is_silent(&mut elsewhere).await && is_silent(&mut other).await);

    ann.push(&[put("2", "a", None)]);
    assert!(is_silent(&mut follows).await, "a conflict changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_with_an_old_cursor_is_hinted_at_once() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    ann.push(&[put("1", "a", None)]);
    let cursor = ann.pull(None, 10)["cursor"].clone();
    let mut current = open(&server, &json!({"token": ann.token, "collections": {"todos": cursor}})).await;
    assert!(is_silent(&mut current).await);
    ann.push(&[put("2", "b", None)]);
    for cursor in [&cursor, &Value::Null] {
        let mut old = open(&server, &json!({"token": ann.token, "collections": {"todos": cursor}})).await;
        assert_eq!(next(&mut old).await, Ok(json!({"changed": {"todos": null}})));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_and_a_bad_first_message_close_the_socket() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let mut stranger = open(&server, &json!({"token": "x", "collections": {}})).await;
    assert_eq!(next(&mut stranger).await, Err(4401));
    let mut nonsense = open(&server, &json!({"hello": 1})).await;
    assert_eq!(next(&mut nonsense).await, Err(1008));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_says_so_with_1012_and_ends() {
    let directory = TempDir::new().unwrap();
    let server = Server::start(&directory);
    let ann = server.register("a@b");
    let mut follows = open(&server, &json!({"token": ann.token, "collections": {"todos": null}})).await;
    let (mut silent, _) = connect_async(server.live_url()).await.unwrap();
    ann.push(&[put("1", "a", None)]);
    next(&mut follows).await.unwrap();
    server.ask_to_end();
    assert_eq!(next(&mut follows).await, Err(1012));
    assert_eq!(next(&mut silent).await, Err(1012));
    drop((follows, silent));
    assert!(server.terminate().success());
}
