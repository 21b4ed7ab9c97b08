//! Bundles: which policies judge, with which settings, and what their findings do.
//!
//! A bundle is a manifest, `bundle.toml`, and the components it names. The
//! bundles and policies of this project are built in ([`Bundle::built_in`],
//! [`built_in_policies`]); an organization's own lie in a folder
//! ([`Bundle::from_folder`]). What is handed on is one file, signed
//! ([`PackedBundle`]).

mod bundle;
mod coverage;
mod digest;
mod embedded;
mod error;
mod extend;
mod manifest;
pub mod packed;
mod policy_cases;
mod read;
mod requirements;
mod written;

pub use bundle::{Bundle, BundledPolicy};
pub use coverage::{CoverageRow, CoverageTable, HostState, Owner};
pub use embedded::{
    DEFAULT_BUNDLE, built_in_bundles, built_in_cases, built_in_policies, built_in_policy,
};
pub use error::BundleError;
pub use manifest::{
    BaseBundle, BundleManifest, Enforcement, MANIFEST_FILE, MOST_MEMORY_MIB, OnFault, PolicyEntry,
};
pub use packed::{BundleTrust, PackedBundle, VerifiedBundle};
pub use policy_cases::built_in_policy_cases;
pub use read::{files_in, read_file};
pub use requirements::built_in_coverage;
