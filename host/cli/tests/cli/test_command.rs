//! `tokenward test`: cases, what is said of them, and what they reach.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use crate::support::{World, command};

const SCHEMA: &str = include_str!("../../schema/test.schema.json");

/// A bundle with a route, in the folder `shop`.
const SHOP: &str = "[[policy]]\nmodule='scope-check'\n\
    settings.routes=[{methods=['GET'],path='/orders',all-of=['orders:read']}]\n\
    [[policy]]\nmodule='lifetime-limits'\nsettings.max-lifetime.access=900\n";

const HELD: &str = r#"
[[case]]
name = "the scope is held"
claims = { sub = "u-1", scope = "orders:read", iat = 1700000000, exp = 1700000900 }
request = "GET https://api.example/orders"
expect = "permit"
"#;

const MISSING: &str = r#"
[[case]]
name = "the scope is missing"
claims = '{"sub":"u-1","iat":1700000000,"exp":1700000900}'
request = "GET https://api.example/orders"
expect = "deny"
findings = ["scope-check missing-scope /scope"]
requirements = ["scope orders:read"]
challenge = "insufficient_scope"
"#;

/// What it expects does not come.
const WRONG: &str = r#"
[[case]]
name = "a case that <fails> # here"
description = "It shows \"differences\"."
claims = { sub = "u-1", iat = 1700000000, exp = 1700009000 }
request = "GET https://api.example/orders"
expect = "permit"
findings = ["scope-check broad-scope /scope"]
controls = ["GDPR 99"]
"#;

fn shop(cases: &[&str]) -> World {
    let world = World::new();
    world.bundle("shop", SHOP);
    world.write("shop/cases/orders.toml", cases.concat());
    world
}

#[test]
fn the_built_in_cases_pass() {
    let world = World::new();
    for name in tokenward::built_in_bundles().filter(|n| !tokenward::built_in_cases(n).is_empty()) {
        world.run(&["test", name]).expect(0, &["PASSED  ", " cases of ", " passed\n"]);
    }
    let cases = tokenward::built_in_cases("baseline").len();
    let ran = world.run(&["test"]).expect(0, &["baseline/risk.toml", "baseline/tokens.toml"]);
    assert_eq!(ran.out.matches(" passed\n").count(), cases, "{ran:?}");
    assert_eq!(ran.err, "");
}

#[test]
fn cases_that_pass_and_cases_that_fail() {
    let world = shop(&[HELD, MISSING]);
    let ran = world.run(&["test", "shop"]);
    ran.expect(0, &["shop/cases/orders.toml  2 passed", "PASSED  2 cases of shop 1.2.3, "]);
    world.write("shop/cases/other.toml", WRONG);
    let ran = world.run(&["test", "shop"]).expect(
        1,
        &[
            "FAIL  a case that <fails> # here (shop/cases/other.toml:3)\n",
            "  It shows \"differences\".\n",
            "  expected    outcome permit\n  got         outcome deny\n",
            "  missing     finding scope-check broad-scope /scope\n",
            "  unexpected  finding scope-check missing-scope /scope\n              the token lacks",
            "  unexpected  finding lifetime-limits lifetime-too-long /exp\n",
            "  missing     control GDPR 99\n",
            "shop/cases/orders.toml  2 passed\nshop/cases/other.toml   0 passed, 1 failed\n",
            "FAILED  1 of 3 cases of shop 1.2.3, ",
        ],
    );
    assert_eq!(ran.err, "");
    let coloured = world.run(&["test", "shop", "--color", "always"]);
    assert!(coloured.out.contains("\u{1b}[") && coloured.code == 1, "{coloured:?}");
}

