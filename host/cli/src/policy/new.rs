//! `tokenward policy new`: a policy to begin with, and the SDK beside it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::templates;
use crate::args::{Language, PolicyNewArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::values::short;

pub(crate) fn new(args: &PolicyNewArgs, output: &Output) -> anyhow::Result<Exit> {
    check_name(&args.name)?;
    if args.lang == Language::Rust {
        check_crate_name(&args.name)?;
    }
    let template = templates::of(args.lang);
    let folder = args.dir.clone().unwrap_or_else(|| PathBuf::from(&args.name));
    let shown = folder.display().to_string();
    if folder.symlink_metadata().is_ok() {
        bail!("`{shown}` is there already; give `--dir` another folder");
    }
    for (name, content) in template.sdk {
        write(&folder.join(name), content)?;
    }
    let type_name = type_name(&args.name);
    for (name, content) in template.policy {
        let content = content
            .replace("{name}", &args.name)
            .replace("{type}", &type_name)
            .replace("{path}", &shown)
            .replace("{version}", env!("CARGO_PKG_VERSION"));
        write(&folder.join(name), &content)?;
    }
    output.print(&format!(
        "wrote the policy `{}` into `{shown}`\n\nNext:\n  tokenward policy build {shown}\n  \
         tokenward test {shown}\n\nThen change `{shown}/{}`, and say in `{shown}/cases` what it is to \
         do.\n",
        args.name, template.source
    ))?;
    Ok(Exit::Done)
}

/// A policy's name is an id in bundles.
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
    Ok(())
}

/// What Rust has words for, or the SDK is called, is no crate's name.
fn check_crate_name(name: &str) -> anyhow::Result<()> {
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
    // Words that the templates have.
    if [
        "Settings",
        "Policy",
        "Definition",
        "Finding",
        "Input",
        "Reads",
        "Rule",
        "None",
        "True",
        "False",
    ]
    .contains(&type_name.as_str())
    {
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
        for name in ["", "A", "a_b", "-a", "a-", "a--b", "2a", "../a", "a/b", "é"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        for name in ["fn", "test", "tokenward-policy"] {
            check_name(name).unwrap();
            assert!(check_crate_name(name).is_err(), "{name}");
        }
    }
}
