//! `tokenward check`: what a gateway vouches for, and what is judged without a
//! token. Each option reaches the policy that reads it.

use crate::support::{NOW, NOW_TEXT, Ran, World};

/// A world with a bundle `b` of one policy.
fn world(policy: &str) -> World {
    let world = World::new();
    world.bundle("b", &format!("[[policy]]\n{policy}\n"));
    world
}

/// `tokenward check` by the bundle `b`, without a token and a key.
fn without(world: &World, arguments: &[&str]) -> Ran {
    world.run(&[&["check", "--bundle", "b", "--now", NOW_TEXT], arguments].concat())
}

/// Each row: what is said, the exit code, and the rule that is found.
#[track_caller]
fn judge(world: &World, claims: &str, rows: &[(&[&str], i32, &str)]) {
    let token = world.token(claims);
    for (arguments, code, rule) in rows {
        let ran = world.check(&token, &[&["--bundle", "b"], *arguments].concat());
        assert_eq!(ran.code, *code, "{arguments:?}: {ran:#?}");
        if rule.is_empty() {
            assert!(ran.out.contains("no findings"), "{arguments:?}: {ran:#?}");
        } else {
            assert!(ran.out.contains(&format!("[{rule}]")), "{arguments:?}: {ran:#?}");
        }
    }
}

#[test]
fn the_connection_is_judged() {
    let world = world("module='transport'\nsettings={unknown-tls='deny'}");
    let request = "GET https://api.example/orders";
    let cipher = "TLS_AES_128_GCM_SHA256";
    judge(
        &world,
        r#"{"sub":"u-1"}"#,
        &[
            (&["--request", request], 1, "unknown-transport"),
            (&["--request", request, "--tls", "1.3", "--tls-cipher", cipher], 0, ""),
            (&["--request", request, "--tls", "TLSv1.2", "--tls-cipher", cipher], 0, ""),
            (&["--request", request, "--tls", "1.1", "--tls-cipher", cipher], 1, "old-tls"),
            (
                &["--request", request, "--tls", "1.2", "--tls-cipher", "TLS_RSA_WITH_RC4_128_SHA"],
                1,
                "weak-cipher",
            ),
            // Of a request without method and URL, the connection can be known.
            (&["--tls", "1.3", "--tls-cipher", cipher], 0, ""),
            (&["--tls", "1.0", "--tls-cipher", cipher], 1, "old-tls"),
        ],
    );
}

#[test]
fn the_certificate_of_the_client_is_judged() {
    let world = world("module='transport'\nsettings={client-certificate='require'}");
    let shown = ["--tls", "1.3", "--client-certificate"];
    judge(
        &world,
        r#"{"sub":"u-1"}"#,
        &[(&shown, 0, ""), (&["--tls", "1.3"], 1, "no-client-certificate")],
    );
}

#[test]
fn where_the_token_was_is_judged() {
    let world = world("module='transport'\nsettings={token-in-body='deny'}");
    let at = |place| ["--request", "GET https://api.example/orders", "--token-location", place];
    judge(
        &world,
        r#"{"sub":"u-1"}"#,
        &[
            (&at("authorization-header"), 0, ""),
            (&at("query"), 1, "token-in-url"),
            (&at("body"), 1, "token-location"),
        ],
    );
}

