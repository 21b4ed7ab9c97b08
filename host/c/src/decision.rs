//! A decision, and what C programs read of it.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char};
use std::ptr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokenward::{Decision, Json, Outcome, Refusal, ReportedFinding};

use crate::border;
use crate::bundle::BundleInfo;
use crate::constants::{
    TOKENWARD_OUTCOME_DENY, TOKENWARD_OUTCOME_FAULT, TOKENWARD_OUTCOME_PERMIT,
    TOKENWARD_OUTCOME_STEP_UP, TOKENWARD_REFUSAL_FAULT, TOKENWARD_REFUSAL_NONE,
    TOKENWARD_REFUSAL_POLICY, TOKENWARD_REFUSAL_SCOPE, TOKENWARD_REFUSAL_STEP_UP,
    TOKENWARD_REFUSAL_TOKEN, TOKENWARD_REFUSAL_TOKEN_MISSING,
};
use crate::finding::Finding;
use crate::handle::{Given, Handle, Kind, Lent, mark_of};
use crate::input::{Chars, SizeSlot};
use crate::text::{lend, text};

/// Bytes of a JSON Pointer: of any claim that a token of the largest size can have.
const POINTER: usize = 1 << 20;

/// A decision, and the texts of it that were asked for: they are lent until it is freed.
pub(crate) struct Decided {
    decision: Decision,
    bundle: Handle<BundleInfo>,
    code: OnceLock<Option<CString>>,
    challenge: OnceLock<Option<CString>>,
    subject: OnceLock<Option<CString>>,
    record: OnceLock<Option<CString>>,
    withheld: OnceLock<Vec<CString>>,
    findings: OnceLock<Vec<Handle<Finding>>>,
    /// By JSON Pointer; shared, so that a text stays where it is when another one comes.
    claims: Mutex<BTreeMap<String, Arc<Claim>>>,
}

/// A claim as it may be passed on.
struct Claim {
    json: CString,
    /// If it is a text that can stand in a header.
    text: Option<CString>,
}

impl Kind for Decided {
    const MARK: u64 = mark_of(*b"tokwdcsn");
    const NAME: &'static str = "decision";
}

impl Decided {
    pub(crate) fn new(decision: Decision) -> Self {
        Self {
            bundle: Handle::part(BundleInfo::of(decision.bundle())),
            decision,
            code: OnceLock::new(),
            challenge: OnceLock::new(),
            subject: OnceLock::new(),
            record: OnceLock::new(),
            withheld: OnceLock::new(),
            findings: OnceLock::new(),
            claims: Mutex::default(),
        }
    }

    fn outcome(&self) -> i32 {
        match self.decision.outcome() {
            Outcome::Permit => TOKENWARD_OUTCOME_PERMIT,
            Outcome::Deny => TOKENWARD_OUTCOME_DENY,
            Outcome::StepUp => TOKENWARD_OUTCOME_STEP_UP,
            Outcome::Fault => TOKENWARD_OUTCOME_FAULT,
        }
    }

    fn refusal(&self) -> i32 {
        match self.decision.permit() {
            Ok(_) => TOKENWARD_REFUSAL_NONE,
            Err(Refusal::TokenMissing) => TOKENWARD_REFUSAL_TOKEN_MISSING,
            Err(Refusal::Token(_)) => TOKENWARD_REFUSAL_TOKEN,
            Err(Refusal::Policy) => TOKENWARD_REFUSAL_POLICY,
            Err(Refusal::Scope(_)) => TOKENWARD_REFUSAL_SCOPE,
            Err(Refusal::StepUp(_)) => TOKENWARD_REFUSAL_STEP_UP,
            Err(Refusal::Fault(_)) => TOKENWARD_REFUSAL_FAULT,
        }
    }

    fn code(&self) -> Option<&str> {
        match self.decision.permit().err()? {
            Refusal::TokenMissing => Some("token_missing"),
            Refusal::Token(error) => Some(error.code()),
            Refusal::Fault(why) => Some(why.code()),
            Refusal::Policy | Refusal::Scope(_) | Refusal::StepUp(_) => None,
        }
    }

    fn withheld(&self) -> &[CString] {
        self.withheld.get_or_init(|| {
            let withheld = self.decision.permit().map_or(&[][..], |permit| permit.withhold());
            withheld.iter().map(|pointer| text(pointer)).collect()
        })
    }

    fn findings(&self) -> &[Handle<Finding>] {
        self.findings.get_or_init(|| {
            let findings = self.decision.findings().iter();
            findings.map(|found: &ReportedFinding| Handle::part(Finding::of(found))).collect()
        })
    }

    /// Looks a claim up once; what is lent of it stays as long as the decision.
    fn claim<R>(&self, pointer: &str, lent: impl FnOnce(&Claim) -> R) -> Option<R> {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(claim) = claims.get(pointer) {
            return Some(lent(claim));
        }
        let permit = self.decision.permit().ok()?;
        let claim = if pointer.is_empty() {
            let all = permit.claims_upstream();
            if all.is_empty() {
                return None;
            }
            Claim { json: text(&all.to_compact()), text: None }
        } else {
            Claim::of(&*permit.claim(pointer)?)
        };
        let claim = claims.entry(pointer.to_owned()).or_insert(Arc::new(claim));
        Some(lent(claim))
    }
}

