//! From a configuration to what judges: trust and keys, the bundle, the gate.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokenward::packed::BundleTrust;
use tokenward::{
    ActivateError, Authorizer, Bundle, BundleError, Engine, EngineConfig, MemoryOfVerdicts, Trust,
    load_policy,
};
use tokenward_activation::{
    ActivationError, Activator, FaultLimit, FileSource, FolderSource, HttpSource, OciSource,
    RegistryLogin, Source, SourceError, Verification, Watch, Watching,
};
use tokenward_audit::{DecisionLog, Mask, OpenError, Rotate};
use tokenward_keys::{Keeper, Settings, Sources, TrustFile};

use super::authzen::PublicUrl;
use super::config::{BundleSource, Config, ConfigError, From, Shipped, WhenFull, wrong};
use super::secret::{Secret, SecretError};
use super::tls::{Tls, TlsError};
use crate::gate::Gate;
use crate::record::has_field;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Its configuration is not accepted.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The trust file is not accepted.
    #[error("the trust file is not accepted: {0}")]
    Trust(String),
    /// How keys are fetched is not accepted.
    #[error("the keys are not accepted: {0}")]
    Keys(String),
    /// The bundle is not accepted.
    #[error("the bundle is not accepted: {0}")]
    Bundle(#[from] BundleError),
    /// The bundle cannot be loaded.
    #[error("the bundle cannot be loaded: {0}")]
    Load(#[from] ActivateError),
    /// There is no bundle to start with.
    #[error("there is no bundle to start with: {0}")]
    Activation(#[from] ActivationError),
    /// The source of bundles is not accepted.
    #[error("the source of bundles is not accepted: {0}")]
    Source(#[from] SourceError),
    /// The trust file of bundles is not accepted.
    #[error("the trust in bundles is not accepted: {0}")]
    BundleTrust(String),
    /// The decision log cannot be opened.
    #[error("the decision log cannot be opened: {0}")]
    Log(#[from] OpenError),
    /// The files of TLS are not accepted.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A secret is not accepted.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Traces cannot be sent.
    #[error("traces cannot be sent: {0}")]
    Trace(String),
    /// The playground cannot be set up.
    #[error("the playground cannot be set up: {0}")]
    Playground(String),
    /// Nothing can be listened to there.
    #[error("`{setting}`: `{address}` cannot be listened at: {error}")]
    Listen {
        /// The setting that names it.
        setting: &'static str,
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The system has no thread, or no signals.
    #[error("the system refuses: {0}")]
    System(#[from] std::io::Error),
}

/// The trust of a configuration, and where keys are to be fetched.
pub(crate) fn trust(config: &Config, playground: Option<&Trust>) -> Result<TrustFile, StartError> {
    if let Some(file) = &config.trust.file {
        return trust_file(file);
    }
    let trust = playground.cloned().ok_or_else(|| wrong("trust", "names nobody"))?;
    Ok(TrustFile { trust, sources: Sources::default() })
}

fn trust_file(file: &Path) -> Result<TrustFile, StartError> {
    TrustFile::read(file).map_err(|error| StartError::Trust(error.to_string()))
}

/// Whether what a configuration names can be used, without fetching or listening to anything. A
/// bundle that is not shipped is loaded, as at the start.
pub(crate) fn check(config: &Config) -> Result<(), StartError> {
    if let Some(file) = &config.trust.file {
        trust_file(file)?;
    }
    match &config.bundle {
        BundleSource::Fixed(name) => {
            let engine =
                EngineConfig { cache: config.compiled.clone(), ..EngineConfig::one_shot() };
            let engine = Engine::new(engine).map_err(std::io::Error::other)?;
            let bundle = Bundle::open(name)?;
            for policy in bundle.policies() {
                load_policy(&engine, &bundle, policy)?;
            }
        }
        BundleSource::Shipped(shipped) => {
            verification(shipped)?;
            source(shipped)?;
            let there = shipped.store.ancestors().find(|folder| folder.exists());
            if there.is_some_and(|folder| !folder.is_dir()) {
                let problem = format_args!("`{}` lies in no folder", shipped.store.display());
                return Err(wrong("bundle.store", problem).into());
            }
        }
    }
    for files in config.listen.tls.iter().chain(&config.admin.tls) {
        Tls::load(files)?;
    }
    for file in config.admin.token_file.iter().chain(&config.authzen.token_file) {
        Secret::load(file.clone())?;
    }
    public_url(config)?;
    fetching(config)?;
    if let Some(log) = &config.decision_log {
        masks(&log.mask)?;
        if log.file.is_dir() {
            let problem = format_args!("`{}` is a folder; accepted: a file", log.file.display());
            return Err(wrong("decision-log.file", problem).into());
        }
        let folder = log.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        if folder.is_some_and(|folder| !folder.is_dir()) {
            let problem = format_args!("`{}` lies in no folder that is there", log.file.display());
            return Err(wrong("decision-log.file", problem).into());
        }
    }
    Ok(())
}

/// The URL under which PEPs know this PDP.
pub(crate) fn public_url(config: &Config) -> Result<Option<PublicUrl>, ConfigError> {
    let Some(url) = &config.authzen.public_url else { return Ok(None) };
    let parsed = PublicUrl::parse(url);
    let refused = |error| wrong("authzen.public-url", format_args!("is not accepted: {error}"));
    parsed.map(Some).map_err(refused)
}

/// How keys are fetched.
fn fetching(config: &Config) -> Result<Settings, StartError> {
    let source = &config.trust;
    let settings = Settings {
        refresh: source.refresh,
        cooldown: source.cooldown,
        max_stale: source.max_stale,
        ..Settings::default()
    };
    settings.check().map_err(|error| wrong("trust", format_args!("is not accepted: {error}")))?;
    Ok(settings)
}

/// A keeper that hands each trust on to the authorizer.
pub(crate) async fn keeper(
    config: &Config,
    file: TrustFile,
    authorizer: &Arc<Authorizer>,
) -> Result<Keeper, StartError> {
    let authorizer = Arc::clone(authorizer);
    let mut builder = Keeper::builder(file.trust, file.sources)
        .settings(fetching(config)?)
        .on_change(move |trust| authorizer.set_trust(trust))
        .on_fetch(super::notices::fetched);
    if let Some(file) = &config.trust.key_ages {
        builder = builder.inventory(file.clone());
    }
    builder.start().await.map_err(|error| StartError::Keys(error.to_string()))
}

/// What decides.
pub(crate) enum Deciding {
    Fixed(Arc<Authorizer>),
    /// With what follows the source, for as long as it is held.
    Activated {
        activator: Arc<Activator>,
        _watching: Watching,
    },
}

impl Deciding {
    pub(crate) fn authorizer(&self) -> &Arc<Authorizer> {
        match self {
            Self::Fixed(authorizer) => authorizer,
            Self::Activated { activator, .. } => activator.authorizer(),
        }
    }

    pub(crate) fn activator(&self) -> Option<&Arc<Activator>> {
        match self {
            Self::Fixed(_) => None,
            Self::Activated { activator, .. } => Some(activator),
        }
    }

    pub(crate) fn gate(&self) -> Gate {
        match self {
            Self::Fixed(authorizer) => Gate::new(Arc::clone(authorizer)),
            Self::Activated { activator, .. } => Gate::activated(Arc::clone(activator)),
        }
    }
}

/// Loads the bundle. It blocks: compiling takes a while.
pub(crate) fn deciding(config: &Config, trust: &Trust) -> Result<Deciding, StartError> {
    let mut engine = EngineConfig::default();
    if !config.remember_verdicts {
        engine.memory = MemoryOfVerdicts::Off;
    }
    match &config.bundle {
        BundleSource::Fixed(name) => {
            let bundle = Bundle::open(name)?;
            engine.cache.clone_from(&config.compiled);
            let authorizer = Authorizer::builder()
                .engine(engine)
                .parse_limits(config.parse)
                .remember_tokens(config.remember_tokens)
                .build(trust.clone(), &bundle)?;
            Ok(Deciding::Fixed(Arc::new(authorizer)))
        }
        BundleSource::Shipped(shipped) => shipped_bundle(config, shipped, engine, trust),
    }
}

fn shipped_bundle(
    config: &Config,
    shipped: &Shipped,
    engine: EngineConfig,
    trust: &Trust,
) -> Result<Deciding, StartError> {
    let verification = verification(shipped)?;
    let mut source = source(shipped)?;
    let activator = Activator::builder(&shipped.store, verification)
        .engine(engine)
        .parse_limits(config.parse)
        .remember_tokens(config.remember_tokens)
        .start(trust, Some(source.as_mut()))?;
    let activator = Arc::new(activator);
    if let Some(limit) = shipped.return_on_faults {
        let limit = FaultLimit { at_least: limit.at_least, share: limit.share };
        activator.return_on_faults(limit);
    }
    let watch = Watch { every: shipped.poll, at_most: shipped.poll.max(Duration::from_mins(10)) };
    let watching = activator.watch(source, watch)?;
    Ok(Deciding::Activated { activator, _watching: watching })
}

fn verification(shipped: &Shipped) -> Result<Verification, StartError> {
    let Some(file) = &shipped.trust else { return Ok(Verification::Unsigned) };
    let trust = BundleTrust::from_file(file);
    trust.map(Verification::Signed).map_err(|error| StartError::BundleTrust(error.to_string()))
}

fn source(shipped: &Shipped) -> Result<Box<dyn Source>, StartError> {
    let authorization = match &shipped.authorization_file {
        None => None,
        Some(path) => Some(secret(path)?),
    };
    Ok(match (&shipped.from, authorization) {
        (From::File(path), None) => Box::new(FileSource::new(path)),
        (From::Folder(path), None) => Box::new(FolderSource::new(path)),
        (From::Url(url), None) => Box::new(HttpSource::new(url)?.long_poll(shipped.poll)),
        (From::Url(url), Some(header)) => {
            Box::new(HttpSource::with_authorization(url, &header)?.long_poll(shipped.poll))
        }
        (From::Oci(reference), login) => {
            let login = login_of(login.as_deref())?;
            Box::new(OciSource::new(reference, &login)?)
        }
        (From::File(_) | From::Folder(_), Some(_)) => {
            return Err(wrong("bundle.authorization-file", "belongs to `url` and `oci`").into());
        }
    })
}

/// A registry's log-in is `USER:PASSWORD`; a token stands in the place of the password.
fn login_of(login: Option<&str>) -> Result<RegistryLogin, StartError> {
    let Some(login) = login else { return Ok(RegistryLogin::Anonymous) };
    let (name, password) = login.split_once(':').ok_or_else(|| {
        wrong("bundle.authorization-file", "must hold `USER:PASSWORD`, for a registry")
    })?;
    Ok(RegistryLogin::User { name: name.to_owned(), password: password.to_owned() })
}

fn secret(path: &Path) -> Result<String, StartError> {
    let read = std::fs::read_to_string(path);
    let text = read.map_err(|error| SecretError::Read { path: path.to_owned(), error })?;
    Ok(text.trim().to_owned())
}

/// Opens the decision log, if there is to be one.
pub(crate) fn decision_log(config: &Config) -> Result<Option<DecisionLog>, StartError> {
    let Some(log) = &config.decision_log else { return Ok(None) };
    let mut settings = tokenward_audit::Config::new(PathBuf::from(&log.file));
    settings.when_full = match log.when_full {
        WhenFull::Drop => tokenward_audit::WhenFull::Drop,
        WhenFull::Refuse => tokenward_audit::WhenFull::Refuse,
    };
    settings.queue = log.queue;
    settings.sync = log.sync;
    settings.rotate =
        log.rotate.map(|(bytes, keep)| Rotate { bytes, keep: keep.try_into().unwrap_or(u32::MAX) });
    settings.mask = masks(&log.mask)?;
    Ok(Some(DecisionLog::open(settings)?))
}

fn masks(pointers: &[String]) -> Result<Vec<Mask>, ConfigError> {
    let mask = |pointer: &String| {
        let refused =
            |why: &dyn Display| wrong("decision-log.mask", format_args!("is not accepted: {why}"));
        let mask: Mask = pointer.parse().map_err(|error| refused(&error))?;
        // One that hides nothing is a mistake that nobody would see.
        if has_field(pointer) {
            return Ok(mask);
        }
        Err(refused(&format_args!(
            "no record has `{pointer}`; accepted are for instance `/request/path`, \
             `/request/client-address`, `/findings/*/message`"
        )))
    };
    pointers.iter().map(mask).collect()
}
