//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Claim, ClaimSelector, Fact, Input, Phase, Phases, Policy, Token, TokenKind, Value, Verdict,
    configure,
};

use crate::SessionLimits;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
const NOW: i64 = 1_700_000_000;

#[test]
fn cases() {
    run_cases::<SessionLimits>(CASES);
}

fn schema() -> Json {
    serde_json::from_str(include_str!("../settings.schema.json")).expect("JSON")
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<SessionLimits>(&[]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<SessionLimits>(CASES);
}

/// Each bound and each choice of the schema is the policy's: it is taken, and
/// what lies beside it is not.
#[test]
fn the_schema_bounds_what_the_settings_bound() {
    let schema = schema();
    let limit = &schema["$defs"]["limit"]["anyOf"][0];
    for (name, property) in schema["properties"].as_object().expect("properties") {
        assert!(!property["default"].is_null(), "{name} has no default");
        let property = if property["$ref"].is_string() { limit } else { property };
        let wrong_at = |value: Json| {
            let settings = json!({ name.as_str(): value }).to_string();
            let errors = configure::<SessionLimits>(&settings).err().unwrap_or_default();
            errors.iter().any(|error| error.path == format!("/{name}"))
        };
        if let (Some(least), Some(most)) =
            (property["minimum"].as_i64(), property["maximum"].as_i64())
        {
            // The longest idle time needs an absolute limit beyond it.
            let beside = name == "idle";
            assert!(!wrong_at(json!(least)), "{name}");
            assert!(beside || !wrong_at(json!(most)), "{name}");
            assert!(wrong_at(json!(least - 1)) && wrong_at(json!(most + 1)), "{name}");
        }
        for choice in property["enum"].as_array().into_iter().flatten() {
            assert!(!wrong_at(choice.clone()), "{name}: {choice}");
        }
        assert!(wrong_at(json!("?")) && wrong_at(json!([])) && wrong_at(json!(1.5)), "{name}");
    }
}

#[test]
fn is_asked_where_there_are_tokens() {
    let phases = Phases::ISSUE | Phases::USE | Phases::REFRESH;
    assert_eq!(SessionLimits::descriptor().phases, phases);
}

#[test]
fn errors_say_what_is_accepted() {
    let errors = configure::<SessionLimits>(r#"{"idle":0}"#).err().unwrap_or_default();
    let messages: String = errors.into_iter().map(|error| error.message).collect();
    assert!(messages.contains("an integer from 1 to 315360000, or `unlimited`"), "{messages}");
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let all_claims = [
        "/sub",
        "/sid",
        "/auth_time",
        "/client_id",
        "/azp",
        "/cid",
        "/gty",
        "/idtyp",
        "/preferred_username",
    ];
    let all_facts =
        ["session.active", "session.started-at", "session.last-seen-at", "session.state"];
    let cases: [(&str, &[&str], &[&str], bool); 7] = [
        ("{}", &all_claims, &all_facts, true),
        (r#"{"machine-clients":"judge"}"#, &["/auth_time"], &all_facts, true),
        (
            r#"{"machine-clients":"judge","require-session-id":true}"#,
            &["/sid", "/auth_time"],
            &all_facts,
            true,
        ),
        (
            r#"{"idle":"unlimited"}"#,
            &all_claims,
            &["session.active", "session.started-at", "session.state"],
            true,
        ),
        (
            r#"{"absolute":"unlimited"}"#,
            &all_claims,
            &["session.active", "session.last-seen-at", "session.state"],
            true,
        ),
        (
            r#"{"max-sessions":"unlimited","idle":"unlimited","absolute":"unlimited"}"#,
            &all_claims,
            &["session.state"],
            false,
        ),
        (
            r#"{"idle":"unlimited","absolute":"unlimited","machine-clients":"judge"}"#,
            &[],
            &["session.active", "session.state"],
            false,
        ),
    ];
    for (settings, claims, facts, time) in cases {
        let reads = configure::<SessionLimits>(settings).expect("settings").reads();
        let claims: Vec<_> = claims.iter().map(|c| ClaimSelector::At((*c).into())).collect();
        assert_eq!(reads.claims, claims, "{settings}");
        assert_eq!(reads.facts, facts, "{settings}");
        assert_eq!(reads.time, time, "{settings}");
    }
    assert_eq!(
        configure::<SessionLimits>("{}").expect("settings").reads(),
        SessionLimits::descriptor().reads
    );
}

type Given<'a> = (&'a str, Option<Value>);

fn input(
    phase: Phase,
    kind: TokenKind,
    now: Option<i64>,
    claims: &[Given],
    facts: &[Given],
) -> Input {
    let token = Token { kind, header: Vec::new(), key: None, encryption: None, binding: None };
    let claim = |(path, value): &Given| Some(Claim { path: (*path).into(), value: value.clone()? });
    let fact = |(name, value): &Given| Some(Fact { name: (*name).into(), value: value.clone()? });
    Input {
        phase,
        now,
        token: Some(token),
        claims: claims.iter().filter_map(claim).collect(),
        request: None,
        signals: Vec::new(),
        facts: facts.iter().filter_map(fact).collect(),
    }
}

#[allow(clippy::unnecessary_wraps, reason = "what is given is an option")]
fn text(text: &str) -> Option<Value> {
    Some(Value::Text(text.into()))
}

#[test]
fn without_the_time_that_it_needs_it_denies() {
    let judge = |settings: &str, claims: &[Given]| {
        let policy = configure::<SessionLimits>(settings).expect("settings");
        policy.evaluate(&input(Phase::Use, TokenKind::Access, None, claims, &[]))
    };
    let verdict = judge("{}", &[("/sub", text("c")), ("/client_id", text("c"))]);
    assert_eq!(verdict.findings.first().map(|f| f.rule.as_str()), Some("malformed"));
    assert_eq!(verdict.findings.len(), 1);
    let timeless = r#"{"idle":"unlimited","absolute":"unlimited","unknown":"ignore"}"#;
    assert_eq!(judge(timeless, &[]), Verdict::permit());
}

/// A host that says nothing of the token has it judged as a user's.
#[test]
fn without_a_token_it_judges() {
    let policy = configure::<SessionLimits>("{}").expect("settings");
    let mut unknown = input(Phase::Use, TokenKind::Access, Some(NOW), &[], &[]);
    unknown.token = None;
    assert_eq!(policy.evaluate(&unknown).findings.len(), 1);
}

#[test]
fn messages_say_what_is_wrong() {
    let messages = |claims: &[Given], facts: &[Given]| -> Vec<String> {
        let policy = configure::<SessionLimits>("{}").expect("settings");
        let input = input(Phase::Use, TokenKind::Access, Some(NOW), claims, facts);
        policy.evaluate(&input).findings.into_iter().map(|f| f.message).collect()
    };
    let at = |moment| Some(Value::Integer(moment));
    assert_eq!(
        messages(&[], &[]),
        ["not known: `session.state`, `session.active`, `session.last-seen-at`, \
             `session.started-at` or the claim `auth_time`"]
    );
    let live = ("session.state", text("active"));
    assert_eq!(
        messages(
            &[],
            &[
                live.clone(),
                ("session.active", at(6)),
                ("session.last-seen-at", at(0)),
                ("session.started-at", at(0)),
            ]
        ),
        [
            "the subject has more than 5 sessions",
            "the session was not used for more than 1800 seconds",
            "the session has lasted for more than 28800 seconds",
        ]
    );
    assert_eq!(
        messages(
            &[("/auth_time", text("noon"))],
            &[live, ("session.active", at(-1)), ("session.last-seen-at", at(NOW + 61))]
        ),
        [
            "`session.active` is not a count",
            "`session.last-seen-at` lies in the future by more than 60 seconds",
            "`auth_time` is not a number of seconds between 1970 and the year 9999",
        ]
    );
    for (state, message) in [
        ("ended", "the session has ended"),
        ("revoked", "the session was revoked"),
        ("Active", "the session is in a state other than `active`"),
    ] {
        assert_eq!(messages(&[], &[("session.state", text(state))]), [message]);
    }
}

fn any_settings() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("{}"),
        Just(r#"{"effect":"step-up","unknown":"advise","refresh-tokens":"judge","skew":0}"#),
        Just(r#"{"idle":"unlimited","absolute":900,"machine-clients":"judge"}"#),
        Just(r#"{"absolute":"unlimited","idle":300,"require-session-id":true}"#),
        Just(r#"{"unknown":"ignore","require-state":false,"max-sessions":"unlimited"}"#),
        Just(r#"{"idle":700,"absolute":900,"effect":"step-up","require-state":false}"#),
    ]
}

fn any_phase() -> impl Strategy<Value = Phase> {
    prop_oneof![Just(Phase::Issue), Just(Phase::Use), Just(Phase::Refresh), Just(Phase::Login)]
}

fn any_kind() -> impl Strategy<Value = TokenKind> {
    prop_oneof![
        Just(TokenKind::Access),
        Just(TokenKind::Refresh),
        Just(TokenKind::Id),
        Just(TokenKind::Other("logout+jwt".into())),
    ]
}

/// Absent, or near now, whole or with a fraction.
fn near_now() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        1 => Just(None),
        4 => (-2500i64..500).prop_map(|by| Some(Value::Integer(NOW + by))),
        3 => (-2500i32..500, 0u16..1000).prop_map(|(by, millis)| {
            let now = 1_700_000_000.0 + f64::from(by) + f64::from(millis) / 1000.0;
            Some(Value::Number(now))
        }),
    ]
}

/// Absent, or what names a client, an account or a grant, or is none of these.
fn any_name() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        3 => Just(None),
        3 => Just(text("c1")),
        1 => Just(text("C1")),
        1 => Just(text("c1@clients")),
        1 => Just(text("client-credentials")),
        1 => Just(text("app")),
        1 => Just(text("service-account-c1")),
        1 => Just(text("")),
        1 => Just(Some(Value::Null)),
    ]
}

/// What no message may quote.
const SECRET: &str = "zqxj";

fn any_value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        Just(None),
        Just(Some(Value::Null)),
        any::<bool>().prop_map(|boolean| Some(Value::Boolean(boolean))),
        any::<i64>().prop_map(|integer| Some(Value::Integer(integer))),
        (0i64..12).prop_map(|integer| Some(Value::Integer(integer))),
        any::<f64>().prop_map(|number| Some(Value::Number(number))),
        Just(text(SECRET)),
        Just(text("active")),
        Just(Some(Value::Texts(vec![SECRET.into()]))),
        Just(Some(Value::Json(format!("[{{\"{SECRET}\":1}}]")))),
    ]
}

