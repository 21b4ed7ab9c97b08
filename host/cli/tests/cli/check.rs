//! `tokenward check`: outcomes, exit codes, where a token comes from, and the text.

use std::process::Stdio;

use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Json};

use crate::support::{NOW, NOW_TEXT, World, command, object};

const TRUST: &str = r#"
[[issuer]]
issuer = "https://idp.example"
keys = "idp.public.jwk"
audiences = ["https://api.example"]
"#;
const GOOD: &str = r#"{"iss":"https://idp.example","aud":"https://api.example","sub":"u-1"}"#;

#[test]
fn a_token_comes_as_an_argument_from_a_file_or_from_standard_input() {
    let world = World::new();
    let token = world.token(GOOD);
    world.write("t.jwt", format!("{token}\r\n"));
    world.write("h.txt", format!("Authorization: Bearer {token}\n"));
    let bearer = format!("Bearer {token}");
    for (arguments, input) in [
        (vec![token.as_str()], ""),
        (vec![bearer.as_str()], ""),
        (vec!["@t.jwt"], ""),
        (vec!["@h.txt"], ""),
        (vec!["-"], bearer.as_str()),
        (vec![], token.as_str()),
    ] {
        world.check(input, &arguments).expect(0, &["PERMIT  access token of https://idp.example"]);
    }
    let ran = world.check("", &["t.jwt"]).expect(1, &["[malformed_compact]"]);
    assert!(ran.out.contains("to check the token in it, write `@t.jwt`"), "{}", ran.out);
}

