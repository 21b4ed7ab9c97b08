//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Effect, Fact, Input, Phase, Policy, Requirement, Signal, Value, Verdict, configure,
};

use crate::score::{combine, share};
use crate::{Combine, RiskScore};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<RiskScore>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<RiskScore>(&[
        ("/properties/signals/items", r#"{"signals":[{"?":0}]}"#),
        ("/properties/overrides/items", r#"{"overrides":[{"?":0}]}"#),
        ("/properties/step-up", r#"{"step-up":{"?":0}}"#),
        ("/$defs/condition/anyOf/1", r#"{"signals":[{"when":{"?":0}}]}"#),
        (
            "/$defs/condition/anyOf/1/properties/outside",
            r#"{"signals":[{"when":{"outside":{"?":0}}}]}"#,
        ),
    ]);
}

#[test]
fn every_rule_is_told() {
    assert_rules_are_told::<RiskScore>(CASES);
}

#[test]
fn reads_the_signals_of_the_settings_once_each() {
    let reads = |settings: &str| configure::<RiskScore>(settings).expect("settings").reads();
    assert_eq!(
        reads(r#"{"profile":"classic"}"#).signals,
        ["unusual-location", "unusual-time", "failed-attempts", "new-device"]
    );
    let custom = reads(
        r#"{"profile":"custom","signals":[{"name":"b","weight":1},{"name":"off","weight":0}],
            "overrides":[{"signal":"a","outcome":"deny"},{"signal":"b","outcome":"deny"}]}"#,
    );
    assert_eq!(custom.signals, ["b", "a"]);
    assert!(!custom.time && custom.claims.is_empty());
    assert_eq!(reads("{}"), RiskScore::descriptor().reads);
    assert_eq!(reads("{}").signals.len(), 8);
}

fn signal(name: &str, value: Value, confidence: u8) -> Signal {
    Signal { name: name.into(), value, confidence, age_seconds: None, source: None }
}

fn input(signals: Vec<Signal>) -> Input {
    Input {
        phase: Phase::Use,
        now: None,
        token: None,
        claims: Vec::new(),
        request: None,
        signals,
        facts: Vec::new(),
    }
}

fn judge(settings: &str, signals: Vec<Signal>) -> Verdict {
    configure::<RiskScore>(settings).expect("settings").evaluate(&input(signals))
}

#[test]
fn factors_come_largest_first_with_their_reasons() {
    let verdict = judge(
        r#"{"signals":[{"name":"vpn","weight":25,"title":"VPN","unknown":"score"}]}"#,
        vec![
            signal("new-device", Value::Boolean(true), 80),
            signal("tor-exit", Value::Boolean(true), 255),
            signal("unusual-time", Value::Boolean(false), 100),
        ],
    );
    let risk = verdict.risk.expect("a risk");
    let factors: Vec<_> =
        risk.factors.iter().map(|f| (f.signal.as_str(), f.points, f.reason.as_str())).collect();
    assert_eq!(
        factors,
        [
            ("tor-exit", 35, "Tor exit node, with a confidence of 100 %"),
            ("new-device", 20, "new device, with a confidence of 80 %"),
            ("vpn", 13, "VPN, not known"),
        ]
    );
    assert_eq!(risk.score, 68);
    let unknown = [
        "unusual-location",
        "failed-attempts",
        "ip-reputation",
        "impossible-travel",
        "breached-credential",
        "vpn",
    ];
    let value = Value::Texts(unknown.map(Into::into).into());
    assert_eq!(verdict.facts, [Fact { name: "unknown-signals".into(), value }]);
}

#[test]
fn nothing_known_says_nothing_at_all() {
    for profile in ["weighted", "classic"] {
        let settings = format!(r#"{{"profile":"{profile}"}}"#);
        assert_eq!(judge(&settings, Vec::new()), Verdict::permit());
        let stale = vec![signal("new-device", Value::Null, 100)];
        assert_eq!(judge(&settings, stale), Verdict::permit());
    }
    let all_clear = judge("{}", vec![signal("new-device", Value::Boolean(false), 100)]);
    assert_eq!(all_clear.risk.map(|risk| (risk.score, risk.factors.len())), Some((0, 0)));
}

/// Two sources that do not agree: the graver counts, in either order.
#[test]
fn of_two_observations_the_graver_counts() {
    let clear = signal("tor-exit", Value::Boolean(false), 100);
    let tripped = signal("tor-exit", Value::Boolean(true), 40);
    let surer = signal("tor-exit", Value::Boolean(true), 60);
    let score = |signals: Vec<Signal>| judge("{}", signals).risk.map(|risk| risk.score);
    assert_eq!(score(vec![clear.clone(), tripped.clone()]), Some(14));
    assert_eq!(score(vec![tripped.clone(), clear.clone()]), Some(14));
    assert_eq!(score(vec![surer.clone(), tripped.clone(), clear.clone()]), Some(21));
    assert_eq!(score(vec![tripped.clone(), surer]), Some(21));
    let garbled = signal("tor-exit", Value::Text("no".into()), 1);
    for (other, unknown) in [(clear, 0), (tripped, 14)] {
        for signals in [[other.clone(), garbled.clone()], [garbled.clone(), other]] {
            let verdict = judge("{}", signals.to_vec());
            assert!(verdict.findings.iter().any(|f| f.rule == "unreadable-signal"));
            assert_eq!(verdict.risk.map(|risk| risk.score), Some(35));
            let verdict = judge(r#"{"unreadable":"unknown"}"#, signals.to_vec());
            assert_eq!(verdict.risk.map_or(0, |risk| risk.score), unknown);
        }
    }
}

#[test]
fn messages_tell_scores_and_names_only() {
    let messages = |settings: &str, signals: Vec<Signal>| -> Vec<String> {
        judge(settings, signals).findings.into_iter().map(|f| f.message).collect()
    };
    let secret = || Value::Text("secret".into());
    assert_eq!(
        messages("{}", vec![signal("new-device", secret(), 100), signal("tor-exit", secret(), 1)]),
        [
            "the risk score is 60; the threshold is 40",
            "of another type than the condition: `new-device`, `tor-exit`",
        ]
    );
    let two = || {
        vec![
            signal("new-device", Value::Boolean(true), 100),
            signal("unusual-time", Value::Boolean(true), 100),
        ]
    };
    assert_eq!(
        messages(r#"{"profile":"classic","report-unknown":true}"#, two()),
        [
            "not known: `unusual-location`, `failed-attempts`",
            "the risk score is 2, the number of tripped signals; the threshold is 2",
        ]
    );
    assert_eq!(
        messages(r#"{"overrides":[{"signal":"new-device","outcome":"deny"}]}"#, two()),
        [
            "the signal `new-device` refuses the request, whatever the score",
            "the risk score is 45; the threshold is 40",
        ]
    );
}

#[test]
fn an_unreadable_signal_is_known_to_be_so() {
    let verdict = judge("{}", vec![signal("tor-exit", Value::Integer(1), 5)]);
    let risk = verdict.risk.expect("a risk");
    let reasons: Vec<&str> = risk.factors.iter().map(|f| f.reason.as_str()).collect();
    assert_eq!((risk.score, reasons), (35, vec!["Tor exit node, not readable"]));
    let [Fact { value, .. }] = verdict.facts.as_slice() else { panic!("one fact") };
    assert_eq!(value.texts().count(), 7);
    assert!(value.texts().all(|name| name != "tor-exit"));
}

/// No setting that loads makes a verdict that the host refuses.
#[test]
fn verdicts_keep_to_the_limits_of_the_host() {
    let names: Vec<String> = (100..228).map(|n| format!("{n}{}", "n".repeat(125))).collect();
    let signals: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({ "name": name, "title": "🦀".repeat(200), "weight": 1 }))
        .collect();
    let overrides: Vec<_> = names
        .iter()
        .map(|name| serde_json::json!({ "signal": name, "outcome": "deny", "when": { "equals": 1 } }))
        .collect();
    let settings = serde_json::json!({
        "profile": "custom", "signals": signals, "overrides": overrides, "unknown": "trip",
        "deny-at": 100, "report-unknown": true,
    })
    .to_string();
    for known in [0, 1, 64, 128] {
        for value in [Value::Boolean(true), Value::Text("x".into()), Value::Boolean(false)] {
            let signals = names.iter().take(known).map(|name| signal(name, value.clone(), 100));
            let verdict = judge(&settings, signals.collect());
            assert!(verdict.findings.iter().all(|f| f.message.len() <= 1024));
            let risk = verdict.risk.expect("a risk");
            assert!(risk.factors.len() <= 128);
            assert!(risk.factors.iter().all(|f| f.reason.len() <= 1024 && f.signal.len() <= 128));
            for fact in &verdict.facts {
                assert!((1..=128).contains(&fact.value.texts().count()));
            }
        }
    }
    let unreadable = judge(&settings, vec![signal(&names[0], Value::Null, 100)]);
    let message = &unreadable.findings.last().expect("a finding").message;
    assert!(message.starts_with("the risk score is 100"), "{message}");
    let message = &unreadable.findings.first().expect("a finding").message;
    assert!(message.starts_with("not known: `100n") && message.ends_with("n` and 121 more"));
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<RiskScore>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let signals = |count: usize| -> Vec<_> {
        (0..count).map(|n| serde_json::json!({ "name": format!("s{n}"), "weight": 1 })).collect()
    };
    let overrides = |count: usize| -> Vec<_> {
        vec![serde_json::json!({ "signal": "a", "outcome": "warn" }); count]
    };
    let custom =
        |count: usize| serde_json::json!({ "profile": "custom", "signals": signals(count) });
    assert!(paths(custom(128)).is_empty());
    assert_eq!(paths(custom(129)), ["/signals"]);
    // Eight are the profile's.
    assert!(paths(serde_json::json!({ "signals": signals(120) })).is_empty());
    assert_eq!(paths(serde_json::json!({ "signals": signals(121) })), ["/signals"]);
    assert!(paths(serde_json::json!({ "overrides": overrides(128) })).is_empty());
    assert_eq!(paths(serde_json::json!({ "overrides": overrides(129) })), ["/overrides"]);
    let acr =
        |count: usize| paths(serde_json::json!({ "step-up": { "acr-values": vec!["a"; count] } }));
    assert!(acr(16).is_empty());
    assert_eq!(acr(17), ["/step-up/acr-values"]);
}

#[test]
fn points_are_rounded_half_up() {
    for (weight, confidence, points) in [
        (0, 100, 0),
        (100, 0, 0),
        (1, 49, 0),
        (1, 50, 1),
        (25, 50, 13),
        (25, 49, 12),
        (100, 100, 100),
        (100, 255, 100),
    ] {
        assert_eq!(share(weight, confidence), points, "{weight} {confidence}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Boolean),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_map(Value::Number),
        ".{0,9}".prop_map(Value::Text),
        prop::collection::vec(".{0,3}", 1..4).prop_map(Value::Texts),
        ".{0,9}".prop_map(Value::Json),
    ]
}

/// Every condition, every way with unknown signals, and overrides.
const ALL: &str = r#"{"profile":"custom","warn-at":1,"step-up-at":30,"deny-at":60,
    "report-unknown":true,"signals":[
    {"name":"a","weight":30},
    {"name":"b","weight":30,"when":{"equals":"x"},"unknown":"score"},
    {"name":"c","weight":30,"when":{"one-of":["x",1,true]},"unknown":"trip"},
    {"name":"d","weight":30,"when":{"at-least":5},"min-confidence":50},
    {"name":"e","weight":30,"when":{"at-most":5},"max-age":9},
    {"name":"f","weight":30,"when":{"outside":{"from":8,"to":18}}}],
    "overrides":[{"signal":"a","when":{"at-least":7},"outcome":"permit"},
    {"signal":"b","when":{"one-of":["y"]},"outcome":"warn"},
    {"signal":"g","outcome":"step-up"},{"signal":"h","outcome":"deny"}]}"#;

const CLASSIC: [&str; 4] = ["unusual-location", "unusual-time", "failed-attempts", "new-device"];

fn any_signals() -> impl Strategy<Value = Vec<Signal>> {
    let one = ("[a-h]", any_value(), any::<u8>(), any::<Option<u64>>()).prop_map(
        |(name, value, confidence, age_seconds)| Signal {
            name,
            value,
            confidence,
            age_seconds,
            source: None,
        },
    );
    prop::collection::vec(one, 0..12)
}

proptest! {
    /// Whatever comes, an answer comes; its score is a percentage, its factors
    /// are in order, and it requires a step-up if and only if a finding does.
    #[test]
    fn answers_are_well_formed(signals in any_signals()) {
        let verdict = judge(ALL, signals);
        if let Some(risk) = &verdict.risk {
            prop_assert!(risk.score <= 100);
            prop_assert!(risk.factors.is_sorted_by(|a, b| a.points >= b.points));
            prop_assert!(risk.factors.iter().all(|factor| factor.points > 0));
        }
        let requires = verdict.findings.iter().any(|f| f.effect == Effect::Require);
        let step_up = matches!(verdict.requirements.as_slice(), [Requirement::StepUp(_)]);
        prop_assert_eq!(requires, step_up);
        prop_assert!(verdict.valid_until.is_none());
    }

    /// The order in which signals are given is of no account.
    #[test]
    fn the_order_of_signals_is_of_no_account(
        signals in any_signals(), turn in any::<prop::sample::Index>(),
    ) {
        let mut turned = signals.clone();
        if !turned.is_empty() {
            turned.rotate_left(turn.index(signals.len()));
        }
        prop_assert_eq!(judge(ALL, signals), judge(ALL, turned));
    }

    /// Losing a signal never helps where unknown ones are tripped.
    #[test]
    fn hiding_a_signal_never_helps(
        tripped in prop::array::uniform4(any::<bool>()), hidden in 0usize..4,
    ) {
        let signals = |hide: Option<usize>| -> Vec<Signal> {
            CLASSIC.iter().zip(tripped).enumerate()
                .filter(|(at, _)| Some(*at) != hide)
                .map(|(_, (name, is))| signal(name, Value::Boolean(is), 100))
                .collect()
        };
        let score = |hide| judge(r#"{"profile":"classic","unknown":"trip"}"#, signals(hide))
            .risk.map_or(0, |risk| risk.score);
        prop_assert!(score(Some(hidden)) >= score(None));
    }

    /// More confidence in a tripped signal never lowers the score.
    #[test]
    fn more_confidence_never_lowers_the_score(
        points in prop::collection::vec((0u8..=100, 0u8..=100), 1..9), more in 0u8..=100,
        how in prop_oneof![Just(Combine::Sum), Just(Combine::NoisyOr)],
    ) {
        let score = |more: u8| combine(how, points.iter().enumerate().map(|(at, (weight, confidence))| {
            share(*weight, if at == 0 { confidence.saturating_add(more).min(100) } else { *confidence })
        }));
        prop_assert!(score(more) >= score(0));
        prop_assert!(score(more) <= 100);
    }

    /// `noisy-or` lies between the largest part and the sum, and is what real
    /// numbers make of it.
    #[test]
    fn noisy_or_is_what_it_says(points in prop::collection::vec(0u32..=100, 0..9)) {
        let score = combine(Combine::NoisyOr, points.iter().copied());
        prop_assert!(score >= points.iter().copied().max().unwrap_or(0));
        prop_assert!(score <= combine(Combine::Sum, points.iter().copied()));
        let exact: f64 = points.iter().map(|p| 1.0 - f64::from(*p) / 100.0).product();
        prop_assert!((f64::from(score) - 100.0 * (1.0 - exact)).abs() <= 0.5 + 1e-6);
    }
}
