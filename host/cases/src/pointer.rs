//! The settings of a policy one by one, as JSON Pointers (RFC 6901).

use std::fmt::Write;

use serde_json::Value;

use crate::case::Settings;

/// Each setting: a member that is no table, and each item of a list, with what
/// an item that is a table or a list has in it.
pub(crate) fn leaves(settings: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    members(settings, &mut String::new(), &mut found);
    found
}

fn members(members: &Settings, path: &mut String, found: &mut Vec<String>) {
    for (name, value) in members {
        let length = path.len();
        path.push('/');
        path.push_str(&name.replace('~', "~0").replace('/', "~1"));
        match value {
            Value::Object(inner) if !inner.is_empty() => self::members(inner, path, found),
            Value::Array(list) if !list.is_empty() => items(list, path, found),
            _ => found.push(path.clone()),
        }
        path.truncate(length);
    }
}

fn items(list: &[Value], path: &mut String, found: &mut Vec<String>) {
    for (index, item) in list.iter().enumerate() {
        let length = path.len();
        let _ = write!(path, "/{index}");
        found.push(path.clone());
        match item {
            Value::Object(inner) => members(inner, path, found),
            Value::Array(inner) => items(inner, path, found),
            _ => {}
        }
        path.truncate(length);
    }
}

/// The settings without the one at a pointer.
pub(crate) fn without(settings: &Settings, pointer: &str) -> Settings {
    let mut value = Value::Object(settings.clone());
    if let Some((parent, last)) = pointer.rsplit_once('/') {
        let name = last.replace("~1", "/").replace("~0", "~");
        match value.pointer_mut(parent) {
            Some(Value::Object(members)) => drop(members.remove(&name)),
            Some(Value::Array(list)) => {
                if let Some(index) = name.parse().ok().filter(|index| *index < list.len()) {
                    list.remove(index);
                }
            }
            _ => {}
        }
    }
    match value {
        Value::Object(settings) => settings,
        _ => Settings::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_out_one_by_one() {
        let text = r#"{"a":1,"b":{"c":[1,{"d":2}],"e/f~":{}},"g":[],"h":{"i":null}}"#;
        let settings: Settings = serde_json::from_str(text).unwrap();
        let taken: Vec<_> = leaves(&settings)
            .into_iter()
            .map(|pointer| {
                let less = without(&settings, &pointer);
                (pointer, less)
            })
            .collect();
        let expected = [
            ("/a", r#"{"b":{"c":[1,{"d":2}],"e/f~":{}},"g":[],"h":{"i":null}}"#),
            ("/b/c/0", r#"{"a":1,"b":{"c":[{"d":2}],"e/f~":{}},"g":[],"h":{"i":null}}"#),
            ("/b/c/1", r#"{"a":1,"b":{"c":[1],"e/f~":{}},"g":[],"h":{"i":null}}"#),
            ("/b/c/1/d", r#"{"a":1,"b":{"c":[1,{}],"e/f~":{}},"g":[],"h":{"i":null}}"#),
            ("/b/e~1f~0", r#"{"a":1,"b":{"c":[1,{"d":2}]},"g":[],"h":{"i":null}}"#),
            ("/g", r#"{"a":1,"b":{"c":[1,{"d":2}],"e/f~":{}},"h":{"i":null}}"#),
            ("/h/i", r#"{"a":1,"b":{"c":[1,{"d":2}],"e/f~":{}},"g":[],"h":{}}"#),
        ];
        let read = |text: &str| serde_json::from_str::<Settings>(text).unwrap();
        let expected = expected.map(|(pointer, less)| (pointer.to_owned(), read(less)));
        assert_eq!(taken, expected);
    }
}
