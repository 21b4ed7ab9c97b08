//! Decisions through the library, on real signed tokens.

use std::fmt::Write as _;

use tokenward::mint::PrivateKey;
use tokenward::{
    Algorithm, Authorizer, Basis, Binding, Bundle, BundleManifest, Call, Decision, Encryption,
    Enforcement, EngineConfig, Json, Object, Outcome, Phase, PolicyStatus, Refusal, RequestFacts,
    Signals, TokenFacts, TokenKind, Trust, Undecided, UnixTime,
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
    assert_eq!(closed.permit().err(), Some(&Refusal::Fault(Undecided::PolicyFault)));
    assert_eq!(challenge(&closed), None);
    let open = outcome(policy("open", "trap"));
    assert_eq!(open.outcome(), Outcome::Permit);
    assert!(matches!(open.policies()[0].status, PolicyStatus::Fault(_)), "and it is recorded");
    // A denial stands beside a fault.
    let both = outcome(policy("closed", "endless-loop") + &policy("closed", "deny"));
    assert_eq!(both.outcome(), Outcome::Deny);
}

/// A call in this phase, of which nothing is known.
fn call<'a>(phase: Phase, signals: &'a Signals, facts: &'a Object) -> Call<'a> {
    Call {
        bearer: b"",
        phase,
        request: None,
        signals,
        facts,
        binding: Binding::None,
        encryption: None,
        now: NOW,
    }
}

/// An access token to be, with this header.
fn draft(header: &Object) -> TokenFacts<'_> {
    TokenFacts {
        kind: &TokenKind::Access,
        header,
        key: None,
        encryption: None,
        binding: Binding::None,
    }
}

