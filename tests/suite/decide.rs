//! Decisions through the library, on real signed tokens.

use std::fmt::Write as _;

use tokenward::mint::PrivateKey;
use tokenward::{
    Algorithm, Authorizer, Binding, Bundle, BundleManifest, Call, Decision, Enforcement,
    EngineConfig, Json, Object, Outcome, Phase, PolicyStatus, Refusal, RequestFacts, Signals,
    TokenKind, Trust, UnixTime,
};
use tokenward_tests::HOSTILE;

use crate::support::object;

const NOW: UnixTime = UnixTime(1_800_000_000);
const MINIMAL: &str = r#"{"sub":"u-1","iat":1800000000,"exp":1800000600,"scope":"orders:read"}"#;

struct Bench {
    key: PrivateKey,
    authorizer: Authorizer,
    _folder: tempfile::TempDir,
}

impl Bench {
    /// With a bundle of these `[[policy]]` tables; `./hostile.wasm` is there.
    fn new(policies: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("hostile.wasm"), HOSTILE).expect("written");
        let mut manifest = String::from("name='t'\nversion='1.0.0'\ntitle='t'\n");
        let _ = write!(manifest, "{policies}");
        let manifest = BundleManifest::parse(&manifest, "t").expect("a manifest");
        let bundle = Bundle::from_manifest(manifest, Some(folder.path())).expect("a bundle");
        let key = PrivateKey::generate(Algorithm::EdDSA).expect("a key");
        let authorizer = Authorizer::builder()
            .engine(EngineConfig::one_shot())
            .build(Trust::key_only(key.key_set().expect("keys")), &bundle)
            .expect("an authorizer");
        Self { key, authorizer, _folder: folder }
    }

    fn token(&self, claims: &str) -> String {
        self.key.mint(None, &object(claims)).expect("a token")
    }

    fn decide(&self, claims: &str) -> Decision {
        self.with(claims, "GET https://api.example/orders/7", &Signals::none())
    }

    fn with(&self, claims: &str, request: &str, signals: &Signals) -> Decision {
        let (method, url) = request.split_once(' ').expect("METHOD URL");
        let request = RequestFacts::new(method, url).expect("a request");
        self.authorizer.authorize_at(self.token(claims).as_bytes(), &request, signals, NOW)
    }
}

fn challenge(decision: &Decision) -> Option<String> {
    decision.challenge().map(|challenge| challenge.to_string())
}

const SCOPES: &str = "[[policy]]\nmodule='scope-check'\n[[policy.settings.routes]]\n\
    path='/orders/{id}'\nall-of=['orders:read','orders:audit']\n";

#[test]
fn a_missing_token_gets_a_challenge_without_an_error() {
    let bench = Bench::new(SCOPES);
    let request = RequestFacts::new("GET", "/").expect("a request");
    let decision = bench.authorizer.authorize_at(b"", &request, &Signals::none(), NOW);
    assert_eq!(decision.outcome(), Outcome::Deny);
    assert_eq!(decision.permit().err(), Some(&Refusal::TokenMissing));
    assert_eq!(challenge(&decision).as_deref(), Some("Bearer"));
    assert!(decision.policies().is_empty(), "no policy is asked about no token");
}

