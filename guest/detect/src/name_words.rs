//! Words that change what a name says: references, things, patients, and those that add nothing.

/// Last words that make a name a reference to a thing, its state, or a part of it.
#[rustfmt::skip]
pub(crate) const REFERENCE: &[&str] = &[
    "accepted", "age", "alg", "algorithm", "allowed", "at", "available", "bin", "brand", "category",
    "changed", "class", "consent", "count", "created", "digest", "domain", "enabled", "enrolled",
    "exists", "exp", "expired", "expires", "expiry", "flag", "format", "guid", "handle", "hash",
    "hashed", "hint", "id", "identifier", "ids", "index", "issued", "issuer", "key", "kid", "kind",
    "label", "last4", "lastfour", "length", "level", "limit", "locale", "mask", "masked", "method",
    "methods", "mode", "model", "name", "namespace", "network", "notification", "notifications",
    "optin", "owner", "permission", "permissions", "policy", "provider", "purpose", "ref",
    "reference", "references", "refs", "required", "role", "roles", "schema", "scheme", "scope",
    "scopes", "service", "set", "sha256", "sharing", "source", "state", "status", "style",
    "supported", "system", "template", "theme", "token", "tokens", "type", "types", "updated",
    "uri", "url", "urn", "uuid", "vendor", "verification", "verified", "version", "visibility",
    "visible", "zone",
];

/// Words that add nothing to what stands before them.
#[rustfmt::skip]
pub(crate) const NEUTRAL: &[&str] = &[
    "alt", "alternate", "business", "clear", "cleartext", "code", "codes", "current", "data",
    "decoded", "decrypted", "desc", "description", "detail", "details", "encoded", "field", "full",
    "history", "home", "info", "information", "json", "line", "list", "main", "new", "no", "note",
    "notes", "nr", "num", "number", "numbers", "old", "other", "personal", "plain", "plaintext",
    "primary", "private", "raw", "secondary", "str", "string", "text", "val", "value", "values",
    "work",
];

/// Words that tell that a patient is meant.
#[rustfmt::skip]
pub(crate) const PATIENT: &[&str] = &[
    "patient", "patients", "phi",
];

/// Things with a name, an address or a number of their own, as the object around a claim.
#[rustfmt::skip]
pub(crate) const THINGS: &[&str] = &[
    "agent", "api", "app", "application", "audience", "bundle", "campaign", "channel", "client",
    "cluster", "company", "container", "datacenter", "department", "device", "domain",
    "entitlement", "environment", "event", "feature", "file", "group", "groups", "host", "instance",
    "issuer", "job", "kubernetes", "license", "merchant", "model", "namespace", "node", "org",
    "organisation", "organization", "organizations", "package", "permission", "permissions", "plan",
    "platform", "pod", "policy", "product", "project", "provider", "purpose", "queue", "realm",
    "region", "repository", "resource", "resources", "role", "roles", "scope", "secret", "server",
    "service", "serviceaccount", "site", "store", "subscription", "team", "tenant", "unit",
    "vendor", "workload", "workspace",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn word_lists_are_sorted() {
        for list in [REFERENCE, NEUTRAL, PATIENT, THINGS] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
