//! The claims of the tokens in a bundle's cases.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{Json, Object, ParseLimits, UnverifiedToken, files_in};

use crate::pointer::escape;
use crate::values::read;

/// Bytes that a file of cases may have.
const FILE_LIMIT: u64 = 8 << 20;

/// The claims of every case in the folder's `*.toml`, in the order of their names.
pub(crate) fn claims_in(folder: &Path) -> anyhow::Result<Vec<Object>> {
    let mut claims = Vec::new();
    for file in files_in(folder, "toml")? {
        let of_file = || format!("`{}`", file.display());
        let text = String::from_utf8(read(&file, FILE_LIMIT)?).with_context(of_file)?;
        claims.extend(claims_of(&text).with_context(of_file)?);
    }
    Ok(claims)
}

/// The claims of every case of these files: their names, and TOML.
pub(crate) fn claims_of_files(files: &[(&str, &str)]) -> anyhow::Result<Vec<Object>> {
    let mut claims = Vec::new();
    for (name, text) in files {
        claims.extend(claims_of(text).with_context(|| format!("`{name}`"))?);
    }
    Ok(claims)
}

/// The claims of every case of a file that has some: a table, JSON text, or
/// those of a token.
fn claims_of(text: &str) -> anyhow::Result<Vec<Object>> {
    let file: toml::Table = text.parse()?;
    let cases = file.get("case").and_then(toml::Value::as_array).into_iter().flatten();
    let mut claims = Vec::new();
    for case in cases {
        if let Some(given) = case.get("claims") {
            claims.push(object(given)?);
        } else if let Some(token) = case.get("token").and_then(toml::Value::as_str)
            && let Ok(token) = UnverifiedToken::parse(token.as_bytes(), &ParseLimits::default())
        {
            // Nothing is decided by it: only the names of its claims count.
            claims.push(token.claims().clone());
        }
    }
    Ok(claims)
}

fn object(claims: &toml::Value) -> anyhow::Result<Object> {
    let text = match claims {
        toml::Value::String(text) => text.clone(),
        toml::Value::Table(table) => serde_json::to_string(table)?,
        _ => bail!("`claims` is neither a table nor JSON text"),
    };
    let limits = JsonLimits::default();
    match parse_strict(text.as_bytes(), &limits).map_err(|error| anyhow!("`claims`: {error}"))? {
        Json::Object(object) => Ok(object),
        other => bail!("`claims` is an {}; accepted: an object", other.type_name()),
    }
}

/// Every claim of these, and everything in it, as JSON Pointers.
pub(crate) fn paths(claims: &Object) -> Vec<String> {
    let mut paths = Vec::new();
    walk(claims, "", &mut paths);
    paths
}

fn walk(object: &Object, path: &str, paths: &mut Vec<String>) {
    for (name, value) in object.iter() {
        let path = format!("{path}/{}", escape(name));
        if let Json::Object(inner) = value {
            walk(inner, &path, paths);
        }
        paths.push(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_in_every_form() {
        let text = "[[case]]\nname='a'\nclaims={tenant='t', 'a/b'={c=1}}\n\
                    [[case]]\nname='b'\nclaims='{\"x\":[1]}'\n[[case]]\nname='c'\n";
        let claims = claims_of(text).unwrap();
        let paths: Vec<_> = claims.iter().flat_map(paths).collect();
        assert_eq!(paths, ["/tenant", "/a~1b/c", "/a~1b", "/x"]);
    }

    #[test]
    fn what_is_no_case_says_why() {
        for (text, says) in [
            ("[[case]]\nclaims=1\n", "neither a table nor JSON text"),
            ("[[case]]\nclaims='[]'\n", "`claims` is an array"),
            ("[[case]]\nclaims='{\"a\":1,\"a\":2}'\n", "`claims`: "),
            ("[[case\n", "TOML parse error"),
        ] {
            let error = claims_of(text).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
