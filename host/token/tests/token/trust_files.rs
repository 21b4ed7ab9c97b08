//! Trust files: what is read, what is refused, and what the message says.

use tokenward_token::{Algorithm, Check, Issuer, KeySet, KeySource, Trust, UnixTime, load};

use crate::support::{AUDIENCE, ES, ISSUER, NOW, RS, claims, outcome_by, token};

fn read(text: &str) -> Result<Trust, String> {
    Trust::from_toml(text, |name| match name {
        "es.jwk" => Ok(ES.public_jwk().unwrap().into_bytes()),
        "rs.jwk" => Ok(RS.public_jwk().unwrap().into_bytes()),
        "hs.jwk" => Ok(HS.to_vec()),
        "broken.jwk" => Ok(b"{".to_vec()),
        _ => Err("no such file"),
    })
    .map_err(|error| error.to_string())
}

const HS: &[u8] = br#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#;

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

/// [`GOOD`], with another place of the first issuer's keys.
fn with_keys_at(keys: &str) -> String {
    GOOD.replacen("es.jwk", keys, 1)
}

#[test]
fn keys_that_are_fetched_are_refused_where_files_alone_are_read() {
    for (keys, shown) in [
        ("discovery", "discovery"),
        ("https://idp.example/jwks", "https://idp.example/jwks"),
        ("HTTPS://idp.example/jwks", "HTTPS://idp.example/jwks"),
        ("http://127.0.0.1:8080/jwks", "http://127.0.0.1:8080/jwks"),
        ("ftp://idp.example/jwks", "ftp://idp.example/jwks"),
        ("https://idp.example/jwks?key=secret#secret", "https://idp.example/jwks"),
        ("https://user:secret@idp.example/jwks", "the address"),
    ] {
        let error = read(&with_keys_at(keys)).unwrap_err();
        let expected = format!("`keys`: `{shown}` is fetched by a server alone; accepted here is");
        assert!(error.contains(&expected) && !error.contains("secret"), "{keys}: {error}");
    }
    // What has no scheme before `://` is the name of a file.
    for keys in ["./discovery", "Discovery", "a b://c", "://x"] {
        let error = read(&with_keys_at(keys)).unwrap_err();
        assert!(error.contains(&format!("`{keys}` cannot be read: no such file")), "{error}");
    }
}

#[test]
fn keys_that_are_fetched_are_told_from_files() {
    let read_with = |text: &str| {
        let mut asked = Vec::new();
        let trust = Trust::from_toml_with(text, |issuer, source| {
            asked.push(format!("{issuer} {source:?}"));
            match source {
                KeySource::File("hs.jwk") => KeySet::parse(HS).map_err(|e| e.to_string()),
                KeySource::File(_) => Err("is no file".to_owned()),
                KeySource::Address("https://refused.example") => Err("is refused".to_owned()),
                KeySource::Address(_) | KeySource::Discovery => Ok(KeySet::unavailable()),
            }
        });
        (trust.map_err(|error| error.to_string()), asked)
    };
    let (trust, asked) = read_with(&with_keys_at("https://idp.example/jwks"));
    assert_eq!(
        asked,
        [
            "https://idp.example Address(\"https://idp.example/jwks\")",
            "https://other.example File(\"hs.jwk\")"
        ]
    );
    assert_eq!(outcome_by(&trust.unwrap(), token()), "keys_unavailable");
    let (_, asked) = read_with(&with_keys_at("discovery"));
    assert_eq!(asked.first().unwrap(), "https://idp.example Discovery");
    let (error, _) = read_with(&with_keys_at("https://refused.example"));
    let expected = "issuer `https://idp.example`, `keys`: `https://refused.example` is refused";
    assert_eq!(error.unwrap_err(), expected);
    let symmetric = with_keys_at("discovery").replacen("symmetric = false", "symmetric = true", 1);
    let (error, _) = read_with(&symmetric);
    let error = error.unwrap_err();
    assert!(error.contains("`symmetric`: is true, but keys that are fetched"), "{error}");
}

