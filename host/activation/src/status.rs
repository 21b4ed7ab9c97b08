//! What can be said of an activator at any moment.

use std::collections::BTreeMap;

use serde::Serialize;
use tokenward::UnixTime;

use crate::store::Kept;

/// What can be said of an activator at any moment. It serializes for an
/// administrator to read, and for metrics.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Status {
    /// The active bundle.
    pub active: Option<Kept>,
    /// When it expires, if it does. One that expires while it is active goes on
    /// serving: nothing else would.
    pub expires: Option<UnixTime>,
    /// The trusted keys that signed it; empty where bundles are not verified.
    pub signed_by: Vec<String>,
    /// The bundles before it, the last one last.
    pub previous: Vec<Kept>,
    /// How many bundles became active since the start.
    pub switches: u64,
    /// How many were refused since the start, by the code of why.
    pub refused: BTreeMap<&'static str, u64>,
    /// The last that was refused.
    pub last_refused: Option<Refused>,
    /// By name, what is known of each source.
    pub sources: BTreeMap<String, SourceStatus>,
}

/// A bundle that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// When.
    pub at: UnixTime,
    /// Who brought it.
    pub who: String,
    /// A stable code.
    pub code: &'static str,
    /// Why, in words.
    pub message: String,
}

/// What is known of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct SourceStatus {
    /// When it was last asked.
    pub asked: Option<UnixTime>,
    /// When it last answered.
    pub answered: Option<UnixTime>,
    /// How often it failed since it last answered.
    pub failures: u64,
    /// Why it failed last; nothing if it answered since.
    pub error: Option<String>,
    /// What it gave last, if that was refused.
    pub refused: Option<Refused>,
}
