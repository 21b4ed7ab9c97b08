//! The case tables, and what must hold for every input.

use proptest::prelude::*;
use tokenward_policy::testing::{assert_rules_are_told, assert_schema_is_that_of, run_cases};
use tokenward_policy::{
    Cookie, Effect, Fact, Finding, Input, Phase, Phases, Policy, Reads, Request, RequestParts,
    SameSite, Tls, Token, TokenKind, TokenLocation, Value, configure,
};

use crate::Transport;
use crate::settings::TlsVersion;
use crate::tls::{Cipher, Version};

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn cases() {
    run_cases::<Transport>(CASES);
}

#[test]
fn the_schema_is_that_of_the_settings() {
    assert_schema_is_that_of::<Transport>(&[]);
}

#[test]
fn is_asked_in_every_phase_but_login() {
    let phases = Phases::ISSUE | Phases::USE | Phases::REFRESH;
    assert_eq!(Transport::descriptor().phases, phases);
}

#[test]
fn the_cases_tell_every_rule() {
    assert_rules_are_told::<Transport>(CASES);
}

#[test]
fn reads_no_more_than_the_settings_need() {
    let reads = |settings: &str| configure::<Transport>(settings).expect("settings").reads();
    let parts = RequestParts::SCHEME
        | RequestParts::TLS
        | RequestParts::TOKEN_LOCATION
        | RequestParts::COOKIES;
    let query = ["access_token", "id_token", "refresh_token"].map(String::from).to_vec();
    assert_eq!(reads("{}"), Reads { query, ..Reads::nothing().and_request(parts) });
    assert_eq!(reads("{}"), Transport::descriptor().reads);
    let with_host = Reads::nothing().and_request(parts | RequestParts::HOST);
    assert_eq!(reads(r#"{"exempt-hosts":["a"],"query-parameters":[]}"#), with_host);
}

#[test]
fn versions_are_read() {
    for (name, expected) in [
        ("1.3", Version::Sound(TlsVersion::V1_3)),
        ("TLSv1.3", Version::Sound(TlsVersion::V1_3)),
        ("1.2", Version::Sound(TlsVersion::V1_2)),
        ("1.1", Version::Old),
        ("TLSv1.1", Version::Old),
        ("1.0", Version::Old),
        ("TLSv1", Version::Old),
        ("SSLv3", Version::Old),
        ("SSLv2", Version::Old),
        ("SSLv23", Version::Old),
        ("", Version::Unreadable),
        ("TLSv", Version::Unreadable),
        ("1.20", Version::Unreadable),
        ("1.4", Version::Unreadable),
        (" 1.3", Version::Unreadable),
        ("tlsv1.3", Version::Unreadable),
    ] {
        assert_eq!(Version::of(name), expected, "{name}");
    }
}

#[test]
fn cipher_suites_are_read() {
    let table: [(Cipher, &[&str]); 4] = [
        (
            Cipher::Sound,
            &[
                "TLS_AES_128_GCM_SHA256",
                "TLS_AES_256_GCM_SHA384",
                "TLS_AES_128_CCM_8_SHA256",
                "TLS_CHACHA20_POLY1305_SHA256",
                "TLS_AEGIS_256_SHA512",
                "TLS_SM4_GCM_SM3",
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
                "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                "TLS_DHE_RSA_WITH_CAMELLIA_128_GCM_SHA256",
                "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
                "TLS_ECCPWD_WITH_AES_128_GCM_SHA256",
            ],
        ),
        (
            Cipher::Dated,
            &[
                "TLS_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_RSA_WITH_AES_128_CBC_SHA",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                "TLS_DHE_RSA_WITH_SEED_CBC_SHA",
                "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256",
                "TLS_DH_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_PSK_WITH_AES_128_CCM",
                "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384",
            ],
        ),
        (
            Cipher::Weak,
            &[
                "TLS_RSA_WITH_RC4_128_MD5",
                "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
                "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
                "TLS_DHE_RSA_WITH_DES_CBC_SHA",
                "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5",
                "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA",
                "TLS_RSA_EXPORT1024_WITH_DES_CBC_SHA",
                "TLS_RSA_WITH_IDEA_CBC_SHA",
                "TLS_ECDHE_RSA_WITH_NULL_SHA",
                "TLS_NULL_WITH_NULL_NULL",
                "TLS_DH_anon_WITH_AES_128_GCM_SHA256",
                "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
                "TLS_DH_ANON_WITH_AES_128_GCM_SHA256",
                "TLS_SHA256_SHA256",
                "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
                "TLS_GCM",
                "RC4-SHA",
                "RC4-MD5",
                "DES-CBC3-SHA",
                "EXP-EDH-RSA-DES-CBC-SHA",
                "EXP1024-RC4-SHA",
                "ADH-AES256-GCM-SHA384",
                "AECDH-AES128-SHA",
                "ECDHE-RSA-NULL-SHA",
                "IDEA-CBC-SHA",
            ],
        ),
        (
            Cipher::Unreadable,
            &[
                "",
                "TLS",
                "TLS_",
                "AES128-SHA",
                "ECDHE-RSA-AES128-GCM-SHA256",
                "tls_aes_128_gcm_sha256",
                " TLS_AES_128_GCM_SHA256",
                "TLS_AES_128_GCM_SHA256 ",
                "TLS_AES_128_GCM_SHA256\n",
                "TLS_AES-128",
                "TLS13-AES128-GCM-SHA256",
            ],
        ),
    ];
    for (expected, names) in table {
        for name in names {
            assert_eq!(Cipher::of(name), expected, "{name}");
        }
    }
    for word in ["EXPORT40", "EXPORT56", "export1024", "rc2", "Null", "md5", "DES40"] {
        assert_eq!(Cipher::of(&format!("TLS_ECDHE_{word}_WITH_AES")), Cipher::Weak, "{word}");
    }
}

/// A long hostile name costs time in proportion to its length.
#[test]
fn hostile_lengths_are_judged() {
    for text in ["_".repeat(16_384), "A-".repeat(8_192), "TLS_".repeat(4_096)] {
        let tls =
            Tls { version: Some(text.clone()), cipher: Some(text), client_certificate: false };
        let request = Request { tls: Some(tls), ..request() };
        let verdict = transport("{}").evaluate(&input(Phase::Use, Some(request)));
        assert_eq!(verdict.findings.len(), 2);
    }
}

#[test]
fn a_scheme_that_is_neither_is_not_known() {
    let findings = |settings: &str, scheme: &str| {
        let request = Request { scheme: Some(scheme.into()), ..request() };
        transport(settings).evaluate(&input(Phase::Use, Some(request))).findings
    };
    for scheme in ["", "ws", "HTTPS", "https "] {
        assert_eq!(
            messages(&findings("{}", scheme)),
            ["the scheme of the request is neither `https` nor `http`"]
        );
    }
    assert!(findings(r#"{"unknown-scheme":"ignore"}"#, "ws").is_empty());
    assert!(findings("{}", "https").is_empty());
}

/// What a person reads, whole.
#[test]
fn messages_say_what_is_wrong() {
    let good = || cookie("__Host-at", true, true, SameSite::Strict);
    let unsafe_name = cookie("secret marker", false, true, SameSite::None);
    let long_name = cookie(&"a".repeat(65), true, true, SameSite::Lax);
    let settings = r#"{"max-cookie-age":60,"unknown-tls":"advise","token-in-body":"deny"}"#;
    let request = Request {
        tls: Some(Tls { version: Some("1.1".into()), cipher: None, client_certificate: false }),
        token_location: Some(TokenLocation::Body),
        cookies: vec![
            Cookie { max_age: Some(61), ..good() },
            cookie("__Host-b", false, false, SameSite::Unset),
            unsafe_name,
            long_name,
        ],
        ..request()
    };
    let verdict = transport(settings).evaluate(&input(Phase::Use, Some(request.clone())));
    assert_eq!(
        messages(&verdict.findings),
        [
            "the cipher suite is not known",
            "the version of TLS is below 1.2",
            "the token was in the body",
            "the cookie `__Host-at` is kept longer than 60 seconds",
            "the cookie `__Host-b` lacks Secure, HttpOnly, SameSite=Lax or Strict",
            "a cookie lacks HttpOnly, SameSite=Lax or Strict",
            "a cookie has a name without `__Host-` or `__Secure-` before it",
            "a cookie has a name without `__Host-` or `__Secure-` before it",
        ]
    );
    let strict = r#"{"same-site":"strict","min-tls":"1.3","cookie-prefix":"ignore"}"#;
    let tls = Tls { version: Some("1.2".into()), cipher: None, client_certificate: false };
    let cookies = vec![
        cookie("__Host-c", true, true, SameSite::Lax),
        cookie(&"a".repeat(64), true, false, SameSite::Strict),
        cookie("", true, false, SameSite::Strict),
    ];
    let request = Request { tls: Some(tls), cookies, ..request };
    let verdict = transport(strict).evaluate(&input(Phase::Use, Some(request)));
    assert_eq!(
        messages(&verdict.findings),
        [
            "the version of TLS is below 1.3",
            "the token was in the body",
            "the cookie `__Host-c` lacks SameSite=Strict",
            &format!("the cookie `{}` lacks Secure", "a".repeat(64)),
            "a cookie lacks Secure",
        ]
    );
}

#[test]
fn a_finding_says_what_is_not_known() {
    let settings =
        r#"{"unknown-tls":"advise","unknown-location":"advise","refresh-in-cookie":"require"}"#;
    let said = |phase: Phase, request: Option<Request>| {
        let mut input = input(phase, request);
        if let Some(token) = &mut input.token {
            token.kind = if phase == Phase::Use { TokenKind::Access } else { TokenKind::Refresh };
        }
        messages(&transport(settings).evaluate(&input).findings).join("; ")
    };
    let tls = |version: Option<&str>, cipher: Option<&str>| {
        let tls = Tls {
            version: version.map(Into::into),
            cipher: cipher.map(Into::into),
            client_certificate: false,
        };
        let token_location = Some(TokenLocation::AuthorizationHeader);
        Some(Request { tls: Some(tls), token_location, ..request() })
    };
    for (phase, request, expected) in [
        (
            Phase::Use,
            Some(request()),
            "neither the version of TLS nor the cipher suite is known; it is not known where in \
             the request the token was",
        ),
        (Phase::Use, tls(Some("1.3"), None), "the cipher suite is not known"),
        (Phase::Use, tls(None, Some("TLS_AES_128_GCM_SHA256")), "the version of TLS is not known"),
        (
            Phase::Use,
            tls(Some("x"), Some("y")),
            "the version of TLS is not one that is known; the cipher suite is not given by its \
             IANA name",
        ),
        (Phase::Refresh, None, "there is no request, and so no cookie with the refresh token"),
        (
            Phase::Refresh,
            tls(Some("1.3"), Some("TLS_AES_128_GCM_SHA256")),
            "the refresh token was not sent in a cookie",
        ),
        (
            Phase::Issue,
            tls(Some("1.3"), Some("TLS_AES_128_GCM_SHA256")),
            "the refresh token is about to be delivered other than in a cookie",
        ),
    ] {
        assert_eq!(said(phase, request), expected);
    }
}

/// However many cookies come, the verdict keeps to the limits of the host, and a denial stays.
#[test]
fn many_cookies_are_denied() {
    let evaluate = |count: usize, cookie: &Cookie| {
        let cookies = vec![cookie.clone(); count];
        let request = Request { cookies, ..request() };
        transport(r#"{"max-cookie-age":1}"#).evaluate(&input(Phase::Use, Some(request))).findings
    };
    let good = cookie("__Host-at", true, true, SameSite::Lax);
    let bad = Cookie { max_age: Some(2), ..cookie("at", false, false, SameSite::Unset) };
    assert!(evaluate(64, &good).is_empty());
    assert_eq!(
        messages(&evaluate(65, &good)),
        ["more than 64 cookies carry a token; the others are not judged"]
    );
    assert!(evaluate(65, &good).iter().all(|finding| finding.effect == Effect::Deny));
    assert_eq!(evaluate(64, &bad).len(), 192);
    assert_eq!(evaluate(1000, &bad).len(), 193);
}

#[test]
fn lists_that_are_too_long_are_refused() {
    let paths = |settings: serde_json::Value| -> Vec<String> {
        let errors = configure::<Transport>(&settings.to_string()).err().unwrap_or_default();
        errors.into_iter().map(|error| error.path).collect()
    };
    let texts = |count: usize| (0..count).map(|n| format!("a{n}")).collect::<Vec<_>>();
    for list in ["exempt-hosts", "query-parameters"] {
        assert!(paths(serde_json::json!({ list: texts(200) })).is_empty());
        assert_eq!(paths(serde_json::json!({ list: texts(201) })), [format!("/{list}")]);
    }
    let long = |list: &str, length: usize| paths(serde_json::json!({ list: ["a".repeat(length)] }));
    assert!(long("exempt-hosts", 253).is_empty() && long("query-parameters", 256).is_empty());
    assert_eq!(long("exempt-hosts", 254), ["/exempt-hosts/0"]);
    assert_eq!(long("query-parameters", 257), ["/query-parameters/0"]);
}

fn transport(settings: &str) -> Transport {
    configure(settings).expect("settings")
}

fn messages(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.message.as_str()).collect()
}

fn cookie(name: &str, http_only: bool, secure: bool, same_site: SameSite) -> Cookie {
    Cookie { name: name.into(), http_only, secure, same_site, max_age: None }
}

/// Over HTTPS, and nothing else known.
fn request() -> Request {
    Request {
        method: None,
        scheme: Some("https".into()),
        host: None,
        path: None,
        query: Vec::new(),
        headers: Vec::new(),
        client_address: None,
        token_location: None,
        tls: None,
        cookies: Vec::new(),
    }
}

fn input(phase: Phase, request: Option<Request>) -> Input {
    Input {
        phase,
        now: None,
        token: Some(Token {
            kind: TokenKind::Access,
            header: Vec::new(),
            key: None,
            encryption: None,
            binding: None,
        }),
        claims: Vec::new(),
        request,
        signals: Vec::new(),
        facts: Vec::new(),
    }
}

fn any_request() -> impl Strategy<Value = Request> {
    let text = |known: &[&'static str]| {
        prop_oneof![prop::sample::select(known.to_vec()).prop_map(String::from), ".*"]
    };
    let scheme = prop::option::of(text(&["http", "https", "https", "https"]));
    let host = prop::option::of(text(&["localhost", "api.example", "secret-marker"]));
    let version = prop::option::of(text(&["1.3", "1.2", "1.1", "secret-marker"]));
    let cipher = prop::option::of(text(&[
        "TLS_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_128_CBC_SHA",
        "TLS_RSA_WITH_RC4_128_MD5",
        "secret-marker",
    ]));
    let tls = prop::option::of((version, cipher, any::<bool>()).prop_map(
        |(version, cipher, client_certificate)| Tls { version, cipher, client_certificate },
    ));
    let location = prop::option::of(prop::sample::select(vec![
        TokenLocation::AuthorizationHeader,
        TokenLocation::Body,
        TokenLocation::Query,
        TokenLocation::Cookie,
        TokenLocation::OtherHeader,
    ]));
    let same_site = prop::sample::select(vec![
        SameSite::Unset,
        SameSite::None,
        SameSite::Lax,
        SameSite::Strict,
    ]);
    let cookie = (
        text(&["__Host-a", "__Secure-a", "a", "secret\u{7}marker"]),
        any::<bool>(),
        any::<bool>(),
        same_site,
        prop::option::of(0u64..100),
    )
        .prop_map(|(name, http_only, secure, same_site, max_age)| Cookie {
            name,
            http_only,
            secure,
            same_site,
            max_age,
        });
    let cookies = prop::collection::vec(cookie, 0..4);
    let query = prop::option::of("secret-marker.*");
    (scheme, host, tls, location, cookies, query).prop_map(
        |(scheme, host, tls, token_location, cookies, query)| Request {
            scheme,
            host,
            tls,
            token_location,
            cookies,
            query: query
                .map(|q| Fact { name: "access_token".into(), value: Value::Text(q) })
                .into_iter()
                .collect(),
            ..request()
        },
    )
}

fn any_settings() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{}",
        r#"{"exempt-hosts":["localhost"],"min-tls":"1.3","max-cookie-age":50,"unknown":"deny"}"#,
        r#"{"refresh-in-cookie":"require","client-certificate":"require","same-site":"strict"}"#,
        r#"{"ciphers":["TLS_AES_128_GCM_SHA256"],"plaintext":"advise","unknown-tls":"deny",
            "unknown-location":"deny","cookie-effect":"advise"}"#,
    ])
}

