//! The way of a policy's author: from nothing to a bundle that denies.

use crate::support::World;

#[test]
fn a_policy_is_written_built_tested_and_shipped() {
    let world = World::new();
    world
        .run(&["policy", "new", "tenant-check"])
        .expect(0, &["wrote the policy `tenant-check`", "tokenward policy build tenant-check"]);
    world.run(&["policy", "new", "tenant-check"]).expect_error(&["is there already"]);
    let _builds = world.shares_builds("tenant-check");
    world.run(&["policy", "build", "tenant-check"]).expect(
        0,
        &[
            "built tenant-check 0.1.0 The token is of a tenant that is served here",
            "tokenward:policy@0.1.0, no imports",
            "tenant-check/tenant-check.wasm, ",
        ],
    );
    let first = std::fs::read(world.path("tenant-check/tenant-check.wasm")).unwrap();
    assert!(first.len() < 64 << 10, "{} bytes", first.len());
    world.run(&["test", "tenant-check", "--coverage=100%"]).expect(0, &["5 cases"]);

    // What it takes, and what it says of one case.
    let bench = ["policy", "bench", "tenant-check"];
    world.run(&[&bench[..], &["--save", "before.json"]].concat()).expect(
        0,
        &["tenant-check 0.1.0 one ES256 check: ", "another tenant ", " fuel ", " µs ", " ×"],
    );
    let against = [&bench[..], &["--against", "before.json"]].concat();
    world.run(&against).expect(0, &["fuel +0.0 %"]);
    let figures = std::fs::read_to_string(world.path("before.json")).unwrap();
    let figures: serde_json::Value = serde_json::from_str(&figures).unwrap();
    assert_eq!(figures["schema"], "tokenward.policy-bench/1");
    assert_eq!(figures["cases"].as_object().unwrap().len(), 4, "one is of settings only");
    let mut cheaper = figures.clone();
    cheaper["cases"]["no tenant"]["fuel"] = 100.into();
    world.write("before.json", cheaper.to_string());
    world.run(&against).expect(1, &["no tenant", "fuel +"]);
    world.run(&[&against[..], &["--tolerance", "100000"]].concat()).expect(0, &[]);
    world.write(
        "before.json",
        r#"{"schema":"other/1","policy":"","version":"","digest":"","es256-ns":1,"cases":{}}"#,
    );
    world.run(&against).expect_error(&["is of `other/1`; accepted: `tokenward.policy-bench/1`"]);
    let case = |name| ["policy", "run", "tenant-check", "--case", name];
    world.run(&case("another tenant")).expect(
        0,
        &[
            "given      claim `/tenant`: \"other\"",
            "said       deny",
            "[other-tenant] high denies /tenant: the tenant of the token is not",
            "expected   so it is",
        ],
    );
    world
        .run(&case("a tenant that is no name"))
        .expect(0, &["settings   /tenants/1: is empty; give the name of a tenant"]);
    world.run(&case("served")).expect_error(&["several cases", "`a tenant that is served`"]);
    world.run(&case("none such")).expect_error(&["no case is called so; accepted: `a tenant, "]);
    let source = std::fs::read_to_string(world.path("tenant-check/src/lib.rs")).unwrap();
    let broken = source.replace(
        "        match tenant {\n",
        "        assert_ne!(tenant, None, \"of {tenant:?}\");\n        match tenant {\n",
    );
    let line = broken.lines().position(|line| line.contains("assert_ne")).unwrap() + 1;
    world.write("tenant-check/src/lib.rs", &broken);
    let place = format!("panicked at src/lib.rs:{line}:9:");
    world.run(&case("no tenant")).expect(
        1,
        &["[raised] the policy raised an error", &place, "of None", "got         outcome"],
    );
    // Built to be shipped, it says nothing, and the request does not pass.
    world
        .run(&["policy", "test", "tenant-check", "--filter", "no tenant"])
        .expect(1, &["got         outcome fault (fault: tenant-check [trap]"]);
    world.write("tenant-check/src/lib.rs", &source);
    world
        .run(&["policy", "test", "tenant-check", "--coverage=100%"])
        .expect(0, &["PASSED  5 cases of tenant-check"]);

    // Another rule: without its case, the test says so.
    let edited = source.replace("            None => Verdict::permit().with", "            None if self.tenants.is_empty() => Verdict::permit(),\n            None => Verdict::permit().with");
    assert_ne!(edited, source);
    world.write("tenant-check/src/lib.rs", edited);
    world.run(&["policy", "build", "tenant-check"]).expect(0, &["built tenant-check"]);
    world
        .run(&["test", "tenant-check"])
        .expect(1, &["FAIL  no tenant", "expected    outcome deny", "got         outcome permit"]);
    world.write("tenant-check/src/lib.rs", &source);
    world.run(&["policy", "build", "tenant-check"]).expect(0, &["built tenant-check"]);
    let again = std::fs::read(world.path("tenant-check/tenant-check.wasm")).unwrap();
    assert!(again == first, "the same source gives the same bytes");

    // In a bundle, signed.
    let policy = "[[policy]]\nmodule='./tenant-check.wasm'\nid='tenant'\n\
        settings.tenants=['acme']\n";
    world.bundle("own", policy);
    let out = ["--out", "own/tenant-check.wasm"];
    world
        .run(&[&["policy", "build", "tenant-check"][..], &out].concat())
        .expect(0, &["own/tenant"]);
    world.run(&["token", "mint", "--new-key", "release", "--alg", "EdDSA"]).expect(0, &[]);
    let expires = ["--expires", "2099-01-01T00:00:00Z"];
    world.run(&[&["bundle", "build", "own"][..], &expires].concat()).expect(0, &["1 policy"]);
    let file = "own-1.2.3.bundle";
    world.run(&["bundle", "sign", file, "--key", "release.private.jwk"]).expect(0, &[]);
    let vouched = ["--bundle", file, "--bundle-key", "release.public.jwk"];
    world.check(&world.token(r#"{"sub":"u","tenant":"acme"}"#), &vouched).expect(0, &["PERMIT"]);
    let other = world.token(r#"{"sub":"u","tenant":"other"}"#);
    world.check(&other, &vouched).expect(1, &["DENY", "[other-tenant]", "SOC 2 CC6.1"]);
}

/// The other languages go the whole way in `tests/authors`, with the tools that they need; clang
/// is quick.
#[test]
fn a_policy_in_c_is_written_built_and_tested() {
    if std::process::Command::new("clang").arg("--version").output().is_err() {
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!in_ci, "clang is missing");
        eprintln!("not run: clang is missing (Debian: clang lld)");
        return;
    }
    let world = World::new();
    world.run(&["policy", "new", "tenant-check", "--lang", "c"]).expect(0, &["src/policy.c"]);
    world
        .run(&["policy", "test", "tenant-check", "--coverage=100%"])
        .expect(0, &["PASSED  5 cases of tenant-check"]);
    world
        .run(&["policy", "build", "tenant-check"])
        .expect(0, &["built tenant-check 0.1.0", "no imports"]);
    let built = std::fs::read(world.path("tenant-check/tenant-check.wasm")).unwrap();
    assert!(built.len() < 32 << 10, "{} bytes", built.len());
    // Settings: every kind, every escape, and what is wrong with them, as in the other languages.
    let source = std::fs::read_to_string(world.path("tenant-check/src/policy.c")).unwrap();
    let source = source.replace(
        "    {\"tenants\", TW_TEXTS, &tenants},\n",
        "    {\"tenants\", TW_TEXTS, &tenants},\n    {\"one\", TW_TEXT, &one},\n    \
         {\"on\", TW_BOOLEAN, &on},\n    {\"most\", TW_INTEGER, &most},\n",
    );
    let source = source.replace(
        "static const tw_setting_t SETTINGS[]",
        "static tw_string_t one;\nstatic bool on;\nstatic int64_t most;\n\n\
         static const tw_setting_t SETTINGS[]",
    );
    let source = source.replace(
        "  const tw_string_t *tenant = ",
        "  if (one.len > 0 && on && most == -9007199254740991 && input->claims.len == 1 &&\n      \
         tw_equal(one, *tw_as_text(tw_claim(input, \"/tenant\"))))\n    return;\n  \
         const tw_string_t *tenant = ",
    );
    let source = source.replace("\"description\\\":\\\"The tenants", "\"x\\\":\\\"The tenants");
    let schema = "\"additionalProperties\\\":false";
    let source = source.replace(schema, "\"additionalProperties\\\":true");
    world.write("tenant-check/src/policy.c", source);
    let told = |settings: &str, path: &str, words: &str| {
        let case = format!(
            "[[case]]\nname='c'\nsettings={{tenant-check={settings}}}\nsetting-errors=['tenant-check {path}']\n"
        );
        world.write("one.toml", case);
        let run = ["policy", "run", "tenant-check", "--cases", "one.toml"];
        world.run(&run).expect(0, &[words]);
    };
    told("{tenant=1}", "/tenant", "unknown setting `tenant`; accepted: `tenants`, `one`,");
    told("{'a/b~'=1}", "/a~1b~0", "unknown setting `a/b~`");
    told("{tenants='a'}", "/tenants", "is not a list");
    told("{tenants=['a', {x=[1,'}']}, 'b']}", "/tenants/1", "is not a text");
    told("{one=['a']}", "/one", "is not a text");
    told("{on=1}", "/on", "is not true or false");
    told("{most=1.5}", "/most", "is not a whole number");
    told("{most='1'}", "/most", "is not a whole number");
    told("{most=1e3}", "/most", "is not a whole number");
    let text = "\"\\\\/\\b\\f\\n\\r\\t\\u00e9€\\U0001F600\\\"\"";
    world.write(
        "one.toml",
        format!(
            "[[case]]\nname='c'\nclaims={{tenant={text}}}\nexpect='permit'\n\
             settings.tenant-check={{on=true,most=-9007199254740991,one={text},tenants=['x']}}\n"
        ),
    );
    world
        .run(&["policy", "run", "tenant-check", "--cases", "one.toml"])
        .expect(0, &["said       permit"]);
}

#[test]
fn what_is_no_policy_is_not_built() {
    let world = World::new();
    world.run(&["policy", "new", "Tenant"]).expect_error(&["`Tenant` is no policy's name"]);
    world.run(&["policy", "new", "a", "--lang", "cobol"]).expect_error(&["cobol"]);
    world.run(&["policy", "build", "none"]).expect_error(&[
        "`none` has none of `Cargo.toml`, `package.json`, `policy.py`, `src/policy.c`; accepted",
    ]);
    for name in ["fn", "test"] {
        world.run(&["policy", "new", name]).expect_error(&["means something else to Rust"]);
        world.run(&["policy", "new", name, "--lang", "c"]).expect(0, &["wrote the policy"]);
    }
    world.write("broken/Cargo.toml", "[package]\nversion='1.0.0'\n");
    world.run(&["policy", "build", "broken"]).expect_error(&["it names no package"]);
}
