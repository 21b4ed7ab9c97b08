//! Ships bundles to a running authorizer: fetched, verified, tested and loaded beside the one that
//! serves, switched at once, kept on disk, and undone.
//!
//! An [`Activator`] owns a [`Store`] folder and an [`Authorizer`](tokenward::Authorizer) that it
//! keeps on the active bundle. Whatever goes wrong on the way leaves the active bundle in place, and
//! [`Activator::status`] says what it was. [`Activator::watch`] follows a [`Source`]: a file, a
//! folder, an HTTPS address, or an OCI registry.
//!
//! What a bundle goes through, in order: its form and digests (`tokenward::packed`), its signatures,
//! validity and version ([`Verification`]), its own cases, its loading by the engine, a first
//! evaluation. Then it is written to the store, and then it is switched to. A process that is killed
//! at any moment starts again with one whole bundle, which is verified again.
//!
//! A candidate can be tried on live traffic first ([`Activator::shadow`]): it judges what
//! [`Activator::decide`] decides, and decides nothing, and [`Activator::promote`] makes it the active
//! bundle when it was tried enough. [`Activator::return_on_faults`] goes back by itself.
//!
//! No older version is accepted from a source than was accepted before (a rollback attack), and no
//! expired one (a freeze attack). [`Activator::rollback`] goes back all the same, because an operator
//! says so; what it goes back from is then not taken from a source again.

mod activator;
mod calm;
mod error;
mod guard;
mod shadow;
pub mod source;
mod status;
mod store;
mod watch;

pub use activator::{Activator, Builder, Promotion, Switch, Verification};
pub use error::{ActivationError, StoreError};
pub use guard::FaultLimit;
pub use shadow::{Sample, Seen, SeenFinding, ShadowConfig, ShadowReport, Totals, WhenFull};
pub use source::{
    Fetched, FileSource, FolderSource, HttpSource, OciSource, Pushed, RegistryLogin, Source,
    SourceError, push,
};
pub use status::{Refused, SourceStatus, Status};
pub use store::{Action, Event, Kept, Store};
pub use watch::{Watch, Watching};
