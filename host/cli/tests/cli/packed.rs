//! Packed bundles: built, signed, verified, and read by every command.

use crate::support::World;

/// A moment at which the bundles here are valid, and one at which they are not.
const EXPIRES: &str = "2099-01-31T00:00:00Z";

const CASES: &str = r#"
[[case]]
name = "an e-mail address"
claims = { sub = "u-1", email = "alice@example.com" }
expect = "deny"
findings-include = ["claim-minimization personal-data /email"]
"#;

impl World {
    /// The bundle `acme` in a folder, with one policy and one case.
    fn acme(&self, version: &str, policies: &str) {
        let head = format!("name='acme'\nversion='{version}'\ntitle='Acme'\n");
        self.write("acme/bundle.toml", head + policies);
        self.write("acme/cases/own.toml", CASES);
    }

    fn signing_key(&self, name: &str) {
        self.run(&["token", "mint", "--new-key", name, "--alg", "EdDSA"]).expect(0, &[]);
    }

    /// `acme` packed as `file` and signed with the key `release`.
    fn packed(&self, file: &str) {
        self.run(&["bundle", "build", "acme", "--expires", EXPIRES, "-o", file]).expect(0, &[]);
        self.run(&["bundle", "sign", file, "--key", "release.private.jwk"]).expect(0, &[]);
    }
}

fn world() -> World {
    let world = World::new();
    world.acme("1.0.0", "[[policy]]\nmodule='claim-minimization'\n");
    world.signing_key("release");
    world
}

#[test]
fn a_bundle_is_built_signed_and_verified() {
    let world = world();
    let build = ["bundle", "build", "acme", "--expires", EXPIRES];
    world.run(&build).expect(
        0,
        &["packed acme 1.0.0 1 policy, 1 case passed", "digest     sha256:", "acme-1.0.0.bundle"],
    );
    let file = "acme-1.0.0.bundle";
    let bytes = std::fs::read(world.path(file)).unwrap();
    // From another folder, at another time: the same bytes.
    std::fs::rename(world.path("acme"), world.path("elsewhere")).unwrap();
    let again = ["bundle", "build", "elsewhere", "--expires", EXPIRES, "-o", "again.bundle"];
    world.run(&again).expect(0, &[]);
    assert!(std::fs::read(world.path("again.bundle")).unwrap() == bytes);

    let key = ["bundle", "verify", file, "--bundle-key", "release.public.jwk"];
    world.run(&key).expect(1, &["REFUSED  acme 1.0.0", "[unsigned]"]);
    world
        .run(&["bundle", "sign", file, "--key", "release.private.jwk"])
        .expect(0, &["signed acme 1.0.0 with the key ", "it has 1 signature\n"]);
    world.run(&key).expect(0, &["ACCEPTED  acme 1.0.0", "signed by    release\n"]);
    let later = [&key[..], &["--now", "2099-02-01T00:00:00Z"]].concat();
    world.run(&later).expect(1, &["REFUSED", "[expired]"]);
    let json = world.run(&[&key[..], &["--format", "json"]].concat()).expect(0, &[]).json();
    assert_eq!(json["signed-by"], serde_json::json!(["release"]));
    assert_eq!((&json["accepted"], &json["expires"]), (&true.into(), &EXPIRES.into()));

    // Two of three keys.
    world.signing_key("second");
    world.signing_key("third");
    let keys = ["release", "second", "third"]
        .map(|name| format!("[[key]]\nname='{name}'\nfile='{name}.public.jwk'\n"));
    world.write("trust.toml", format!("threshold = 2\nbundles = ['acme']\n{}", keys.concat()));
    let trust = ["bundle", "verify", file, "--bundle-trust", "trust.toml"];
    world.run(&trust).expect(1, &["REFUSED", "[too-few-signatures]"]);
    world.run(&["bundle", "sign", file, "--key", "third.private.jwk"]).expect(0, &[]);
    world.run(&trust).expect(0, &["ACCEPTED", "signed by    release, third\n"]);
    world
        .run(&["bundle", "sign", file, "--key", "idp.public.jwk"])
        .expect_error(&["--key: `idp.public.jwk`"]);
}

