//! A finding, in texts for C.

use std::ffi::{CString, c_char};

use tokenward::{Effect, Enforcement, ReportedFinding, Severity};

use crate::border;
use crate::constants::{
    TOKENWARD_EFFECT_ADVISE, TOKENWARD_EFFECT_DENY, TOKENWARD_EFFECT_REQUIRE,
    TOKENWARD_EFFECT_UNKNOWN, TOKENWARD_ENFORCEMENT_ENFORCE, TOKENWARD_ENFORCEMENT_SHADOW,
    TOKENWARD_ENFORCEMENT_UNKNOWN, TOKENWARD_ENFORCEMENT_WARN, TOKENWARD_SEVERITY_CRITICAL,
    TOKENWARD_SEVERITY_HIGH, TOKENWARD_SEVERITY_INFO, TOKENWARD_SEVERITY_LOW,
    TOKENWARD_SEVERITY_MEDIUM, TOKENWARD_SEVERITY_UNKNOWN,
};
use crate::handle::{Kind, Lent, mark_of};
use crate::input::SizeSlot;
use crate::text::{lend, text};

/// A finding.
pub(crate) struct Finding {
    policy: CString,
    rule: CString,
    title: CString,
    message: CString,
    remedy: CString,
    claim: Option<CString>,
    controls: Vec<CString>,
    severity: i32,
    effect: i32,
    enforcement: i32,
}

impl Kind for Finding {
    const MARK: u64 = mark_of(*b"tokwfind");
    const NAME: &'static str = "finding";
}

impl Finding {
    pub(crate) fn of(found: &ReportedFinding) -> Self {
        Self {
            policy: text(&found.policy),
            rule: text(&found.rule),
            title: text(&found.title),
            message: text(&found.message),
            remedy: text(&found.remedy),
            claim: found.claim.as_deref().map(text),
            controls: found.controls.iter().map(|control| text(control)).collect(),
            severity: match found.severity {
                Severity::Info => TOKENWARD_SEVERITY_INFO,
                Severity::Low => TOKENWARD_SEVERITY_LOW,
                Severity::Medium => TOKENWARD_SEVERITY_MEDIUM,
                Severity::High => TOKENWARD_SEVERITY_HIGH,
                Severity::Critical => TOKENWARD_SEVERITY_CRITICAL,
            },
            effect: match found.effect {
                Effect::Advise => TOKENWARD_EFFECT_ADVISE,
                Effect::Require => TOKENWARD_EFFECT_REQUIRE,
                Effect::Deny => TOKENWARD_EFFECT_DENY,
            },
            enforcement: match found.enforcement {
                Enforcement::Enforce => TOKENWARD_ENFORCEMENT_ENFORCE,
                Enforcement::Warn => TOKENWARD_ENFORCEMENT_WARN,
                Enforcement::Shadow => TOKENWARD_ENFORCEMENT_SHADOW,
            },
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_policy(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(finding.get().ok()?.policy.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_rule(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(finding.get().ok()?.rule.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_title(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(finding.get().ok()?.title.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_message(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(finding.get().ok()?.message.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_remedy(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(finding.get().ok()?.remedy.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_claim(finding: Lent<Finding>, size: SizeSlot) -> *const c_char {
    lend(size, || finding.get().ok()?.claim.as_deref())
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_control_count(finding: Lent<Finding>) -> usize {
    border::or(0, || Some(finding.get().ok()?.controls.len()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_control(
    finding: Lent<Finding>,
    index: usize,
    size: SizeSlot,
) -> *const c_char {
    lend(size, || finding.get().ok()?.controls.get(index).map(CString::as_c_str))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_severity(finding: Lent<Finding>) -> i32 {
    border::or(TOKENWARD_SEVERITY_UNKNOWN, || Some(finding.get().ok()?.severity))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_severity_name(severity: i32) -> *const c_char {
    let name = match severity {
        TOKENWARD_SEVERITY_INFO => c"info",
        TOKENWARD_SEVERITY_LOW => c"low",
        TOKENWARD_SEVERITY_MEDIUM => c"medium",
        TOKENWARD_SEVERITY_HIGH => c"high",
        TOKENWARD_SEVERITY_CRITICAL => c"critical",
        _ => c"unknown",
    };
    name.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_effect(finding: Lent<Finding>) -> i32 {
    border::or(TOKENWARD_EFFECT_UNKNOWN, || Some(finding.get().ok()?.effect))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_finding_enforcement(finding: Lent<Finding>) -> i32 {
    border::or(TOKENWARD_ENFORCEMENT_UNKNOWN, || Some(finding.get().ok()?.enforcement))
}
