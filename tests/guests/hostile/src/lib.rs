//! A policy that misbehaves in the way that its settings name.

use std::sync::atomic::{AtomicI64, Ordering};

use tokenward_policy::prelude::*;

/// What to do in `evaluate`, or already in `configure`.
#[derive(Clone, Copy, Default, FromSettings)]
pub enum Behaviour {
    /// Permit.
    #[default]
    Nothing,
    /// Deny, with a proper finding.
    Deny,
    /// Never return.
    EndlessLoop,
    /// Call itself without end.
    Recursion,
    /// Allocate without end.
    MemoryBomb,
    /// Answer more than the host takes.
    HugeOutput,
    /// Answer many findings that all point at one large string.
    Amplification,
    /// Panic.
    Trap,
    /// Answer a string that is not UTF-8.
    BadUtf8,
    /// Answer a message with control characters.
    ControlCharacters,
    /// Name a rule that the descriptor does not have.
    UnknownRule,
    /// Point at a claim with something that is no JSON Pointer.
    BadPointer,
    /// Score a risk of 101.
    BadRisk,
    /// Ask for an obligation that no host knows.
    UnknownObligation,
    /// Say that it raised an error, as the SDKs of other languages do.
    Raise,
    /// A finding of effect `require` without a requirement.
    RequireNothing,
    /// The same, with a requirement to withhold nothing.
    WithholdNothing,
    /// Remember the claim `/canary` and report when it differs from the last one.
    State,
    /// Report every claim it is given.
    ReportInput,
    /// Report how large its memory is.
    ReportMemory,
    /// The same, and then make it larger, and write to it.
    GrowMemory,
}

/// The settings.
#[derive(Default, FromSettings)]
#[settings(default)]
pub struct Settings {
    evaluate: Behaviour,
    configure: Behaviour,
    reads: Option<Vec<String>>,
    time: bool,
    valid_for: Option<i64>,
    /// Bytes that it keeps from `configure` on.
    ballast: Option<i64>,
}

/// The policy.
pub struct Hostile {
    settings: Settings,
}

static LAST: AtomicI64 = AtomicI64::new(0);

impl Policy for Hostile {
    type Settings = Settings;

    fn descriptor() -> Descriptor {
        Descriptor {
            name: "hostile".into(),
            version: "0.1.0".into(),
            title: "Misbehaves".into(),
            description: "Misbehaves in the way that its settings name.".into(),
            phases: Phases::USE | Phases::ISSUE | Phases::REFRESH | Phases::LOGIN,
            rules: vec![Rule {
                id: "reported".into(),
                title: "Something to report".into(),
                remedy: "None.".into(),
                controls: vec!["TEST 1".into()],
            }],
            settings_schema: r#"{"type":"object"}"#.into(),
            reads: Reads::claims(["/canary"]),
        }
    }

    fn configure(settings: Settings) -> Result<Self, Vec<SettingError>> {
        misbehave(settings.configure);
        let ballast = settings.ballast.and_then(|bytes| usize::try_from(bytes).ok());
        vec![1_u8; ballast.unwrap_or_default()].leak();
        Ok(Self { settings })
    }

    fn reads(&self) -> Reads {
        let mut reads = match &self.settings.reads {
            Some(paths) => Reads::claims(paths),
            None => Reads::claims(["/canary"]),
        };
        reads.time = self.settings.time;
        reads
    }

    fn evaluate(&self, input: &Input) -> Verdict {
        let mut verdict = match self.settings.evaluate {
            Behaviour::State => state(input),
            Behaviour::ReportInput => report(input),
            Behaviour::ReportMemory => pages(),
            Behaviour::GrowMemory => {
                let before = pages();
                std::hint::black_box(vec![1_u8; 200_000]);
                before
            }
            behaviour => misbehave(behaviour),
        };
        if let (Some(seconds), Some(now)) = (self.settings.valid_for, input.now) {
            verdict.valid_until = Some(now + seconds);
        }
        verdict
    }
}

