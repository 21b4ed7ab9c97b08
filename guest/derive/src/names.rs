//! The names of settings, in kebab-case, from those of fields and variants.

/// `max_age` as `max-age`.
pub(crate) fn of_field(field: &str) -> String {
    field.trim_start_matches("r#").replace('_', "-")
}

/// `StepUp` as `step-up`.
pub(crate) fn of_variant(variant: &str) -> String {
    let mut name = String::new();
    for c in variant.trim_start_matches("r#").chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{of_field, of_variant};

    #[test]
    fn names_are_in_kebab_case() {
        for (field, name) in [("skew", "skew"), ("max_age", "max-age"), ("r#type", "type")] {
            assert_eq!(of_field(field), name);
        }
        for (variant, name) in [("Deny", "deny"), ("StepUp", "step-up"), ("NoisyOr", "noisy-or")] {
            assert_eq!(of_variant(variant), name);
        }
    }
}