#[test]
fn what_is_no_acceptable_token_is_denied_with_its_code() {
    let world = World::new();
    world.write("trust.toml", TRUST);
    let other = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid(world.key.kid()).unwrap();
    let mut claims = object(GOOD);
    claims.set("exp", Json::Integer(NOW + 60));
    let good = world.token(GOOD);
    let none = good.rsplit_once('.').unwrap().0.to_owned() + ".";
    for (token, code, says) in [
        (String::new(), "token_missing", "no token was given"),
        ("not a token".into(), "malformed_compact", "check      Was the token cut off"),
        ("x".repeat(20_000), "token_too_large", "16384 bytes"),
        (other.mint(None, &claims).unwrap(), "signature_invalid", "somebody changed it"),
        (none, "signature_missing", "the token has no signature"),
        (world.token(r#"{"aud":"https://api.example"}"#), "issuer_missing", "Compare `iss`"),
        (
            world.token(&GOOD.replace("idp.", "idq.")),
            "issuer_unknown",
            "trusted    `https://idp.example`",
        ),
        (world.token(&GOOD.replace("api.", "apj.")), "audience_mismatch", "Compare `aud`"),
        (
            world.token(&GOOD.replace("\"sub\"", "\"exp\":1799996400,\"iat\":1799990000,\"sub\"")),
            "expired",
            "has expired, 1 h ago",
        ),
    ] {
        let arguments = ["check", "--trust", "trust.toml", "--now", NOW_TEXT];
        let ran = world.run_with(&arguments, &token, &[]);
        let ran = ran.expect(1, &["DENY  ", &format!("[{code}]"), says, "baseline 0."]);
        assert_eq!(ran.err, "", "{code}");
    }
}

#[test]
fn an_accepted_token_and_what_was_not_checked() {
    let world = World::new();
    world.write("trust.toml", TRUST);
    let token = world.token(GOOD);
    let trust = ["check", "--trust", "trust.toml", "--now", "2027-01-15T08:00:00Z"];
    let ran = world.run_with(&trust, &token, &[]).expect(0, &["expires in 14 min, at 2027-01-15T"]);
    assert!(!ran.out.contains("unchecked"), "{}", ran.out);
    world.check(&token, &[]).expect(0, &["unchecked  issuer, audience, kind: only a key"]);
    let audience = ["--audience", "https://api.example"];
    world.check(&token, &audience).expect(0, &["unchecked  issuer, kind: only"]);
    world.check(&token, &["--audience", "x"]).expect(1, &["[audience_mismatch]"]);
    let issuer = ["--audience", "https://api.example", "--issuer", "https://idp.example"];
    let ran = world.check(&token, &issuer).expect(0, &["PERMIT"]);
    assert!(!ran.out.contains("unchecked"), "{}", ran.out);
    let issuer = ["--audience", "https://api.example", "--issuer", "https://idp.example/"];
    world.check(&token, &issuer).expect(1, &["[issuer_unknown]"]);
}

#[test]
fn findings_are_grouped_and_wrapped_with_each_remedy_once() {
    let world = World::new();
    let claims = r#"{"sub":"u-1","email":"alice@example.com","ssn":"078-05-1120","colour":"red"}"#;
    let ran = world.check(&world.token(claims), &[]).expect(
        1,
        &[
            "DENY  access token without issuer, 3 findings (1 of them advice)",
            "\nclaim-minimization\n  The claim holds personal data [personal-data]\n    high      /email ",
            "\n    high      /ssn ",
            "\n    controls  GDPR 5(1)(c), GDPR 25(2)\n",
            "\nAdvice (decides nothing)\n\nclaim-minimization\n  The claim is not expected",
            "\n    info      /colour ",
            "\nbundle     baseline 0.",
        ],
    );
    assert_eq!(ran.out.matches("    change    Take the claim out").count(), 1, "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert!(!ran.out.contains("alice@") && !ran.out.contains("078-05"), "{}", ran.out);
}

#[test]
fn missing_scopes_are_shown_with_the_challenge() {
    let world = World::new();
    world.bundle(
        "routes",
        "[[policy]]\nmodule='scope-check'\n\
         settings.routes=[{methods=['GET'],path='/records/{id}',all-of=['records:read']}]\n",
    );
    let token = world.token(r#"{"sub":"u-1","scope":"openid"}"#);
    let request = ["--bundle", "routes", "--request", "GET https://api.example/records/1"];
    let ran = world.check(&token, &request).expect(
        1,
        &[
            "needs      a token that has `records:read` as well",
            "challenge  WWW-Authenticate: Bearer error=\"insufficient_scope\"",
            "missing-scope",
            "bundle     routes 1.2.3",
        ],
    );
    assert!(ran.out.contains("scope=\"records:read\""), "{}", ran.out);
    let other = ["--bundle", "routes", "--request", "POST https://api.example/records/1"];
    world.check(&token, &other).expect(0, &["PERMIT"]);
}

#[test]
fn two_signals_of_the_classic_profile_call_for_a_step_up() {
    let world = World::new();
    let policy = "[[policy]]\nmodule='risk-score'\nsettings.profile='classic'\n";
    world.bundle("classic", policy);
    let token = world.token(r#"{"sub":"u-1"}"#);
    let with = |signals: &[&str]| {
        let mut arguments = vec!["--bundle", "classic"];
        arguments.extend(signals.iter().flat_map(|signal| ["--signal", signal]));
        world.check(&token, &arguments)
    };
    with(&["new-device=true"]).expect(0, &["PERMIT"]);
    with(&["new-device=true", "failed-attempts=2"]).expect(0, &["PERMIT"]);
    with(&["new-device=true,confidence=90,age=5,source=edr", "failed-attempts=3"]).expect(
        3,
        &[
            "STEP UP  access token",
            "needs      another authentication, at most 5 min old",
            "challenge  WWW-Authenticate: Bearer error=\"insufficient_user_authentication\"",
            "max_age=\"300\"",
            "risk        2: ",
        ],
    );
}

#[test]
fn an_explanation_says_what_was_read_and_what_was_not() {
    let world = World::new();
    let two = "[[policy]]\nmodule='scope-check'\n[[policy]]\nmodule='lifetime-limits'\n";
    world.bundle("two", two);
    let token = world.token(r#"{"sub":"u-1","scope":"a","x":{"y":1}}"#);
    world.check(&token, &["--bundle", "two", "--explain"]).expect(
        0,
        &[
            "How it was decided\n",
            "passed compact form, strict JSON, header,\n             signature, times and claims\n",
            "key        EC P-256, 256 bits, `kid`",
            "scope-check 0.1.0 permit, ",
            " fuel, ",
            "    reads      claims `/scope`, `/scp`\n",
            "the time of the decision",
            "cache      ",
            " KiB memory, ",
            "Which policies read which claims\n",
            "  scope-check read: `/scope`\n",
            "  no policy reads: `/sub`, `/x`\n",
        ],
    );
    let all = world.check(&token, &["--explain", "--no-cache"]);
    all.expect(
        0,
        &["reads      all claims", "  claim-minimization read: `/sub`", "off, by --no-cache"],
    );
    let bad = world.token(r#"{"sub":"u-1","exp":1700000000,"iat":1600000000}"#);
    let ran = world.check(&bad, &["--explain"]).expect(1, &["failed at times and claims"]);
    assert!(!ran.out.contains("Which policies"), "{}", ran.out);
}

#[test]
fn a_run_without_a_cache_is_the_same() {
    let world = World::new();
    let token = world.token(r#"{"sub":"u-1"}"#);
    let file = world.write("file", "");
    let arguments = ["check", "--key", "idp.public.jwk", "--now", NOW_TEXT, "--explain"];
    for (cache, says) in [("off", "off, by TOKENWARD_CACHE"), (file.to_str().unwrap(), "none: ")] {
        let ran = world.run_with(&arguments, &token, &[("TOKENWARD_CACHE", cache)]);
        ran.expect(0, &["PERMIT", "cache      ", says]);
    }
}

#[test]
fn colour_is_for_terminals_and_for_those_who_ask() {
    let world = World::new();
    let coloured = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut all = vec!["check", "--key", "idp.public.jwk"];
        all.extend(arguments);
        world.run_with(&all, "", environment).out.contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    let mut child = command(world.folder.path())
        .args(["check", "--key", "idp.public.jwk", "--explain", "x"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn characters_of_a_token_do_not_reach_the_terminal() {
    let world = World::new();
    for (name, code) in
        [("\\u202eemail", None), ("\\u001b[31m", Some(1)), ("\\u009b0m\\u200b", Some(1))]
    {
        let times = r#""iat":1799999940,"exp":1800000840"#;
        let claims =
            format!("{{\"sub\":\"u-1\",{times},\"{name}\":\"\\u001b]0;x\\u0007\\u202e\"}}");
        let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, world.key.kid());
        let token = world.key.sign_parts(header.as_bytes(), claims.as_bytes()).unwrap();
        for format in ["text", "json"] {
            let ran = world.check(&token, &["--format", format, "--explain"]);
            let hidden = |c: char| (c.is_control() && c != '\n') || "\u{200b}\u{202e}".contains(c);
            assert!(!ran.out.contains(hidden), "{}", ran.out);
            assert!(code.is_none_or(|code| code == ran.code) && ran.code < 2, "{}", ran.out);
            assert_eq!(ran.out.contains("member_name_invalid"), code.is_some(), "{}", ran.out);
            assert!(ran.out.contains("202e") || !name.contains("202e"), "{}", ran.out);
        }
    }
}