#[test]
fn every_kind_of_fact_reaches_the_policies() {
    let world = World::new();
    world.write("b/hostile.wasm", tokenward_tests::HOSTILE);
    world.bundle("b", "[[policy]]\nmodule='./hostile.wasm'\nsettings={evaluate='report-input',reads=['/sub','/address/zip']}\n");
    let all = r#"
[[case]]
name = "all"
claims = { sub = "u-1", address = { zip = "1" } }
expect = "permit"
findings = ["hostile reported /sub", "hostile reported /address/zip"]
[[case]]
name = "no verdict"
settings = { hostile = { evaluate = "trap" } }
expect = "fault"
[[case]]
name = "a loop without end, in one phase and at one moment"
settings = { hostile = { evaluate = "endless-loop" } }
phase = "login"
now = "2027-01-31T08:00:00Z"
no-token = true
expect = "fault"
[[case]]
name = "a setting that is none"
settings = { hostile = { evaluat = "trap" } }
setting-errors = ["hostile /evaluat"]
"#;
    world.write("b/cases/a.toml", all);
    world.run(&["test", "b"]).expect(0, &["PASSED  4 cases"]);
    // What was expected otherwise is told with what the policy said.
    let wrong =
        all.replace("expect = \"fault\"", "expect = \"permit\"").replace("/evaluat\"", "/e\"");
    world.write("b/cases/a.toml", wrong);
    world.run(&["test", "b"]).expect(
        1,
        &[
            "expected    outcome permit\n  got         outcome fault (fault: hostile [trap]",
            "fault: hostile [fuel]",
            "missing     setting error hostile /e\n  unexpected  setting error hostile /evaluat\n",
            "FAILED  3 of 4 cases",
        ],
    );
}

#[test]
fn a_phase_for_which_no_policy_is_meant_is_a_fault() {
    let world = World::new();
    world.bundle("b", "[[policy]]\nmodule='scope-check'\n");
    let case = "[[case]]\nname = 'a'\nphase = 'refresh'\nclaims = { scope = 'a' }\nexpect = ";
    world.write("b/cases/a.toml", format!("{case}'fault'"));
    world.run(&["test", "b"]).expect(0, &["PASSED  1 case"]);
    world.write("b/cases/a.toml", format!("{case}'permit'"));
    let got = "got         outcome fault (nobody judged: no policy of the bundle is meant";
    world.run(&["test", "b"]).expect(1, &[got]);
}