#[test]
fn every_command_verifies_what_is_packed() {
    let world = world();
    world.packed("acme.bundle");
    world.signing_key("other");
    let token = world.token(r#"{"sub":"u-1","email":"alice@example.com"}"#);
    let vouched = ["--bundle-key", "release.public.jwk"];
    for (command, code, part) in [
        (&["check", "--key", "idp.public.jwk", "--now", "1800000000", "--bundle"][..], 1, "DENY"),
        (&["test"], 0, "acme.bundle: own.toml"),
        (&["lint"], 1, "review-missing"),
        (&["bundle", "inspect"], 0, "signed by    release\n"),
        (&["bundle", "docs"], 0, "# acme"),
        (&["bundle", "coverage"], 0, "GDPR"),
    ] {
        let run =
            |file, more: &[&str]| world.run_with(&[command, &[file], more].concat(), &token, &[]);
        run("acme.bundle", &[]).expect_error(&["nothing to verify it with", "--unsigned"]);
        run("acme.bundle", &["--bundle-key", "other.public.jwk"])
            .expect_error(&["`acme.bundle`", "refused [too-few-signatures]"]);
        run("acme.bundle", &vouched).expect(code, &[part]);
        let unsigned = run("acme.bundle", &["--unsigned"]);
        assert!(unsigned.err.contains("is not verified, by --unsigned"), "{unsigned:?}");
        assert_eq!(unsigned.code, code);
        // What is not packed is verified by nobody, and nobody is to think so.
        run("acme", &vouched).expect_error(&["--bundle-key verifies packed bundles"]);
    }
}

#[test]
fn what_was_changed_is_refused() {
    let world = world();
    world.packed("acme.bundle");
    let bytes = std::fs::read(world.path("acme.bundle")).unwrap();
    let verify = ["bundle", "verify", "changed.bundle", "--bundle-key", "release.public.jwk"];
    world.write("changed.bundle", &bytes[..bytes.len() - 512]);
    let ran = world.run(&verify);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("refused [truncated]"), "{ran:?}");
    let mut changed = bytes.clone();
    *changed.get_mut(bytes.len() / 2).unwrap() ^= 1;
    world.write("changed.bundle", &changed);
    let ran = world.run(&verify);
    assert!(ran.code == 1 && ran.err.contains("refused [entry-differs]"), "{ran:?}");
    world.write("changed.bundle", "name = 'acme'");
    assert!(world.run(&verify).err.contains("refused [not-a-bundle]"));
    world
        .run(&["bundle", "verify", "none.bundle", "--bundle-key", "release.public.jwk"])
        .expect_error(&["none.bundle"]);
}

#[test]
fn what_does_not_hold_together_is_not_packed() {
    let world = world();
    world.acme("1.0.0", "[[policy]]\nmodule='transport'\n");
    world
        .run(&["bundle", "build", "acme"])
        .expect(2, &[])
        .err
        .contains("the bundle has no policy `claim-minimization`")
        .then_some(())
        .unwrap();
    world.acme("1.0.0", "[[policy]]\nmodule='claim-minimization'\nenforcement='warn'\n");
    let ran = world.run(&["bundle", "build", "acme"]);
    assert!(ran.code == 2 && ran.err.contains("nothing was packed: 1 of the bundle's"), "{ran:?}");
    assert!(!world.path("acme-1.0.0.bundle").exists());
    world.acme("1.0.0", "[[policy]]\nmodule='claim-minimization'\n");
    world.write("acme/cases/own.toml", CASES.replace("claims", "trust='t.toml'\nclaims"));
    let ran = world.run(&["bundle", "build", "acme"]);
    assert!(ran.code == 2 && ran.err.contains("case `an e-mail address`"), "{ran:?}");
    world
        .run(&["bundle", "build", "baseline", "--not-before", EXPIRES, "--expires", EXPIRES])
        .expect_error(&["it would expire at 2099"]);
}

#[cfg(unix)]
#[test]
fn a_program_signs() {
    let world = world();
    world.run(&["bundle", "build", "acme", "--expires", EXPIRES, "-o", "a.bundle"]).expect(0, &[]);
    // One that has no key at all.
    let by = |program: &[&str]| {
        let head = ["bundle", "sign", "a.bundle", "--public-key", "release.public.jwk"];
        world.run(&[&head[..], &["--command"], program].concat())
    };
    by(&["echo", "no"]).expect_error(&["what the signer answered is not the signature"]);
    by(&["false"]).expect_error(&["`false`: it ended with"]);
    by(&["no-such-program"]).expect_error(&["`no-such-program`"]);
}

