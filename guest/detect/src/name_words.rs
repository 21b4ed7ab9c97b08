//! Words that change what a name says: references, things, patients, and those that add nothing.

use crate::word_map::{WordSet, bytes_of};

macro_rules! sets {
    ($($(#[$doc:meta])* $set:ident of $words:ident;)*) => {$(
        $(#[$doc])*
        pub(crate) static $set: WordSet<{ bytes_of($words) }, { $words.len() }, 64> =
            WordSet::new(
                // The length was asked of the same list.
                match $words.first_chunk() {
                    Some(words) => words,
                    None => panic!(),
                },
                [(); $words.len()],
            );
    )*};
}

sets! {
    /// Last words that make a name a reference to a thing, its state, or a part of it.
    REFERENCE of REFERENCE_WORDS;
    /// Words that add nothing to what stands before them.
    NEUTRAL of NEUTRAL_WORDS;
    /// Things with a name, an address or a number of their own, as the object around a claim.
    THINGS of THING_WORDS;
}

#[rustfmt::skip]
const REFERENCE_WORDS: &[&str] = &[
    "accepted", "age", "alg", "algorithm", "allowed", "at", "available", "bin", "brand", "category",
    "changed", "check", "class", "consent", "count", "created", "digest", "domain", "enabled",
    "enrolled", "exists", "exp", "expired", "expires", "expiry", "flag", "format", "guid", "handle",
    "hash", "hashed", "hint", "id", "identifier", "ids", "index", "issued", "issuer", "key", "kid",
    "kind", "label", "last4", "lastfour", "length", "level", "limit", "locale", "mask", "masked",
    "menu", "method", "methods", "mode", "model", "name", "namespace", "network", "notification",
    "notifications", "optin", "owner", "page", "permission", "permissions", "policy", "provider",
    "purpose", "ref", "reference", "references", "refs", "required", "role", "roles", "schema",
    "scheme", "scope", "scopes", "service", "set", "sha256", "sharing", "source", "state", "status",
    "style", "supported", "system", "tab", "template", "theme", "token", "tokens", "type", "types",
    "updated", "uri", "url", "urn", "uuid", "vendor", "verification", "verified", "version", "view",
    "visibility", "visible", "widget", "zone",
];

#[rustfmt::skip]
const NEUTRAL_WORDS: &[&str] = &[
    "alt", "alternate", "business", "clear", "cleartext", "code", "codes", "current", "data",
    "decoded", "decrypted", "desc", "description", "detail", "details", "encoded", "field", "full",
    "history", "home", "info", "information", "json", "line", "list", "main", "new", "no", "note",
    "notes", "nr", "num", "number", "numbers", "old", "other", "personal", "plain", "plaintext",
    "primary", "private", "raw", "secondary", "str", "string", "text", "val", "value", "values",
    "work",
];

/// Whether a word tells that a patient is meant.
pub(crate) fn is_patient(word: &[u8]) -> bool {
    matches!(word, b"patient" | b"patients" | b"phi")
}

#[rustfmt::skip]
const THING_WORDS: &[&str] = &[
    "agent", "api", "app", "application", "audience", "broker", "bundle", "campaign", "channel",
    "client", "cluster", "company", "container", "contract", "datacenter", "department", "device",
    "domain", "entitlement", "environment", "event", "feature", "file", "gateway", "group", "host",
    "instance", "issuer", "job", "kubernetes", "license", "listener", "merchant", "model",
    "namespace", "node", "org", "organisation", "organization", "package", "permission", "plan",
    "platform", "pod", "policy", "product", "project", "provider", "purpose", "queue", "realm",
    "region", "repository", "resource", "role", "scope", "secret", "server", "service",
    "serviceaccount", "site", "store", "subscription", "team", "tenant", "unit", "vendor", "wallet",
    "workload", "workspace",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_are_sorted() {
        for list in [REFERENCE_WORDS, NEUTRAL_WORDS, THING_WORDS] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