fn finding(message: &str) -> Finding {
    Finding::deny("reported", Severity::High, message)
}

fn misbehave(behaviour: Behaviour) -> Verdict {
    let permit = Verdict::permit();
    match behaviour {
        Behaviour::Nothing
        | Behaviour::State
        | Behaviour::ReportInput
        | Behaviour::ReportMemory
        | Behaviour::GrowMemory => permit,
        Behaviour::Deny => permit.with(finding("denied as configured")),
        Behaviour::EndlessLoop => loop {
            std::hint::black_box(0);
        },
        Behaviour::Recursion => {
            recurse(1);
            permit
        }
        Behaviour::MemoryBomb => {
            let mut hoard: Vec<Vec<u8>> = Vec::new();
            loop {
                hoard.push(std::hint::black_box(vec![1; 65_536]));
            }
        }
        Behaviour::HugeOutput => permit.with(finding(&"x".repeat(1 << 20))),
        Behaviour::Amplification => {
            let findings = (0..4_000).map(|_| finding(&"y".repeat(64)));
            Verdict { findings: findings.collect(), ..permit }
        }
        Behaviour::Trap => panic!("as configured"),
        Behaviour::BadUtf8 => {
            #[allow(unsafe_code)] // the point of this guest
            let message = unsafe { String::from_utf8_unchecked(vec![0xff, 0xfe, b'a']) };
            permit.with(Finding::deny("reported", Severity::High, message))
        }
        Behaviour::ControlCharacters => permit.with(finding("a\u{1b}[31mred\nnext line")),
        Behaviour::UnknownRule => {
            permit.with(Finding::deny("nowhere", Severity::High, "a message"))
        }
        Behaviour::BadPointer => permit.with(finding("a message").at("no/pointer")),
        Behaviour::BadRisk => {
            Verdict { risk: Some(Risk { score: 101, factors: Vec::new() }), ..permit }
        }
        Behaviour::UnknownObligation => permit.requiring(Requirement::Other(Fact {
            name: "stand-on-one-leg".into(),
            value: Value::Boolean(true),
        })),
        Behaviour::Raise => permit.requiring(Requirement::Other(Fact {
            name: "tokenward:raised".into(),
            value: Value::Text("of alice@example.com\u{1b}[31m\nat line 7".into()),
        })),
        Behaviour::WithholdNothing => permit
            .with(Finding::require("reported", Severity::High, "nothing is withheld"))
            .requiring(Requirement::Withhold(Vec::new())),
        Behaviour::RequireNothing => {
            permit.with(Finding::require("reported", Severity::High, "nothing is required"))
        }
    }
}

#[allow(unconditional_recursion, reason = "the point of this guest")]
fn recurse(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 16]);
    recurse(depth + 1) + frame[0]
}

/// Denies if the instance remembers anything of an earlier request.
fn state(input: &Input) -> Verdict {
    let canary = input.claim("/canary").and_then(Value::as_integer).unwrap_or(-1);
    match LAST.swap(canary, Ordering::Relaxed) {
        0 => Verdict::permit(),
        seen => Verdict::permit().with(finding(&format!("the canary {seen} was still there"))),
    }
}

fn pages() -> Verdict {
    #[cfg(target_arch = "wasm32")]
    let pages = core::arch::wasm32::memory_size::<0>();
    #[cfg(not(target_arch = "wasm32"))]
    let pages = 0;
    let message = format!("{pages} pages");
    Verdict::permit().with(Finding::advise("reported", Severity::Info, message))
}

fn report(input: &Input) -> Verdict {
    let mut verdict = Verdict::permit();
    for claim in &input.claims {
        verdict =
            verdict.with(Finding::advise("reported", Severity::Info, "given").at(&claim.path));
    }
    if let Some(now) = input.now {
        verdict = verdict.with(Finding::advise("reported", Severity::Info, format!("now {now}")));
    }
    verdict
}

export_policy!(Hostile);
