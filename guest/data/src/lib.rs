//! Judges claims by what detectors find in them: the shared part of the policies that do.
//!
//! A policy says, by [`Rules`], which finds count, how much they weigh and which of its own rules
//! they break. [`judge`] goes through the claims in the order of the token, asks
//! `tokenward-detect` about each name and value within the policy's `Scope`, and writes the
//! verdict: one finding a claim, at the outermost claim at fault, at most [`MOST`] of them. No
//! finding quotes a value, nor a member name that is data itself.
//!
//! Nothing is allocated for a claim in which nothing is found, and a name around many claims is
//! looked at once.

mod judge;
#[cfg(test)]
mod linear_test;
mod path;
mod pattern;
mod report;
mod rules;
mod settings;
mod steps;

pub use judge::{judge, whole};
pub use path::{Path, any_name};
pub use pattern::{Pattern, unescape};
pub use report::{Data, Found, MOST, Rank, Weight, too_many};
pub use rules::{Never, Own, Part, Rules, Standing, Told, is_usual};
pub use settings::{Exemptions, MinConfidence, detectors, pattern, patterns};

/// The descriptor of a policy that judges all claims, from an [`About`](tokenward_policy::About).
#[macro_export]
macro_rules! descriptor {
    ($about:expr) => {
        ::tokenward_policy::Descriptor {
            phases: ::tokenward_policy::Phases::ISSUE
                | ::tokenward_policy::Phases::USE
                | ::tokenward_policy::Phases::REFRESH,
            reads: ::tokenward_policy::Reads::all_claims(),
            ..::tokenward_policy::about!($about)
        }
    };
}
