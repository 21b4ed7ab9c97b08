//! A policy of the draft of the next version of the contract, as its bindings make one: it denies a
//! token that carries the claim that its settings name.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic)]

use std::cell::RefCell;

wit_bindgen::generate!({ path: "../../../wit/draft" });

use exports::tokenward::policy::policy::*;

struct Component;

thread_local! {
    static CLAIM: RefCell<String> = RefCell::new("/email".into());
}

fn reads() -> Reads {
    Reads {
        claims: vec![ClaimSelector::At(CLAIM.with(|claim| claim.borrow().clone()))],
        header: Vec::new(),
        token: TokenParts::empty(),
        request: RequestParts::empty(),
        request_headers: Vec::new(),
        query: Vec::new(),
        signals: Vec::new(),
        facts: Vec::new(),
        time: false,
    }
}

impl Guest for Component {
    fn describe() -> Descriptor {
        Descriptor {
            name: "draft".into(),
            version: "0.1.0".into(),
            title: "Of the draft".into(),
            description: "Of the draft.".into(),
            phases: Phases::USE,
            rules: vec![Rule {
                id: "present".into(),
                title: "The claim is there".into(),
                remedy: "Leave it out.".into(),
                controls: vec!["TEST 1".into()],
            }],
            settings_schema: r#"{"type":"object"}"#.into(),
            reads: reads(),
            deprecated: Some("use `claim-minimization`".into()),
        }
    }

    fn configure(settings: String) -> Result<Reads, Vec<SettingError>> {
        if settings == "{}" {
            return Ok(reads());
        }
        let Some(claim) =
            settings.strip_prefix(r#"{"claim":""#).and_then(|s| s.strip_suffix(r#""}"#))
        else {
            let (path, message) = ("/claim".into(), "is not the one setting".into());
            return Err(vec![SettingError { path, message }]);
        };
        CLAIM.with(|kept| claim.clone_into(&mut kept.borrow_mut()));
        Ok(reads())
    }

    fn evaluate(input: Input) -> Verdict {
        let finding = |claim: &Claim| Finding {
            rule: "present".into(),
            severity: Severity::High,
            effect: Effect::Deny,
            claim: Some(claim.path.clone()),
            message: "the claim is there".into(),
        };
        Verdict {
            findings: input.claims.iter().map(finding).collect(),
            requirements: Vec::new(),
            risk: None,
            valid_until: None,
            facts: Vec::new(),
        }
    }
}

export!(Component);
