//! `tokenward token decode` and `mint`.

use crate::support::{NOW_TEXT, World};

#[test]
fn a_token_is_decoded_and_marked_as_unverified() {
    let world = World::new();
    let claims = r#"{"iss":"https://idp.example","x":"\u001b[31m\u202e","n":{"b":[1,2.5]}}"#;
    let token = world.token(claims);
    world.run(&["token", "decode", &token]).expect(
        0,
        &[
            "UNVERIFIED",
            "Header\n  alg  \"ES256\"\n",
            "  iss  \"https://idp.example\"\n",
            "  exp  1800000840 2027-01-15T08:14:00Z\n",
            "  x    \"\\u001b[31m\\u202e\"\n",
            "  n    {\"b\":[1,2.5]}\n",
        ],
    );
    let as_json = ["token", "decode", "--format", "json"];
    let ran = world.run_with(&as_json, &token, &[]).expect(0, &["\\u202e"]);
    let record = ran.json();
    assert_eq!(record["verified"], false);
    assert_eq!(record["claims"]["x"], "\u{1b}[31m\u{202e}");
    assert_eq!(record["header"]["alg"], "ES256");
    assert_eq!(record["times"]["iat"], "2027-01-15T07:59:00Z");
}

#[test]
fn what_cannot_be_decoded_has_its_code() {
    let world = World::new();
    for (token, code) in [
        ("x", "malformed_compact"),
        ("", "malformed_compact"),
        ("e30.W10.AA", "claims_not_json"),
        ("e30.e30.AA.AA.AA", "unexpected_jwe"),
    ] {
        let ran = world.run_with(&["token", "decode"], token, &[]).expect(1, &["UNREADABLE"]);
        assert!(ran.out.contains(&format!("code    {code}\n")), "{token}: {}", ran.out);
        let as_json = ["token", "decode", "--format", "json"];
        let record = world.run_with(&as_json, token, &[]).expect(1, &[]).json();
        assert_eq!(record["error"]["code"], code);
    }
}

#[test]
fn a_token_is_minted_with_a_new_key_and_accepted() {
    let world = World::new();
    let mint = [
        "token",
        "mint",
        "--new-key",
        "demo",
        "--claim",
        "sub=u-1",
        "--claim",
        "/realm/roles=[\"a\"]",
        "--claim",
        "n=3",
        "--claim",
        "t=\"3\"",
        "--now",
        NOW_TEXT,
        "--ttl",
        "5m",
        "--typ",
        "at+jwt",
        "--kid",
        "k-1",
    ];
    let twice = ["token", "mint", "--key", "k.jwk", "--claim", "a=1", "--claim", "a=2"];
    world.run(&twice).expect_error(&["--claim `a`", "it is there twice"]);
    let ran = world.run(&mint).expect(0, &[]);
    assert!(ran.err.contains("`demo.private.jwk` (keep it secret) and `demo.public.jwk`"));
    assert_eq!((ran.out.lines().count(), ran.out.matches('.').count()), (1, 2), "{}", ran.out);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = world.path("demo.private.jwk").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let decode = ["token", "decode", "--format", "json"];
    let record = world.run_with(&decode, &ran.out, &[]).json();
    let expected = serde_json::json!({
        "sub": "u-1", "realm": {"roles": ["a"]}, "n": 3, "t": "3",
        "iat": 1_800_000_000, "exp": 1_800_000_300,
    });
    assert_eq!(record["claims"], expected);
    let header = serde_json::json!({"alg": "ES256", "typ": "at+jwt", "kid": "k-1"});
    assert_eq!(record["header"], header);
    let check = ["check", "--key", "demo.public.jwk", "--now", NOW_TEXT];
    world.run_with(&check, &ran.out, &[]).expect(0, &["PERMIT"]);

    // The key is not replaced by accident, and signs again.
    let before = std::fs::read(world.path("demo.private.jwk")).unwrap();
    world.run(&mint).expect_error(&["`demo.private.jwk` is there already; `--force` replaces it"]);
    assert_eq!(std::fs::read(world.path("demo.private.jwk")).unwrap(), before);
    let again = ["token", "mint", "--key", "demo.private.jwk", "--now", NOW_TEXT];
    let token = world.run(&again).expect(0, &[]).out;
    world.run_with(&check, &token, &[]).expect(0, &["PERMIT"]);
    let forced = [&mint[..], &["--force"]].concat();
    world.run(&forced).expect(0, &[]);
    world.run_with(&check, &token, &[]).expect(1, &["[signature_invalid]"]);
}

#[test]
fn claims_come_whole_and_without_defaults() {
    let world = World::new();
    world.write("claims.json", r#"{"exp":5,"a":1}"#);
    for (arguments, expected) in [
        (&["--claims", "@claims.json", "--now", "100"][..], r#"{"exp":5,"a":1,"iat":100}"#),
        (&["--claims", r#"{"a":1}"#, "--claim", "a=2", "--no-defaults"], r#"{"a":2}"#),
        (&["--no-defaults"], "{}"),
        (&["--no-defaults", "--claim", "a=b=c"], r#"{"a":"b=c"}"#),
    ] {
        let mint = [&["token", "mint", "--new-key", "k", "--force"][..], arguments].concat();
        let token = world.run(&mint).expect(0, &[]).out;
        let decode = ["token", "decode", "--format", "json"];
        let record = world.run_with(&decode, &token, &[]).expect(0, &[]).json();
        let expected: serde_json::Value = serde_json::from_str(expected).unwrap();
        assert_eq!(record["claims"], expected);
    }
}

#[test]
fn a_shared_secret_has_one_file() {
    let world = World::new();
    let mint = ["token", "mint", "--new-key", "s", "--alg", "HS256", "--now", NOW_TEXT];
    let ran = world.run(&mint).expect(0, &[]);
    assert!(ran.err.contains("a shared secret"), "{}", ran.err);
    assert!(!world.path("s.public.jwk").exists());
    let check = ["check", "--key", "s.private.jwk", "--now", NOW_TEXT];
    world.run_with(&check, &ran.out, &[]).expect(0, &["PERMIT"]);
}

#[test]
fn what_cannot_be_minted_says_why_and_writes_nothing() {
    let world = World::new();
    for (arguments, parts) in [
        (&[][..], &["no key to sign with; give `--new-key NAME`"][..]),
        (&["--key", "no.jwk"], &["--key: `no.jwk`: No such file"]),
        (&["--key", "idp.public.jwk"], &["--key: `idp.public.jwk`: "]),
        (&["--new-key", "n", "--alg", "none"], &["--alg: `none` is not an accepted algorithm"]),
        (&["--new-key", "n", "--claims", "[1]"], &["--claims: it is JSON of type array"]),
        (&["--new-key", "n", "--claims", "x"], &["--claims: the text is not valid JSON"]),
        (&["--new-key", "n", "--claim", "x"], &["--claim `x`; accepted: NAME=VALUE"]),
        (&["--new-key", "n", "--claim", "a=1", "--claim", "/a/b=1"], &["--claim `/a/b`: "]),
        (&["--new-key", "n", "--ttl", "soon"], &["--ttl: `soon` is no span of time; accepted"]),
        (&["--new-key", "n", "--kid", "\u{1}"], &["--kid: the `kid` is not 1 to 256"]),
        (&["--new-key", "no-folder/n"], &["`no-folder/n.private.jwk`: No such file"]),
        (&["--force"], &["`--new-key <NAME>` is missing"]),
    ] {
        let mint = [&["token", "mint"][..], arguments].concat();
        world.run(&mint).expect_error(parts);
    }
    assert!(!world.path("n.private.jwk").exists());
}
