//! The server: what `tokenward serve` runs.
//!
//! Two listeners. Gateways ask the one: forward-auth (`/forward-auth`, `/auth-request`), Envoy
//! `ext_authz` over gRPC, and the OpenID AuthZEN API. Operators use the other: health, metrics,
//! status, bundles, keys, and the playground. Both are described by the `OpenAPI` document that the
//! admin listener serves.

mod admin;
mod app;
mod authzen;
mod config;
mod ext_authz;
mod forward;
mod listen;
mod metrics;
mod notices;
mod run;
mod secret;
mod start;
mod tls;
mod trace;

pub use config::{Config, ConfigError, LogFormat, LogLevel};
pub use run::{Server, serve};
pub use secret::SecretError;
pub use start::StartError;
pub use tls::TlsError;
