//! What is wrong with arguments and files: exit code 2, and one sentence that
//! names the place and what is accepted.

use crate::support::World;

/// Each line: the arguments after `check`, and what the error says.
#[test]
fn arguments_of_check() {
    let world = World::new();
    let key = "--key idp.public.jwk";
    for (arguments, parts) in [
        ("", &["`--trust FILE`", "`--key FILE`", "`tokenward token mint --new-key demo`"][..]),
        ("--key no.jwk", &["--key: `no.jwk` cannot be read"]),
        ("--key .", &["--key: `.` cannot be read"]),
        ("--trust no.toml", &["--trust: `no.toml` cannot be read"]),
        ("--key a --trust b", &["`--key <FILE>`", "exclude each other"]),
        ("--trust b --audience c", &["`--audience <AUD>`", "exclude each other"]),
        ("--key a --issuer b", &["`--audience <AUD>` is missing"]),
        (&format!("{key} --bundle no-such"), &["unknown bundle `no-such`; accepted: `baseline`"]),
        (&format!("{key} @no.jwt"), &["the token's file: `no.jwt`: No such file"]),
        (&format!("{key} --now yesterday"), &["--now: `yesterday` is no moment; accepted are"]),
        (&format!("{key} --request GET"), &["--request: `GET`; accepted: a method and a URL"]),
        (&format!("{key} --header x"), &["--header `x`; accepted: NAME=VALUE"]),
        (&format!("{key} --header a:b=c"), &["--header: the header `a:b` is not accepted"]),
        (&format!("{key} --signal x"), &["--signal `x`; accepted: NAME=VALUE"]),
        (
            &format!("{key} --signal x=true,confidence=101"),
            &["--signal `x`: confidence `101`; accepted: 0 to 100"],
        ),
        (&format!("{key} --signal x=1 --signal x=2"), &["--signal `x`: it is there twice"]),
        (&format!("{key} --fact =1"), &["--fact `=1`; accepted: NAME=VALUE"]),
        (&format!("{key} --client-address x"), &["`x`; accepted: an IP address"]),
        (&format!("{key} --phase now"), &["`now`", "`use`, `issue`, `refresh`, `login`"]),
        (&format!("{key} --format xml"), &["`xml`", "accepted: `text`, `json`"]),
        (&format!("{key} --foramt json"), &["unknown option `--foramt`", "`--format`"]),
        (&format!("{key} {key}"), &["`--key <FILE>` is there twice"]),
    ] {
        let mut all = vec!["check"];
        all.extend(arguments.split_whitespace());
        world.run_with(&all, "x", &[]).expect_error(parts);
    }
    let two_words = ["check", "--key", "idp.public.jwk", "--request", "GET ftp://h/"];
    world.run(&two_words).expect_error(&["--request: the URL `ftp://h/` is not accepted"]);
}

