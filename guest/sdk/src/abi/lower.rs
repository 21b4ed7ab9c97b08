//! From what a policy answers to memory that the host reads.
//!
//! What is lowered is never freed: the host puts all memory back or throws it away.

use core::mem::{ManuallyDrop, MaybeUninit};

use super::{Maybe, Named, Payload, RawValue, Slice, room};
use crate::{
    ClaimSelector, Descriptor, Effect, Fact, Finding, Reads, Requirement, Risk, RiskFactor, Rule,
    SettingError, Severity, Value, Verdict,
};

#[repr(C)]
struct RawVerdict {
    findings: Slice,
    requirements: Slice,
    risk: Maybe<RawRisk>,
    valid_until: Maybe<i64>,
    facts: Slice,
}

#[repr(C)]
struct RawFinding {
    rule: Slice,
    severity: u8,
    effect: u8,
    claim: Maybe<Slice>,
    message: Slice,
}

#[repr(C)]
struct RawRequirement {
    case: u8,
    payload: RequirementPayload,
}

#[repr(C)]
union RequirementPayload {
    step_up: RawStepUp,
    slice: Slice,
    other: ManuallyDrop<Named>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawStepUp {
    acr_values: Slice,
    max_age: Maybe<u64>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawRisk {
    score: u32,
    factors: Slice,
}

#[repr(C)]
struct RawFactor {
    signal: Slice,
    points: u32,
    reason: Slice,
}

#[repr(C)]
struct RawDescriptor {
    name: Slice,
    version: Slice,
    title: Slice,
    description: Slice,
    phases: u8,
    rules: Slice,
    settings_schema: Slice,
    reads: RawReads,
}

#[repr(C)]
struct RawRule {
    id: Slice,
    title: Slice,
    remedy: Slice,
    controls: Slice,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawReads {
    claims: Slice,
    header: Slice,
    token: u8,
    request: u8,
    request_headers: Slice,
    query: Slice,
    signals: Slice,
    facts: Slice,
    time: u8,
}

#[repr(C)]
struct RawSelector {
    case: u8,
    path: Slice,
}

#[repr(C)]
struct RawConfigured {
    case: u8,
    payload: ConfiguredPayload,
}

#[repr(C)]
union ConfiguredPayload {
    reads: RawReads,
    errors: Slice,
}

#[repr(C)]
struct RawSettingError {
    path: Slice,
    message: Slice,
}

/// The answer of `evaluate`.
pub(crate) fn verdict(verdict: Verdict) -> *const u8 {
    keep(RawVerdict {
        findings: list(verdict.findings, finding),
        requirements: list(verdict.requirements, requirement),
        risk: maybe(verdict.risk.map(risk)),
        valid_until: maybe(verdict.valid_until),
        facts: list(verdict.facts, fact),
    })
}

/// The answer of `describe`.
pub(crate) fn descriptor(descriptor: Descriptor) -> *const u8 {
    keep(RawDescriptor {
        name: text(descriptor.name),
        version: text(descriptor.version),
        title: text(descriptor.title),
        description: text(descriptor.description),
        phases: descriptor.phases.bits(),
        rules: list(descriptor.rules, rule),
        settings_schema: text(descriptor.settings_schema),
        reads: reads(descriptor.reads),
    })
}

/// The answer of `configure`.
pub(crate) fn configured(answer: Result<Reads, Vec<SettingError>>) -> *const u8 {
    keep(match answer {
        Ok(ok) => RawConfigured { case: 0, payload: ConfiguredPayload { reads: reads(ok) } },
        Err(errors) => {
            let errors = list(errors, |error: SettingError| RawSettingError {
                path: text(error.path),
                message: text(error.message),
            });
            RawConfigured { case: 1, payload: ConfiguredPayload { errors } }
        }
    })
}

fn keep<T>(raw: T) -> *const u8 {
    core::ptr::from_mut(Box::leak(Box::new(raw))).cast()
}

fn maybe<T: Copy>(value: Option<T>) -> Maybe<T> {
    match value {
        Some(value) => Maybe { some: 1, value: MaybeUninit::new(value) },
        None => Maybe { some: 0, value: MaybeUninit::uninit() },
    }
}

#[inline(never)]
fn text(text: String) -> Slice {
    let mut text = ManuallyDrop::new(text);
    Slice { start: text.as_mut_ptr(), length: text.len() }
}

/// A plain loop over pointers: the adapters of `Vec` cost as much code again for
/// each type, to free what is not freed here.
fn list<T, Raw>(items: Vec<T>, lower: impl Fn(T) -> Raw) -> Slice {
    let items = ManuallyDrop::new(items);
    let length = items.len();
    let (from, to) = (items.as_ptr(), room::<Raw>(length));
    for index in 0..length {
        // Sound: both have `length` items, and each is read and written once.
        unsafe { to.add(index).write(lower(from.add(index).read())) };
    }
    Slice { start: to.cast(), length }
}

#[inline(never)]
fn texts(items: Vec<String>) -> Slice {
    list(items, text)
}

fn finding(finding: Finding) -> RawFinding {
    RawFinding {
        rule: text(finding.rule),
        severity: match finding.severity {
            Severity::Info => 0,
            Severity::Low => 1,
            Severity::Medium => 2,
            Severity::High => 3,
            Severity::Critical => 4,
        },
        effect: match finding.effect {
            Effect::Advise => 0,
            Effect::Require => 1,
            Effect::Deny => 2,
        },
        claim: maybe(finding.claim.map(text)),
        message: text(finding.message),
    }
}

fn requirement(requirement: Requirement) -> RawRequirement {
    let (case, payload) = match requirement {
        Requirement::StepUp(step_up) => {
            let acr_values = texts(step_up.acr_values);
            let step_up = RawStepUp { acr_values, max_age: maybe(step_up.max_age) };
            (0, RequirementPayload { step_up })
        }
        Requirement::Scope(scopes) => (1, RequirementPayload { slice: texts(scopes) }),
        Requirement::Withhold(paths) => (2, RequirementPayload { slice: texts(paths) }),
        Requirement::Other(other) => {
            (3, RequirementPayload { other: ManuallyDrop::new(fact(other)) })
        }
    };
    RawRequirement { case, payload }
}

fn risk(risk: Risk) -> RawRisk {
    let factors = list(risk.factors, |factor: RiskFactor| RawFactor {
        signal: text(factor.signal),
        points: factor.points,
        reason: text(factor.reason),
    });
    RawRisk { score: risk.score, factors }
}

fn fact(fact: Fact) -> Named {
    Named { name: text(fact.name), value: value(fact.value) }
}

fn value(value: Value) -> RawValue {
    let (case, payload) = match value {
        Value::Null => (0, Payload { none: () }),
        Value::Boolean(boolean) => (1, Payload { boolean: u8::from(boolean) }),
        Value::Integer(integer) => (2, Payload { integer }),
        Value::Number(number) => (3, Payload { number }),
        Value::Text(string) => (4, Payload { slice: text(string) }),
        Value::Texts(strings) => (5, Payload { slice: texts(strings) }),
        Value::Json(string) => (6, Payload { slice: text(string) }),
    };
    RawValue { case, payload }
}

fn rule(rule: Rule) -> RawRule {
    RawRule {
        id: text(rule.id),
        title: text(rule.title),
        remedy: text(rule.remedy),
        controls: texts(rule.controls),
    }
}

#[inline(never)]
fn reads(reads: Reads) -> RawReads {
    RawReads {
        claims: list(reads.claims, selector),
        header: texts(reads.header),
        token: reads.token.bits(),
        request: reads.request.bits(),
        request_headers: texts(reads.request_headers),
        query: texts(reads.query),
        signals: texts(reads.signals),
        facts: texts(reads.facts),
        time: u8::from(reads.time),
    }
}

fn selector(selector: ClaimSelector) -> RawSelector {
    match selector {
        ClaimSelector::At(path) => RawSelector { case: 0, path: text(path) },
        ClaimSelector::Below(path) => RawSelector { case: 1, path: text(path) },
    }
}
