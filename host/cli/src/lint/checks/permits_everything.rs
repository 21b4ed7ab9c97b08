//! A list of exemptions that exempts every claim from the policy.

use crate::lint::finding::{Level, LintFinding};
use crate::lint::permits::{Everything, Tokens, permitting_everything};
use crate::lint::subject::{Entry, Subject};

pub(crate) const CODE: &str = "permits-everything";

pub(crate) fn check(subject: &Subject) -> Vec<LintFinding> {
    subject.entries.iter().flat_map(of_entry).collect()
}

fn of_entry(entry: &Entry) -> Vec<LintFinding> {
    let found = permitting_everything(entry).into_iter();
    found
        .map(|Everything { setting, pattern, tokens }| {
            let of = match tokens {
                Tokens::All => "",
                Tokens::Some => " of a token of this profile",
            };
            let but = if entry.texts("/deny").is_empty() { "" } else { ", but not from `deny`" };
            let message = format!(
                "`{pattern}` matches every claim{of}: the setting exempts everything from the \
                 policy{but}"
            );
            let change = "Name the claims that need it, one by one; or take the policy out.";
            LintFinding::new(CODE, Level::Warning, message, change).of(&entry.id).at(setting)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::subject::testing::{bundle, places, policy};

    #[test]
    fn every_list_of_the_policies_about_data_is_looked_at() {
        let of = |name: &str, settings: &str| check(&bundle([policy(name, settings)]));
        for name in ["claim-minimization", "health-data", "cardholder-data", "secrets"] {
            let found = places(&of(name, r#"{"permit":["email","/**"]}"#));
            assert_eq!(found, [format!("warning permits-everything {name} /permit/1")]);
            assert!(of(name, r#"{"permit":["/card/**"]}"#).is_empty());
        }
        assert!(of("p", r#"{"permit":["/**"]}"#).is_empty());
        let lists = r#"{"deny":["salary"],"permit":["*"],"profiles":[{},{"permit":["**"]},
            {"kind":"id","permit":["name","/*"]}]}"#;
        let found = of("claim-minimization", lists);
        let place =
            |setting: &str| format!("warning permits-everything claim-minimization {setting}");
        assert_eq!(
            places(&found),
            ["/permit/0", "/profiles/1/permit/0", "/profiles/2/permit/1"].map(place)
        );
        let says: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert!(says[1].starts_with("`**` matches every claim: "), "{says:?}");
        assert!(says[2].starts_with("`/*` matches every claim of a token of this profile: "));
        assert!(says.iter().all(|message| message.ends_with("but not from `deny`")), "{says:?}");
    }
}
