//! A listener: accepts, bounds, serves, and lets go without losing a request.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tower_service::Service;

use super::config::Listener;
use super::tls::Tls;

/// The most bytes of a request's line and headers.
const HEADER_BYTES: usize = 64 << 10;
/// Requests of one HTTP/2 connection that are under way.
const STREAMS: u32 = 1024;
/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client may take to read what it was sent.
const UNREAD: Duration = Duration::from_secs(30);
/// How often it is asked whether an HTTP/2 client is still there, and how long it may take to say so.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));
/// At the end, how long a connection that was just made is given to send its request.
const FIRST: Duration = Duration::from_secs(1);
/// At the end, how long a handshake that has begun may take once no other is begun.
const BEGUN: Duration = Duration::from_millis(250);
/// The most connections that wait with the kernel.
const BACKLOG: usize = 1024;
/// The pause after a connection could not be accepted, for want of file descriptors for instance.
const PAUSE: Duration = Duration::from_millis(50);

/// What a listener allows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Connections at once.
    pub(crate) connections: usize,
    /// How long a client may take to send a request's headers, and to send another request.
    pub(crate) header_timeout: Duration,
    /// How long what is under way may take at the end.
    pub(crate) drain: Duration,
}

impl From<&Listener> for Settings {
    fn from(listener: &Listener) -> Self {
        Self {
            connections: listener.connections,
            header_timeout: listener.header_timeout,
            drain: listener.drain,
        }
    }
}

/// How far the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// It serves.
    Serving,
    /// It serves, says that it is not ready, and asks clients to come by a new connection.
    Settling,
    /// It accepts nothing new, and ends what is under way.
    Draining,
}

/// What a listener counts.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    /// Connections that are open.
    pub(crate) open: AtomicU64,
    /// Connections that were accepted.
    pub(crate) accepted: AtomicU64,
    /// Times that none could be accepted.
    pub(crate) failed: AtomicU64,
}

/// A listener that is bound, and not served yet.
pub(crate) struct Bound {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

/// Binds a listener.
pub(crate) async fn bind(address: SocketAddr) -> std::io::Result<Bound> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok(Bound { listener, address })
}

/// Serves until the stage is [`Stage::Draining`] and all is done, or `drain` has passed then.
pub(crate) fn serve(
    bound: Bound,
    settings: Settings,
    tls: Option<Arc<Tls>>,
    router: Router,
    stage: watch::Receiver<Stage>,
    counts: Arc<Counts>,
) -> JoinHandle<()> {
    let places = Arc::new(Semaphore::new(settings.connections));
    let serving = Serving { settings, tls, router, stage, counts };
    tokio::spawn(accept(bound.listener, places, serving))
}

#[derive(Clone)]
struct Serving {
    settings: Settings,
    tls: Option<Arc<Tls>>,
    router: Router,
    stage: watch::Receiver<Stage>,
    counts: Arc<Counts>,
}

