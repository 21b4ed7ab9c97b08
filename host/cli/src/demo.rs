//! `tokenward demo`: the first minute. A key and two tokens, made in memory,
//! go the way that `tokenward check` goes.

use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Bundle, DEFAULT_BUNDLE, Outcome, Trust, UnixTime};

use crate::cache::{Cache, CacheWish};
use crate::call::CallFacts;
use crate::check::{Checker, Detail, Material, Report};
use crate::exit::Exit;
use crate::mint::{add_times, given_claims};
use crate::output::Output;
use crate::render::decision;
use crate::render::page::Page;
use crate::render::style::{BOLD, PLAIN, QUIET};
use crate::token_source::{Origin, TokenBytes};
use crate::values::moment;
use crate::vouched::Vouched;

/// How long the tokens live, in seconds: what `token mint` has by default.
const TTL: i64 = 900;

/// A token to show, and what comes of it.
struct Scene {
    says: &'static str,
    mint: &'static str,
    file: &'static str,
    claims: &'static [&'static str],
    outcome: Outcome,
}

const SCENES: [Scene; 2] = [
    Scene {
        says: "A token that carries what an API needs, and no more:",
        mint: "--new-key demo",
        file: "good.jwt",
        claims: &["iss=https://idp.example", "sub=u-1", "scope=orders:read"],
        outcome: Outcome::Permit,
    },
    Scene {
        says: "The same key signs a token with data that does not belong there:",
        mint: "--key demo.private.jwk",
        file: "bad.jwt",
        claims: &[
            "iss=https://idp.example",
            "sub=u-1",
            "email=alice@example.com",
            "card_number=4111111111111111",
        ],
        outcome: Outcome::Deny,
    },
];

pub(crate) fn run(output: &Output) -> anyhow::Result<Exit> {
    let now = moment(None)?;
    let key = PrivateKey::generate(Algorithm::ES256)?;
    let trust = Trust::key_only(key.key_set()?);
    let bundle = Bundle::built_in(DEFAULT_BUNDLE)?;
    let checker = Checker::new(trust, &bundle, Cache::open(CacheWish::Keep))?;
    let mut exit = Exit::Done;
    for scene in &SCENES {
        let report = play(scene, &key, &checker, now)?;
        output.print(&format!("{}\n", show(scene, &report)))?;
        if report.decision.outcome() != scene.outcome {
            exit = Exit::Fault;
        }
    }
    output.print(&match exit {
        Exit::Done => next(),
        _ => "This is not what the demo should show; please report it.\n".to_owned(),
    })?;
    Ok(exit)
}

fn play(
    scene: &Scene,
    key: &PrivateKey,
    checker: &Checker,
    now: UnixTime,
) -> anyhow::Result<Report> {
    let claims: Vec<_> = scene.claims.iter().map(|claim| (*claim).to_owned()).collect();
    let mut claims = given_claims(None, &claims)?;
    add_times(&mut claims, now, TTL);
    let token = TokenBytes { bytes: key.mint(None, &claims)?.into(), origin: Origin::Stream };
    let facts = CallFacts::of_moment(now);
    Ok(checker.check(Material::Token(token), &facts, &Vouched::default()))
}

fn show(scene: &Scene, report: &Report) -> String {
    let mut page = Page::default();
    page.paragraph(0, 0, &[(PLAIN, scene.says)]);
    page.blank();
    page.line(BOLD, &format!("$ tokenward token mint {} \\", scene.mint));
    for claim in scene.claims {
        page.line(BOLD, &format!("    --claim {claim} \\"));
    }
    page.line(BOLD, &format!("    > {}", scene.file));
    page.line(BOLD, &format!("$ tokenward check --key demo.public.jwk @{}", scene.file));
    page.blank();
    format!("{}{}", page.into_text(), decision::text(report, Detail::Brief))
}

fn next() -> String {
    let mut page = Page::default();
    page.paragraph(0, 0, &[(BOLD, "Next")]);
    for (command, why) in [
        ("tokenward check --help", "requests, signals, exit codes"),
        ("tokenward check ... --explain", "what each policy read, and how long it took"),
        ("tokenward bundle inspect", "the policies, their rules and controls"),
        ("tokenward token decode @bad.jwt", "what a token says"),
    ] {
        page.field(2, command, 32, &[(QUIET, why)]);
    }
    page.into_text()
}
