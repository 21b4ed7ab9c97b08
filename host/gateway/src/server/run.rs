//! Starts the server, and ends it without losing a request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use http::Version;
use http::header::{CONNECTION, HeaderValue};
use tokenward::UnixTime;
use tokenward_audit::DecisionLog;
use tokenward_keys::Keeper;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tower_http::catch_panic::CatchPanicLayer;

use super::admin::Guard;
use super::app::{App, Records};
use super::config::{Config, WhenFull};
use super::listen::{self, Bound, Counts, Stage};
use super::metrics::Metrics;
use super::secret::Secret;
use super::start::{Deciding, StartError, deciding, decision_log, keeper, trust};
use super::tls::Tls;
use super::trace::Traces;
use super::{admin, authzen, ext_authz, forward, notices};
use crate::gate::Gate;
use crate::playground::Playground;
use crate::reply::Reply;

/// How long what is recorded may take to be written at the end.
const LAST_RECORDS: Duration = Duration::from_secs(10);
/// How long an operator may take to send a request's headers: few connections are there for them.
const ADMIN_HEADERS: Duration = Duration::from_secs(5);
/// File descriptors for everything that is no connection.
const OTHER_FILES: u64 = 256;

/// A running server.
pub struct Server {
    address: SocketAddr,
    admin: SocketAddr,
    config: Config,
    app: Arc<App>,
    stage: watch::Sender<Stage>,
    listeners: Vec<JoinHandle<()>>,
    tls: Vec<Arc<Tls>>,
    secrets: Vec<Arc<Secret>>,
    notices: JoinHandle<()>,
    traces: Option<Traces>,
    /// What follows the source of bundles does so for as long as the server runs.
    deciding: Arc<Deciding>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

/// Runs a server until the process is told to end (SIGTERM, SIGINT). SIGHUP has it read its files
/// again: the trust file, certificates, secrets; and open its decision log anew.
///
/// # Errors
///
/// [`StartError`].
pub async fn serve(config: Config) -> Result<(), StartError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut reload = signal(SignalKind::hangup())?;
    // What is asked for while it starts, or reads its files again, does not wait for that.
    let server = tokio::select! {
        server = Server::start(config) => server?,
        _ = terminate.recv() => return Ok(()),
        _ = interrupt.recv() => return Ok(()),
    };
    let reloads = async {
        while reload.recv().await.is_some() {
            server.reload().await;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = reloads => {}
    }
    server.stop().await;
    Ok(())
}

impl Server {
    /// Starts a server: when this returns, it serves.
    ///
    /// # Errors
    ///
    /// [`StartError`]: then nothing runs.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        config.check_exposure()?;
        let connections = raise_files(config.listen.connections);
        let playground = if config.admin.playground {
            Some(Playground::new().map_err(|e| StartError::Playground(e.to_string()))?)
        } else {
            None
        };
        let file = trust(&config, playground.as_ref().map(Playground::trust))?;
        let log = decision_log(&config)?.map(Arc::new);
        let traces = config.trace.as_ref().map(Traces::start).transpose();
        let traces = traces.map_err(StartError::Trace)?;
        let data_tls = config.listen.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
        let admin_tls = config.admin.tls.as_ref().map(Tls::load).transpose()?.map(Arc::new);
        let secret = config.admin.token_file.clone().map(Secret::load).transpose()?.map(Arc::new);
        let pep = config.authzen.token_file.clone().map(Secret::load).transpose()?.map(Arc::new);
        let secrets: Vec<Arc<Secret>> = secret.iter().chain(&pep).cloned().collect();
        // Bound first: a port that is taken is told before a bundle is compiled.
        let data = bind("listen.address", config.listen.address).await?;
        let operators = bind("admin.address", config.admin.address).await?;
        let (for_loading, first) = (config.clone(), file.trust.clone());
        let deciding = spawn_blocking(move || deciding(&for_loading, &first)).await;
        let deciding = Arc::new(deciding.map_err(std::io::Error::other)??);
        let keys = Arc::new(keeper(&config, file, deciding.authorizer()).await?);
        let metrics = Metrics::new();
        let gate = gate(&config, &deciding, &keys, log.as_ref(), &metrics, traces.as_ref());
        let (stage, stages) = watch::channel(Stage::Serving);
        let counts = [Arc::new(Counts::default()), Arc::new(Counts::default())];
        let app = Arc::new(App {
            gate: Arc::clone(&gate),
            activator: deciding.activator().cloned(),
            keys: Some(keys),
            log,
            records: match &config.decision_log {
                Some(log) if log.when_full == WhenFull::Refuse => Records::Required,
                _ => Records::Wanted,
            },
            playground,
            metrics,
            config: config.shown.clone(),
            stage: stages.clone(),
            listeners: vec![("data", Arc::clone(&counts[0])), ("admin", Arc::clone(&counts[1]))],
            started: UnixTime::now(),
            busy: AtomicBool::new(false),
        });
        let guard = Arc::new(Guard {
            secret,
            certificates: config.admin.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some()),
        });
        let (address, admin_address) = (data.address, operators.address);
        let router = data_router(&gate, &config, pep, &stages)?;
        let admin_router = common(admin::router(&app, Arc::clone(&guard)), &stages);
        let settings = listen::Settings { connections, ..(&config.listen).into() };
        let admin_settings = listen::Settings {
            connections: 256,
            header_timeout: settings.header_timeout.min(ADMIN_HEADERS),
            ..settings
        };
        let [data_counts, admin_counts] = counts;
        let tls: Vec<Arc<Tls>> = data_tls.iter().chain(&admin_tls).cloned().collect();
        let listeners = vec![
            listen::serve(data, settings, data_tls, router, stages.clone(), data_counts),
            listen::serve(operators, admin_settings, admin_tls, admin_router, stages, admin_counts),
        ];
        let bundle = gate.authorizer().active();
        tracing::info!(
            %address, admin = %admin_address, bundle = bundle.name, version = bundle.version,
            digest = bundle.digest, "serving"
        );
        if config.trust.file.is_none() {
            tracing::warn!(
                "no trust file is configured: only tokens that are made on the playground are \
                 accepted"
            );
        }
        let notices = tokio::spawn(notices::follow(Arc::clone(&app)));
        Ok(Self {
            address,
            admin: admin_address,
            config,
            app,
            stage,
            listeners,
            tls,
            secrets,
            notices,
            traces,
            deciding,
        })
    }

    /// Where gateways ask.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where operators ask.
    #[must_use]
    pub fn admin_address(&self) -> SocketAddr {
        self.admin
    }

    /// Reads the trust file, certificates and secrets again, and opens the decision log anew. What
    /// is not accepted is told in the log, and what was in use stays.
    pub async fn reload(&self) {
        let mut failed = 0;
        let mut note = |what: &str, result: Result<(), String>| match result {
            Ok(()) => {}
            Err(error) => {
                failed += 1;
                tracing::error!(what, error, "it cannot be read again; what was in use stays");
            }
        };
        for tls in &self.tls {
            note("a certificate", tls.reload().map_err(|error| error.to_string()));
        }
        for secret in &self.secrets {
            note("a secret", secret.reload().map_err(|error| error.to_string()));
        }
        if let Some(log) = &self.app.log {
            log.reopen();
        }
        if let (Some(_), Some(keys)) = (&self.config.trust.file, &self.app.keys) {
            let reloaded = match trust(&self.config, None) {
                Ok(file) => {
                    let reloaded = keys.reload(file.trust, file.sources).await;
                    reloaded.map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            note("the trust file", reloaded);
        }
        tracing::info!(failed, "files were read again");
    }

    /// Ends: says that it is not ready, asks clients to come by another connection, accepts no more,
    /// finishes what is under way, and writes what is recorded.
    pub async fn stop(self) {
        tracing::info!("shutting down");
        self.stage.send_replace(Stage::Settling);
        tokio::time::sleep(self.config.listen.settle).await;
        self.stage.send_replace(Stage::Draining);
        self.notices.abort();
        for listener in self.listeners {
            // A panic there was told where it happened.
            let _ = listener.await;
        }
        let (log, traces, deciding) = (self.app.log.clone(), self.traces, self.deciding);
        let last = spawn_blocking(move || {
            // A look at the source that is under way ends first.
            drop(deciding);
            if let Some(log) = log
                && let Err(error) = log.close(LAST_RECORDS)
            {
                tracing::error!(%error, "records were lost");
            }
            if let Some(traces) = traces {
                traces.end();
            }
        });
        let _ = last.await;
        tracing::info!("ended");
    }
}

async fn bind(setting: &'static str, address: SocketAddr) -> Result<Bound, StartError> {
    let bound = listen::bind(address).await;
    bound.map_err(|error| StartError::Listen { setting, address, error })
}

fn gate(
    config: &Config,
    deciding: &Deciding,
    keys: &Arc<Keeper>,
    log: Option<&Arc<DecisionLog>>,
    metrics: &Metrics,
    traces: Option<&Traces>,
) -> Arc<Gate> {
    let mut gate = deciding
        .gate()
        .identity(config.identity.clone())
        .reasons(config.reasons)
        .signals(config.signals.clone())
        .keys(Arc::clone(keys))
        .patience(config.listen.request_timeout.mul_f32(0.75))
        .observer(metrics.clone());
    if let Some(log) = log {
        gate = gate.log(Arc::clone(log));
    }
    if let Some(traces) = traces {
        gate = gate.observer(traces.spans());
    }
    Arc::new(gate)
}

fn data_router(
    gate: &Arc<Gate>,
    config: &Config,
    token: Option<Arc<Secret>>,
    stages: &watch::Receiver<Stage>,
) -> Result<Router, StartError> {
    let public_url = super::start::public_url(config)?;
    let settings = authzen::Settings { token, public_url, tls: config.listen.tls.is_some() };
    let router = forward::router(Arc::clone(gate))
        .merge(ext_authz::router(Arc::clone(gate)))
        .merge(authzen::router(Arc::clone(gate), settings));
    let timed = from_fn_with_state(config.listen.request_timeout, in_time);
    Ok(common(router.layer(timed), stages))
}

/// What takes longer is answered as a fault. What was judged of it is recorded: see [`Gate::judge`].
async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Reply::fault("timed_out").into_response(&method),
    }
}

