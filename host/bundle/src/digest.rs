//! Digests of components and bundles.

use aws_lc_rs::digest::{Context, SHA256, digest};

use crate::bundle::BundledPolicy;
use crate::manifest::BundleManifest;

/// SHA-256 over the manifest, as canonical JSON, and every component's own
/// digest, in order: what was decided by.
pub(crate) fn of_bundle(manifest: &BundleManifest, policies: &[BundledPolicy]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(b"tokenward bundle 1\n");
    let mut manifest = serde_json::to_value(manifest).unwrap_or_default();
    sort_members(&mut manifest);
    let manifest = manifest.to_string();
    context.update(&(manifest.len() as u64).to_be_bytes());
    context.update(manifest.as_bytes());
    for policy in policies {
        context.update(digest(&SHA256, &policy.component).as_ref());
    }
    hex(context.finish().as_ref())
}

/// SHA-256, as `sha256:` and hexadecimal digits.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// Objects in the order of their members' names, whatever order they were written in.
pub(crate) fn sort_members(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(members) => {
            let mut sorted: Vec<_> = std::mem::take(members).into_iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
            for (name, mut member) in sorted {
                sort_members(&mut member);
                members.insert(name, member);
            }
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(sort_members),
        _ => {}
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::from("sha256:"), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
