//! What the C programs find in their folder: keys, tokens, trust files and bundles.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use tokenward::json::{JsonLimits, parse_strict};
use tokenward::mint::PrivateKey;
use tokenward::packed::{KeySigner, PackedBundle};
use tokenward::{Algorithm, Bundle, Object};
use tokenward_token::{Json, base64url};

/// As in `check.h`.
const NOW: i64 = 1_800_000_000;

const TRUST: &str = "[[issuer]]\nissuer = 'https://idp.example'\nkeys = 'idp.jwks.json'\n\
                     audiences = ['https://api.example']\n";

const STRICT: &str = "[[policy]]\nmodule = 'claim-minimization'\n[[policy]]\nmodule = 'scope-check'\n\
    settings.routes = [{ methods = ['GET'], path = '/orders/{id}', all-of = ['orders:read'] }]\n\
    [[policy]]\nmodule = 'risk-score'\n";

const LENIENT: &str = "[[policy]]\nmodule = 'claim-minimization'\nenforcement = 'warn'\n\
    [[policy]]\nmodule = 'claim-minimization'\nid = 'again'\nenforcement = 'shadow'\n";

const CASE: &str = "[[case]]\nname = 'nothing missing'\n\
    request = 'GET https://api.example/orders/7'\n\
    claims = { sub = 'u-1', scope = 'orders:read', iat = 1700000000, exp = 1700000900 }\n";

/// A folder that is removed at the end.
pub(crate) struct World(tempfile::TempDir);

impl World {
    pub(crate) fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        let idp = PrivateKey::generate(Algorithm::ES256).unwrap();
        world.keys(&idp);
        world.tokens(&idp);
        world.folders();
        world.packed();
        world
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn keys(&self, idp: &PrivateKey) {
        let jwks = |key: &PrivateKey| format!("{{\"keys\":[{}]}}", key.public_jwk().unwrap());
        self.write("idp.jwks.json", jwks(idp));
        self.write("idp.private.jwk", idp.private_jwk());
        self.write("idp.pem", pem(&idp.public_jwk().unwrap()));
        self.write("trust.toml", TRUST);
        let rotated = PrivateKey::generate(Algorithm::ES256).unwrap();
        self.write("rotated.jwks.json", jwks(&rotated));
        self.token("rotated.jwt", &rotated, "{}");
        let secret = PrivateKey::generate(Algorithm::HS256).unwrap();
        self.write("secret.jwk", secret.private_jwk());
        self.token("symmetric.jwt", &secret, "{}");
    }

