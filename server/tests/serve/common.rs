//! A server process of its own for a test, and a client that asks it. Asserts nothing.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A running `syncline-server` on a free port; killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) url: String,
}

impl Server {
    pub(crate) fn start(directory: &TempDir) -> Self {
        Self::start_with(directory, None)
    }

    pub(crate) fn start_with(directory: &TempDir, www: Option<&Path>) -> Self {
        let database = format!("sqlite://{}", directory.path().join("test.db").display());
        let mut command = Command::new(env!("CARGO_BIN_EXE_syncline-server"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database]);
        if let Some(www) = www {
            command.arg("--www").arg(www);
        }
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url =
            line.trim().strip_prefix("listening on ").expect("the server says where it listens").to_owned();
        Self { process, url }
    }

    /// Asks it to end as an operator would, and waits.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        self.ask_to_end();
        self.process.wait().unwrap()
    }

    pub(crate) fn ask_to_end(&self) {
        assert!(
            Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status().unwrap().success()
        );
    }

    /// Ends it as a loss of power would.
    pub(crate) fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn live_url(&self) -> String {
        format!("{}/v1/live", self.url.replacen("http", "ws", 1))
    }

    /// Registers an account and signs it in.
    pub(crate) fn register(&self, email: &str) -> Client {
        let body = json!({"email": email, "password": "correct horse"}).to_string();
        let answer = Client::anonymous(&self.url).post("/v1/auth/register", body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        Client::anonymous(&self.url).with_token(answer.json()["token"].as_str().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: ureq::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The problem's code and the names of its bad fields.
    pub(crate) fn problem(&self) -> (u16, String, Vec<String>) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let fields = problem["fields"].as_object().map(|fields| fields.keys().cloned().collect());
        (self.status, problem["code"].as_str().unwrap().to_owned(), fields.unwrap_or_default())
    }
}

/// Asks one server, as one user or as nobody.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn anonymous(url: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(30)));
        Self { agent: config.build().into(), url: url.to_owned(), token: String::new() }
    }

    pub(crate) fn with_token(mut self, token: &str) -> Self {
        self.token = token.to_owned();
        self
    }

    /// The same user at a server elsewhere.
    pub(crate) fn at(mut self, url: &str) -> Self {
        self.url = url.to_owned();
        self
    }

    pub(crate) fn post(&self, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.post_with(path, &[], body)
    }

    pub(crate) fn post_with(&self, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        self.try_post_with(path, headers, body).unwrap()
    }

    pub(crate) fn try_post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = self.agent.post(format!("{}{path}", self.url)).content_type("application/json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.send(body.into())?)
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.call().unwrap()).unwrap()
    }

    /// Pushes changes and gives their results.
    pub(crate) fn push(&self, changes: &[Value]) -> Vec<Value> {
        let body = json!({"device": "d", "changes": changes}).to_string();
        let answer = self.post("/v1/push", body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["results"].as_array().unwrap().clone()
    }

    /// Pulls one page of `todos`.
    pub(crate) fn pull(&self, cursor: Option<&str>, limit: usize) -> Value {
        let body = json!({"collections": {"todos": {"cursor": cursor}}, "limit": limit}).to_string();
        let answer = self.post("/v1/pull", body);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["collections"]["todos"].clone()
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let mut body = Vec::new();
    response.body_mut().as_reader().read_to_end(&mut body)?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), body })
}

/// A put of a document of its own.
pub(crate) fn put(id: &str, record: &str, base: Option<u64>) -> Value {
    json!({"id": id, "collection": "todos", "record": record, "op": "put", "base": base,
           "data": {"title": id}, "editedAt": 5})
}

/// The ids of a page's records.
pub(crate) fn ids(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().unwrap();
    records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}