#[test]
fn files_of_keys_and_trust() {
    let world = World::new();
    world.write("private.jwk", world.key.private_jwk());
    world.write("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    world.write("text.txt", "hello");
    let secret = r#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","alg":"HS256"}"#;
    world.write("secret.jwk", secret);
    for (file, parts) in [
        ("private.jwk", &["`private.jwk` is a private key; give the public key only"][..]),
        ("cert.pem", &["`cert.pem` is a certificate", "openssl x509"]),
        ("text.txt", &["`text.txt` is not a key file; accepted are a PEM public key, a JWK"]),
    ] {
        world.run_with(&["check", "--key", file], "x", &[]).expect_error(parts);
    }
    let issuer = "[[issuer]]\nissuer='i'\naudiences=['a']\n";
    for (trust, parts) in [
        ("issuer = ", &["`trust.toml`: TOML parse error at line 1"][..]),
        ("[[isuer]]", &["line 1", "unknown field `isuer`, expected `issuer`"]),
        ("", &["there is no issuer; name at least one"]),
        (&format!("{issuer}keys='no.jwk'"), &["issuer `i`, `keys`: `no.jwk` cannot be read"]),
        (&format!("{issuer}keys='private.jwk'"), &["`private.jwk` is a private key"]),
        (&format!("{issuer}keys='secret.jwk'"), &["are shared secrets", "`symmetric = true`"]),
        (
            &format!("{issuer}keys='idp.public.jwk'\nskew=900"),
            &["issuer `i`, `skew`: is above 300 seconds"],
        ),
    ] {
        world.write("trust.toml", trust);
        world.run_with(&["check", "--trust", "trust.toml"], "x", &[]).expect_error(parts);
    }
}

#[test]
fn files_of_bundles() {
    let world = World::new();
    world.write("bad/p.wasm", b"\0asm\x01\0\0\0");
    world.write("bad/text.wasm", b"hello");
    world.write("bad/clock.wasm", tokenward_tests::IMPORTING);
    for (policies, parts) in [
        ("[[policy]]\nmodule = ", &["bundle.toml`, line 5, column"][..]),
        ("[[policy]]\nmodul='x'", &["unknown field `modul`"]),
        ("[[policy]]\nmodule='no-such'", &["unknown module `no-such`; accepted: `"]),
        ("[[policy]]\nmodule='./no.wasm'", &["no.wasm`: No such file"]),
        (
            "[[policy]]\nmodule='./p.wasm'",
            &["bundle `bad`, policy `p`: not a WebAssembly component"],
        ),
        ("[[policy]]\nmodule='./text.wasm'", &["policy `text`: not a WebAssembly component"]),
        (
            "[[policy]]\nmodule='./clock.wasm'",
            &["policy `clock`: the component imports", "a policy may import nothing"],
        ),
        (
            "[[policy]]\nmodule='scope-check'\nsettings.routes=[{path='a'}]",
            &["bundle `bad`, policy `scope-check`: setting `/routes/0/path`: "],
        ),
        (
            "[[policy]]\nmodule='risk-score'\nsettings={profle='classic'}",
            &["policy `risk-score`: setting `/profle`: "],
        ),
    ] {
        world.bundle("bad", policies);
        let check = ["check", "--key", "idp.public.jwk", "--bundle", "bad"];
        let ran = world.run_with(&check, "x", &[]).expect_error(parts);
        let problem = parts.last().unwrap();
        assert_eq!(ran.err.matches(problem).count(), 1, "said twice: {}", ran.err);
        world.run(&["bundle", "inspect", "bad"]).expect_error(parts);
    }
}

#[test]
fn a_token_in_the_wrong_place_is_not_shown() {
    let world = World::new();
    let token = world.token(r#"{"sub":"u-1"}"#);
    let token = token.as_str();
    let url = format!("https://h/?access_token={token} x");
    for arguments in [
        &["check", token, "--bogus"][..],
        &["check", token, token],
        &["check", "--bogus", token],
        &["check", "--phase", token],
        &["check", "--format", token, token],
        &["check", "--key", token, token],
        &["check", "--trust", token],
        &["check", "--key", "idp.public.jwk", "--bundle", token],
        &["check", "--key", "idp.public.jwk", "--now", token],
        &["check", "--key", "idp.public.jwk", "--request", token],
        &["check", "--key", "idp.public.jwk", "--request", &url],
        &["check", "--key", "idp.public.jwk", "--header", token],
        &["check", "--key", "idp.public.jwk", "--signal", token],
        &["check", "--key", "idp.public.jwk", "--client-address", token],
        &["token", "decode", token, token],
        &["token", "mint", token],
        &["token", "mint", "--new-key", "k", "--alg", token],
        &["token", token],
        &["completions", token],
        &[token],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.code, 2, "{ran:?}");
        // Not even a part of it.
        for part in token.split('.') {
            let part = part.get(..12).unwrap();
            assert!(!ran.err.contains(part) && !ran.out.contains(part), "{ran:?}");
        }
    }
}