#[test]
fn real_tokens_are_verified() {
    let world = shop(&[]);
    let token = world.token(r#"{"sub":"u-1","scope":"orders:read"}"#);
    world.write("shop/cases/t.jwt", format!("{token}\n"));
    world.write("shop/cases/key.jwk", world.key.public_jwk().unwrap());
    world.write(
        "shop/cases/trust.toml.txt",
        "[[issuer]]\nissuer='https://idp.example'\naudiences=['a']\nkeys='key.jwk'\n",
    );
    let call = "request = 'GET https://api.example/orders'\n";
    let cases = format!(
        "[[case]]\nname='in time'\ntoken='@t.jwt'\nkey='key.jwk'\nnow=1800000000\n{call}\
         expect='permit'\n\
         [[case]]\nname='too late'\ntoken='{token}'\nkey='key.jwk'\nnow=1900000000\n{call}\
         expect='deny'\ntoken-error='expired'\nchallenge='invalid_token'\n\
         [[case]]\nname='of nobody'\ntoken='@t.jwt'\ntrust='trust.toml.txt'\nnow=1800000000\n{call}\
         expect='deny'\ntoken-error='issuer_missing'\n\
         [[case]]\nname='none'\ntoken=''\nkey='key.jwk'\n{call}\
         expect='deny'\ntoken-error='token_missing'\nchallenge='none'\n"
    );
    world.write("shop/cases/orders.toml", &cases);
    world.run(&["test", "shop"]).expect(0, &["PASSED  4 cases"]);
    // A denial is not what was asked for when the token is not even accepted.
    let silent = cases.replace("token-error='expired'\n", "");
    world.write("shop/cases/orders.toml", silent);
    let ran = world.run(&["test", "shop"]);
    let ran =
        ran.expect(1, &["expected    token accepted\n  got         token refused: expired\n"]);
    assert!(!ran.out.contains("eyJ"), "{ran:?}");
}

#[test]
fn a_policy_alone_is_tested_as_a_bundle_is() {
    let world = World::new();
    world.write("my_policy.wasm", tokenward_tests::HOSTILE);
    let case = "[[case]]\nname='a'\nclaims={sub='u'}\nsettings={my-policy={evaluate='deny'}}\n\
                expect='deny'\nfindings=['my-policy reported']\n";
    world.write("cases/a.toml", case);
    world.write("elsewhere/b.toml", case.replace("'a'", "'b'"));
    world.run(&["test", "my_policy.wasm"]).expect(0, &["cases/a.toml  1 passed"]);
    world.run(&["test", "./my_policy.wasm"]).expect(0, &["PASSED  1 case of my-policy"]);
    world
        .run(&["test", "."])
        .expect(0, &["cases/a.toml  1 passed\n", "PASSED  1 case of my-policy"]);
    let ran = world.run(&["test", ".", "--cases", "elsewhere/b.toml", "--cases", "cases"]);
    ran.expect(0, &["elsewhere/b.toml  1 passed\n", "PASSED  2 cases"]);
    let own = "[[case]]\nname='x'\nclaims={iat=1700000000}\nexpect='deny'\n\
               findings=['lifetime-limits missing-exp /exp']\n";
    world.write("own.toml", own);
    let ran = world.run(&["test", "lifetime-limits", "--cases", "own.toml"]);
    ran.expect(0, &["PASSED  1 case of lifetime-limits"]);
}

#[test]
fn a_filter_picks_cases() {
    let world = shop(&[HELD, MISSING]);
    world.write("shop/cases/second.toml", HELD);
    for (filter, cases) in [
        (&["--filter", "held"][..], "2 cases"),
        (&["--filter", "second.toml: the"], "1 case"),
        (&["--filter", "scope-check/missing-scope"], "1 case"),
        (&["--filter", "missing-scope", "--filter", "second"], "2 cases"),
    ] {
        let all = [&["test", "shop"][..], filter].concat();
        world.run(&all).expect(0, &[&format!("PASSED  {cases} of")]);
    }
    let none = ["test", "shop", "--filter", "held", "--filter", "no-such"];
    world.run(&none).expect_error(&["--filter `no-such` fits none of 3 cases"]);
    let both = ["test", "shop", "--filter", "held", "--coverage"];
    world.run(&both).expect_error(&["`--coverage[=<PERCENT>]`", "exclude each other"]);
}

#[test]
fn what_is_not_reached_is_told() {
    let world = shop(&[HELD]);
    let covered = ["test", "shop", "--coverage"];
    world.run(&covered).expect(
        0,
        &[
            "coverage  ",
            "  scope-check: ",
            "rule     missing-scope is found by no case\n",
            "rule     lifetime-too-long is found by no case\n",
            "setting  /routes/0 makes no difference to any case\n",
            "setting  /max-lifetime/access makes no difference to any case\n",
            "outcomes  permit 1, deny 0, step-up 0, fault 0\n",
            "PASSED  1 case",
        ],
    );
    // The case says nothing of a policy that finds something.
    world.write("shop/cases/orders.toml", MISSING);
    let ran = world.run(&covered);
    let ran = ran.expect(0, &["silence  no case finds that it permits and says nothing\n"]);
    for reached in ["missing-scope is found", "/routes/0 makes", "/routes/0/path makes"] {
        assert!(!ran.out.contains(reached), "{ran:?}");
    }
    // At the limit itself nothing shows whether there is a limit.
    let beyond = MISSING
        .replace("missing\"", "beyond\"")
        .replace("900}", "901}")
        .replace("/scope\"]", "/scope\", \"lifetime-limits lifetime-too-long /exp\"]");
    let beyond = beyond.replace("requirements = [\"scope orders:read\"]\n", "");
    let beyond = beyond.replace("challenge = \"insufficient_scope\"\n", "");
    world.write("shop/cases/orders.toml", [MISSING, HELD, &beyond].concat());
    let ran = world.run(&covered).expect(0, &["permit 1, deny 2,"]);
    assert!(!ran.out.contains("setting  /max-lifetime"), "{ran:?}");
    // `methods` is reached by another method alone.
    assert!(ran.out.contains("setting  /routes/0/methods/0 makes no"), "{ran:?}");
    // A case that fails reaches nothing.
    world.write("shop/cases/orders.toml", MISSING.replace("deny", "permit"));
    world.run(&covered).expect(1, &["rule     missing-scope is found", "setting  /routes/0 makes"]);
}

#[test]
fn coverage_below_the_threshold_fails() {
    let world = shop(&[HELD, MISSING]);
    let of = |threshold: &str, format: &str| {
        let coverage = format!("--coverage={threshold}");
        world.run(&["test", "shop", &coverage, "--format", format])
    };
    of("100%", "text").expect(1, &["PASSED  2 cases", "FAILED  coverage ", "100% is asked for"]);
    of("100%", "tap").expect(1, &["1..3\n", "ok 1 - ", "not ok 3 - coverage ", "  unreached:\n"]);
    of("5", "junit").expect(0, &["<testsuite name=\"coverage\" tests=\"3\" failures=\"0\""]);
    let record = of("99.5%", "json").expect(1, &[]).json();
    assert_eq!(record["coverage"]["suffices"], false);
    assert_eq!(record["coverage"]["threshold"], 99.5);
    of("", "text").expect_error(&["--coverage ``; accepted: 0 to 100"]);
    of("a lot", "text").expect_error(&["--coverage `a lot`; accepted: 0 to 100"]);
    let (reached, of) = (&record["coverage"]["reached"], &record["coverage"]["of"]);
    let percent = reached.as_f64().unwrap() * 100.0 / of.as_f64().unwrap();
    assert!((record["coverage"]["percent"].as_f64().unwrap() - percent).abs() < 0.1, "{record}");
}

#[test]
fn formats_for_programs() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let refused = "[[case]]\nname='refused'\nsettings={scope-check={max-scopes=0}}\n\
                   setting-errors=['scope-check /max-scopes']\n";
    let world = shop(&[HELD, MISSING, WRONG, refused]);
    for coverage in [&[][..], &["--coverage"]] {
        let all = [&["test", "shop", "--format", "json"][..], coverage].concat();
        let record = world.run(&all).expect(1, &[]).json();
        let errors: Vec<_> = validator.iter_errors(&record).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?} in {record:#}");
        assert_eq!(record["passed"], false);
        assert_eq!(record["counts"], serde_json::json!({"cases": 4, "passed": 3, "failed": 1}));
        assert_eq!(record["coverage"].is_null(), coverage.is_empty());
        let cases = record["cases"].as_array().unwrap();
        assert_eq!(cases[1]["decision"]["requirements"], serde_json::json!(["scope orders:read"]));
        assert_eq!(cases[2]["differences"][0]["got"], "deny");
        assert_eq!(cases[2]["line"], 18);
        assert_eq!(cases[3]["setting-errors"][0]["pointer"], "/max-scopes");
    }
    let tap = world.run(&["test", "shop", "--format", "tap"]).expect(
        1,
        &[
            "TAP version 14\n1..4\nok 1 - shop/cases/orders.toml: the scope is held\nok 2 - ",
            "\nnot ok 3 - shop/cases/orders.toml: a case that <fails> \\# here\n  ---\n  at:\n",
            "    - \"finding missing: scope-check broad-scope /scope\"\n",
            "  ...\nok 4 - ",
        ],
    );
    assert_eq!(tap.err, "");
    world.run(&["test", "shop", "--format", "junit"]).expect(
        1,
        &[
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"shop\" tests=\"4\" failures=\"1\"",
            "<testsuite name=\"shop/cases/orders.toml\" tests=\"4\" failures=\"1\"",
            "name=\"a case that &lt;fails&gt; # here\"",
            "<failure type=\"difference\" message=\"outcome: expected permit\">",
        ],
    );
}