impl Claim {
    fn of(value: &Json) -> Self {
        let plain = value.as_str().filter(|text| !text.chars().any(char::is_control));
        Self { json: text(&value.to_compact()), text: plain.map(text) }
    }
}

/// Lends a text that is made once.
fn lend_once<'a>(
    decision: &'a Lent<Decided>,
    size: SizeSlot,
    place: impl FnOnce(&'a Decided) -> &'a OnceLock<Option<CString>>,
    make: impl FnOnce(&'a Decided) -> Option<CString>,
) -> *const c_char {
    lend(size, || {
        let decided = decision.get().ok()?;
        place(decided).get_or_init(|| make(decided)).as_deref()
    })
}

/// Lends a text of a claim.
#[allow(clippy::needless_pass_by_value, reason = "what C passes is used once")]
fn lend_claim(
    decision: &Lent<Decided>,
    pointer: &Chars,
    pointer_size: usize,
    size: SizeSlot,
    of: impl FnOnce(&Claim) -> Option<&CStr>,
) -> *const c_char {
    size.set(0);
    border::or(ptr::null(), || {
        let pointer = pointer.read(pointer_size, POINTER, "the pointer to a claim").ok()?;
        let lent = |claim: &Claim| of(claim).map(|text| (text.as_ptr(), text.count_bytes()));
        let (text, count) = decision.get().ok()?.claim(pointer, lent)??;
        size.set(count);
        Some(text)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_outcome(decision: Lent<Decided>) -> i32 {
    border::or(TOKENWARD_OUTCOME_FAULT, || Some(decision.get().ok()?.outcome()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_permits(decision: Lent<Decided>) -> bool {
    border::or(false, || Some(decision.get().ok()?.outcome() == TOKENWARD_OUTCOME_PERMIT))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_outcome_name(outcome: i32) -> *const c_char {
    let name = match outcome {
        TOKENWARD_OUTCOME_PERMIT => c"permit",
        TOKENWARD_OUTCOME_DENY => c"deny",
        TOKENWARD_OUTCOME_STEP_UP => c"step-up",
        _ => c"fault",
    };
    name.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_refusal(decision: Lent<Decided>) -> i32 {
    border::or(TOKENWARD_REFUSAL_FAULT, || Some(decision.get().ok()?.refusal()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_code(decision: Lent<Decided>, size: SizeSlot) -> *const c_char {
    lend_once(&decision, size, |decided| &decided.code, |decided| decided.code().map(text))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_challenge(
    decision: Lent<Decided>,
    size: SizeSlot,
) -> *const c_char {
    lend_once(
        &decision,
        size,
        |decided| &decided.challenge,
        |decided| decided.decision.challenge().map(|challenge| text(&challenge.to_string())),
    )
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_subject(decision: Lent<Decided>, size: SizeSlot) -> *const c_char {
    lend_once(
        &decision,
        size,
        |decided| &decided.subject,
        |decided| decided.decision.permit().ok()?.subject().map(text),
    )
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_claim(
    decision: Lent<Decided>,
    pointer: Chars,
    pointer_size: usize,
    size: SizeSlot,
) -> *const c_char {
    lend_claim(&decision, &pointer, pointer_size, size, |claim| Some(&claim.json))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_claim_text(
    decision: Lent<Decided>,
    pointer: Chars,
    pointer_size: usize,
    size: SizeSlot,
) -> *const c_char {
    lend_claim(&decision, &pointer, pointer_size, size, |claim| claim.text.as_deref())
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_withheld_count(decision: Lent<Decided>) -> usize {
    border::or(0, || Some(decision.get().ok()?.withheld().len()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_withheld(
    decision: Lent<Decided>,
    index: usize,
    size: SizeSlot,
) -> *const c_char {
    lend(size, || decision.get().ok()?.withheld().get(index).map(CString::as_c_str))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_get_bundle(decision: Lent<Decided>) -> *const Handle<BundleInfo> {
    border::or(ptr::null(), || Some(ptr::from_ref(&decision.get().ok()?.bundle)))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_record(decision: Lent<Decided>, size: SizeSlot) -> *const c_char {
    lend_once(
        &decision,
        size,
        |decided| &decided.record,
        |decided| serde_json::to_string(&decided.decision.record()).ok().as_deref().map(text),
    )
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_free(decision: Given<Decided>) {
    border::or((), || {
        decision.free();
        Some(())
    });
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_finding_count(decision: Lent<Decided>) -> usize {
    border::or(0, || Some(decision.get().ok()?.findings().len()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_decision_finding(
    decision: Lent<Decided>,
    index: usize,
) -> *const Handle<Finding> {
    border::or(ptr::null(), || decision.get().ok()?.findings().get(index).map(ptr::from_ref))
}
