//! The settings of a policy as rows of a table, from their JSON Schema.

use serde::Serialize;
use serde_json::{Map, Value};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Setting {
    /// Where it stands: `skew`, `max-lifetime.access`, `routes[].path`.
    pub(crate) name: String,
    /// What it takes, in words.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// What it is if it is left out; none where it then has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default: Option<Value>,
    /// Whether it must be given where the object around it is.
    pub(crate) required: bool,
    /// What a number counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<&'static str>,
    /// What it is for.
    pub(crate) meaning: String,
}

/// How deep tables lie in one another before the rest is left out.
const DEEPEST: usize = 5;
/// How many schemas are looked at before the rest is left out.
const MOST_STEPS: usize = 2000;
/// How many forms a value can have in words.
const MOST_FORMS: usize = 8;

/// The settings of this schema, in its order.
pub(crate) fn settings(schema: &Value) -> Vec<Setting> {
    let mut walk = Walk { root: schema, rows: Vec::new(), shown: Vec::new(), steps: 0 };
    walk.object(schema, "", unit_in(description(schema)), None, 0);
    walk.rows
}

struct Walk<'a> {
    root: &'a Value,
    rows: Vec<Setting>,
    /// Definitions that were taken apart, and the setting at which.
    shown: Vec<(String, String)>,
    /// Schemas that were looked at: a stranger's can refer in circles.
    steps: usize,
}

impl<'a> Walk<'a> {
    /// The settings of a table; `around` is what the table is by default.
    fn object(
        &mut self,
        schema: &'a Value,
        prefix: &str,
        unit: Option<&'static str>,
        around: Option<&'a Value>,
        deep: usize,
    ) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let required = |name: &str| {
            let names = schema.get("required").and_then(Value::as_array);
            names.is_some_and(|names| names.iter().any(|other| other == name))
        };
        for (name, property) in properties {
            let path = format!("{prefix}{name}");
            let target = resolve(self.root, property);
            let own = [description(property), description(target)];
            let meaning = own.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
            let number = is_number(self.root, target, 0);
            let earlier = self.earlier(property);
            let default = property.get("default").or_else(|| target.get("default"));
            let default = default.or_else(|| around?.get(name));
            self.rows.push(Setting {
                name: path.clone(),
                kind: match &earlier {
                    Some(earlier) => format!("{}, as `{earlier}`", type_of(self.root, target)),
                    None => type_of(self.root, target),
                },
                default: default.cloned(),
                required: required(name),
                unit: unit_in(meaning).or(unit).filter(|_| number),
                meaning: meaning.to_owned(),
            });
            if earlier.is_none() {
                let (rows, shown) = (self.rows.len(), self.shown.len());
                if let Some(name) = reference(property) {
                    self.shown.push((name.to_owned(), path.clone()));
                }
                self.inner(target, &path, unit_in(meaning).or(unit), default, deep);
                if self.rows.len() == rows {
                    self.shown.truncate(shown);
                }
            }
        }
    }

    /// What lies in a setting: in its table, in each of its list, in any of
    /// its forms.
    fn inner(
        &mut self,
        schema: &'a Value,
        path: &str,
        unit: Option<&'static str>,
        default: Option<&'a Value>,
        deep: usize,
    ) {
        self.steps += 1;
        if deep > DEEPEST || self.steps > MOST_STEPS {
            return;
        }
        self.object(schema, &format!("{path}."), unit, default, deep + 1);
        if let Some(items) = schema.get("items") {
            self.object(resolve(self.root, items), &format!("{path}[]."), unit, None, deep + 1);
        }
        if let Some(members) = schema.get("additionalProperties").filter(|m| m.is_object()) {
            self.object(resolve(self.root, members), &format!("{path}.*."), unit, None, deep + 1);
        }
        for form in forms(schema) {
            self.inner(resolve(self.root, form), path, unit, default, deep + 1);
        }
    }

    /// The setting at which the definition of this one was taken apart.
    fn earlier(&self, property: &Value) -> Option<String> {
        let name = reference(property)?;
        self.shown.iter().find(|(other, _)| other == name).map(|(_, path)| path.clone())
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref").and_then(Value::as_str)
}

/// The schema, or the definition that it refers to.
pub(crate) fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let target = reference(schema).and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

pub(crate) fn description(schema: &Value) -> &str {
    schema.get("description").and_then(Value::as_str).unwrap_or_default()
}

/// The forms of which a value has one.
fn forms(schema: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["anyOf", "oneOf"].into_iter().filter_map(|name| schema.get(name)?.as_array());
    lists.flatten().take(MOST_FORMS)
}

fn is_number(root: &Value, schema: &Value, deep: usize) -> bool {
    let named = |name: &str| match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    };
    let of_form = |form| is_number(root, resolve(root, form), deep + 1);
    named("integer") || named("number") || (deep < DEEPEST && forms(schema).any(of_form))
}

/// What a description says that numbers count.
fn unit_in(description: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 10] = [
        ("second", "seconds"),
        ("percent", "percent"),
        ("points", "points"),
        ("bits", "bits"),
        ("bytes", "bytes"),
        ("days", "days"),
        ("minutes", "minutes"),
        ("hour", "hours"),
        ("characters", "characters"),
        ("sessions", "sessions"),
    ];
    let text = description.to_ascii_lowercase();
    let found = UNITS.iter().filter_map(|(word, unit)| Some((text.find(word)?, *unit)));
    found.min_by_key(|(at, _)| *at).map(|(_, unit)| unit)
}

