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
    #[serde(with = "moment")]
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
    #[serde(serialize_with = "text")]
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
    #[serde(with = "moment")]
    pub asked: Option<UnixTime>,
    /// When it last answered.
    #[serde(with = "moment")]
    pub answered: Option<UnixTime>,
    /// How often it failed since it last answered.
    pub failures: u64,
    /// Why it failed last; nothing if it answered since.
    pub error: Option<String>,
    /// What it gave last, if that was refused.
    pub refused: Option<Refused>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn text<S: serde::Serializer>(moment: &UnixTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(moment)
}

mod moment {
    use serde::Serializer;
    use tokenward::UnixTime;

    #[allow(clippy::ref_option, reason = "serde asks for it")]
    pub(super) fn serialize<S: Serializer>(
        moment: &Option<UnixTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.collect_str(moment),
            None => serializer.serialize_none(),
        }
    }
}
