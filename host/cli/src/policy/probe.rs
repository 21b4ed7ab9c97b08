//! What a policy needs: its memory and fuel over two made-up requests.
//!
//! What is put into them is what the policy declares that it reads. One has
//! nothing of it; the other all of it, large, in several shapes, of which the
//! most expensive counts.

use serde::Serialize;
use tokenward::{
    Binding, ClaimSelector, Json, Object, Phase, Reads, RequestFacts, RequestPart, Signal, Signals,
};
use tokenward_engine::{
    Engine, Evaluation, KeyFacts, LoadedPolicy, Outcome, PolicyInput, TokenFacts,
};
use tokenward_token::TokenKind;

use crate::pointer;

/// Bytes of the claims: what a token of 16 KiB, the largest by default, can
/// hold in base64url.
const CLAIMS: usize = 12 << 10;
/// How many short claims there are: a token has at most 1 024 values.
const MANY: usize = 1000;
/// Bytes of every other text.
const TEXT: usize = 1024;
/// Something for detectors to look at.
const FILLER: &str = "4111 1111 1111 1111 a.b@example.com eyJ 1990-01-01 ";

/// What the evaluations over both requests took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Needs {
    /// Bytes of linear memory once it is configured: the snapshot.
    pub(crate) configured_bytes: usize,
    pub(crate) empty: Cost,
    pub(crate) worst: Cost,
    /// The fault of an evaluation, if there was one.
    pub(crate) fault: Option<String>,
}

/// The most that an evaluation took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Cost {
    /// Bytes of linear memory.
    pub(crate) memory_bytes: usize,
    /// Units of fuel.
    pub(crate) fuel: u64,
}

/// Runs the policy over both requests, in every phase for which it is meant.
pub(crate) fn needs(engine: &Engine, policy: LoadedPolicy) -> Needs {
    let (reads, phases) = (policy.reads().clone(), policy.descriptor().phases.clone());
    let set = engine.assemble(vec![policy]);
    let mut needs =
        Needs { configured_bytes: 0, empty: Cost::default(), worst: Cost::default(), fault: None };
    let given = Given::nothing();
    for phase in &phases {
        for evaluation in set.evaluate(&given.input(*phase)) {
            needs.configured_bytes = needs.configured_bytes.max(evaluation.memory.configured);
            needs.empty.add(&evaluation);
            needs.note(&evaluation);
        }
    }
    for shape in Shape::ALL {
        let given = Given::all_of(&reads, shape);
        for phase in &phases {
            for evaluation in set.evaluate(&given.input(*phase)) {
                needs.worst.add(&evaluation);
                needs.note(&evaluation);
            }
        }
    }
    needs
}

impl Needs {
    fn note(&mut self, evaluation: &Evaluation) {
        if let Outcome::Fault(fault) = &evaluation.outcome {
            self.fault.get_or_insert(fault.to_string());
        }
    }
}

impl Cost {
    fn add(&mut self, evaluation: &Evaluation) {
        self.memory_bytes = self.memory_bytes.max(evaluation.memory.peak);
        self.fuel = self.fuel.max(evaluation.fuel);
    }
}

/// How the claims of the large request are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Few long texts.
    Long,
    /// Many short values.
    Many,
    /// Many short values below one long name, which is in the path of each.
    Deep,
}

impl Shape {
    const ALL: [Self; 3] = [Self::Long, Self::Many, Self::Deep];

    /// A value of about so many bytes as JSON.
    fn value(self, bytes: usize) -> Json {
        match self {
            Self::Long => text(bytes).into(),
            Self::Many => {
                Json::Array((0..(bytes / 6).min(MANY)).map(|_| "a b".into()).collect::<Vec<_>>())
            }
            Self::Deep => Json::Object(members((bytes / 10).min(MANY))),
        }
    }

    /// A fact: of each type once, since a policy looks no further at a fact of
    /// another type than its own.
    fn fact(self) -> Json {
        match self {
            Self::Long => text(TEXT).into(),
            Self::Many => Json::Integer(i64::from(u32::MAX)),
            Self::Deep => true.into(),
        }
    }

