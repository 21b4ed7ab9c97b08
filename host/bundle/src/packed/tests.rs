use std::collections::BTreeSet;

use tokenward_token::mint::PrivateKey;
use tokenward_token::{Algorithm, UnixTime};

use tar::EntryType as Kind;

use super::*;

const NOW: UnixTime = UnixTime(1_800_000_000);

fn bundle(version: &str) -> Bundle {
    let text = format!(
        "name='acme'\nversion='{version}'\ntitle='Acme'\nexpires='2027-06-30T00:00:00Z'\n\
         [[policy]]\nmodule='transport'\n[[policy]]\nmodule='transport'\nid='again'\n\
         [[policy]]\nmodule='key-strength'\nsettings={{b=1,a=[2]}}\n"
    );
    Bundle::from_manifest(BundleManifest::parse(&text, "bundle.toml").unwrap(), None).unwrap()
}

fn cases() -> Vec<CaseFile> {
    vec![("b.toml".into(), "# b".into()), ("a.toml".into(), "# a".into())]
}

fn key() -> KeySigner {
    KeySigner::new(PrivateKey::generate(Algorithm::EdDSA).unwrap()).unwrap()
}

fn trust(keys: &[&KeySigner], threshold: usize) -> BundleTrust {
    let keys = keys.iter().enumerate().map(|(index, signer)| TrustedKey {
        name: format!("key-{index}"),
        key: signer.public_key().clone(),
    });
    BundleTrust { keys: keys.collect(), threshold, names: Vec::new(), require_expiry: true }
}

fn signed(bundle: &Bundle, keys: &[&KeySigner]) -> PackedBundle {
    let mut packed = PackedBundle::pack(bundle, cases()).unwrap();
    for key in keys {
        packed.sign(*key).unwrap();
    }
    packed
}

/// The code with which these bytes are refused; none if they are accepted.
fn refused(bytes: &[u8], trust: &BundleTrust) -> Option<&'static str> {
    match PackedBundle::read(bytes) {
        Err(error) => Some(error.code()),
        Ok(packed) => packed.verify(trust, NOW, &[]).err().map(|error| error.code()),
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let reversed = cases().into_iter().rev().collect();
    let first = PackedBundle::pack(&bundle("1.0.0"), cases()).unwrap().to_bytes().unwrap();
    let second = PackedBundle::pack(&bundle("1.0.0"), reversed).unwrap().to_bytes().unwrap();
    assert_eq!(first, second);
    let read = PackedBundle::read(&first).unwrap();
    assert_eq!(read.unverified().digest(), bundle("1.0.0").digest());
    assert_eq!(read.to_bytes().unwrap(), first);
    let names: Vec<_> = read.cases().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["a.toml", "b.toml"]);
}

#[test]
fn whoever_signed_is_told_and_a_threshold_is_kept() {
    let (one, two, other) = (key(), key(), key());
    let trusted = trust(&[&one, &two], 2);
    let bundle = bundle("1.0.0");
    let verify = |keys: &[&KeySigner]| signed(&bundle, keys).verify(&trusted, NOW, &[]);
    assert_eq!(verify(&[&two, &one]).unwrap().signed_by(), ["key-0", "key-1"]);
    assert_eq!(verify(&[]).unwrap_err(), VerifyError::Unsigned { needed: 2 });
    let few = |valid| VerifyError::TooFewSignatures { valid, needed: 2 };
    assert_eq!(verify(&[&one]).unwrap_err(), few(1));
    assert_eq!(verify(&[&other]).unwrap_err(), few(0));
    // Signing again with one key counts once.
    assert_eq!(verify(&[&one, &one, &other]).unwrap_err(), few(1));
}

#[test]
fn no_byte_can_be_changed() {
    let key = key();
    let trusted = trust(&[&key], 1);
    let bytes = signed(&bundle("1.0.0"), &[&key]).to_bytes().unwrap();
    assert_eq!(refused(&bytes, &trusted), None);
    // Every byte of headers, statement, signatures and cases; of each component some.
    let mut codes = BTreeSet::new();
    let mut tampered = bytes.clone();
    let component = bytes.windows(4).position(|w| w == b"\0asm").unwrap();
    let end = bytes.windows(6).rposition(|w| w == b"cases/").unwrap();
    let within = (component + 64..end).step_by(997);
    for place in (0..component + 64).chain(within).chain(end..bytes.len()) {
        let byte = tampered.get_mut(place).unwrap();
        *byte ^= 1;
        let code = refused(&tampered, &trusted);
        assert!(code.is_some(), "byte {place}");
        codes.extend(code);
        *tampered.get_mut(place).unwrap() ^= 1;
    }
    for code in ["entry-differs", "wrong-signature", "not-a-bundle", "statement-malformed"] {
        assert!(codes.contains(code), "{code} in {codes:?}");
    }
}

#[test]
fn what_is_cut_off_or_added_is_refused() {
    let key = key();
    let trusted = trust(&[&key], 1);
    let bytes = signed(&bundle("1.0.0"), &[&key]).to_bytes().unwrap();
    for length in (0..bytes.len()).step_by(1009).chain([bytes.len() - 1, bytes.len() - 512]) {
        let code = refused(bytes.get(..length).unwrap(), &trusted);
        let accepted = ["truncated", "entry-missing", "not-canonical"];
        assert!(code.is_some_and(|code| accepted.contains(&code)), "{length}: {code:?}");
    }
    let longer = [&bytes[..], &[0; 512]].concat();
    assert_eq!(refused(&longer, &trusted), Some("not-canonical"));
}