#[test]
fn what_is_wrong_is_named() {
    let world = shop(&[HELD]);
    let case = "[[case]]\nname='a'\nexpect='permit'\n";
    for (text, parts) in [
        (String::new(), &["`shop/cases/orders.toml`: it has no case"][..]),
        (format!("{case}claim={{}}"), &["orders.toml`, line 4, column 1: unknown field `claim`"]),
        (format!("{case}{case}"), &["line 5: the case `a` is there twice, first in line 2"]),
        (format!("{case}now=true"), &["line 4, column 5", "seconds since 1970"]),
        (
            format!("{case}settings={{x={{}}}}"),
            &["line 2, case `a`", "no policy `x`; accepted: `scope-check`"],
        ),
        (format!("{case}findings=['x r']"), &["findings", "the bundle has no policy `x`"]),
        (
            format!("{case}findings=['scope-check r']"),
            &["has no rule `r`; accepted: `missing-scope`"],
        ),
        (
            format!("{case}findings=['scope-check']"),
            &["finding `scope-check`; accepted: `POLICY RULE`"],
        ),
        (format!("{case}token='x'"), &["case `a`: a `token` needs `trust` or `key`"]),
        (format!("{case}key='no.jwk'\ntoken='x'"), &["key: `shop/cases/no.jwk` cannot be read"]),
        ("[[case]]\nname='a'".to_owned(), &["case `a`: it has no `expect`"]),
    ] {
        world.write("shop/cases/orders.toml", &text);
        world.run(&["test", "shop"]).expect_error(parts);
    }
    world.write("shop/cases/orders.toml", [0xff, 0xfe]);
    world.run(&["test", "shop"]).expect_error(&["orders.toml`: it is not UTF-8"]);
    world.bundle("bare", SHOP);
    std::fs::create_dir(world.path("empty")).unwrap();
    for (arguments, parts) in [
        (&["bare"][..], &["`bare` has no folder `cases`; `--cases PATH` names"][..]),
        (&["empty"], &["`empty` holds neither `bundle.toml` nor a component"]),
        (&["no-such"], &["unknown bundle `no-such`; accepted: `baseline`", "or a built-in policy"]),
        (&["no-such.wasm"], &["no-such.wasm`: No such file"]),
        (&["scope-check"], &["no cases of the policy `scope-check` are built in"]),
        (&["bare", "--cases", "empty"], &["--cases: `empty` holds no case file"]),
        (&["bare", "--cases", "no.toml"], &["--cases: `no.toml`: No such file"]),
        (&["bare", "--format", "xml"], &["accepted: `text`, `junit`, `json`, `tap`"]),
        (&["baseline", "--watch"], &["nothing to watch: `baseline` and its cases are built in"]),
        (&["no-such", "--watch"], &["unknown bundle `no-such`"]),
    ] {
        let all = [&["test"][..], arguments].concat();
        world.run(&all).expect_error(parts);
    }
    world.bundle("broken", "[[policy]]\nmodule='scope-check'\nsettings={max-scopes=0}\n");
    world.write("broken/cases/a.toml", case);
    world.run(&["test", "broken"]).expect_error(&["bundle `broken`", "setting `/max-scopes`"]);
}