    /// Claims of any name, together of about so many bytes as JSON.
    fn any_claims(self, bytes: usize, into: &mut Object) {
        match self {
            Self::Long => into.set("text", text(bytes)),
            Self::Many => {
                for (name, value) in members((bytes / 16).min(MANY)).iter() {
                    into.set(name, value.clone());
                }
            }
            Self::Deep => {
                // Half for the name, half for what has it in its path.
                let name = "n".repeat(bytes / 2);
                into.set(name, Json::Object(members((bytes / 2 / 10).min(MANY))));
            }
        }
    }
}

fn members(count: usize) -> Object {
    Object::from_pairs((0..count).map(|index| (format!("c{index}"), Json::from("a b"))))
}

fn text(bytes: usize) -> String {
    FILLER.chars().cycle().take(bytes).collect()
}

/// Everything that one evaluation is given.
struct Given {
    kind: TokenKind,
    header: Object,
    claims: Object,
    request: Option<RequestFacts>,
    signals: Signals,
    facts: Object,
}

impl Given {
    fn nothing() -> Self {
        Self {
            kind: TokenKind::Access,
            header: Object::new(),
            claims: Object::new(),
            request: None,
            signals: Signals::none(),
            facts: Object::new(),
        }
    }

    fn all_of(reads: &Reads, shape: Shape) -> Self {
        let named = |names: &[String]| {
            Object::from_pairs(names.iter().map(|name| (name.clone(), Json::from(text(TEXT)))))
        };
        let mut signals = Signals::none();
        for name in &reads.signals {
            let signal = Signal { source: Some(text(TEXT)), ..Signal::new(text(TEXT).into()) };
            signals.insert(name, signal);
        }
        Self {
            header: named(&reads.header),
            claims: claims(&reads.claims, shape),
            request: request(reads),
            signals,
            facts: Object::from_pairs(reads.facts.iter().map(|n| (n.clone(), shape.fact()))),
            ..Self::nothing()
        }
    }

    fn input(&self, phase: Phase) -> PolicyInput<'_> {
        PolicyInput {
            phase,
            now: 1_700_000_000,
            token: Some(TokenFacts {
                kind: &self.kind,
                header: &self.header,
                key: Some(KeyFacts {
                    id: None,
                    key_type: "EC",
                    curve: Some("P-256"),
                    bits: 256,
                    age_seconds: None,
                }),
                encryption: None,
                binding: Binding::None,
            }),
            claims: &self.claims,
            request: self.request.as_ref(),
            signals: &self.signals,
            facts: &self.facts,
        }
    }
}

fn claims(selectors: &[ClaimSelector], shape: Shape) -> Object {
    let mut claims = Object::new();
    let each = CLAIMS / selectors.len().max(1);
    for selector in selectors {
        match selector {
            ClaimSelector::At(path) | ClaimSelector::Below(path) if path.is_empty() => {
                shape.any_claims(each, &mut claims);
            }
            ClaimSelector::At(path) | ClaimSelector::Below(path) => {
                // A path through another claim that it reads whole is in that one.
                let _ = pointer::set(&mut claims, path, shape.value(each));
            }
        }
    }
    claims
}

/// A request with every part that is read; one that cannot be made is left out.
fn request(reads: &Reads) -> Option<RequestFacts> {
    if reads.request.is_empty() && reads.request_headers.is_empty() && reads.query.is_empty() {
        return None;
    }
    let long = "/segment".repeat(TEXT / 8);
    let path = if reads.request.contains(&RequestPart::Path) { &long } else { "/" };
    let query = reads.query.iter().map(|name| format!("{name}={}", "v".repeat(TEXT)));
    let query = query.collect::<Vec<_>>().join("&");
    let url = format!("https://api.example{path}?{query}");
    let plain = || RequestFacts::new("POST", "https://api.example/").ok();
    let mut facts = RequestFacts::new("POST", &url).ok().or_else(plain)?;
    for name in &reads.request_headers {
        facts = facts.clone().with_header(name, &"v".repeat(TEXT)).unwrap_or(facts);
    }
    Some(facts)
}
