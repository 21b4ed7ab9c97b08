//! Examples, chosen from a policy's own table of cases.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, anyhow};
use tokenward::built_in_policy_cases;

use crate::values::read;

/// Bytes that a file of cases may have.
const FILE_LIMIT: u64 = 8 << 20;

/// A case of a table, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case(toml::Table);

/// The case tables of a built-in policy; none for another.
pub(crate) fn built_in(name: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (file, text) in built_in_policy_cases(name) {
        cases.extend(cases_of(text).with_context(|| format!("`{file}`"))?);
    }
    Ok(cases)
}

/// The case tables in a folder, in the order of their names.
pub(crate) fn in_folder(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let place = || format!("`{}`", folder.display());
    let entries = std::fs::read_dir(folder).with_context(place)?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = String::from_utf8(read(&file, FILE_LIMIT)?);
        let text = text.with_context(|| format!("`{}`", file.display()))?;
        cases.extend(cases_of(&text).with_context(|| format!("`{}`", file.display()))?);
    }
    Ok(cases)
}

fn cases_of(text: &str) -> anyhow::Result<Vec<Case>> {
    let mut file: toml::Table = text.parse().map_err(|error| anyhow!("{error}"))?;
    let Some(toml::Value::Array(cases)) = file.remove("case") else { return Ok(Vec::new()) };
    let tables = cases.into_iter().filter_map(|case| match case {
        toml::Value::Table(table) => Some(Case(table)),
        _ => None,
    });
    Ok(tables.collect())
}

impl Case {
    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// A member, whatever it is.
    pub(crate) fn get(&self, name: &str) -> Option<&toml::Value> {
        self.0.get(name)
    }

    /// What is expected: findings and requirements, one text each.
    pub(crate) fn expected(&self) -> Vec<&str> {
        let lines = self.0.get("expect").and_then(toml::Value::as_array).into_iter().flatten();
        lines.filter_map(toml::Value::as_str).collect()
    }

    /// Whether it is about a verdict rather than settings that are refused.
    fn is_judged(&self) -> bool {
        !self.0.contains_key("expect-setting-errors")
    }

    /// How plain it is: an access token that is used.
    fn is_plain(&self) -> bool {
        let plain = |name: &str, usual: &str| self.text(name).is_none_or(|text| text == usual);
        plain("kind", "access") && plain("phase", "use")
    }

    /// The members that say what is judged.
    fn given(&self) -> BTreeSet<&str> {
        let is_said = |name: &&str| {
            !["name", "expect", "expect-risk", "expect-valid-until", "description"].contains(name)
        };
        self.0.keys().map(String::as_str).filter(is_said).collect()
    }
}

/// The first case, in the order of the table, in which the policy refuses: for
/// a grave reason if there is one, and of an access token that is used if there
/// is one.
pub(crate) fn refusal(cases: &[Case]) -> Option<&Case> {
    const WEIGHTS: [&[&str]; 3] =
        [&["deny critical", "deny high"], &["deny medium", "require"], &["deny low"]];
    WEIGHTS.iter().find_map(|weights| {
        let weighs = |case: &&Case| {
            let lines = case.expected();
            let first = lines.first();
            case.is_judged()
                && first.is_some_and(|line| weights.iter().any(|weight| line.starts_with(weight)))
        };
        let plain = cases.iter().filter(weighs).find(|case| case.is_plain());
        plain.or_else(|| cases.iter().find(weighs))
    })
}

/// The first case with settings that are accepted.
pub(crate) fn with_settings(cases: &[Case]) -> Option<&Case> {
    cases.iter().find(|case| case.is_judged() && case.get("settings").is_some())
}

/// The case that permits and is most like the refusal: with the same settings
/// if there is one, else about the same members.
pub(crate) fn permit<'a>(cases: &'a [Case], refusal: Option<&Case>) -> Option<&'a Case> {
    let permits = cases.iter().filter(|case| {
        case.is_judged()
            && case.expected().is_empty()
            && case.given().iter().any(|name| *name != "settings")
    });
    let unlike = |case: &&Case| {
        let Some(refusal) = refusal else { return 0 };
        let same = |name: &str| case.get(name) == refusal.get(name);
        let (ours, theirs) = (case.given(), refusal.given());
        let apart = ours.symmetric_difference(&theirs).count();
        usize::from(!same("settings")) * 100
            + usize::from(!same("phase") || !same("kind")) * 10
            + apart
    };
    permits.min_by_key(unlike)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> (Option<String>, Option<String>) {
        let cases = cases_of(text).unwrap();
        let name = |case: Option<&Case>| case.and_then(|case| case.text("name")).map(str::to_owned);
        let refused = refusal(&cases);
        (name(refused), name(permit(&cases, refused)))
    }

    #[test]
    fn examples_are_plain_and_alike() {
        let table = "
            [[case]]\nname='empty'\n
            [[case]]\nname='advice'\nclaims='{}'\nexpect=['advise low r']\n
            [[case]]\nname='other phase'\nphase='issue'\nclaims='{}'\nexpect=['deny high r']\n
            [[case]]\nname='refused'\nsettings={a=1}\nclaims='{}'\nexpect=['deny high r']\n
            [[case]]\nname='bad settings'\nsettings={a=1}\nexpect-setting-errors=['/a']\n
            [[case]]\nname='other settings'\nsettings={a=2}\nclaims='{}'\n
            [[case]]\nname='other members'\nsettings={a=1}\nsignals='{}'\n
            [[case]]\nname='permitted'\nsettings={a=1}\nclaims='{}'\n";
        assert_eq!(names(table), (Some("refused".into()), Some("permitted".into())));
        let softer = "[[case]]\nname='a'\nclaims='{}'\nexpect=['require medium r','step-up']\n";
        assert_eq!(names(softer), (Some("a".into()), None));
        assert_eq!(names(""), (None, None));
    }
}
