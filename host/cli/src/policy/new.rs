//! `tokenward policy new`: a policy to begin with, and the SDK beside it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::args::{Language, PolicyNewArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::values::short;

/// The files of the SDK, by their paths in this project.
const SDK: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sdk_files.rs"));
const SDK_WORKSPACE: &str = include_str!("../../../../guest/templates/sdk.toml");
/// Where the SDK lies in a policy's folder.
const SDK_FOLDER: &str = ".tokenward/sdk";

/// What is written for a policy in Rust.
const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../../../guest/templates/rust/Cargo.toml.in")),
    ("src/lib.rs", include_str!("../../../../guest/templates/rust/src/lib.rs.in")),
    ("cases/tenant.toml", include_str!("../../../../guest/templates/rust/cases/tenant.toml.in")),
    ("README.md", include_str!("../../../../guest/templates/rust/README.md.in")),
    (".gitignore", include_str!("../../../../guest/templates/rust/gitignore.in")),
];

pub(crate) fn new(args: &PolicyNewArgs, output: &Output) -> anyhow::Result<Exit> {
    check_name(&args.name)?;
    let files = match args.lang {
        Language::Rust => RUST,
    };
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let shown = folder.display().to_string();
    if folder.symlink_metadata().is_ok() {
        bail!("`{shown}` is there already; give `--dir` another folder");
    }
    for (name, content) in SDK {
        write(&folder.join(SDK_FOLDER).join(name), content)?;
    }
    let workspace = SDK_WORKSPACE.replace("{version}", env!("CARGO_PKG_VERSION"));
    write(&folder.join(SDK_FOLDER).join("Cargo.toml"), &workspace)?;
    let type_name = type_name(&args.name);
    for (name, content) in files {
        let content = content
            .replace("{name}", &args.name)
            .replace("{type}", &type_name)
            .replace("{path}", &shown);
        write(&folder.join(name), &content)?;
    }
    output.print(&format!(
        "wrote the policy `{}` into `{shown}`\n\nNext:\n  tokenward policy build {shown}\n  \
         tokenward test {shown}\n\nThen change `{shown}/src/lib.rs`, and say in `{shown}/cases` \
         what it is to do.\n",
        args.name
    ))?;
    Ok(Exit::Done)
}

/// A policy's name is a crate's name and an id in bundles.
fn check_name(name: &str) -> anyhow::Result<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let fits = (1..=64).contains(&name.len())
        && name.bytes().all(plain)
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--");
    if !fits {
        bail!(
            "`{}` is no policy's name; accepted: a lower case letter, and then lower case letters, \
             digits and single hyphens, 64 at most",
            short(name)
        );
    }
    // What Rust has words for, or the SDK is called.
    if is_keyword(name) || ["test", "core", "std", "alloc", "tokenward-policy"].contains(&name) {
        bail!("`{name}` means something else to Rust; choose another name");
    }
    Ok(())
}

fn is_keyword(name: &str) -> bool {
    const KEYWORDS: &[&str] = &[
        "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
        "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
        "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub",
        "ref", "return", "self", "static", "struct", "super", "trait", "true", "try", "type",
        "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
    ];
    KEYWORDS.contains(&name)
}

/// `tenant-check` as a type: `TenantCheck`.
fn type_name(name: &str) -> String {
    let mut type_name = String::new();
    for word in name.split('-') {
        let mut letters = word.chars();
        type_name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        type_name.push_str(letters.as_str());
    }
    // Two words that the template has.
    if ["Settings", "Policy"].contains(&type_name.as_str()) {
        type_name.push_str("Check");
    }
    type_name
}

fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    let place = || format!("`{}`", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(place)?;
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).open(path).with_context(place)?;
    file.write_all(content.as_bytes()).with_context(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_a_crate_and_a_bundle() {
        for (name, type_name) in [
            ("tenant-check", "TenantCheck"),
            ("a", "A"),
            ("v2-rule", "V2Rule"),
            ("policy", "PolicyCheck"),
        ] {
            check_name(name).unwrap();
            assert_eq!(super::type_name(name), type_name);
        }
        for name in ["", "A", "a_b", "-a", "a-", "a--b", "2a", "../a", "a/b", "é", "fn", "test"] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