/// What every answer goes through: a panic is an answer, and the last one of a connection says so.
fn common(router: Router, stages: &watch::Receiver<Stage>) -> Router {
    router
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked; the request was refused");
            Reply::fault("internal").into_response::<axum::body::Body>(&http::Method::GET)
        }))
        .layer(from_fn_with_state(stages.clone(), last_of_connection))
}

async fn last_of_connection(
    State(stage): State<watch::Receiver<Stage>>,
    request: Request,
    next: Next,
) -> Response {
    let version = request.version();
    let mut response = next.run(request).await;
    if version < Version::HTTP_2 && *stage.borrow() != Stage::Serving {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Raises the limit of open files as far as it goes. Answers how many connections there can be.
fn raise_files(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let files = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    };
    let Some(files) = files else { return wanted };
    let most = usize::try_from(files.saturating_sub(OTHER_FILES).max(16)).unwrap_or(usize::MAX);
    if most < wanted {
        tracing::warn!(most, wanted, "fewer connections than configured: the limit of open files");
    }
    most.min(wanted)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http::StatusCode;
    use tower_service::Service as _;

    use super::*;

    async fn ask(router: &mut Router, target: &str) -> Response {
        let request = Request::builder().uri(target).body(axum::body::Body::empty()).unwrap();
        router.call(request).await.unwrap()
    }

    /// Also where an address was given after the configuration was read.
    #[tokio::test]
    async fn nothing_that_others_reach_is_served_to_them() {
        let everywhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let config = || Config::built_in().unwrap();
        for (config, setting) in [
            (config().listen_at(everywhere), "`trust.playground`"),
            (config().admin_at(everywhere), "`admin.address`"),
        ] {
            let error = Server::start(config).await.unwrap_err().to_string();
            assert!(error.starts_with(setting), "{error}");
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_handler_is_a_refusal_and_nothing_more() {
        let (stage, stages) = watch::channel(Stage::Serving);
        let panics = || async {
            assert!(std::hint::black_box(false), "in a handler");
        };
        let router = Router::new().route("/panic", get(panics)).route("/fine", get(|| async {}));
        let mut router = common(router, &stages);
        let refused = ask(&mut router, "/panic").await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["x-tokenward-outcome"], "fault");
        assert_eq!(refused.headers()["x-tokenward-reason"], "internal");
        let fine = ask(&mut router, "/fine").await;
        assert_eq!(fine.status(), StatusCode::OK);
        assert!(!fine.headers().contains_key(CONNECTION));
        // At the end, clients are asked to come by another connection.
        stage.send_replace(Stage::Settling);
        assert_eq!(ask(&mut router, "/fine").await.headers()[CONNECTION], "close");
    }
}
