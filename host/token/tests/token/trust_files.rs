//! Trust files: what is read, what is refused, and what the message says.

use tokenward_token::{Algorithm, Check, KeySet, Trust, load};

use crate::support::{AUDIENCE, ES, ISSUER, RS, claims, outcome_by, token};

fn read(text: &str) -> Result<Trust, String> {
    Trust::from_toml(text, |name| match name {
        "es.jwk" => Ok(ES.public_jwk().unwrap().into_bytes()),
        "rs.jwk" => Ok(RS.public_jwk().unwrap().into_bytes()),
        "hs.jwk" => {
            Ok(br#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#.to_vec())
        }
        "broken.jwk" => Ok(b"{".to_vec()),
        _ => Err("no such file"),
    })
    .map_err(|error| error.to_string())
}

const GOOD: &str = r#"
[[issuer]]
issuer = "https://idp.example"
keys = "es.jwk"
audiences = ["https://api.example", "https://b.example"]
algorithms = ["ES256"]
symmetric = false
kinds = ["access", "id", "logout+jwt"]
profile = "rfc9068"
skew = 10
max-lifetime = 3600

[[issuer]]
issuer = "https://other.example"
keys = "hs.jwk"
audiences = ["a"]
symmetric = true
"#;

#[test]
fn a_whole_trust_file_is_read() {
    let trust = read(GOOD).unwrap();
    let names: Vec<_> = trust.issuers().map(tokenward_token::Issuer::name).collect();
    assert_eq!(names, ["https://idp.example", "https://other.example"]);
    assert_eq!(trust.checks().issuer, Check::Checked);
    assert_eq!(outcome_by(&trust, token()), "accepted");
    assert_eq!(outcome_by(&trust, ES.mint(None, &claims()).unwrap()), "typ_not_allowed");
}

#[test]
fn defaults_are_the_documented_ones() {
    let trust = read(
        "[[issuer]]\nissuer = \"https://idp.example\"\nkeys = \"es.jwk\"\n\
         audiences = [\"https://api.example\"]\n",
    )
    .unwrap();
    assert_eq!(outcome_by(&trust, ES.mint(None, &claims()).unwrap()), "accepted");
    assert_eq!(outcome_by(&trust, ES.mint(Some("rt+jwt"), &claims()).unwrap()), "wrong_kind");
    let mut early = claims();
    early.set("nbf", tokenward_token::Json::Integer(crate::support::NOW.0 + 60));
    assert_eq!(outcome_by(&trust, ES.mint(None, &early).unwrap()), "accepted");
}

#[test]
fn what_is_wrong_is_said_and_where() {
    for (from, to, expected) in [
        ("profile = ", "profil = ", "profil"),
        ("skew = 10", "skew = 301", "issuer `https://idp.example`, `skew`: is above 300"),
        ("skew = 10", "skew = -1", "line 10"),
        ("skew = 10", "skew = \"10\"", "line 10"),
        ("max-lifetime = 3600", "max-lifetime = 0", "`max-lifetime`: is 0"),
        ("\"rfc9068\"", "\"rfc9069\"", "`profile`: is `rfc9069`; accepted are `jwt` and"),
        ("[\"ES256\"]", "[\"ES255\"]", "`algorithms`: `ES255` is not an accepted algorithm"),
        ("[\"ES256\"]", "[\"none\"]", "`none` is not an accepted algorithm"),
        ("[\"ES256\"]", "[]", "`algorithms`: is empty"),
        ("[\"ES256\"]", "[\"HS256\"]", "has HS256, which `symmetric = false` excludes"),
        ("[\"ES256\"]", "[\"RS256\"]", "its keys are for none of RS256"),
        ("\"logout+jwt\"", "\"Access\"", "`Access` is no token kind"),
        ("[\"access\", \"id\", \"logout+jwt\"]", "[]", "`kinds`: is empty"),
        ("[\"https://api.example\", \"https://b.example\"]", "[]", "`audiences`: is empty"),
        ("\"https://b.example\"]", "\"\"]", "`audiences`: has an empty one"),
        ("issuer = \"https://idp.example\"\n", "", "missing field `issuer`"),
        ("issuer = \"https://idp.example\"", "issuer = \"\"", "`issuer`: is empty"),
        ("https://other.example", "https://idp.example", "is there twice"),
        ("es.jwk", "gone.jwk", "`keys`: `gone.jwk` cannot be read: no such file"),
        ("es.jwk", "broken.jwk", "`keys`: `broken.jwk` is not valid JSON"),
        ("es.jwk", "hs.jwk", "accept them with `symmetric = true`"),
        ("symmetric = true", "symmetric = false", "accept them with `symmetric = true`"),
        ("\"hs.jwk\"", "\"es.jwk\"", "is true, but the keys are public keys"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = read(&GOOD.replacen(from, to, 1)).unwrap_err();
        assert!(error.contains(expected), "{from} → {to}: {error}");
    }
    assert!(read("").unwrap_err().contains("there is no issuer"));
}

#[test]
fn trust_in_keys_alone_says_what_it_does_not_check() {
    let keys = || KeySet::parse(ES.public_jwk().unwrap().as_bytes()).unwrap();
    let trust = Trust::key_only(keys());
    let checks = trust.checks();
    assert_eq!([checks.issuer, checks.audience, checks.kind], [Check::Unchecked; 3]);
    let mut anyone = claims();
    anyone.set("aud", "https://elsewhere.example");
    anyone.remove("iss");
    let token = ES.mint(Some("rt+jwt"), &anyone).unwrap();
    let verified = crate::support::verify_by(&trust, token.as_bytes()).unwrap();
    assert_eq!((verified.issuer(), verified.kind().name()), (None, "refresh"));
    let trust = Trust::key_only(keys()).with_audiences([AUDIENCE]);
    assert_eq!(trust.checks().audience, Check::Checked);
    assert_eq!(outcome_by(&trust, token), "audience_mismatch");
    // What every token must have, it must have here too.
    let trust = Trust::key_only(keys());
    let mut endless = claims();
    endless.remove("exp");
    assert_eq!(outcome_by(&trust, ES.mint(None, &endless).unwrap()), "exp_missing");
    endless.set("iss", tokenward_token::Json::Null);
    assert_eq!(outcome_by(&trust, ES.mint(None, &endless).unwrap()), "issuer_type");
}

#[test]
fn keys_are_replaced_only_where_they_fit() {
    let trust = read(GOOD).unwrap();
    let keys = |key: &tokenward_token::mint::PrivateKey| key.key_set().unwrap();
    let another = crate::support::key(Algorithm::ES256, "next");
    let rotated = trust.with_keys(ISSUER, &keys(&another)).unwrap();
    assert_eq!(outcome_by(&rotated, token()), "key_not_found");
    assert_eq!(outcome_by(&rotated, another.mint(Some("at+jwt"), &claims()).unwrap()), "accepted");
    assert!(trust.with_keys(ISSUER, &keys(&RS)).is_err());
    assert!(trust.with_keys("https://nobody.example", &keys(&another)).is_err());
}

#[test]
fn files_are_read_relative_to_the_trust_file() {
    let folder = std::env::temp_dir().join(format!("tokenward-token-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    let path = folder.join("trust.toml");
    std::fs::write(folder.join("keys/es.jwk"), ES.public_jwk().unwrap()).unwrap();
    let text = format!(
        "[[issuer]]\nissuer = \"{ISSUER}\"\nkeys = \"keys/es.jwk\"\naudiences = [\"{AUDIENCE}\"]\n"
    );
    std::fs::write(&path, &text).unwrap();
    let read = load::trust_file(&path).map(|trust| outcome_by(&trust, token()));
    let key = load::key_file(&folder.join("keys/es.jwk")).map(|keys| keys.keys().len());
    std::fs::write(&path, text.replace("es.jwk", "gone.jwk")).unwrap();
    let gone = load::trust_file(&path).unwrap_err().to_string();
    let missing = load::key_file(&folder.join("none")).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(read.unwrap(), "accepted");
    assert_eq!(key.unwrap(), 1);
    assert!(gone.contains("`keys`: `keys/gone.jwk` cannot be read"), "{gone}");
    assert!(missing.contains("none` cannot be read"), "{missing}");
}