async fn accept(listener: TcpListener, places: Arc<Semaphore>, serving: Serving) {
    let mut stage = serving.stage.clone();
    let mut connections = JoinSet::new();
    let mut last_said: Option<Instant> = None;
    let mut end =
        pin!(async move { drop(stage.wait_for(|stage| *stage == Stage::Draining).await) });
    loop {
        // Where there is no place, clients wait with the kernel.
        let place = tokio::select! {
            biased;
            () = &mut end => break,
            place = Arc::clone(&places).acquire_owned() => place,
        };
        let Ok(place) = place else { break };
        let accepted = tokio::select! {
            biased;
            () = &mut end => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        match accepted {
            Ok((stream, _)) => {
                let serving = serving.clone();
                connections.spawn(async move {
                    serving.connection(stream).await;
                    drop(place);
                });
            }
            Err(error) => serving.cannot_accept(&error, &mut last_said).await,
        }
    }
    let limit = Instant::now() + serving.settings.drain;
    last(listener, &serving, limit, |stream| {
        let serving = serving.clone();
        connections.spawn(async move { serving.connection(stream).await });
    })
    .await;
    let all = async { while connections.join_next().await.is_some() {} };
    if timeout_at(limit, all).await.is_err() {
        tracing::warn!("connections were cut off: they took longer than `drain`");
    }
}

/// Accepts the last connections, and closes the listener.
///
/// Those that wait with the kernel came while the server was there: they are served, whatever the
/// number of places. A listener that is closed resets those that it has not accepted, and one may
/// come between the last of them and the end: so the kernel is asked first to begin no more. Where it
/// cannot be asked, the moment between is as short as can be.
async fn last(
    listener: TcpListener,
    serving: &Serving,
    limit: Instant,
    mut accepted: impl FnMut(TcpStream),
) {
    let mut last_said = None;
    let mut closing = Instant::now();
    match begin_no_more(&listener) {
        Ok(()) => closing = (closing + BEGUN).min(limit),
        Err(error) => tracing::debug!(%error, "a connection that comes at the very end is reset"),
    }
    while let Ok(result) = timeout_at(closing, listener.accept()).await {
        match result {
            Ok((stream, _)) => accepted(stream),
            // Connections that end make room.
            Err(error) => {
                serving.cannot_accept(&error, &mut last_said).await;
                closing = closing.max(Instant::now() + PAUSE).min(limit);
            }
        }
        if Instant::now() >= closing {
            break;
        }
    }
    let Ok(listener) = listener.into_std() else { return };
    for _ in 0..BACKLOG {
        let Ok((stream, _)) = listener.accept() else { break };
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        if let Ok(stream) = stream {
            accepted(stream);
        }
    }
}

/// Has the kernel drop whatever would begin a connection. Handshakes that have begun come to their
/// end, and the client of a connection that did not begin tries again, and finds nobody: it has sent
/// nothing that could be lost.
#[cfg(target_os = "linux")]
fn begin_no_more(listener: &TcpListener) -> std::io::Result<()> {
    use socket2::{SockFilter, SockRef};

    // Classic BPF, on the TCP header (RFC 9293 section 3.1): octet 13 holds the flags.
    const LOAD_OCTET: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    SockRef::from(listener).attach_filter(&[
        SockFilter::new(LOAD_OCTET, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, 0),
        SockFilter::new(RETURN, 0, 0, u32::MAX),
    ])
}

#[cfg(not(target_os = "linux"))]
fn begin_no_more(_: &TcpListener) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

impl Serving {
    /// Counts it, says so at most once a second, and pauses.
    async fn cannot_accept(&self, error: &std::io::Error, last_said: &mut Option<Instant>) {
        self.counts.failed.fetch_add(1, Ordering::Relaxed);
        if last_said.is_none_or(|last| last.elapsed() > Duration::from_secs(1)) {
            *last_said = Some(Instant::now());
            tracing::error!(%error, "a connection cannot be accepted");
        }
        sleep(PAUSE).await;
    }

    async fn connection(self, stream: TcpStream) {
        self.counts.accepted.fetch_add(1, Ordering::Relaxed);
        self.counts.open.fetch_add(1, Ordering::Relaxed);
        let _open = Open(Arc::clone(&self.counts));
        // Both only make it faster, or let it go sooner.
        let _ = stream.set_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = rustix::net::sockopt::set_tcp_user_timeout(
            &stream,
            u32::try_from(UNREAD.as_millis()).unwrap_or(30_000),
        );
        match &self.tls {
            None => self.http(stream).await,
            Some(tls) => {
                let accepting = tls.acceptor().accept(stream);
                match timeout(HANDSHAKE, accepting).await {
                    Ok(Ok(stream)) => self.http(stream).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                    Err(_) => tracing::debug!("a TLS handshake took too long"),
                }
            }
        }
    }

    async fn http<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.settings.header_timeout)
            .max_buf_size(HEADER_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(65_536))
            .keep_alive_interval(PING.0)
            .keep_alive_timeout(PING.1);
        let requests = Arc::new(AtomicU64::new(0));
        let (router, counted) = (self.router.clone(), Arc::clone(&requests));
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            counted.fetch_add(1, Ordering::Relaxed);
            router.clone().call(request)
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stage = self.stage;
        // What is told apart by its first bytes is not timed before: a client that says too little
        // to know which protocol it speaks.
        let mut silence = pin!(sleep(self.settings.header_timeout));
        let mut last = pin!(sleep(Duration::ZERO));
        let (mut leaving, mut left, mut heard) = (false, false, false);
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                changed = stage.wait_for(|stage| *stage == Stage::Draining), if !leaving => {
                    drop(changed);
                    leaving = true;
                    let wait = if requests.load(Ordering::Relaxed) == 0 { FIRST } else { Duration::ZERO };
                    last.as_mut().reset(Instant::now() + wait);
                }
                () = last.as_mut(), if leaving && !left => {
                    left = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = silence.as_mut(), if !heard => {
                    if requests.load(Ordering::Relaxed) == 0 {
                        return;
                    }
                    // From here on, the protocol's own timers count.
                    heard = true;
                }
            }
        }
    }
}

