//! A bundle signed with a key in a PKCS #11 token: `SoftHSM`.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;

use crate::support::World;

const PIN: &str = "98765432";
/// Where Debian's package has the module.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// The curve Ed25519, as `CKA_EC_PARAMS` names it.
const ED25519: &[u8] = b"\x13\x0cedwards25519";

#[test]
fn a_bundle_is_signed_by_a_key_that_stays_in_its_token() {
    if !Path::new(MODULE).exists() {
        let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
        assert!(!in_ci, "{MODULE} is missing");
        eprintln!("not run: {MODULE} is missing (Debian: softhsm2)");
        return;
    }
    let world = World::new();
    let folder = world.folder.path();
    let tokens = folder.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let config = folder.join("softhsm2.conf");
    let text = format!("directories.tokendir = {}\nobjectstore.backend = file\n", tokens.display());
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    // This process has its own token, in a process of its own: the module reads its configuration
    // from the environment, which a test must not change for the others.
    let made = std::process::Command::new("softhsm2-util")
        .args(["--init-token", "--free", "--label", "release", "--pin", PIN, "--so-pin", PIN])
        .env("SOFTHSM2_CONF", config)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let made = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "pkcs11::generates_keys", "--ignored"])
        .env("SOFTHSM2_CONF", config)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");

    world.bundle("own", "[[policy]]\nmodule='scope-check'\n");
    let expires = ["--expires", "2099-01-01T00:00:00Z"];
    world.run(&[&["bundle", "build", "own"][..], &expires].concat()).expect(0, &["1 policy"]);
    let file = "own-1.2.3.bundle";
    let sign = |more: &[&str], pin: &str| {
        let sign = ["bundle", "sign", file, "--pkcs11", MODULE, "--pkcs11-key"];
        let environment = [("SOFTHSM2_CONF", config), ("TOKENWARD_PIN", pin)];
        world.run_with(&[&sign[..], more].concat(), "", &environment)
    };
    sign(&["bundles", "--write-public-key", "release.jwk"], PIN)
        .expect(0, &["signed own 1.2.3 with the key", "it has 1 signature"]);
    world
        .run(&["bundle", "verify", file, "--bundle-key", "release.jwk"])
        .expect(0, &["ACCEPTED  own 1.2.3"]);
    world.write("pin", format!("{PIN}\nnothing of this\n"));
    sign(&["bundles", "--pin-file", "pin", "--pkcs11-token", "release"], "wrong")
        .expect(0, &["it has 1 signature"]);

    sign(&["bundles"], "").expect_error(&["--pkcs11: no PIN; give `--pin-file FILE`, or set"]);
    let wrong = sign(&["bundles"], "11111111");
    assert!(!wrong.err.contains("11111111"), "{wrong:?}");
    wrong.expect_error(&["--pkcs11: the log-in fails: `C_Login` answers `PinIncorrect`"]);
    sign(&["other"], PIN).expect_error(&["0 private keys of Ed25519 with the label `other`"]);
    sign(&["twice"], PIN).expect_error(&["2 private keys of Ed25519 with the label `twice`"]);
    sign(&["bundles", "--pkcs11-token", "other"], PIN)
        .expect_error(&["0 tokens with the label `other`; accepted: `release`"]);
    let missing = ["bundle", "sign", file, "--pkcs11", "./none.so", "--pkcs11-key", "a"];
    world
        .run_with(&missing, "", &[("TOKENWARD_PIN", PIN)])
        .expect_error(&["--pkcs11: the module cannot be loaded"]);
    world
        .run(&["bundle", "verify", file, "--bundle-key", "release.jwk"])
        .expect(0, &["ACCEPTED  own 1.2.3"]);
}

/// Run by the test above, in a process of its own.
#[test]
#[ignore = "it is a part of another test"]
fn generates_keys() {
    let module = Pkcs11::new(MODULE).unwrap();
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    session.login(UserType::User, Some(&AuthPin::from(PIN))).unwrap();
    for label in ["bundles", "twice", "twice"] {
        let label = Attribute::Label(label.into());
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::EcParams(ED25519.to_vec()),
            label.clone(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Sign(true),
            label,
        ];
        session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private).unwrap();
    }
}
