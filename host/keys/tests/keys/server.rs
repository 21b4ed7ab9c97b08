//! A provider on loopback whose answers are scripted, to the byte.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// What is answered at a path.
#[derive(Clone)]
pub(crate) enum Reply {
    /// These bytes, after which the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes, one at a time, for as long as they are read.
    Drip(Vec<u8>),
    /// These bytes, and these again and again until nobody reads them.
    Flood(Vec<u8>, Vec<u8>),
    /// A body with an `ETag`: 304 without it, if that is named.
    Tagged(&'static str, String),
    /// What another reply says, once the semaphore has a permit.
    Held(Arc<Semaphore>, Box<Reply>),
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// The head, in lower case.
    pub(crate) head: String,
}

#[derive(Default)]
struct Script {
    replies: BTreeMap<String, Reply>,
    requests: Vec<Request>,
    /// Bytes of bodies that were handed to the system.
    written: usize,
}

/// A server. It ends when it is dropped.
pub(crate) struct Server {
    origin: String,
    script: Arc<Mutex<Script>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let script = Arc::<Mutex<Script>>::default();
        let shared = Arc::clone(&script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { origin, script, task }
    }

    /// An address of this server.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn set(&self, path: &str, reply: Reply) {
        self.script.lock().unwrap().replies.insert(path.to_owned(), reply);
    }

    pub(crate) fn json(&self, path: &str, body: &str) {
        self.set(path, ok(body));
    }

    /// The paths that were asked for, in order.
    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.script.lock().unwrap().requests.clone()
    }

    pub(crate) fn written(&self) -> usize {
        self.script.lock().unwrap().written
    }

    /// Stops listening, as a provider that is down; answers where it was.
    pub(crate) async fn down(mut self) -> String {
        self.task.abort();
        let _ = (&mut self.task).await;
        self.origin.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// 200 with this body.
pub(crate) fn ok(body: &str) -> Reply {
    Reply::Bytes(answer("200 OK", &[], body))
}

/// 200 with a header line and this body.
pub(crate) fn with_header(header: &str, body: &str) -> Reply {
    Reply::Bytes(answer("200 OK", &[header], body))
}

/// Another status, with a body that is a good one otherwise.
pub(crate) fn status(line: &str, body: &str) -> Reply {
    Reply::Bytes(answer(line, &[], body))
}

pub(crate) fn redirect(to: &str) -> Reply {
    Reply::Bytes(answer("302 Found", &[&format!("location: {to}")], ""))
}

fn answer(status: &str, headers: &[&str], body: &str) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
    for header in headers {
        text.push_str(header);
        text.push_str("\r\n");
    }
    format!("{text}connection: close\r\n\r\n{body}").into_bytes()
}

async fn serve(mut stream: TcpStream, script: Arc<Mutex<Script>>) {
    let Some(head) = read_head(&mut stream).await else { return };
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    let reply = {
        let mut script = script.lock().unwrap();
        let request = Request { path: path.clone(), head: head.to_ascii_lowercase() };
        script.requests.push(request.clone());
        script.replies.get(&path).cloned().map(|reply| (reply, request))
    };
    let (reply, request) = match reply {
        Some((Reply::Held(gate, reply), request)) => {
            gate.acquire().await.unwrap().forget();
            (*reply, request)
        }
        Some(other) => other,
        None => {
            let _ = stream.write_all(&answer("404 Not Found", &[], "")).await;
            return;
        }
    };
    match reply {
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
        }
        Reply::Tagged(tag, body) => {
            let known = request.head.contains(&format!("if-none-match: {tag}\r\n"));
            let header = format!("etag: {tag}");
            let (status, body) = if known { ("304 Not Modified", "") } else { ("200 OK", &*body) };
            let _ = stream.write_all(&answer(status, &[&header], body)).await;
        }
        Reply::Drip(bytes) => {
            for byte in bytes {
                if stream.write_all(&[byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        Reply::Flood(head, body) => {
            let mut next = stream.write_all(&head).await;
            while next.is_ok() {
                script.lock().unwrap().written += body.len();
                next = stream.write_all(&body).await;
            }
        }
        Reply::Held(..) => unreachable!("one gate is enough"),
    }
    // Closed only when the other side has read it all: closing with something
    // unread resets the connection.
    let _ = stream.shutdown().await;
    let _ = stream.read(&mut [0]).await;
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
        // What begins otherwise is no HTTP, but TLS.
        head.first().filter(|byte| byte.is_ascii_uppercase())?;
    }
    String::from_utf8(head).ok()
}