/// What a schema accepts, in words.
pub(crate) fn type_of(root: &Value, schema: &Value) -> String {
    type_at(root, schema, 0)
}

fn type_at(root: &Value, schema: &Value, deep: usize) -> String {
    let schema = resolve(root, schema);
    if deep > DEEPEST {
        return "any".into();
    }
    if let Some(value) = schema.get("const") {
        return code(value);
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return either(&values.iter().map(code).collect::<Vec<_>>());
    }
    let each: Vec<_> = forms(schema).map(|form| type_at(root, form, deep + 1)).collect();
    if !each.is_empty() {
        return either(&each);
    }
    match schema.get("type") {
        Some(Value::String(name)) => simple(root, schema, name, deep),
        Some(Value::Array(names)) => {
            let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
            either(&names.iter().map(|name| simple(root, schema, name, deep)).collect::<Vec<_>>())
        }
        _ if schema.get("properties").is_some() => "table".into(),
        _ => "any".into(),
    }
}

fn simple(root: &Value, schema: &Value, name: &str, deep: usize) -> String {
    match name {
        "integer" | "number" => {
            let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number());
            match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) => format!("{name}, {least} to {most}"),
                (Some(least), None) => format!("{name}, at least {least}"),
                (None, Some(most)) => format!("{name}, at most {most}"),
                (None, None) => name.to_owned(),
            }
        }
        "string" => "text".into(),
        "array" => match schema.get("items") {
            Some(items) => format!("list of {}", several(&type_at(root, items, deep + 1))),
            None => "list".into(),
        },
        "object" => match schema.get("additionalProperties").filter(|m| m.is_object()) {
            Some(members) => format!("table of {}", several(&type_at(root, members, deep + 1))),
            None => "table".into(),
        },
        other => other.to_owned(),
    }
}

/// The name of many of a kind.
fn several(kind: &str) -> String {
    match kind {
        "text" => "texts".into(),
        "table" => "tables".into(),
        "integer" | "number" | "boolean" | "list" => format!("{kind}s"),
        _ => kind.strip_prefix("list of ").map_or(kind.to_owned(), |of| format!("lists of {of}")),
    }
}

fn code(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}

fn either(names: &[String]) -> String {
    match names {
        [] => "nothing".into(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The defaults that a schema prints, by the name of the setting.
pub(crate) fn defaults(schema: &Value) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let defaults = properties.into_iter().flatten().filter_map(|(name, property)| {
        let default = property.get("default").or_else(|| resolve(schema, property).get("default"));
        Some((name.clone(), default?.clone()))
    });
    defaults.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(schema: &str) -> Vec<(String, String, Option<&'static str>)> {
        let schema = serde_json::from_str(schema).unwrap();
        settings(&schema).into_iter().map(|row| (row.name, row.kind, row.unit)).collect()
    }

    #[test]
    fn types_are_said_in_words() {
        for (schema, words) in [
            (r#"{"type":"integer","minimum":1,"maximum":9}"#, "integer, 1 to 9"),
            (r#"{"type":"integer","minimum":0}"#, "integer, at least 0"),
            (r#"{"type":"number","maximum":9.5}"#, "number, at most 9.5"),
            (r#"{"enum":["a","b","c"]}"#, "`a`, `b` or `c`"),
            (r#"{"const":true}"#, "`true`"),
            (r#"{"anyOf":[{"type":"integer"},{"const":"never"}]}"#, "integer or `never`"),
            (r#"{"type":"array","items":{"type":"string"}}"#, "list of texts"),
            (r#"{"type":"array","items":{"enum":["a","b"]}}"#, "list of `a` or `b`"),
            (
                r#"{"type":"object","additionalProperties":{"type":"array","items":{"type":"string"}}}"#,
                "table of lists of texts",
            ),
            (r#"{"type":["string","boolean"]}"#, "text or boolean"),
            (r##"{"$ref":"#/nowhere"}"##, "any"),
            ("{}", "any"),
        ] {
            let schema = serde_json::from_str(schema).unwrap();
            assert_eq!(type_of(&schema, &schema), words, "{schema}");
        }
    }

    #[test]
    fn tables_are_taken_apart_once() {
        let schema = r##"{"description":"All in seconds.","properties":{
            "b":{"$ref":"#/$defs/kinds"},
            "a":{"$ref":"#/$defs/kinds"},
            "list":{"type":"array","items":{"properties":{"x":{"description":"In percent.","type":"integer"}}}},
            "when":{"anyOf":[{"const":true},{"type":"object","properties":{"is":{"type":"string"}}}]}},
            "$defs":{"kinds":{"type":"object","properties":{"id":{"type":"integer"}}}}}"##;
        let expected = [
            ("b", "table", None),
            ("b.id", "integer", Some("seconds")),
            ("a", "table, as `b`", None),
            ("list", "list of tables", None),
            ("list[].x", "integer", Some("percent")),
            ("when", "`true` or table", None),
            ("when.is", "text", None),
        ];
        let expected = expected.map(|(name, kind, unit)| (name.to_owned(), kind.to_owned(), unit));
        assert_eq!(rows(schema), expected);
    }

    #[test]
    fn a_schema_that_holds_itself_ends() {
        let schema = r##"{"properties":{"a":{"$ref":"#/$defs/a"}},
            "$defs":{"a":{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},
            "anyOf":[{"$ref":"#/$defs/a"}]}}}"##;
        assert!(rows(schema).len() < 5000);
    }
}