proptest! {
    /// Whatever comes, an answer comes, on one line, by rules that are described,
    /// without a word of the request.
    #[test]
    fn answers_within_bounds(
        settings in any_settings(), request in prop::option::of(any_request()),
        phase in prop::sample::select(vec![Phase::Issue, Phase::Use, Phase::Refresh]),
    ) {
        let rules = Transport::descriptor().rules;
        for finding in transport(settings).evaluate(&input(phase, request)).findings {
            prop_assert!(rules.iter().any(|rule| rule.id == finding.rule));
            prop_assert!(!finding.message.contains("secret"));
            prop_assert!(!finding.message.chars().any(char::is_control));
            prop_assert!(finding.message.len() < 200);
        }
    }

    /// What passes without denial by default is no plain HTTP, no old or weak
    /// TLS, no URL, and no cookie that scripts or others can read.
    #[test]
    fn nothing_open_passes_by_default(request in any_request()) {
        let verdict = transport("{}").evaluate(&input(Phase::Use, Some(request.clone())));
        if verdict.findings.iter().any(|finding| finding.effect == Effect::Deny) {
            return Ok(());
        }
        prop_assert!(request.scheme.as_deref() != Some("http"));
        prop_assert!(request.query.is_empty());
        prop_assert!(request.token_location != Some(TokenLocation::Query));
        for cookie in &request.cookies {
            prop_assert!(cookie.secure && cookie.http_only);
            prop_assert!(matches!(cookie.same_site, SameSite::Lax | SameSite::Strict));
        }
        if let (Some("https"), Some(tls)) = (request.scheme.as_deref(), &request.tls) {
            prop_assert!(tls.version.as_deref() != Some("1.1"));
            prop_assert!(tls.cipher.as_deref() != Some("TLS_RSA_WITH_RC4_128_MD5"));
        }
    }
}