#[test]
fn an_issuer_without_keys_refuses_by_what_is_wrong_first() {
    let issuer = || Issuer::new(ISSUER, KeySet::unavailable(), [AUDIENCE]);
    let trust = Trust::builder().issuer(issuer()).build().unwrap();
    let hs = crate::support::key(Algorithm::HS256, "hs");
    let mint = |key: &tokenward_token::mint::PrivateKey| key.mint(None, &claims()).unwrap();
    assert_eq!(outcome_by(&trust, token()), "keys_unavailable");
    assert_eq!(outcome_by(&trust, mint(&RS)), "keys_unavailable");
    assert_eq!(outcome_by(&trust, mint(&hs)), "alg_not_allowed");
    // Whatever the signature and the claims are: nothing is known of them.
    let mut expired = claims();
    expired.set("exp", tokenward_token::Json::Integer(1));
    assert_eq!(outcome_by(&trust, ES.mint(None, &expired).unwrap()), "keys_unavailable");
    let mut elsewhere = claims();
    elsewhere.set("iss", "https://elsewhere.example");
    assert_eq!(outcome_by(&trust, ES.mint(None, &elsewhere).unwrap()), "issuer_unknown");
    let only = Trust::builder().issuer(issuer().algorithms([Algorithm::ES256])).build().unwrap();
    assert_eq!(outcome_by(&only, token()), "keys_unavailable");
    assert_eq!(outcome_by(&only, mint(&RS)), "alg_not_allowed");
    assert!(Trust::builder().issuer(issuer().algorithms([Algorithm::HS256])).build().is_err());
    // With keys it is an issuer as any, by the same rules; and back again.
    let keys = crate::support::key_set(&[&ES, &RS]);
    let there = only.with_keys(ISSUER, &keys).unwrap();
    assert_eq!(outcome_by(&there, token()), "accepted");
    assert_eq!(outcome_by(&there, mint(&RS)), "alg_not_allowed");
    let gone = there.with_keys(ISSUER, &KeySet::unavailable()).unwrap();
    assert_eq!(outcome_by(&gone, token()), "keys_unavailable");
    // Another issuer's keys serve none but that one.
    let other = Issuer::new("https://other.example", keys, [AUDIENCE]);
    let both = Trust::builder().issuer(issuer()).issuer(other).build().unwrap();
    assert_eq!(outcome_by(&both, token()), "keys_unavailable");
}

#[test]
fn a_key_is_as_old_as_is_said_of_it() {
    let keys = crate::support::key_set(&[&ES, &RS]);
    let dated = keys.with_created(|key| (key.id() == Some("es")).then_some(UnixTime(NOW.0 - 60)));
    let created: Vec<_> = dated.keys().map(|key| key.facts().created()).collect();
    assert_eq!(created, [Some(UnixTime(NOW.0 - 60)), None]);
    let trust = Trust::builder().issuer(Issuer::new(ISSUER, dated, [AUDIENCE])).build().unwrap();
    let verified = crate::support::verify_by(&trust, token().as_bytes()).unwrap();
    assert_eq!(verified.key().age_seconds(NOW), Some(60));
    assert_eq!(verified.key().id(), Some("es"));
}

#[test]
fn a_jwks_is_told_from_other_key_files() {
    let es = ES.public_jwk().unwrap();
    for (text, expected) in [
        (format!("{{\"keys\":[{es}]}}"), Ok(1)),
        (es.clone(), Err("has a JWK member `keys` that is missing, as no JWKS has it")),
        (format!("[{es}]"), Err("has a JWK member `keys` that is missing, since it is not an")),
        ("{\"keys\":{}}".to_owned(), Err("has a JWK member `keys` that is not an array")),
        ("{\"keys\":[]}".to_owned(), Err("has no key that can verify signatures here")),
        ("<html>".to_owned(), Err("is not valid JSON")),
        ("{\"keys\":[],\"keys\":[]}".to_owned(), Err("has an object with two members")),
        (" ".repeat((1 << 20) + 1), Err("has more than 1048576 bytes")),
    ] {
        match (KeySet::parse_jwks(text.as_bytes()), expected) {
            (Ok(keys), Ok(count)) => assert_eq!(keys.keys().len(), count),
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (other, _) => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_trust_file_with_keys_that_are_fetched_is_read() {
    let folder = std::env::temp_dir().join(format!("tokenward-remote-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("trust.toml");
    std::fs::write(folder.join("hs.jwk"), HS).unwrap();
    std::fs::write(&path, with_keys_at("discovery")).unwrap();
    let mut remote = Vec::new();
    let trust = load::trust_file_with(&path, |issuer, source| {
        remote.push(format!("{issuer} {source:?}"));
        Ok::<_, String>(KeySet::unavailable())
    });
    let refused = load::trust_file(&path).unwrap_err().to_string();
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(outcome_by(&trust.unwrap(), token()), "keys_unavailable");
    assert_eq!(remote, ["https://idp.example Discovery"]);
    assert!(refused.contains("`discovery` is fetched by a server alone"), "{refused}");
}
