//! A claim path that nobody knows: most likely it is mistyped.
//!
//! Known are the claims of the IANA registry and of common identity providers,
//! those that the bundle declares in `known-claims`, those of the tokens in its
//! cases, those that a policy reads by a default of its own, and names in lists of claims of a policy that reads all claims (such
//! as `allow`), which declare them, unless they are spelt much like a known one.

use std::collections::BTreeSet;

use serde_json::Value;
use tokenward::ClaimSelector;

use crate::lint::finding::{Level, LintFinding};
use crate::lint::load::as_pointer;
use crate::lint::registered::{is_known, nearest};
use crate::lint::subject::{Entry, Subject};
use crate::pointer::escape;
use crate::policy::schema;

pub(crate) const CODE: &str = "unknown-claim";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut known = subject.known_claims.clone();
    for entry in &subject.entries {
        let declared = listed(entry).into_iter().map(|(_, path)| path);
        let read = read(entry);
        known.extend(
            declared.filter(|path| {
                !read.contains(path) && nearest(path, &subject.known_claims).is_none()
            }),
        );
    }
    known.extend(subject.entries.iter().flat_map(read_by_default));
    subject.entries.iter().flat_map(|entry| of_entry(entry, &known)).collect()
}

/// The claims that a policy reads because a default of its settings names them:
/// its author chose them, not the bundle's.
fn read_by_default(entry: &Entry) -> Vec<String> {
    let read = read(entry);
    let mut named = Vec::new();
    for (_, default) in schema::defaults(&entry.schema) {
        let items = default.as_array().cloned().unwrap_or_else(|| vec![default.clone()]);
        named.extend(items.iter().filter_map(Value::as_str).map(as_pointer));
    }
    named.retain(|path| read.contains(path));
    named
}

fn of_entry(entry: &Entry, known: &BTreeSet<String>) -> Vec<LintFinding> {
    let listed = listed(entry);
    let mut findings = Vec::new();
    for (setting, path) in &listed {
        if !is_known(path, known) {
            findings.push(finding(path, known, Level::Warning).of(&entry.id).at(setting));
        }
    }
    for path in read(entry) {
        // What no setting names is the policy's own, and nothing to be mended here.
        if !is_known(&path, known) && !listed.iter().any(|(_, other)| *other == path) {
            findings.push(finding(&path, known, Level::Note).of(&entry.id));
        }
    }
    findings
}

fn finding(path: &str, known: &BTreeSet<String>, level: Level) -> LintFinding {
    match nearest(path, known) {
        Some(meant) => LintFinding::new(
            CODE,
            level,
            format!("claim path `{path}` is not known; did you mean `{meant}`"),
            format!("Write `{meant}`; or name `{path}` in the bundle's `known-claims`."),
        ),
        None => LintFinding::new(
            CODE,
            level,
            format!("claim path `{path}` is not known"),
            "Check its spelling; name it in the bundle's `known-claims`, or add a case whose token \
             carries it.",
        ),
    }
}

/// The single claims that a policy reads.
fn read(entry: &Entry) -> BTreeSet<String> {
    let paths = entry.reads.claims.iter().map(|selector| match selector {
        ClaimSelector::At(path) | ClaimSelector::Below(path) => path.clone(),
    });
    paths.filter(|path| !path.is_empty()).collect()
}

/// The claims that settings of a policy name: where, and which.
///
/// A setting names claims if what it says is a claim that the policy reads, or
/// if its name, or its description in the schema, speaks of claims and it takes
/// any text. Patterns with `*` and names with `@` are no claims.
fn listed(entry: &Entry) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let read = read(entry);
    for (name, value) in &entry.settings {
        let property = entry.schema.pointer(&format!("/properties/{}", escape(name)));
        let schema = property.map(|property| Place { root: &entry.schema, at: property });
        walk(value, &format!("/{}", escape(name)), name, schema, Speaks::No, &read, &mut found);
    }
    found
}

/// Whether a setting around a text speaks of claims.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaks {
    Yes,
    No,
}

/// A place in a schema.
#[derive(Clone, Copy)]
struct Place<'a> {
    root: &'a Value,
    at: &'a Value,
}

