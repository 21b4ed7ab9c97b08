//! A setting that is what it would be anyway.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::subject::Subject;
use crate::pointer::escape;
use crate::policy::schema;

pub(crate) const CODE: &str = "default-setting";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    let mut findings = Vec::new();
    for entry in &subject.entries {
        let defaults = schema::defaults(&entry.schema);
        for (name, value) in &entry.settings {
            if defaults.get(name) == Some(value) {
                let message = format!("`{name}` is set to its default");
                let change = "Leave it out, unless it is there to be read.";
                let finding = LintFinding::new(CODE, Level::Note, message, change);
                findings.push(finding.of(&entry.id).at(format!("/{}", escape(name))));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn only_the_default_itself_is_found() {
        let schema = r#"{"properties":{"a":{"default":60},"b":{"default":{"x":1}},"c":{}}}"#;
        let of =
            |settings: &str| places(&check(&bundle([policy("p", settings).with_schema(schema)])));
        assert_eq!(
            of(r#"{"a":60,"b":{"x":1}}"#),
            ["note default-setting p /a", "note default-setting p /b"]
        );
        assert!(of(r#"{"a":61,"b":{"x":2},"c":null}"#).is_empty());
    }
}