struct Open(Arc<Counts>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpStream as Client;

    use super::*;

    /// What the first request may take is no limit of the connection, nor of a request on it.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_connection_lives_longer_than_its_first_request_may_take() {
        let bound = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let (address, header_timeout) = (bound.address, Duration::from_millis(300));
        let settings = Settings { connections: 4, header_timeout, drain: Duration::ZERO };
        let slow = || async {
            sleep(Duration::from_millis(700)).await;
            "slow"
        };
        let router = Router::new()
            .route("/slow", axum::routing::get(slow))
            .route("/fast", axum::routing::get(|| async { "fast" }));
        let (_stage, stages) = watch::channel(Stage::Serving);
        let _listener = serve(bound, settings, None, router, stages, Arc::default());
        let asked = tokio::task::spawn_blocking(move || {
            let mut client = Client::connect(address).unwrap();
            client.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            let mut ask = |target: &str| {
                let request = format!("GET {target} HTTP/1.1\r\nhost: a\r\n\r\n");
                client.write_all(request.as_bytes()).unwrap();
                let mut answer = [0; 512];
                let length = client.read(&mut answer).unwrap();
                String::from_utf8_lossy(&answer[..length]).into_owned()
            };
            let slow = ask("/slow");
            (
                slow,
                (0..5)
                    .map(|_| {
                        std::thread::sleep(Duration::from_millis(100));
                        ask("/fast")
                    })
                    .collect::<Vec<_>>(),
            )
        });
        let (slow, fast) = asked.await.unwrap();
        assert!(slow.ends_with("slow"), "{slow}");
        assert!(fast.iter().all(|answer| answer.ends_with("fast")), "{fast:?}");
    }

    #[tokio::test]
    async fn what_has_begun_is_accepted_and_nothing_begins_after() {
        let Bound { listener, address } = bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mut begun = Client::connect(address).unwrap();
        begin_no_more(&listener).unwrap();
        // A listener that is there, and does not answer.
        let before = Client::connect_timeout(&address, Duration::from_millis(300)).unwrap_err();
        assert_eq!(before.kind(), ErrorKind::TimedOut, "{before}");
        begun.write_all(b"asked").unwrap();
        let (accepted, _) = listener.accept().await.unwrap();
        let mut accepted = accepted.into_std().unwrap();
        accepted.set_nonblocking(false).unwrap();
        let mut asked = [0; 5];
        accepted.read_exact(&mut asked).unwrap();
        accepted.write_all(b"answered").unwrap();
        drop(accepted);
        let mut answer = String::new();
        begun.read_to_string(&mut answer).unwrap();
        assert_eq!((&asked, answer.as_str()), (b"asked", "answered"));
        drop(listener);
        let after = Client::connect_timeout(&address, Duration::from_secs(5)).unwrap_err();
        assert_eq!(after.kind(), ErrorKind::ConnectionRefused, "{after}");
    }
}
