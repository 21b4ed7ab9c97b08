//! JSON Pointers (RFC 6901) into claims.

use anyhow::{anyhow, bail};
use tokenward::{Json, Object};

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

/// What a pointer points at.
pub(crate) fn get<'a>(object: &'a Object, pointer: &str) -> Option<&'a Json> {
    let mut parts = pointer.strip_prefix('/')?.split('/').map(unescape);
    let mut value = object.get(&parts.next()?.ok()?)?;
    for part in parts {
        let part = part.ok()?;
        value = match value {
            Json::Object(inner) => inner.get(&part)?,
            Json::Array(items) => items.get(part.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(value)
}

fn unescape(part: &str) -> anyhow::Result<String> {
    let rest = part.replace("~0", "").replace("~1", "");
    if rest.contains('~') {
        bail!("`~` is written `~0` in a JSON Pointer, and `/` is written `~1`");
    }
    Ok(part.replace("~1", "/").replace("~0", "~"))
}

/// A name as a part of a pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whether `path` is `outer` or lies below it.
pub(crate) fn is_within(path: &str, outer: &str) -> bool {
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
}
