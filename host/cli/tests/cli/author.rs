//! The way of a policy's author: from nothing to a bundle that denies.

use crate::support::World;

#[test]
fn a_policy_is_written_built_tested_and_shipped() {
    let world = World::new();
    world
        .run(&["policy", "new", "tenant-check"])
        .expect(0, &["wrote the policy `tenant-check`", "tokenward policy build tenant-check"]);
    world.run(&["policy", "new", "tenant-check"]).expect_error(&["is there already"]);
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

    // Another rule: without its case, the test says so.
    let source = std::fs::read_to_string(world.path("tenant-check/src/lib.rs")).unwrap();
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

#[test]
fn what_is_no_policy_is_not_built() {
    let world = World::new();
    world.run(&["policy", "new", "Tenant"]).expect_error(&["`Tenant` is no policy's name"]);
    world.run(&["policy", "new", "a", "--lang", "cobol"]).expect_error(&["cobol"]);
    world.run(&["policy", "build", "none"]).expect_error(&["`none` has no `Cargo.toml`"]);
    world.write("broken/Cargo.toml", "[package]\nversion='1.0.0'\n");
    world.run(&["policy", "build", "broken"]).expect_error(&["it names no package"]);
}
