//! The case tables of the built-in policies: what they are tested by, and what
//! their reference takes its examples from.

include!(concat!(env!("OUT_DIR"), "/policy_cases.rs"));

/// The case tables of a built-in policy: file names and TOML, sorted. None for
/// a name that is not built in.
#[must_use]
pub fn built_in_policy_cases(name: &str) -> &'static [(&'static str, &'static str)] {
    CASES.iter().find(|(other, _)| *other == name).map_or(&[], |(_, files)| files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_has_cases() {
        for (name, _) in crate::built_in_policies() {
            let cases = built_in_policy_cases(name);
            assert!(!cases.is_empty() && cases.is_sorted(), "{name}");
            assert!(cases.iter().all(|(_, text)| text.contains("[[case]]")), "{name}");
        }
        assert!(built_in_policy_cases("no-such").is_empty());
    }
}
