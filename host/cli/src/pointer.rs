//! JSON Pointers (RFC 6901) into claims: setting a member, and the claims that
//! no policy reads.

use anyhow::{anyhow, bail};
use tokenward::{ClaimSelector, Json, Object, Reads};

/// Sets the member that a pointer names, making objects on the way.
pub(crate) fn set(object: &mut Object, pointer: &str, value: Json) -> anyhow::Result<()> {
    let parts = pointer.strip_prefix('/').ok_or_else(|| anyhow!("it does not begin with `/`"))?;
    let (first, rest) = match parts.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (parts, None),
    };
    let name = unescape(first)?;
    let Some(rest) = rest else {
        object.set(name, value);
        return Ok(());
    };
    let mut inner = match object.get(&name) {
        None => Object::new(),
        Some(Json::Object(inner)) => inner.clone(),
        Some(other) => bail!("it leads through an {}; accepted: objects", other.type_name()),
    };
    set(&mut inner, &format!("/{rest}"), value)?;
    object.set(name, inner);
    Ok(())
}

fn unescape(part: &str) -> anyhow::Result<String> {
    let rest = part.replace("~0", "").replace("~1", "");
    if rest.contains('~') {
        bail!("`~` is written `~0` in a JSON Pointer, and `/` is written `~1`");
    }
    Ok(part.replace("~1", "/").replace("~0", "~"))
}

/// The outermost claims, as pointers, of which nothing is read.
pub(crate) fn unread<'a>(
    claims: &Object,
    reads: impl Iterator<Item = &'a Reads> + Clone,
) -> Vec<String> {
    let selected: Vec<&str> = reads
        .flat_map(|reads| &reads.claims)
        .map(|selector| match selector {
            ClaimSelector::At(path) | ClaimSelector::Below(path) => path.as_str(),
        })
        .collect();
    let mut unread = Vec::new();
    walk(claims, &mut String::new(), &selected, &mut unread);
    unread
}

fn walk(object: &Object, path: &mut String, selected: &[&str], unread: &mut Vec<String>) {
    for (name, value) in object.iter() {
        let length = path.len();
        path.push('/');
        path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        if !selected.iter().any(|selector| is_within(path, selector)) {
            match value {
                // Something further in is read: say what is not.
                Json::Object(inner) if selected.iter().any(|s| is_within(s, path)) => {
                    walk(inner, path, selected, unread);
                }
                _ => unread.push(path.clone()),
            }
        }
        path.truncate(length);
    }
}

/// Whether `path` is `outer` or lies below it.
fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokenward::json::parse_strict;

    fn object(text: &str) -> Object {
        let json = parse_strict(text.as_bytes(), &tokenward::json::JsonLimits::default()).unwrap();
        json.as_object().unwrap().clone()
    }

    #[test]
    fn members_are_set_where_the_pointer_says() {
        for (before, pointer, after) in [
            ("{}", "/a", r#"{"a":1}"#),
            ("{}", "/a/b/c", r#"{"a":{"b":{"c":1}}}"#),
            (r#"{"a":{"x":0},"z":0}"#, "/a/b", r#"{"a":{"x":0,"b":1},"z":0}"#),
            ("{}", "/https:~1~1x.example~1r", r#"{"https://x.example/r":1}"#),
            ("{}", "/~01", r#"{"~1":1}"#),
        ] {
            let mut claims = object(before);
            set(&mut claims, pointer, Json::Integer(1)).unwrap();
            assert_eq!(claims.to_compact(), after);
        }
        for (before, pointer) in [(r#"{"a":[0]}"#, "/a/0"), ("{}", "/~2"), (r#"{"a":1}"#, "/a/b")] {
            assert!(set(&mut object(before), pointer, Json::Null).is_err(), "{pointer}");
        }
    }

    #[test]
    fn claims_that_nobody_reads_are_found() {
        let claims = object(r#"{"sub":"a","address":{"city":"b","zip":"c"},"a/b":[1],"sub2":1}"#);
        let at = |path: &str| ClaimSelector::At(path.into());
        for (selectors, expected) in [
            (vec![], "/sub /address /a~1b /sub2"),
            (vec![ClaimSelector::Below(String::new())], ""),
            (vec![at("/sub"), at("/address/city")], "/address/zip /a~1b /sub2"),
            (vec![at("/sub/deeper"), at("/address")], "/sub /a~1b /sub2"),
        ] {
            let reads = Reads { claims: selectors, ..Reads::default() };
            assert_eq!(unread(&claims, [&reads].into_iter()).join(" "), expected);
        }
    }
}
