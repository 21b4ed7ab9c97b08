//! Which policy read which claim of a token: what the policies declared, held
//! against what the token carries.

use serde::Serialize;
use tokenward_engine::ClaimSelector;
use tokenward_token::{Json, Object};

use crate::decision::{PolicyReport, PolicyStatus};

/// A claim of the token, and who read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ClaimEvidence {
    /// The claim, as a JSON Pointer. An object or array of which parts are read
    /// stands here part by part.
    pub claim: String,
    /// The policies that it was given to.
    pub read_by: Vec<String>,
    /// The policies that read it, but in other phases of a token's life.
    pub not_asked: Vec<String>,
}

impl ClaimEvidence {
    /// Whether no policy of the bundle reads it in any phase.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.read_by.is_empty() && self.not_asked.is_empty()
    }
}

/// Who reads one part of the claims.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    policy: &'a str,
    path: &'a str,
    asked: bool,
}

/// Every claim of the token, in its order, and who read it.
#[must_use]
pub fn claim_evidence(claims: &Object, policies: &[PolicyReport]) -> Vec<ClaimEvidence> {
    let readers: Vec<_> = policies
        .iter()
        .flat_map(|policy| {
            policy.reads.claims.iter().map(|selector| {
                let (ClaimSelector::At(path) | ClaimSelector::Below(path)) = selector;
                let asked = policy.status != PolicyStatus::NotAsked;
                Reader { policy: &policy.id, path, asked }
            })
        })
        .collect();
    of_readers(claims, &readers)
}

fn of_readers(claims: &Object, readers: &[Reader<'_>]) -> Vec<ClaimEvidence> {
    let mut walk = Walk { readers, rows: Vec::new() };
    walk.object(claims, &mut String::new());
    walk.rows
}

struct Walk<'a> {
    readers: &'a [Reader<'a>],
    rows: Vec<ClaimEvidence>,
}

impl Walk<'_> {
    fn object(&mut self, object: &Object, path: &mut String) {
        for (name, value) in object.iter() {
            self.member(&escape(name), value, path);
        }
    }

    fn member(&mut self, name: &str, value: &Json, path: &mut String) {
        let length = path.len();
        path.push('/');
        path.push_str(name);
        let further_in = |r: &Reader<'_>| r.path.len() > path.len() && is_within(r.path, path);
        let is_parted = self.readers.iter().any(further_in);
        match value {
            Json::Object(inner) if is_parted && !inner.is_empty() => self.object(inner, path),
            Json::Array(items) if is_parted && !items.is_empty() => {
                for (index, item) in items.iter().enumerate() {
                    self.member(&index.to_string(), item, path);
                }
            }
            _ => self.row(path),
        }
        path.truncate(length);
    }

    fn row(&mut self, path: &str) {
        let mut row =
            ClaimEvidence { claim: path.to_owned(), read_by: Vec::new(), not_asked: Vec::new() };
        for reader in self.readers.iter().filter(|reader| is_within(path, reader.path)) {
            let names = if reader.asked { &mut row.read_by } else { &mut row.not_asked };
            // A policy has its selectors beside one another.
            if names.last().is_none_or(|last| last != reader.policy) {
                names.push(reader.policy.to_owned());
            }
        }
        self.rows.push(row);
    }
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether `path` is `outer` or lies below it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenward_token::json::{JsonLimits, parse_strict};

    const CLAIMS: &str =
        r#"{"sub":"a","address":{"city":"b","zip":"c"},"a/b":[1,2],"sub2":1,"none":{}}"#;

    /// `CLAIM=READER,READER?NOT-ASKED` for each row.
    fn rows(readers: &[(&'static str, &'static str, bool)]) -> String {
        let json = parse_strict(CLAIMS.as_bytes(), &JsonLimits::default()).unwrap();
        let readers: Vec<_> =
            readers.iter().map(|&(policy, path, asked)| Reader { policy, path, asked }).collect();
        let rows = of_readers(json.as_object().unwrap(), &readers);
        let text = |row: &ClaimEvidence| {
            let unasked = if row.not_asked.is_empty() { "" } else { "?" };
            format!("{}={}{unasked}{}", row.claim, row.read_by.join(","), row.not_asked.join(","))
        };
        rows.iter().map(text).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_claim_says_who_read_it() {
        assert_eq!(rows(&[]), "/sub= /address= /a~1b= /sub2= /none=");
        assert_eq!(
            rows(&[("p", "", true), ("q", "/sub", true), ("q", "/sub", true)]),
            "/sub=p,q /address=p /a~1b=p /sub2=p /none=p"
        );
        assert_eq!(
            rows(&[("p", "/address/city", true), ("q", "/address", false), ("r", "/sub/x", true)]),
            "/sub= /address/city=p?q /address/zip=?q /a~1b= /sub2= /none="
        );
        assert_eq!(
            rows(&[("p", "/a~1b/1", true), ("p", "/none/x", true)]),
            "/sub= /address= /a~1b/0= /a~1b/1=p /sub2= /none="
        );
    }
}