#[test]
fn a_refused_token_says_invalid_token_outside_and_its_code_inside() {
    let bench = Bench::new(SCOPES);
    let decision = bench.decide(r#"{"sub":"u-1","iat":1799990000,"exp":1799990600}"#);
    assert_eq!(decision.outcome(), Outcome::Deny);
    assert_eq!(decision.token_error().map(tokenward::TokenError::code), Some("expired"));
    let challenge = challenge(&decision).expect("a challenge");
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    assert!(!challenge.contains("expired"), "the detail stays inside: {challenge}");
    let record = serde_json::to_value(decision.record()).expect("JSON");
    assert_eq!(record["token"]["verified"], false);
    assert_eq!(record["token"]["error"]["code"], "expired");
    assert_eq!(record["policies"], serde_json::json!([]));
}

#[test]
fn missing_scopes_are_a_challenge_and_more_than_that_is_not() {
    let bench = Bench::new(&format!("{SCOPES}\n[[policy]]\nmodule='claim-minimization'\n"));
    let decision = bench.decide(MINIMAL);
    assert_eq!(decision.permit().err(), Some(&Refusal::Scope(vec!["orders:audit".into()])));
    let header = challenge(&decision).expect("a challenge");
    assert!(header.contains("error=\"insufficient_scope\""), "{header}");
    assert!(header.ends_with("scope=\"orders:audit\""), "{header}");
    // With an e-mail address in the token, another scope would not help.
    let decision = bench.decide(&MINIMAL.replace("u-1", "alice@example.com"));
    assert_eq!(decision.permit().err(), Some(&Refusal::Policy));
    assert_eq!(challenge(&decision), None);
}

#[test]
fn two_of_four_signals_ask_for_another_factor() {
    let bench = Bench::new(
        "[[policy]]\nmodule='risk-score'\n[policy.settings]\nprofile='classic'\n\
         step-up={acr-values=['urn:example:mfa'],max-age=300}\n",
    );
    let one = Signals::none().with("new-device", Json::Bool(true));
    let two = one.clone().with("unusual-location", Json::Bool(true));
    assert_eq!(bench.with(MINIMAL, "GET /", &one).outcome(), Outcome::Permit);
    let decision = bench.with(MINIMAL, "GET /", &two);
    assert_eq!(decision.outcome(), Outcome::StepUp);
    let header = challenge(&decision).expect("a challenge");
    assert!(header.contains("error=\"insufficient_user_authentication\""), "{header}");
    assert!(header.contains("acr_values=\"urn:example:mfa\", max_age=\"300\""), "{header}");
}

#[test]
fn enforcement_decides_what_counts() {
    for (enforcement, outcome) in
        [("enforce", Outcome::Deny), ("warn", Outcome::Permit), ("shadow", Outcome::Permit)]
    {
        let bench = Bench::new(&format!(
            "[[policy]]\nmodule='./hostile.wasm'\nenforcement='{enforcement}'\n\
             settings={{evaluate='deny'}}\n"
        ));
        let decision = bench.decide(MINIMAL);
        assert_eq!(decision.outcome(), outcome, "{enforcement}");
        assert_eq!(decision.findings().len(), 1, "{enforcement}: it is recorded");
        assert_eq!(decision.policies()[0].status, PolicyStatus::Deny);
        let visible = decision.visible_findings().count();
        assert_eq!(visible, usize::from(enforcement != "shadow"), "{enforcement}");
    }
}

#[test]
fn a_fault_fails_closed_unless_the_bundle_says_otherwise() {
    let policy = |on_fault: &str, behaviour: &str| {
        format!(
            "[[policy]]\nmodule='./hostile.wasm'\nid='{on_fault}-{behaviour}'\n\
             on-fault='{on_fault}'\nsettings={{evaluate='{behaviour}'}}\n"
        )
    };
    let outcome = |policies: String| Bench::new(&policies).decide(MINIMAL);
    let closed = outcome(policy("closed", "trap"));
    assert_eq!(closed.outcome(), Outcome::Fault);
    assert_eq!(closed.permit().err(), Some(&Refusal::Fault));
    assert_eq!(challenge(&closed), None);
    let open = outcome(policy("open", "trap"));
    assert_eq!(open.outcome(), Outcome::Permit);
    assert!(matches!(open.policies()[0].status, PolicyStatus::Fault(_)), "and it is recorded");
    // A denial stands beside a fault.
    let both = outcome(policy("closed", "endless-loop") + &policy("closed", "deny"));
    assert_eq!(both.outcome(), Outcome::Deny);
}

#[test]
fn claims_are_judged_before_they_are_signed() {
    let bench = Bench::new("[[policy]]\nmodule='claim-minimization'\n");
    let claims = object(r#"{"sub":"u-1","email":"alice@example.com"}"#);
    let facts = Object::default();
    let signals = Signals::none();
    let call = Call {
        bearer: b"",
        phase: Phase::Issue,
        request: None,
        signals: &signals,
        facts: &facts,
        binding: Binding::None,
        now: NOW,
    };
    let decision = bench.authorizer.judge_claims(&claims, &TokenKind::Access, &call);
    assert_eq!(decision.outcome(), Outcome::Deny);
    assert_eq!(decision.findings()[0].claim.as_deref(), Some("/email"));
    assert!(decision.findings()[0].controls.contains(&"GDPR 5(1)(c)".to_owned()));
    let minimal = object(r#"{"sub":"u-1"}"#);
    let decision = bench.authorizer.judge_claims(&minimal, &TokenKind::Access, &call);
    assert_eq!(decision.outcome(), Outcome::Permit);
}

#[test]
fn a_permit_holds_the_verified_token() {
    let bench = Bench::new(SCOPES);
    let decision = bench.decide(&MINIMAL.replace("orders:read", "orders:read orders:audit"));
    let permit = decision.permit().expect("a permit");
    assert_eq!(permit.subject(), Some("u-1"));
    assert_eq!(permit.token().map(|t| t.kind().name().to_owned()).as_deref(), Some("access"));
}

#[test]
fn neither_record_nor_debug_holds_the_token_or_a_claim() {
    let bench = Bench::new("[[policy]]\nmodule='claim-minimization'\n");
    let claims = MINIMAL.replace("u-1", "alice@example.com");
    let token = bench.token(&claims);
    let decision = bench.decide(&claims);
    let record = serde_json::to_string(&decision.record()).expect("JSON");
    let debug = format!("{decision:?} {:?}", bench.authorizer);
    for secret in token.split('.').chain(["alice@example.com", "alice"]) {
        assert!(!record.contains(secret), "the record holds `{secret}`");
        assert!(!debug.contains(secret), "Debug holds `{secret}`");
    }
}

#[test]
fn the_same_call_gives_the_same_decision() {
    let bench = Bench::new(
        "[[policy]]\nmodule='claim-minimization'\n[[policy]]\nmodule='lifetime-limits'\n",
    );
    let claims =
        r#"{"name":"A B","ssn":"123-45-6789","email":"a@b.example","iat":1,"exp":1800000600}"#;
    let lines =
        |d: &Decision| -> Vec<String> { d.findings().iter().map(|f| format!("{f:?}")).collect() };
    let first = lines(&bench.decide(claims));
    assert!(first.len() >= 4, "{first:?}");
    for _ in 0..10 {
        assert_eq!(lines(&bench.decide(claims)), first);
    }
    let enforced = bench.decide(claims);
    assert!(enforced.findings().iter().all(|f| f.enforcement == Enforcement::Enforce));
}
