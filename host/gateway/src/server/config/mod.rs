//! The configuration: read, checked, and made into what the server is built of.

mod check;
mod file;
#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokenward::{CompilationCache, MemoryOfTokens, ParseLimits};

use crate::identity::Identity;
use crate::inquiry::SignalHeaders;
use crate::reply::Reasons;
pub use file::{LogFormat, LogLevel};
pub(crate) use file::{ReturnOnFaults, WhenFull};

/// Runs with no file.
const DEFAULT: &str = include_str!("default.toml");

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("`{}` cannot be read: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is no TOML, or has a setting that there is not.
    #[error("the configuration is not accepted: {0}")]
    Toml(String),
    /// A setting has a value that is not accepted.
    #[error("`{setting}` {problem}")]
    Setting {
        /// Its name: `listen.address`.
        setting: String,
        /// What is wrong, and what is accepted.
        problem: String,
    },
}

pub(crate) fn wrong(setting: &str, problem: impl fmt::Display) -> ConfigError {
    ConfigError::Setting { setting: setting.to_owned(), problem: problem.to_string() }
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) listen: Listener,
    pub(crate) admin: Admin,
    pub(crate) trust: TrustSource,
    pub(crate) bundle: BundleSource,
    pub(crate) parse: ParseLimits,
    pub(crate) remember_tokens: MemoryOfTokens,
    pub(crate) remember_verdicts: bool,
    pub(crate) identity: Identity,
    pub(crate) signals: SignalHeaders,
    pub(crate) reasons: Reasons,
    pub(crate) authzen: AuthZen,
    pub(crate) log: (LogLevel, LogFormat),
    pub(crate) decision_log: Option<DecisionLog>,
    pub(crate) trace: Option<Trace>,
    /// Where compiled policies are kept, for a bundle that is not shipped: a store has its own.
    pub(crate) compiled: Option<CompilationCache>,
    /// As it counts, for an operator to read: no secret is in it.
    pub(crate) shown: serde_json::Value,
}

/// A listener.
#[derive(Debug, Clone)]
pub(crate) struct Listener {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) connections: usize,
    pub(crate) header_timeout: Duration,
    pub(crate) request_timeout: Duration,
    pub(crate) settle: Duration,
    pub(crate) drain: Duration,
}

/// The files of a TLS listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) client_ca: Option<PathBuf>,
}

/// The admin listener.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    pub(crate) address: SocketAddr,
    pub(crate) tls: Option<TlsFiles>,
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) playground: bool,
}

/// Whose tokens are believed.
#[derive(Debug, Clone)]
pub(crate) struct TrustSource {
    /// A trust file; none, where only the playground's tokens are believed.
    pub(crate) file: Option<PathBuf>,
    pub(crate) refresh: Duration,
    pub(crate) cooldown: Duration,
    pub(crate) max_stale: Duration,
    pub(crate) key_ages: Option<PathBuf>,
}

/// Which bundle judges.
#[derive(Debug, Clone)]
pub(crate) enum BundleSource {
    /// One that is built in, or an unpacked folder: no other one is activated.
    Fixed(String),
    /// Packed ones, in a store.
    Shipped(Box<Shipped>),
}

/// Where packed bundles come from.
#[derive(Debug, Clone)]
pub(crate) struct Shipped {
    pub(crate) from: From,
    pub(crate) authorization_file: Option<PathBuf>,
    /// The trust file of bundles; none, where they are taken unsigned.
    pub(crate) trust: Option<PathBuf>,
    pub(crate) store: PathBuf,
    pub(crate) poll: Duration,
    pub(crate) return_on_faults: Option<ReturnOnFaults>,
}

/// The source of packed bundles.
#[derive(Debug, Clone)]
pub(crate) enum From {
    File(PathBuf),
    Folder(PathBuf),
    Url(String),
    Oci(String),
}

/// The Authorization API.
#[derive(Debug, Clone)]
pub(crate) struct AuthZen {
    pub(crate) token_file: Option<PathBuf>,
    pub(crate) public_url: Option<String>,
}

/// Where decisions are recorded.
#[derive(Debug, Clone)]
pub(crate) struct DecisionLog {
    pub(crate) file: PathBuf,
    pub(crate) when_full: WhenFull,
    pub(crate) queue: usize,
    pub(crate) sync: bool,
    pub(crate) mask: Vec<String>,
    pub(crate) rotate: Option<(u64, usize)>,
}

/// Where traces go.
#[derive(Debug, Clone)]
pub(crate) struct Trace {
    pub(crate) otlp: String,
    pub(crate) ratio: f64,
}

impl Config {
    /// Reads a configuration file. Its paths are relative to the folder it lies in.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn from_file(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
        Self::from_toml(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Reads a configuration. Its paths are relative to this folder.
    ///
    /// # Errors
    ///
    /// [`ConfigError`].
    pub fn from_toml(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let file: file::File =
            toml::from_str(text).map_err(|error| ConfigError::Toml(error.to_string()))?;
        check::checked(file, folder)
    }

    /// What runs without a configuration: the baseline bundle on loopback, for tokens made on the
    /// playground.
    ///
    /// # Errors
    ///
    /// None that a test does not see.
    pub fn built_in() -> Result<Self, ConfigError> {
        Self::from_toml(DEFAULT, Path::new(""))
    }

    /// Listens at this address instead.
    #[must_use]
    pub fn listen_at(mut self, address: SocketAddr) -> Self {
        self.listen.address = address;
        self.shown["listen"]["address"] = address.to_string().into();
        self
    }

    /// Has the admin listener at this address instead.
    #[must_use]
    pub fn admin_at(mut self, address: SocketAddr) -> Self {
        self.admin.address = address;
        self.shown["admin"]["address"] = address.to_string().into();
        self
    }

    /// Believes the issuers of this trust file instead.
    #[must_use]
    pub fn trusting(mut self, file: &Path) -> Self {
        self.trust.file = Some(file.to_owned());
        self.shown["trust"]["file"] = file.display().to_string().into();
        self.shown["trust"]["playground"] = false.into();
        self
    }

    /// Judges by this bundle instead: one that is built in, or a folder.
    #[must_use]
    pub fn judged_by(mut self, bundle: &str) -> Self {
        self.bundle = BundleSource::Fixed(bundle.to_owned());
        self.shown["bundle"] = serde_json::json!({ "name": bundle });
        self
    }

    /// Whether what it names can be used: the trust file, the bundle, certificates, secrets. Nothing
    /// is fetched or listened to.
    ///
    /// # Errors
    ///
    /// [`StartError`](super::StartError).
    pub fn check(&self) -> Result<(), super::StartError> {
        self.check_exposure()?;
        super::start::check(self)
    }

    /// Whether nobody reaches what he is not to reach, at the addresses as they are now.
    pub(super) fn check_exposure(&self) -> Result<(), ConfigError> {
        check::check_addresses(&self.listen, &self.admin)?;
        check::check_exposure(&self.admin)?;
        if self.trust.file.is_none() {
            check::check_playground(&self.listen, &self.admin)?;
        }
        Ok(())
    }

    /// Keeps the compiled policies of a bundle that is built in or a folder: the next start is
    /// faster.
    #[must_use]
    pub fn compiled(mut self, cache: CompilationCache) -> Self {
        self.compiled = Some(cache);
        self
    }

    /// From which level on the server's log is written, and how.
    #[must_use]
    pub fn log(&self) -> (LogLevel, LogFormat) {
        self.log
    }
}
