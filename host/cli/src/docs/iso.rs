//! The controls of ISO/IEC 27001:2013, annex A, beside those of 2022: the
//! correspondence that ISO/IEC 27002:2022 gives in its annex B.

/// 2022 and 2013. Empty: new in 2022.
const CONTROLS: [(&str, &str); 50] = [
    ("5.1", "A.5.1.1, A.5.1.2"),
    ("5.2", "A.6.1.1"),
    ("5.3", "A.6.1.2"),
    ("5.7", ""),
    ("5.9", "A.8.1.1, A.8.1.2"),
    ("5.10", "A.8.1.3, A.8.2.3"),
    ("5.12", "A.8.2.1"),
    ("5.13", "A.8.2.2"),
    ("5.14", "A.13.2.1, A.13.2.2, A.13.2.3"),
    ("5.15", "A.9.1.1, A.9.1.2"),
    ("5.16", "A.9.2.1"),
    ("5.17", "A.9.2.4, A.9.3.1, A.9.4.3"),
    ("5.18", "A.9.2.2, A.9.2.5, A.9.2.6"),
    ("5.23", ""),
    ("5.24", "A.16.1.1"),
    ("5.25", "A.16.1.4"),
    ("5.26", "A.16.1.5"),
    ("5.27", "A.16.1.6"),
    ("5.28", "A.16.1.7"),
    ("5.31", "A.18.1.1, A.18.1.5"),
    ("5.33", "A.18.1.3"),
    ("5.34", "A.18.1.4"),
    ("5.35", "A.18.2.1"),
    ("5.36", "A.18.2.2, A.18.2.3"),
    ("6.1", "A.7.1.1"),
    ("6.3", "A.7.2.2"),
    ("6.8", "A.16.1.2, A.16.1.3"),
    ("8.2", "A.9.2.3"),
    ("8.3", "A.9.4.1"),
    ("8.4", "A.9.4.5"),
    ("8.5", "A.9.4.2"),
    ("8.6", "A.12.1.3"),
    ("8.7", "A.12.2.1"),
    ("8.8", "A.12.6.1, A.18.2.3"),
    ("8.9", ""),
    ("8.10", ""),
    ("8.11", ""),
    ("8.12", ""),
    ("8.15", "A.12.4.1, A.12.4.2, A.12.4.3"),
    ("8.16", ""),
    ("8.17", "A.12.4.4"),
    ("8.18", "A.9.4.4"),
    ("8.20", "A.13.1.1"),
    ("8.21", "A.13.1.2"),
    ("8.22", "A.13.1.3"),
    ("8.24", "A.10.1.1, A.10.1.2"),
    ("8.25", "A.14.2.1"),
    ("8.26", "A.14.1.2, A.14.1.3"),
    ("8.28", ""),
    ("8.32", "A.12.1.2, A.14.2.2, A.14.2.3, A.14.2.4"),
];

/// What a control of 2022, such as `ISO 27001:2022 8.5`, was in 2013; none for
/// another framework's.
pub(crate) fn of_2013(control: &str) -> Option<&'static str> {
    let number = control.strip_prefix("ISO 27001:2022 ")?;
    let (_, old) = CONTROLS.iter().find(|(new, _)| *new == number)?;
    Some(match (number, old.is_empty()) {
        // Monitoring grew out of logging.
        ("8.16", _) => "A.12.4, in part",
        (_, true) => "new in 2022",
        (_, false) => old,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_iso_control_of_the_requirements_is_known() {
        for row in tokenward::built_in_coverage().unwrap().rows {
            for control in row.controls.iter().filter(|control| control.starts_with("ISO")) {
                assert!(of_2013(control).is_some(), "{}: {control}", row.id);
            }
        }
    }

    #[test]
    fn every_iso_control_of_the_policies_is_known() {
        let engine = tokenward::Engine::new(tokenward::EngineConfig::one_shot()).unwrap();
        for (name, component) in tokenward::built_in_policies() {
            for rule in engine.describe(component).unwrap().rules {
                for control in rule.controls.iter().filter(|control| control.starts_with("ISO")) {
                    assert!(of_2013(control).is_some(), "{name}, {}: {control}", rule.id);
                }
            }
        }
        assert_eq!(of_2013("ISO 27001:2022 8.5"), Some("A.9.4.2"));
        assert_eq!(of_2013("ISO 27001:2022 8.12"), Some("new in 2022"));
        assert_eq!(of_2013("SOC 2 CC6.1"), None);
    }
}
