//! `tokenward check`: usable arguments, one decision, its report.

use anyhow::{Context, bail};
use tokenward::{
    Authorizer, Bundle, Call, Decision, Object, Phase, Refusal, TokenFacts, TokenKind, Trust,
    UnverifiedToken,
};

use crate::args::{CheckArgs, Format};
use crate::bundle_source;
use crate::cache::{Cache, CacheWish};
use crate::call::CallFacts;
use crate::exit::Exit;
use crate::mint::json_object;
use crate::output::Output;
use crate::record;
use crate::render;
use crate::token_source::{Origin, TokenBytes, read_token};
use crate::trust;
use crate::vouched::Vouched;

/// How much of a decision is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// The outcome, and what was found.
    Brief,
    /// Also how it was decided.
    Explained,
}

/// Decides by one trust and one bundle.
pub(crate) struct Checker {
    authorizer: Authorizer,
    cache: Cache,
}

/// What is to be judged. No `Debug`: it holds tokens and claims.
pub(crate) enum Material {
    /// A token.
    Token(TokenBytes),
    /// Claims that are about to be signed.
    Claims(Draft),
    /// A call without a token.
    NoToken,
}

/// A token to be.
pub(crate) struct Draft {
    pub(crate) kind: TokenKind,
    pub(crate) header: Object,
    pub(crate) claims: Object,
}

impl Draft {
    /// What policies are told of it: nobody has signed it yet.
    pub(crate) fn facts<'a>(&'a self, call: &Call<'a>) -> TokenFacts<'a> {
        let (encryption, binding) = (call.encryption, call.binding);
        TokenFacts { kind: &self.kind, header: &self.header, key: None, encryption, binding }
    }
}

/// A decision, with what a report says beside it.
pub(crate) struct Report {
    pub(crate) decision: Decision,
    pub(crate) judged: Judged,
    /// Where compiled policies are kept.
    pub(crate) cache: String,
}

/// What was judged.
pub(crate) enum Judged {
    /// A token, or none where there had to be one.
    Token(Box<JudgedToken>),
    /// Claims that are about to be signed.
    Claims(Draft),
    /// A call without a token.
    NoToken,
}

/// A token that was judged, accepted or not.
pub(crate) struct JudgedToken {
    pub(crate) trust: Trust,
    /// The token, if it could be parsed. Trust its claims only where
    /// [`Report::was_judged`] says so.
    pub(crate) parsed: Option<UnverifiedToken>,
    pub(crate) origin: Origin,
}

impl Checker {
    pub(crate) fn new(trust: Trust, bundle: &Bundle, cache: Cache) -> anyhow::Result<Self> {
        let authorizer = Authorizer::builder().engine(cache.engine()).build(trust, bundle)?;
        Ok(Self { authorizer, cache })
    }

    /// Verifies the token, if there is one, and judges.
    pub(crate) fn check(&self, material: Material, facts: &CallFacts, vouched: &Vouched) -> Report {
        let bearer: &[u8] = match &material {
            Material::Token(token) => &token.bytes,
            Material::Claims(_) | Material::NoToken => &[],
        };
        let call = facts.call(bearer, vouched);
        let decision = match &material {
            Material::Token(_) => self.authorizer.decide(&call),
            Material::Claims(draft) => {
                self.authorizer.judge_claims(&draft.claims, draft.facts(&call), &call)
            }
            Material::NoToken => self.authorizer.judge_without_token(&call),
        };
        let judged = match material {
            Material::Token(token) => Judged::Token(Box::new(JudgedToken {
                trust: self.authorizer.trust().as_ref().clone(),
                // The limits are those of the authorizer.
                parsed: UnverifiedToken::parse(&token.bytes, &tokenward::ParseLimits::default())
                    .ok(),
                origin: token.origin,
            })),
            Material::Claims(draft) => Judged::Claims(draft),
            Material::NoToken => Judged::NoToken,
        };
        Report { decision, judged, cache: self.cache.in_words() }
    }
}

impl Report {
    /// Whether policies were asked: a token was accepted, or there had to be none.
    pub(crate) fn was_judged(&self) -> bool {
        !matches!(self.decision.permit(), Err(Refusal::TokenMissing | Refusal::Token(_)))
    }

    /// The claims that were judged.
    pub(crate) fn claims(&self) -> Option<&Object> {
        match &self.judged {
            Judged::Token(token) if self.was_judged() => Some(token.parsed.as_ref()?.claims()),
            Judged::Claims(draft) => Some(&draft.claims),
            Judged::Token(_) | Judged::NoToken => None,
        }
    }
}

pub(crate) fn run(args: &CheckArgs, output: &Output) -> anyhow::Result<Exit> {
    let facts = CallFacts::of_args(args)?;
    let vouched = Vouched::of_args(args)?;
    refuse_other_phases(args)?;
    let draft = draft(args)?;
    let trust = if args.no_token || draft.is_some() {
        trust::in_nobody()?
    } else {
        trust::of_args(args, facts.now)?
    };
    let bundle = bundle_source::open(&args.bundle, &args.vouch, facts.now, output);
    let bundle = bundle.context("--bundle")?.bundle;
    let material = match draft {
        Some(draft) => Material::Claims(draft),
        None if args.no_token => Material::NoToken,
        None => Material::Token(read_token(args.token.as_deref())?),
    };
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let checker = Checker::new(trust, &bundle, Cache::open(wish))?;
    let report = checker.check(material, &facts, &vouched);
    if let Some(log) = &args.record {
        record::add(log, &report, &facts, &vouched).context("--record")?;
    }
    let detail = if args.explain { Detail::Explained } else { Detail::Brief };
    output.print(&match args.format {
        Format::Text => render::decision::text(&report, detail),
        Format::Json => render::json::decision(&report, detail)?,
    })?;
    Ok(report.decision.outcome().into())
}

/// In the phases in which there is a token, nothing else is judged instead.
fn refuse_other_phases(args: &CheckArgs) -> anyhow::Result<()> {
    let phase = args.phase.phase();
    if args.no_token && phase != Phase::Login {
        bail!(
            "--no-token: in the phase `{}` there has to be a token, or claims that will be one; \
             accepted: `--phase login`",
            phase.as_str()
        );
    }
    if args.claims.is_some() && phase != Phase::Issue {
        bail!(
            "--claims: in the phase `{}` nothing is about to be signed; accepted: `--phase issue`",
            phase.as_str()
        );
    }
    Ok(())
}

/// The token to be that `--claims`, `--kind` and `--token-header` describe.
fn draft(args: &CheckArgs) -> anyhow::Result<Option<Draft>> {
    let Some(claims) = &args.claims else { return Ok(None) };
    let kind = args.kind.as_deref().unwrap_or("access");
    Ok(Some(Draft {
        kind: kind.parse().context("--kind")?,
        header: match &args.token_header {
            Some(header) => json_object(header).context("--token-header")?,
            None => Object::new(),
        },
        claims: json_object(claims).context("--claims")?,
    }))
}
