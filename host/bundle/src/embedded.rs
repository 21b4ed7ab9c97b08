//! The policies and bundles that are built in.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The bundle that is used where none is named.
pub const DEFAULT_BUNDLE: &str = "baseline";

/// The names of the built-in bundles, sorted.
pub fn built_in_bundles() -> impl Iterator<Item = &'static str> {
    BUNDLES.iter().map(|(name, _)| *name)
}

/// The built-in policies, by name, with their components, sorted.
pub fn built_in_policies() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    POLICIES.iter().copied()
}

/// The component of a built-in policy.
#[must_use]
pub fn built_in_policy(name: &str) -> Option<&'static [u8]> {
    POLICIES.iter().find(|(other, _)| *other == name).map(|(_, component)| *component)
}

/// The case files of a built-in bundle, by file name, with their text, sorted.
/// Empty for a bundle that has none, or that is not built in.
#[must_use]
pub fn built_in_cases(bundle: &str) -> &'static [(&'static str, &'static str)] {
    CASES.iter().find(|(other, _)| *other == bundle).map_or(&[], |(_, files)| files)
}

pub(crate) fn manifest(name: &str) -> Option<&'static str> {
    BUNDLES.iter().find(|(other, _)| *other == name).map(|(_, text)| *text)
}