#[test]
fn a_change_runs_the_cases_again() {
    let world = shop(&[HELD]);
    let mut child = command(world.folder.path())
        .args(["test", "shop", "--watch"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (sender, lines) = mpsc::channel();
    let streams: [Box<dyn std::io::Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for stream in streams {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
    }
    let wait_for = |part: &str| {
        let mut seen = Vec::new();
        loop {
            let line = lines.recv_timeout(Duration::from_mins(2));
            let line = line.unwrap_or_else(|_| panic!("`{part}` did not come: {seen:#?}"));
            let found = line.contains(part);
            seen.push(line);
            if found {
                return;
            }
        }
    };
    wait_for("PASSED  1 case");
    world.write("shop/cases/more.toml", WRONG);
    wait_for("FAILED  1 of 2 cases");
    world.write("shop/cases/more.toml", "[[case]]\n");
    wait_for("missing field `name`");
    world.bundle("shop", &SHOP.replace("orders:read", "orders:write"));
    world.write("shop/cases/more.toml", MISSING.replace("orders:read", "orders:write"));
    wait_for("FAILED  1 of 2 cases");
    assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn help_says_what_a_case_holds() {
    let world = World::new();
    let parts =
        ["0  every case passed", "findings-include", "setting-errors", "--coverage[=<PERCENT>]"];
    world.run(&["test", "--help"]).expect(0, &parts);
}

/// What the help says of a built-in policy, and of `exp` and `nbf` of `claims`.
#[test]
fn the_help_says_what_is_so() {
    let world = World::new();
    let parts = [
        "with --cases, also a built-in policy by name",
        "A built-in policy has none by default: its cases are given here",
        "no\n      verifier checks `exp` and `nbf` of the claims",
    ];
    world.run(&["test", "--help"]).expect(0, &parts);
    world.run(&["test", "lifetime-limits"]).expect_error(&["`--cases PATH`"]);
    // Over for long, and not yet to be used.
    let case = "[[case]]\nname='a'\nclaims={iat=1600000000,exp=1600000900,nbf=1900000000}\n\
                expect='permit'\n";
    world.write("a.toml", case);
    world.run(&["test", "scope-check", "--cases", "a.toml"]).expect(0, &["1 passed"]);
}