#[test]
fn claims_are_judged_before_they_are_signed() {
    let bench = Bench::new("[[policy]]\nmodule='claim-minimization'\n");
    let claims = object(r#"{"sub":"u-1","email":"alice@example.com"}"#);
    let (signals, none) = (Signals::none(), Object::default());
    let call = call(Phase::Issue, &signals, &none);
    let decision = bench.authorizer.judge_claims(&claims, draft(&none), &call);
    assert_eq!((decision.outcome(), decision.basis()), (Outcome::Deny, Basis::Claims));
    assert_eq!(decision.findings()[0].claim.as_deref(), Some("/email"));
    assert!(decision.findings()[0].controls.contains(&"GDPR 5(1)(c)".to_owned()));
    let minimal = object(r#"{"sub":"u-1"}"#);
    let decision = bench.authorizer.judge_claims(&minimal, draft(&none), &call);
    assert_eq!(decision.outcome(), Outcome::Permit);
    assert!(decision.permit().expect("a permit").token().is_none());
    let record = serde_json::to_value(decision.record()).expect("JSON");
    assert_eq!(record["basis"], "claims");
    assert_eq!(record["token"]["verified"], false);
}

#[test]
fn what_is_said_of_a_token_to_be_reaches_the_policies() {
    let bench =
        Bench::new("[[policy]]\nmodule='key-strength'\n[[policy]]\nmodule='encryption-required'\n");
    let claims = object(r#"{"sub":"u-1","email":"alice@example.com"}"#);
    let (signals, none) = (Signals::none(), Object::default());
    let call = call(Phase::Issue, &signals, &none);
    let encryption = Encryption { algorithm: "RSA-OAEP-256".into(), content: "A256GCM".into() };
    for (alg, encryption, rules) in [
        ("none", None, &["unsigned-token", "sensitive-claim-not-encrypted"][..]),
        ("ES256", None, &["sensitive-claim-not-encrypted"]),
        ("ES256", Some(&encryption), &[]),
    ] {
        let header = object(&format!(r#"{{"alg":"{alg}"}}"#));
        let token = TokenFacts { encryption, ..draft(&header) };
        let decision = bench.authorizer.judge_claims(&claims, token, &call);
        let denied: Vec<_> = decision
            .findings()
            .iter()
            .filter(|finding| finding.effect == tokenward::Effect::Deny)
            .map(|finding| finding.rule.as_str())
            .collect();
        assert_eq!(denied, rules, "{alg}");
    }
}

#[test]
fn a_log_in_is_judged_without_a_token() {
    let bench = Bench::new("[[policy]]\nmodule='password-policy'\n");
    let signals = Signals::none();
    for (length, outcome) in [(11, Outcome::Deny), (12, Outcome::Permit)] {
        let facts = object(&format!(
            r#"{{"password.length":{length},"password.breached":false,
                "password.common":false,"password.contains-name":false}}"#
        ));
        let decision = bench.authorizer.judge_without_token(&call(Phase::Login, &signals, &facts));
        assert_eq!((decision.outcome(), decision.basis()), (outcome, Basis::NoToken), "{length}");
        let record = serde_json::to_value(decision.record()).expect("JSON");
        assert_eq!(record["basis"], "no-token");
        assert_eq!(record["token"]["verified"], false);
        assert!(record["token"]["kind"].is_null());
    }
}

/// Nothing but a verified token passes where there has to be one, whatever the
/// caller asks to be judged instead.
#[test]
fn where_a_token_is_needed_nothing_else_passes() {
    let bench = Bench::new("[[policy]]\nmodule='risk-score'\n");
    let (signals, none) = (Signals::none(), Object::default());
    for phase in Phase::ALL {
        let call = call(phase, &signals, &none);
        let claims = bench.authorizer.judge_claims(&none, draft(&none), &call);
        let nothing = bench.authorizer.judge_without_token(&call);
        let token = bench.authorizer.decide(&call);
        let at_issue = matches!(phase, Phase::Issue | Phase::Login);
        for (decision, passes) in
            [(claims, at_issue), (nothing, phase == Phase::Login), (token, false)]
        {
            let refused = decision.permit().err() == Some(&Refusal::TokenMissing);
            assert_eq!((decision.permit().is_ok(), refused), (passes, !passes), "{phase:?}");
        }
    }
}

#[test]
fn where_no_policy_is_meant_for_the_phase_nothing_passes() {
    for (policies, phase, outcome) in [
        ("[[policy]]\nmodule='scope-check'\n", Phase::Refresh, Outcome::Fault),
        ("[[policy]]\nmodule='scope-check'\n", Phase::Issue, Outcome::Permit),
        ("[[policy]]\nmodule='password-policy'\n", Phase::Use, Outcome::Fault),
        // That a policy's own faults pass is another thing.
        ("[[policy]]\nmodule='password-policy'\non-fault='open'\n", Phase::Use, Outcome::Fault),
        // One that was asked suffices, even if it only warns.
        (
            "[[policy]]\nmodule='scope-check'\n[[policy]]\nmodule='risk-score'\n\
             enforcement='shadow'\n",
            Phase::Refresh,
            Outcome::Permit,
        ),
        ("[[policy]]\nmodule='scope-check'\nenforcement='warn'\n", Phase::Use, Outcome::Permit),
    ] {
        let bench = Bench::new(policies);
        let (signals, none) = (Signals::none(), Object::default());
        let token = bench.token(MINIMAL);
        let call = Call { bearer: token.as_bytes(), ..call(phase, &signals, &none) };
        let decision = bench.authorizer.decide(&call);
        assert_eq!(decision.outcome(), outcome, "{policies} {phase:?}");
        let record = serde_json::to_value(decision.record()).expect("JSON");
        if outcome == Outcome::Fault {
            assert_eq!(decision.undecided(), Some(Undecided::NoPolicyAsked(phase)));
            assert_eq!(record["fault"]["code"], "no_policy_asked");
            assert_eq!(decision.challenge(), None);
            assert!(decision.policies().iter().all(|p| p.status == PolicyStatus::NotAsked));
        } else {
            assert!(record["fault"].is_null());
        }
        // A token that is not accepted is refused as ever.
        let broken = Call { bearer: b"x", ..call };
        assert_eq!(bench.authorizer.decide(&broken).outcome(), Outcome::Deny);
        // What would happen is no other than what happens.
        let rehearsal = bench.authorizer.judge_facts(None, &none, &call);
        assert_eq!(rehearsal.outcome(), outcome, "{policies}");
    }
}

#[test]
fn how_a_token_was_encrypted_reaches_the_policies() {
    let bench =
        Bench::new("[[policy]]\nmodule='encryption-required'\nsettings={require='always'}\n");
    let (signals, none) = (Signals::none(), Object::default());
    let token = bench.token(MINIMAL);
    let encryption = Encryption { algorithm: "RSA-OAEP-256".into(), content: "A256GCM".into() };
    for (encryption, outcome) in [(None, Outcome::Deny), (Some(&encryption), Outcome::Permit)] {
        let call =
            Call { bearer: token.as_bytes(), encryption, ..call(Phase::Use, &signals, &none) };
        assert_eq!(bench.authorizer.decide(&call).outcome(), outcome);
        assert!(!format!("{call:?}").contains(&token[..16]), "{call:?}");
    }
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