proptest! {
    /// A verdict holds at every second until it says that it may change, and
    /// there it does.
    #[test]
    fn a_verdict_holds_exactly_as_long_as_it_says(
        auth_time in near_now(), started in near_now(), last in near_now(),
        active in 0i64..8, state in prop_oneof![Just("active"), Just("active"), Just("ended")],
        phase in any_phase(), kind in any_kind(), settings in any_settings(),
    ) {
        let policy = configure::<SessionLimits>(settings).expect("settings");
        let claims = [("/auth_time", auth_time)];
        let facts = [
            ("session.active", Some(Value::Integer(active))), ("session.state", text(state)),
            ("session.started-at", started), ("session.last-seen-at", last),
        ];
        let at = |now: i64| {
            policy.evaluate(&input(phase, kind.clone(), Some(now), &claims, &facts))
        };
        let timeless = |verdict: Verdict| Verdict { valid_until: None, ..verdict };
        let verdict = at(NOW);
        let until = verdict.valid_until.expect("a horizon");
        prop_assert!(until > NOW);
        let expected = timeless(verdict);
        for now in (NOW..until.min(NOW + 4000)).step_by(7).chain([until - 1]) {
            prop_assert_eq!(&timeless(at(now)), &expected, "at {}", now);
        }
        if until < i64::MAX {
            prop_assert_ne!(&timeless(at(until)), &expected, "at {}", until);
        }
    }

    /// Whatever comes, an answer comes, and quotes nothing of it.
    #[test]
    fn never_panics_and_never_quotes(
        now in any::<i64>(), phase in any_phase(), kind in any_kind(), settings in any_settings(),
        values in proptest::array::uniform8(any_value()),
    ) {
        let policy = configure::<SessionLimits>(settings).expect("settings");
        let [sub, client_id, sid, auth_time, active, started, last, state] = values;
        let claims = [
            ("/sub", sub), ("/client_id", client_id), ("/sid", sid), ("/auth_time", auth_time),
        ];
        let facts = [
            ("session.active", active), ("session.started-at", started),
            ("session.last-seen-at", last), ("session.state", state),
        ];
        let verdict = policy.evaluate(&input(phase, kind, Some(now), &claims, &facts));
        prop_assert!(verdict.findings.iter().all(|f| !f.message.contains(SECRET)));
        prop_assert!(verdict.valid_until.expect("a horizon") > now || now == i64::MAX);
    }

    /// Who is a machine with so many claims is none with a session id, nor with
    /// another client beside its own.
    #[test]
    fn whoever_has_a_session_or_another_client_is_no_machine(
        sub in any_name(), client_id in any_name(), azp in any_name(), cid in any_name(),
        gty in any_name(), idtyp in any_name(), user in any_name(),
    ) {
        let policy = configure::<SessionLimits>("{}").expect("settings");
        let permits = |claims: &[Given]| {
            let input = input(Phase::Use, TokenKind::Access, Some(NOW), claims, &[]);
            policy.evaluate(&input).findings.is_empty()
        };
        let mut claims = vec![
            ("/sub", sub), ("/client_id", client_id.clone()), ("/azp", azp.clone()),
            ("/cid", cid.clone()), ("/gty", gty), ("/idtyp", idtyp.clone()),
            ("/preferred_username", user),
        ];
        let clients: Vec<_> = [client_id, azp, cid].into_iter().flatten().collect();
        if permits(&claims) {
            prop_assert!(clients.windows(2).all(|two| two.first() == two.last()));
            prop_assert!(!clients.is_empty() || idtyp == text("app"));
            for (claim, value) in [("/sid", text("s")), ("/auth_time", Some(Value::Null))] {
                claims.push((claim, value));
                prop_assert!(!permits(&claims));
                claims.pop();
            }
        }
    }

    /// A session that is younger, used later, and one of fewer is never judged worse.
    #[test]
    fn less_never_harms(
        age in 0i64..40_000, idle in 0i64..3000, active in 0i64..9,
        less_age in 0i64..40_000, less_idle in 0i64..3000, less in 0i64..9,
        phase in any_phase(), settings in any_settings(),
    ) {
        let policy = configure::<SessionLimits>(settings).expect("settings");
        let findings = |age: i64, idle: i64, active: i64| {
            let facts = [
                ("session.active", Some(Value::Integer(active))),
                ("session.state", text("active")),
                ("session.started-at", Some(Value::Integer(NOW - age))),
                ("session.last-seen-at", Some(Value::Integer(NOW - idle))),
            ];
            let claims = [("/sid", text("s"))];
            let input = input(phase, TokenKind::Access, Some(NOW), &claims, &facts);
            policy.evaluate(&input).findings.len()
        };
        prop_assert!(
            findings((age - less_age).max(0), (idle - less_idle).max(0), (active - less).max(0))
                <= findings(age, idle, active)
        );
    }
}
