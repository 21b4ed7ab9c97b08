//! `tokenward check`: usable arguments, one decision, its report.

use anyhow::Context;
use tokenward::{Authorizer, Binding, Bundle, Call, Decision, Refusal, Trust, UnverifiedToken};

use crate::args::{CheckArgs, Format};
use crate::cache::{Cache, CacheWish};
use crate::call::CallFacts;
use crate::exit::Exit;
use crate::output::Output;
use crate::render;
use crate::token_source::{Origin, TokenBytes, read_token};
use crate::trust;

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

/// A decision, with what a report says beside it.
pub(crate) struct Report {
    pub(crate) decision: Decision,
    pub(crate) trust: Trust,
    /// The token, if it could be parsed. Trust its claims only where
    /// [`Report::is_verified`] says so.
    pub(crate) parsed: Option<UnverifiedToken>,
    pub(crate) origin: Origin,
    /// Where compiled policies are kept.
    pub(crate) cache: String,
}

impl Checker {
    pub(crate) fn new(trust: Trust, bundle: &Bundle, cache: Cache) -> anyhow::Result<Self> {
        let authorizer = Authorizer::builder().engine(cache.engine()).build(trust, bundle)?;
        Ok(Self { authorizer, cache })
    }

    /// Verifies the token and judges it.
    pub(crate) fn check(&self, token: TokenBytes, facts: &CallFacts) -> Report {
        let decision = self.authorizer.decide(&Call {
            bearer: &token.bytes,
            phase: facts.phase,
            request: facts.request.as_ref(),
            signals: &facts.signals,
            facts: &facts.facts,
            binding: Binding::None,
            now: facts.now,
        });
        Report {
            decision,
            trust: self.authorizer.trust().as_ref().clone(),
            // The limits are those of the authorizer.
            parsed: UnverifiedToken::parse(&token.bytes, &tokenward::ParseLimits::default()).ok(),
            origin: token.origin,
            cache: self.cache.in_words(),
        }
    }
}

impl Report {
    /// Whether the token was accepted, whatever the policies said of it.
    pub(crate) fn is_verified(&self) -> bool {
        !matches!(self.decision.permit(), Err(Refusal::TokenMissing | Refusal::Token(_)))
    }
}

pub(crate) fn run(args: &CheckArgs, output: &Output) -> anyhow::Result<Exit> {
    let facts = CallFacts::of_args(args)?;
    let trust = trust::of_args(args)?;
    let bundle = Bundle::open(&args.bundle).context("--bundle")?;
    let token = read_token(args.token.as_deref())?;
    let wish = if args.no_cache { CacheWish::Off } else { CacheWish::Keep };
    let checker = Checker::new(trust, &bundle, Cache::open(wish))?;
    let report = checker.check(token, &facts);
    let detail = if args.explain { Detail::Explained } else { Detail::Brief };
    output.print(&match args.format {
        Format::Text => render::decision::text(&report, detail),
        Format::Json => render::json::decision(&report, detail)?,
    })?;
    Ok(report.decision.outcome().into())
}