impl<'a> Place<'a> {
    fn target(self) -> &'a Value {
        schema::resolve(self.root, self.at)
    }

    fn within(self, name: &str) -> Option<Self> {
        let at = self.target();
        let at = at.pointer(&format!("/properties/{}", escape(name)));
        let at = at.or_else(|| self.target().get("additionalProperties"))?;
        Some(Self { at, ..self })
    }

    fn items(self) -> Option<Self> {
        Some(Self { at: self.target().get("items")?, ..self })
    }

    fn speaks_of_claims(self, name: &str) -> bool {
        let says = |text: &str| text.to_ascii_lowercase().contains("claim");
        says(name) || says(schema::description(self.at)) || says(schema::description(self.target()))
    }

    fn is_free(self) -> bool {
        let target = self.target();
        target.get("enum").is_none() && target.get("const").is_none()
    }
}

fn walk(
    value: &Value,
    pointer: &str,
    name: &str,
    place: Option<Place<'_>>,
    around: Speaks,
    read: &BTreeSet<String>,
    found: &mut Vec<(String, String)>,
) {
    let speaks = match place {
        Some(place) if place.speaks_of_claims(name) => Speaks::Yes,
        Some(_) => around,
        None => Speaks::No,
    };
    match value {
        Value::String(text) => {
            let path = as_pointer(text);
            let is_name = !text.is_empty() && !text.contains(['*', '@', ' ']);
            let free = place.is_some_and(Place::is_free);
            if is_name && (read.contains(&path) || (speaks == Speaks::Yes && free)) {
                found.push((pointer.to_owned(), path));
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let pointer = format!("{pointer}/{index}");
                walk(item, &pointer, "", place.and_then(Place::items), speaks, read, found);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                let pointer = format!("{pointer}/{}", escape(name));
                let place = place.and_then(|place| place.within(name));
                // A table of several things speaks of each by itself.
                walk(member, &pointer, name, place, Speaks::No, read, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    const SCHEMA: &str = r#"{"properties":{
        "scope-claims":{"type":"array","items":{"type":"string"}},
        "allow":{"description":"The claims that are expected.","type":"array","items":{"type":"string"}},
        "unlisted":{"description":"What happens to a claim.","enum":["ignore","deny"]},
        "routes":{"type":"array","items":{"properties":{"path":{"type":"string"},"claim":{"type":"string"}}}}}}"#;

    #[test]
    fn claims_are_looked_for_where_settings_speak_of_them() {
        let at = |settings: &str, reads: &[&str]| {
            let entry = policy("p", settings).with_schema(SCHEMA).reading(reads);
            places(&check(&bundle([entry])))
        };
        let none: [&str; 0] = [];
        assert_eq!(at(r#"{"scope-claims":["/scope","/scp"]}"#, &["/scope", "/scp"]), none);
        assert_eq!(
            at(r#"{"scope-claims":["/scope","/skope"]}"#, &["/scope", "/skope"]),
            ["warning unknown-claim p /scope-claims/1"]
        );
        // A list of a policy that reads all declares what nobody else knows.
        assert_eq!(at(r#"{"allow":["colour","@standard","x_*"]}"#, &[]), none);
        assert_eq!(
            at(r#"{"allow":["colour","emial"]}"#, &[]),
            ["warning unknown-claim p /allow/1"]
        );
        assert_eq!(at(r#"{"unlisted":"deny"}"#, &[]), none);
        assert_eq!(at(r#"{"routes":[{"path":"/emial"}]}"#, &[]), none);
        assert_eq!(
            at(r#"{"routes":[{"path":"/a","claim":"emial"}]}"#, &[]),
            ["warning unknown-claim p /routes/0/claim"]
        );
        // The policy's own.
        assert_eq!(at("{}", &["/colour"]), ["note unknown-claim p"]);
    }

    #[test]
    fn what_the_bundle_knows_is_known() {
        let entry = || policy("p", r#"{"own":"/tenant/colour"}"#).reading(&["/tenant/colour"]);
        let mut subject = bundle([entry()]);
        subject.known_claims = ["/mailbox".to_owned()].into();
        subject.entries = vec![policy("p", r#"{"own":"/mailbx"}"#).reading(&["/mailbx"])];
        let findings = check(&subject);
        assert!(findings[0].message.ends_with("is not known; did you mean `/mailbox`"));
        subject.known_claims = ["/mailbx".to_owned()].into();
        assert!(check(&subject).is_empty());
    }
}