    fn tokens(&self, idp: &PrivateKey) {
        let good =
            r#"{"order":{"ids":[7,8]},"label":"a\r\nx-admin: 1","zero":"a\u0000b","café":"é"}"#;
        self.token("good.jwt", idp, good);
        self.token("email.jwt", idp, r#"{"email":"alice@example.com"}"#);
        let contact =
            r#"{"sub":"alice@example.com","contact":{"email":"alice@example.com","id":"c-1"}}"#;
        self.token("contact.jwt", idp, contact);
        self.token("other-scope.jwt", idp, r#"{"scope":"orders:write"}"#);
        self.token("expired.jwt", idp, r#"{"iat":1799990000,"exp":1799999000}"#);
        self.token("other-issuer.jwt", idp, r#"{"iss":"https://b.example"}"#);
        self.token("other-audience.jwt", idp, r#"{"aud":"https://b.example"}"#);
        self.token("large.jwt", idp, &format!("{{\"a\":\"{}\"}}", "x".repeat(20_000)));
        let stranger = PrivateKey::generate(Algorithm::ES256).unwrap();
        self.token("unknown-key.jwt", &stranger, "{}");
        self.token("forged.jwt", &stranger.with_kid(idp.kid()).unwrap(), "{}");
        let (header, claims) = (r#"{"alg":"none"}"#, claims("{}").to_compact());
        let unsigned = [header, &claims].map(|part| base64url::encode(part.as_bytes()));
        self.write("unsigned.jwt", format!("{}.{}.", unsigned[0], unsigned[1]));
        self.write("nonsense.jwt", "not a token");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let live = format!("{{\"iat\":{now},\"exp\":{}}}", now + 3600);
        self.token("live.jwt", idp, &live);
    }

    /// A token with the usual claims, and these.
    fn token(&self, name: &str, key: &PrivateKey, more: &str) {
        self.write(name, key.mint(Some("at+jwt"), &claims(more)).unwrap());
    }

    fn folders(&self) {
        let withhold = "[[policy]]\nmodule = 'claim-minimization'\nsettings.withhold = true\n\
                        settings.detect.personal = 'advise'\n";
        let transport = "[[policy]]\nmodule = 'transport'\nsettings.max-cookie-age = 3600\n";
        for (name, policies) in [
            ("acme", STRICT),
            ("lenient", LENIENT),
            ("withhold", withhold),
            ("transport", transport),
            ("no-login", "[[policy]]\nmodule = 'claim-minimization'\n"),
            ("wrong-setting", "[[policy]]\nmodule = 'claim-minimization'\nsettings.detct = 1\n"),
            ("mistyped", "[[polcy]]\nmodule = 'claim-minimization'\n"),
        ] {
            self.write(&format!("{name}/bundle.toml"), manifest(name, "1.0.0", "", policies));
        }
    }

    fn packed(&self) {
        let [release, stranger] = [(); 2].map(|()| PrivateKey::generate(Algorithm::EdDSA).unwrap());
        self.write("release.public.jwk", release.public_jwk().unwrap());
        self.write("bundle-trust.toml", "[[key]]\nname = 'release'\nfile = 'release.public.jwk'\n");
        let [release, stranger] = [release, stranger].map(|key| KeySigner::new(key).unwrap());
        let passes = format!("{CASE}expect = 'permit'\n");
        let fails = format!("{CASE}expect = 'deny'\n");
        let later = "expires = '2099-01-01T00:00:00Z'\n";
        let past = "expires = '2001-01-01T00:00:00Z'\n";
        let other = format!("{STRICT}settings.profile = 'classic'\n");
        for (name, version, until, policies, cases, signer) in [
            ("acme-1.0.0", "1.0.0", later, STRICT, &passes, Some(&release)),
            ("acme-1.1.0", "1.1.0", later, STRICT, &passes, Some(&release)),
            ("acme-1.1.0-other", "1.1.0", later, other.as_str(), &passes, Some(&release)),
            ("cases-fail", "2.0.0", later, STRICT, &fails, Some(&release)),
            ("stranger", "2.0.0", later, STRICT, &passes, Some(&stranger)),
            ("expired", "2.0.0", past, STRICT, &passes, Some(&release)),
            ("unsigned", "2.0.0", "", STRICT, &passes, None),
        ] {
            let text = manifest("acme", version, until, policies);
            let folder = self.write(&format!("packed/{name}/bundle.toml"), text);
            let bundle = Bundle::from_folder(folder.parent().unwrap()).unwrap();
            let cases = vec![("own.toml".to_owned(), cases.clone())];
            let mut packed = PackedBundle::pack(&bundle, cases).unwrap();
            if let Some(signer) = signer {
                packed.sign(signer).unwrap();
            }
            self.write(&format!("{name}.bundle"), packed.to_bytes().unwrap());
        }
    }
}

fn manifest(name: &str, version: &str, until: &str, policies: &str) -> String {
    format!("name = '{name}'\nversion = '{version}'\ntitle = 'A test'\n{until}{policies}")
}

/// The usual claims, and these over them.
fn claims(more: &str) -> Object {
    let usual = format!(
        r#"{{"iss":"https://idp.example","aud":"https://api.example","sub":"u-1",
        "client_id":"gateway-1","scope":"orders:read","iat":{},"exp":{}}}"#,
        NOW - 60,
        NOW + 840
    );
    let object = |text: &str| match parse_strict(text.as_bytes(), &JsonLimits::default()).unwrap() {
        Json::Object(object) => object,
        other => panic!("no object: {other:?}"),
    };
    let mut claims = object(&usual);
    for (name, value) in object(more).iter() {
        claims.set(name, value.clone());
    }
    claims
}

/// A PEM public key of P-256 (RFC 5480) from its JWK.
fn pem(jwk: &str) -> String {
    const PREFIX: [u8; 27] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];
    let jwk = parse_strict(jwk.as_bytes(), &JsonLimits::default()).unwrap();
    let mut der = PREFIX.to_vec();
    for pointer in ["/x", "/y"] {
        let part = jwk.pointer(pointer).unwrap().as_str().unwrap();
        der.extend(base64url::decode(part.as_bytes()).unwrap());
    }
    let text = base64url::encode(&der).replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    format!("-----BEGIN PUBLIC KEY-----\n{text}{padding}\n-----END PUBLIC KEY-----\n")
}