/// The archive with an entry more, or with one in the place of another.
fn with_entry(bytes: &[u8], header: &tar::Header, content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    builder.append(header, content).unwrap();
    let entry = builder.into_inner().unwrap();
    let entry = entry.get(..entry.len() - 1024).unwrap();
    let (content, end) = bytes.split_at(bytes.len() - 1024);
    [content, entry, end].concat()
}

#[test]
fn foreign_entries_are_refused() {
    let key = key();
    let trusted = trust(&[&key], 1);
    let bytes = signed(&bundle("1.0.0"), &[&key]).to_bytes().unwrap();
    let entry = |name: &str, kind: tar::EntryType, size: u64| {
        let mut header = tar::Header::new_ustar();
        // The library itself refuses to write some of these names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(size);
        header.set_cksum();
        header
    };
    for (name, kind, size, code) in [
        ("../evil.wasm", Kind::Regular, 0, "foreign-entry"),
        ("/etc/passwd", Kind::Regular, 0, "foreign-entry"),
        ("modules/../../evil.wasm", Kind::Regular, 0, "foreign-entry"),
        ("modules/.evil.wasm", Kind::Regular, 0, "foreign-entry"),
        ("cases/link.toml", Kind::Symlink, 0, "foreign-entry"),
        ("cases/link.toml", Kind::Link, 0, "foreign-entry"),
        ("cases/", Kind::Directory, 0, "foreign-entry"),
        ("cases/more.toml", Kind::Regular, 0, "entry-unsigned"),
        ("bundle.json", Kind::Regular, 0, "foreign-entry"),
        ("modules/evil.wasm", Kind::Regular, 10 << 30, "entry-too-large"),
        ("cases/large.toml", Kind::Regular, 2 << 20, "entry-too-large"),
    ] {
        let more = with_entry(&bytes, &entry(name, kind, size), b"");
        assert_eq!(refused(&more, &trusted), Some(code), "{name} {kind:?}");
    }
}

#[test]
fn a_component_is_not_exchanged_for_another() {
    let key = key();
    let trusted = trust(&[&key], 1);
    let (one, two) = (bundle("1.0.0"), bundle("1.0.1"));
    let (signed_one, signed_two) = (signed(&one, &[&key]), signed(&two, &[&key]));
    // The signatures of another bundle, of the same key.
    let swapped = PackedBundle { signatures: signed_two.signatures.clone(), ..signed_one };
    let error = swapped.verify(&trusted, NOW, &[]).unwrap_err();
    assert_eq!(error, VerifyError::WrongSignature { key: "key-0".into() });
}

#[test]
fn bundles_are_valid_for_a_time_and_never_older() {
    let key = key();
    let trusted = trust(&[&key], 1);
    let verify = |bundle: &Bundle, now: i64, accepted: &[Accepted]| {
        signed(bundle, &[&key]).verify(&trusted, UnixTime(now), accepted)
    };
    let (from, until) = (UnixTime(1_000), UnixTime(2_000));
    let limited = bundle("1.2.0").with_validity(Some(from), Some(until));
    for (now, code) in
        [(999, Some("not-yet-valid")), (1_000, None), (1_999, None), (2_000, Some("expired"))]
    {
        assert_eq!(verify(&limited, now, &[]).err().map(|e| e.code()), code, "{now}");
    }
    let for_ever = bundle("1.2.0").with_validity(None, None);
    assert_eq!(verify(&for_ever, 0, &[]).unwrap_err(), VerifyError::NoExpiry);
    let last = verify(&limited, 1_500, &[]).unwrap().accepted();
    let other = Accepted { name: "other".into(), version: "9.0.0".into(), ..last.clone() };
    let accepted = [other, last];
    for (version, code) in [
        ("1.1.9", Some("older-version")),
        ("1.2.0-rc.1", Some("older-version")),
        ("1.2.0+build", Some("version-reused")),
        ("1.2.1", None),
        ("1.10.0", None),
    ] {
        let code_of = verify(&bundle(version), 1_500, &accepted).err().map(|e| e.code());
        assert_eq!(code_of, code, "{version}");
    }
    assert!(verify(&limited, 1_500, &accepted).is_ok());
}

/// Says that it has one key, and signs with another.
struct Lying(KeySigner, KeySigner);

impl BundleSigner for Lying {
    fn public_key(&self) -> &tokenward_token::Key {
        self.0.public_key()
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        self.1.sign(message)
    }
}

#[test]
fn only_ed25519_signs_and_only_the_key_itself() {
    let private = PrivateKey::generate(Algorithm::ES256).unwrap();
    assert!(matches!(KeySigner::new(private), Err(SignError::Algorithm { .. })));
    let mut packed = PackedBundle::pack(&bundle("1.0.0"), Vec::new()).unwrap();
    let error = packed.sign(&Lying(key(), key())).unwrap_err();
    assert!(matches!(error, SignError::NotItsSignature));
    assert!(packed.signatures().is_empty());
}

#[test]
fn a_case_file_has_a_plain_name() {
    for name in ["../a.toml", "a.txt", ".toml", "a/b.toml", ""] {
        let error = PackedBundle::pack(&bundle("1.0.0"), vec![(name.into(), String::new())]);
        assert_eq!(error.unwrap_err().code(), "foreign-entry", "{name}");
    }
}