#[test]
fn cookies_are_judged_and_their_values_not_shown() {
    let world = world("module='transport'\nsettings={max-cookie-age=600}");
    let good = "__Host-at=TOPSECRET; Secure; HttpOnly; SameSite=Strict; Max-Age=600; Path=/";
    let long = "__Host-at=TOPSECRET; Secure; HttpOnly; SameSite=Strict; Max-Age=601";
    let lax = "__Host-at; Secure; SameSite=Lax";
    let request = ["--request", "GET https://api.example/orders", "--token-location", "cookie"];
    let with = |cookies: &[&'static str]| {
        let cookies = cookies.iter().flat_map(|cookie| ["--cookie", *cookie]);
        request.into_iter().chain(cookies).collect::<Vec<_>>()
    };
    judge(
        &world,
        r#"{"sub":"u-1"}"#,
        &[
            (&with(&[good]), 0, ""),
            (&with(&[long]), 1, "cookie-lifetime"),
            (&with(&[lax]), 1, "cookie-attributes"),
            (&with(&[good, lax]), 1, "cookie-attributes"),
        ],
    );
    let token = world.token(r#"{"sub":"u-1"}"#);
    for format in ["text", "json"] {
        let arguments = ["--bundle", "b", "--explain", "--format", format];
        let ran = world.check(&token, &[&arguments, with(&[long, lax]).as_slice()].concat());
        assert!(ran.out.contains("__Host-at"), "{ran:#?}");
        assert!(!ran.out.contains("TOPSECRET") && !ran.out.contains(&token), "{ran:#?}");
    }
}

#[test]
fn the_age_of_a_key_is_judged() {
    let world = world(
        "module='key-strength'\nsettings={max-key-age=100,key-age-effect='deny',unknown-age='deny'}",
    );
    judge(
        &world,
        r#"{"sub":"u-1"}"#,
        &[
            (&[], 1, "unknown-key-age"),
            (&["--key-age", "100"], 0, ""),
            (&["--key-age", "101"], 1, "old-key"),
        ],
    );
    // A key file that says it is believed, and nothing else.
    let mut jwk: serde_json::Value =
        serde_json::from_str(&world.key.public_jwk().unwrap()).unwrap();
    jwk["iat"] = (NOW - 101).into();
    world.write("idp.public.jwk", jwk.to_string());
    let token = world.token(r#"{"sub":"u-1"}"#);
    world.check(&token, &["--bundle", "b"]).expect(1, &["[old-key]"]);
    let error = ["--key-age: the key file says when its key was created"];
    world.check(&token, &["--bundle", "b", "--key-age", "1"]).expect_error(&error);
}

#[test]
fn the_encryption_of_a_token_is_judged() {
    let world = world("module='encryption-required'");
    judge(
        &world,
        r#"{"sub":"u-1","email":"alice@example.com"}"#,
        &[
            (&[], 1, "sensitive-claim-not-encrypted"),
            (&["--encryption", "RSA-OAEP-256,A256GCM"], 0, ""),
            (&["--encryption", "RSA1_5,A256GCM"], 1, "key-algorithm-not-allowed"),
        ],
    );
}

#[test]
fn the_proof_of_possession_is_judged() {
    let world = world("module='audience-binding'\nsettings={sensitive=[{path='/payments/**'}]}");
    let request = ["--request", "POST https://api.example/payments/1"];
    let with = |proof| [&request[..], &["--binding", proof]].concat();
    judge(
        &world,
        r#"{"aud":"orders","sub":"u-1","jti":"a1",
            "cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}}"#,
        &[
            (&request, 1, "unproven-binding"),
            (&with("none"), 1, "unproven-binding"),
            (&with("mutual-tls"), 1, "unproven-binding"),
            (&with("dpop"), 0, ""),
        ],
    );
}

/// A password that attackers do not know, of so many characters.
fn password(length: &str) -> Vec<&str> {
    let known =
        ["password.breached=false", "password.common=false", "password.contains-name=false"];
    known.into_iter().chain([length]).flat_map(|fact| ["--fact", fact]).collect()
}

#[test]
fn a_log_in_is_judged_without_a_token() {
    let world = world("module='password-policy'");
    let login = ["--phase", "login", "--no-token"];
    let with = |length| [&login[..], &password(length)].concat();
    without(&world, &with("password.length=14")).expect(0, &["PERMIT  no token, no findings\n"]);
    let ran = without(&world, &with("password.length=11"));
    ran.expect(1, &["DENY  no token, 1 finding\n", "[too-short]"]);
    let explained = [&with("password.length=14")[..], &["--explain"]].concat();
    let ran = without(&world, &explained).expect(0, &["token      none yet", "password-policy 0."]);
    assert!(!ran.out.contains("unchecked") && !ran.out.contains("Which policies"), "{ran:#?}");
    // Standard input is not read.
    let arguments = [&["check", "--bundle", "b"], with("password.length=14").as_slice()].concat();
    world.run_with(&arguments, "TOPSECRET", &[]).expect(0, &["PERMIT  no token"]);
    // Where a token may be given, a missing one is a denial, here too.
    world.check("", &["--bundle", "b", "--phase", "login"]).expect(1, &["[token_missing]"]);
    world.check("", &["--bundle", "b"]).expect(1, &["[token_missing]"]);
}

#[test]
fn claims_are_judged_before_they_are_signed() {
    let world = world(
        "module='claim-minimization'\n[[policy]]\nmodule='encryption-required'\n[[policy]]\n\
         module='key-strength'\n[[policy]]\nmodule='lifetime-limits'",
    );
    let times = format!("\"iat\":{NOW},\"exp\":{}", NOW + 600);
    let good = format!("{{\"sub\":\"u-1\",{times}}}");
    let bad = format!("{{\"sub\":\"u-1\",\"email\":\"alice@example.com\",{times}}}");
    world.write("good.json", &good);
    let issue = ["--phase", "issue", "--claims"];
    let with = |arguments: &[&str]| without(&world, &[&issue[..], arguments].concat());
    with(&["@good.json"]).expect(0, &["PERMIT  claims to be signed, access token, "]);
    with(&[&good, "--kind", "logout+jwt"]).expect(0, &["claims to be signed, logout+jwt token"]);
    let ran = with(&[&bad, "--explain"]).expect(
        1,
        &[
            "DENY  claims to be signed, access token, ",
            "[personal-data]",
            "[sensitive-claim-not-encrypted]",
            "token      not signed yet",
            "claim-minimization, encryption-required read: `/email`",
        ],
    );
    assert!(!ran.out.contains("alice@") && !ran.out.contains("unchecked"), "{ran:#?}");
    let ran = with(&[&bad, "--encryption", "RSA-OAEP-256,A256GCM"]).expect(1, &[]);
    assert!(!ran.out.contains("not-encrypted"), "{ran:#?}");
    with(&[&good, "--token-header", r#"{"alg":"none"}"#]).expect(1, &["[unsigned-token]"]);
    with(&[&good, "--token-header", r#"{"alg":"ES256"}"#]).expect(0, &["PERMIT"]);
    // The kind counts: an access token may not live as long as a refresh token.
    let long = format!("{{\"sub\":\"u-1\",\"iat\":{NOW},\"exp\":{}}}", NOW + 86_400);
    with(&[&long]).expect(1, &["lifetime-limits"]);
    with(&[&long, "--kind", "refresh"]).expect(0, &["claims to be signed, refresh token"]);
}

#[test]
fn a_phase_for_which_no_policy_is_meant_is_a_fault() {
    let world = world("module='scope-check'");
    let token = world.token(r#"{"sub":"u-1"}"#);
    for (arguments, phase) in
        [(&["--phase", "refresh"][..], "refresh"), (&["--phase", "login"], "login")]
    {
        let ran = world.check(&token, &[&["--bundle", "b"], arguments].concat());
        let why = format!("no policy of the bundle is meant for the phase\n             `{phase}`");
        ran.expect(4, &["FAULT  access token", &why, "[no_policy_asked]", "bundle inspect"]);
    }
    let ran = without(&world, &["--phase", "login", "--no-token"]);
    ran.expect(4, &["FAULT  no token", "[no_policy_asked]"]);
    world.check(&token, &["--bundle", "b"]).expect(0, &["PERMIT"]);
    world.check("", &["--bundle", "b", "--phase", "refresh"]).expect(1, &["[token_missing]"]);
}

/// Each line: the arguments after `check`, and what the error says.
#[test]
fn what_is_not_accepted_says_what_is() {
    let world = World::new();
    let key = ["--key", "idp.public.jwk"];
    for (arguments, parts) in [
        (&["--tls", "13"][..], &["--tls `13`; accepted: a version, for instance `1.2`"][..]),
        (&["--tls", "1.3,TLS_AES_128_GCM_SHA256"], &["--tls `1.3,TLS", "accepted: a version"]),
        (&["--tls", "1.3", "--tls-cipher", "a b"], &["--tls-cipher `a b`; accepted: the IANA"]),
        (&["--tls-cipher", "TLS_AES_128_GCM_SHA256"], &["`--tls <VERSION>` is missing"]),
        (&["--client-certificate"], &["`--tls <VERSION>` is missing"]),
        (
            &["--token-location", "header"],
            &["accepted: `authorization-header`, `body`, `query`, `cookie`, `other-header`"],
        ),
        (&["--binding", "mtls"], &["accepted: `none`, `dpop`, `mutual-tls`"]),
        (&["--encryption", "dir"], &["--encryption: `dir`; accepted: the `alg` and the `enc`"]),
        (&["--key-age", "1y"], &["--key-age: `1y`; accepted: a whole number of seconds"]),
        (&["--key-age", "-1"], &["--key-age: `-1`; accepted: a whole number of seconds"]),
        (&["--key-age", "99999999999999999999"], &["accepted: a whole number of seconds"]),
        (&["--cookie", "=TOPSECRET"], &["--cookie: ", "accepted: `NAME` or `NAME=VALUE`"]),
        (&["--cookie", "a=TOPSECRET; Secur"], &["--cookie: attribute 1 ", "accepted: `Secure`"]),
        (&["--cookie", "a=\"x; TOPSECRET\""], &["--cookie: attribute 1 after the name"]),
        (&["--cookie", "a; SameSite=TOPSECRET"], &["accepted: `Strict`, `Lax`, `None`"]),
        (&["--no-token"], &["`--no-token`", "`--key <FILE>`", "exclude each other"]),
        (&["--phase", "issue", "--claims", "{}"], &["`--claims <JSON|@FILE>`", "exclude"]),
        (&["--kind", "id"], &["`--kind <KIND>`", "`--key <FILE>`", "exclude each other"]),
        (&["--token-header", "{}"], &["`--key <FILE>`", "exclude each other"]),
    ] {
        let all = [&["check"][..], &key, arguments].concat();
        let ran = world.run_with(&all, "x", &[]).expect_error(parts);
        assert!(!ran.err.contains("TOPSECRET"), "{ran:#?}");
    }
    for (arguments, parts) in [
        (&["--kind", "id"][..], &["`--claims <JSON|@FILE>` is missing"][..]),
        (&["--token-header", "{}"], &["`--claims <JSON|@FILE>` is missing"]),
        (&["--key-age", "1"], &["`--key <FILE>` is missing"]),
        (&["--key-age", "1", "--trust", "t"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--kind", "id"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--issuer", "i"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--key-age", "1"], &["exclude each other"]),
        (&["--phase", "issue", "--claims", "{}", "--issuer", "i"], &["exclude each other"]),
        (&["--phase", "issue", "--claims", "{}", "--key-age", "1"], &["exclude each other"]),
        (&["--no-token"], &["--no-token: in the phase `use`", "accepted: `--phase login`"]),
        (&["--no-token", "--phase", "issue"], &["--no-token: in the phase `issue`"]),
        (&["--claims", "{}"], &["--claims: in the phase `use`", "accepted: `--phase issue`"]),
        (&["--claims", "{}", "--phase", "login"], &["--claims: in the phase `login`"]),
        (&["--no-token", "--claims", "{}"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "x"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--binding", "dpop"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--encryption", "a,b"], &["exclude each other"]),
        (&["--no-token", "--phase", "login", "--token-location", "body"], &["exclude each other"]),
        (&["--phase", "issue", "--claims", "[1]"], &["--claims: it is JSON of type array"]),
        (&["--phase", "issue", "--claims", "TOPSECRET"], &["--claims: the text is not valid JSON"]),
        (&["--phase", "issue", "--claims", "@no.json"], &["--claims: `no.json`: No such file"]),
        (
            &["--phase", "issue", "--claims", "{}", "--kind", "acess"],
            &["--kind: `acess` is no token kind; accepted are `access`"],
        ),
        (
            &["--phase", "issue", "--claims", "{}", "--token-header", "x"],
            &["--token-header: the text is not valid JSON"],
        ),
    ] {
        let ran = world.run(&[&["check"][..], arguments].concat()).expect_error(parts);
        assert!(!ran.err.contains("TOPSECRET"), "{ran:#?}");
    }
}

#[test]
fn help_says_who_vouches_for_what() {
    let said = [
        "The request (the gateway vouches for it)",
        "Beside the token (the gateway vouches for it)",
        "Instead of a token",
        "is what a gateway would have to know, and is believed",
    ];
    World::new().run(&["check", "--help"]).expect(0, &said);
}