#[test]
fn bundles_are_compared() {
    let world = world();
    world.packed("old.bundle");
    world.acme(
        "1.1.0",
        "[[policy]]\nmodule='claim-minimization'\nenforcement='warn'\nsettings.allow=['email']\n\
         [[policy]]\nmodule='transport'\n",
    );
    let vouch = ["--bundle-key", "release.public.jwk"];
    world
        .run(&[&["bundle", "diff", "acme", "baseline"][..], &vouch].concat())
        .expect_error(&["--bundle-key verifies packed bundles"]);
    world.run(&["bundle", "diff", "old.bundle", "acme"]).expect_error(&["nothing to verify it"]);
    world.run(&[&["bundle", "diff", "old.bundle", "acme"][..], &vouch].concat()).expect(1, &[]);
    let diff = ["bundle", "diff", "old.bundle", "acme", "--unsigned"];
    world.run(&diff).expect(
        1,
        &[
            "acme 1.0.0 (",
            "-> acme 1.1.0 (",
            "  version     1.0.0 -> 1.1.0\n",
            "  expires     2099-01-31T00:00:00Z -> (nothing)\n",
            "claim-minimization changed",
            "enforcement enforce -> warn",
            "settings.allow (nothing) -> [\"email\"]",
            "transport added",
            "decisions 1 of 1 case comes out otherwise",
            "- deny: claim-minimization personal-data /email",
            "+ permit",
        ],
    );
    let json = world.run(&[&diff[..], &["--format", "json"]].concat()).expect(1, &[]).json();
    assert_eq!(json["decisions"][0]["case"], "an e-mail address");
    assert_eq!(json["policies"][1]["change"], "added");
    world
        .run(&["test", "baseline", "--bundle-key", "release.public.jwk"])
        .expect_error(&["--bundle-key verifies packed bundles"]);
    // The order of policies, and what is said of a bundle, make another one of it.
    let policies = "[[policy]]\nmodule='transport'\n[[policy]]\nmodule='key-strength'\n";
    world.bundle("a", policies);
    world.bundle("b", "[[policy]]\nmodule='key-strength'\n[[policy]]\nmodule='transport'\n");
    world.write(
        "b/bundle.toml",
        std::fs::read_to_string(world.path("b/bundle.toml")).unwrap().replace("'b'", "'a'"),
    );
    world
        .run(&["bundle", "diff", "a", "b"])
        .expect(1, &["order       transport, key-strength -> key-strength, transport"]);
    world.run(&["bundle", "diff", "baseline", "baseline"]).expect(0, &["nothing differs"]);
}

#[test]
fn a_registry_is_asked_for_what_can_be_there() {
    let world = world();
    world.packed("acme.bundle");
    let push = ["bundle", "push", "acme.bundle", "127.0.0.1:1/acme:1"];
    world.run(&push).expect_error(&["nothing to verify it with"]);
    let vouch = ["--bundle-key", "release.public.jwk"];
    world.run(&[&push[..], &vouch].concat()).expect_error(&["`oci 127.0.0.1:1/acme:1`"]);
    world
        .run_with(&[&push[..], &vouch].concat(), "", &[("TOKENWARD_REGISTRY_USER", "u")])
        .expect_error(&["TOKENWARD_REGISTRY_USER and TOKENWARD_REGISTRY_PASSWORD go together"]);
    world
        .run(&["bundle", "push", "acme", "127.0.0.1:1/acme:1", "--unsigned"])
        .expect_error(&["`acme` is no packed bundle"]);
    world
        .run(&["bundle", "pull", "acme/bundle:1", "--unsigned"])
        .expect_error(&["it names no registry", "accepted: `REGISTRY/NAME:TAG`"]);
}

/// What was checked is recorded, and two bundles are compared over it.
#[test]
fn bundles_are_compared_over_a_log_of_requests() {
    let world = World::new();
    let policy = |strict: &str| {
        format!(
            "[[policy]]\nmodule='scope-check'\n[[policy.settings.routes]]\npath='/orders'\nall-of=['{strict}']\n"
        )
    };
    world.bundle("old", &policy("orders:read"));
    world.bundle("new", &policy("orders:write"));
    let record = |token: &str, more: &[&str]| {
        let arguments = ["--bundle", "old", "--record", "calls.jsonl"];
        world.check(token, &[&arguments[..], more].concat())
    };
    let orders = ["--request", "GET https://api.example/orders?a=%26"];
    let reader = world.token(r#"{"sub":"alice","scope":"orders:read","exp":1800000100,"x":null}"#);
    record(&reader, &orders).expect(0, &["PERMIT"]);
    record(&world.token(r#"{"sub":"bob","scope":"other"}"#), &orders).expect(1, &["DENY"]);
    record(&reader, &["--request", "GET https://api.example/other"]);
    record("not.a.token", &[]).expect(1, &["DENY"]);
    let log = std::fs::read_to_string(world.path("calls.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 3, "no bundle was asked about what is no token: {log}");
    assert!(!log.contains(reader.trim()) && !log.contains("eyJ"), "{log}");
    let ran = world.run(&["bundle", "diff", "old", "new", "--log", "calls.jsonl"]);
    let ran = ran.expect(1, &["line 1", "permit", "deny"]);
    assert!(!ran.out.contains("line 3") && !ran.out.contains("alice"), "{ran:?}");
    world.run(&["bundle", "diff", "old", "old", "--log", "calls.jsonl"]).expect(0, &[]);
    world.write("calls.jsonl", "{\"claims\":1}\n");
    world
        .run(&["bundle", "diff", "old", "new", "--log", "calls.jsonl"])
        .expect_error(&["--log: `calls.jsonl`, line 1: `claims` is an"]);
}
