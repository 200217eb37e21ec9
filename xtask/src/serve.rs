//! Starts the server, waits until it answers, and ends it when this program is ended.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long the server may take to answer for the first time.
const START: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(50);

/// A running server. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Server {
    child: Arc<Mutex<Child>>,
}

/// An error that says what to do, when the port is taken.
pub(crate) fn needs_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_free) => Ok(()),
        Err(error) => bail!("port {port} cannot be used ({error}): choose another one with --port"),
    }
}

impl Server {
    /// Starts the server and returns once `/healthz` answers.
    pub(crate) fn start(command: &mut Command, port: u16) -> Result<Self> {
        let child = command.spawn().context("the server could not be started")?;
        let server = Self { child: Arc::new(Mutex::new(child)) };
        server.end_with_us()?;
        let began = Instant::now();
        while !is_healthy(port) {
            if let Some(status) = server.ended()? {
                bail!("the server ended before it answered ({status})");
            }
            if began.elapsed() > START {
                bail!("the server did not answer on port {port} within {} s", START.as_secs());
            }
            thread::sleep(GLANCE);
        }
        Ok(server)
    }

    /// Waits until the server ends. True: it ended well.
    pub(crate) fn wait(&self) -> Result<bool> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status.success());
            }
            thread::sleep(GLANCE);
        }
    }

    fn ended(&self) -> Result<Option<std::process::ExitStatus>> {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        child.try_wait().context("the server cannot be watched")
    }

    fn end_with_us(&self) -> Result<()> {
        let child = Arc::clone(&self.child);
        ctrlc::set_handler(move || {
            let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
            let _ended_already = child.kill().and_then(|()| child.wait());
            std::process::exit(0);
        })
        .context("signals cannot be handled")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child.lock().unwrap_or_else(PoisonError::into_inner);
        let _ended_already = child.kill().and_then(|()| child.wait());
    }
}

/// The address that is listened at.
pub(crate) fn address(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A path for the server's `--database`.
pub(crate) fn database(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn is_healthy(port: u16) -> bool {
    ask(port).is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address(port), GLANCE)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    // One write: a peer that has seen a part may answer and close.
    let question = format!("GET /healthz HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_an_error_that_names_the_way_out() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = needs_free(port).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"), "{error}");
    }

    #[test]
    fn only_an_answer_of_200_is_healthy() {
        for (answer, is_well) in [("HTTP/1.1 200 OK\r\n\r\n", true), ("HTTP/1.1 503 No\r\n\r\n", false)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            let server = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let mut asked = [0; 512];
                let _read = stream.read(&mut asked).unwrap();
                stream.write_all(answer.as_bytes()).unwrap();
            });
            assert_eq!(is_healthy(port), is_well);
            server.join().unwrap();
        }
    }
}
