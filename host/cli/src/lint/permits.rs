//! Patterns for claims, as the policies about data have them in `permit`, and
//! which of them match every claim.

use serde_json::Value;

use super::subject::Entry;

/// The policies that search claims for data, but for those on a list `permit`.
const SEARCHING: [&str; 4] = ["claim-minimization", "health-data", "cardholder-data", "secrets"];

/// A pattern that matches every claim, where it stands.
pub(crate) struct Everything {
    /// JSON Pointer into the settings.
    pub(crate) setting: String,
    pub(crate) pattern: String,
    pub(crate) tokens: Tokens,
}

/// The tokens that a list is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tokens {
    All,
    /// Those of a profile.
    Some,
}

/// The patterns of a policy that permit every claim.
pub(crate) fn permitting_everything(entry: &Entry) -> Vec<Everything> {
    if !SEARCHING.contains(&entry.name.as_str()) {
        return Vec::new();
    }
    let mut found = in_list(entry.effective("/permit").as_ref(), "/permit", Tokens::All);
    let profiles = entry.effective("/profiles");
    let profiles = profiles.as_ref().and_then(Value::as_array).into_iter().flatten();
    for (index, profile) in profiles.enumerate() {
        let narrowed = ["kind", "audience"].iter().any(|member| profile.get(member).is_some());
        let tokens = if narrowed { Tokens::Some } else { Tokens::All };
        let path = format!("/profiles/{index}/permit");
        found.extend(in_list(profile.get("permit"), &path, tokens));
    }
    found
}

fn in_list(list: Option<&Value>, path: &str, tokens: Tokens) -> Vec<Everything> {
    let items = list.and_then(Value::as_array).into_iter().flatten().enumerate();
    let texts = items.filter_map(|(index, item)| Some((index, item.as_str()?)));
    let all = texts.filter(|(_, pattern)| matches_everything(pattern));
    all.map(|(index, pattern)| Everything {
        setting: format!("{path}/{index}"),
        pattern: pattern.to_owned(),
        tokens,
    })
    .collect()
}

/// Whether a pattern matches every claim. A pattern matches all below a claim
/// too, so one `*` is enough, which stands for any name at the top level; two
/// would ask for a claim within a claim. `**` stands for any number of names.
fn matches_everything(pattern: &str) -> bool {
    let mut parts = match pattern.strip_prefix('/') {
        Some(pointer) => pointer.split('/'),
        None if matches!(pattern, "*" | "**") => return true,
        None => return false,
    };
    let mut names = 0;
    parts.all(|part| {
        names += usize::from(part == "*");
        matches!(part, "*" | "**") && names <= 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_matches_every_claim_is_everything() {
        for pattern in ["*", "**", "/*", "/**", "/**/*", "/*/**", "/**/*/**"] {
            assert!(matches_everything(pattern), "{pattern}");
        }
        for pattern in
            ["", "/", "a", "a*", "*_id", "/a/**", "/**/a", "/*/*", "/**/*/**/*", "/**/*_id", "*/**"]
        {
            assert!(!matches_everything(pattern), "{pattern}");
        }
    }
}
