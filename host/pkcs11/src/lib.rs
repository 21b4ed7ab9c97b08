//! Signs bundles with a key that never leaves its PKCS #11 token: an HSM, a smart card, `SoftHSM`.
//!
//! The key is one of Ed25519 (`CKK_EC_EDWARDS`, PKCS #11 3.0 section 2.3.5), found by its label, and
//! its public half lies beside it, as `C_GenerateKeyPair` leaves it. Signatures are those of
//! `CKM_EDDSA` without parameters, which is Ed25519 of RFC 8032.

use std::path::{Path, PathBuf};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use tokenward_bundle::packed::{BundleSigner, SignError};
use tokenward_token::{Key, Object, base64url};

/// Which key signs, and how it is reached.
pub struct Pkcs11Key {
    /// The module: the shared library of the token's maker.
    pub module: PathBuf,
    /// The label of the token; the only token there is, if none is given.
    pub token: Option<String>,
    /// The label of the key (`CKA_LABEL`).
    pub key: String,
    /// The user's PIN.
    pub pin: String,
}

// The PIN is in no output.
impl std::fmt::Debug for Pkcs11Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Key")
            .field("module", &self.module)
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Pkcs11Error {
    /// The token answered with an error.
    #[error("{what}: {reason}")]
    Token {
        /// What it was asked for.
        what: &'static str,
        /// What it said.
        reason: String,
    },
    /// There is not one token of this label.
    #[error("{found}; accepted: {accepted}")]
    WhichToken {
        /// What there is instead.
        found: String,
        /// The labels of those there are.
        accepted: String,
    },
    /// There is not one key of this label.
    #[error(
        "the token has {count} {what} keys of Ed25519 with the label `{label}`; it must have one"
    )]
    WhichKey {
        /// `private` or `public`.
        what: &'static str,
        /// The label.
        label: String,
        /// How many.
        count: usize,
    },
    /// The public key is none of Ed25519.
    #[error("the public key is not a point of Ed25519: {reason}")]
    Point {
        /// Why.
        reason: String,
    },
}

fn told(what: &'static str) -> impl FnOnce(Error) -> Pkcs11Error {
    move |error| Pkcs11Error::Token { what, reason: in_words(&error) }
}

/// By the names of PKCS #11: what the crate says instead is a paragraph of the standard.
fn in_words(error: &Error) -> String {
    match error {
        Error::Pkcs11(answer, function) => format!("`C_{function:?}` answers `{answer:?}`"),
        other => other.to_string().trim_end_matches('.').to_owned(),
    }
}

/// A key in a token, ready to sign.
pub struct Pkcs11Signer {
    session: Session,
    private: ObjectHandle,
    public: Key,
    jwk: Object,
}

impl std::fmt::Debug for Pkcs11Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Signer")
            .field("key", &self.public.thumbprint())
            .finish_non_exhaustive()
    }
}

impl Pkcs11Signer {
    /// Loads the module, logs in, and finds the key.
    ///
    /// The module is code that runs in this process: it is trusted with everything.
    ///
    /// # Errors
    ///
    /// [`Pkcs11Error`].
    pub fn open(wanted: &Pkcs11Key) -> Result<Self, Pkcs11Error> {
        let module = load(&wanted.module)?;
        let session = session(&module, wanted.token.as_deref())?;
        session
            .login(UserType::User, Some(&AuthPin::from(wanted.pin.as_str())))
            .map_err(told("the log-in fails"))?;
        let private = find(&session, ObjectClass::PRIVATE_KEY, "private", &wanted.key)?;
        let public = find(&session, ObjectClass::PUBLIC_KEY, "public", &wanted.key)?;
        let jwk = public_jwk(&session, public)?;
        let public = Key::from_jwk(&jwk)
            .map_err(|error| Pkcs11Error::Point { reason: error.to_string() })?;
        // It stays loaded and started as long as the process: another signer may use it, and one with
        // threads of its own would not survive being unloaded.
        std::mem::forget(module);
        Ok(Self { session, private, public, jwk })
    }

    /// The public key as JWK (RFC 8037), for a trust file.
    #[must_use]
    pub fn public_jwk(&self) -> &Object {
        &self.jwk
    }
}

impl BundleSigner for Pkcs11Signer {
    fn public_key(&self) -> &Key {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        self.session
            .sign(&mechanism, self.private, message)
            .map_err(|error| SignError::Signer { reason: in_words(&error) })
    }
}

fn load(path: &Path) -> Result<Pkcs11, Pkcs11Error> {
    let module = Pkcs11::new(path).map_err(told("the module cannot be loaded"))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        // By another signer of this process.
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(module),
        Err(error) => Err(told("the module does not start")(error)),
    }
}

fn session(module: &Pkcs11, wanted: Option<&str>) -> Result<Session, Pkcs11Error> {
    let slots =
        module.get_slots_with_initialized_token().map_err(told("the tokens are not told"))?;
    let mut tokens = Vec::with_capacity(slots.len());
    for slot in slots {
        let info = module.get_token_info(slot).map_err(told("a token does not say who it is"))?;
        tokens.push((slot, info.label().trim_end().to_owned()));
    }
    let fits: Vec<_> =
        tokens.iter().filter(|(_, label)| wanted.is_none_or(|wanted| wanted == label)).collect();
    let [(slot, _)] = fits.as_slice() else {
        let names: Vec<_> = tokens.iter().map(|(_, label)| format!("`{label}`")).collect();
        let accepted = if names.is_empty() { "none is there".into() } else { names.join(", ") };
        let found = match wanted {
            Some(label) => format!("there are {} tokens with the label `{label}`", fits.len()),
            None => format!("there are {} tokens, and none is named", fits.len()),
        };
        return Err(Pkcs11Error::WhichToken { found, accepted });
    };
    module.open_ro_session(*slot).map_err(told("no session can be opened"))
}

fn find(
    session: &Session,
    class: ObjectClass,
    what: &'static str,
    label: &str,
) -> Result<ObjectHandle, Pkcs11Error> {
    let template = [
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC_EDWARDS),
        Attribute::Label(label.as_bytes().to_vec()),
    ];
    let keys = session.find_objects(&template).map_err(told("the keys are not told"))?;
    match keys.as_slice() {
        [key] => Ok(*key),
        keys => Err(Pkcs11Error::WhichKey { what, label: label.to_owned(), count: keys.len() }),
    }
}

/// The point, which some tokens wrap in an OCTET STRING (PKCS #11 3.0 section 2.3.5) and others do not.
fn public_jwk(session: &Session, key: ObjectHandle) -> Result<Object, Pkcs11Error> {
    let wrong = |reason: String| Pkcs11Error::Point { reason };
    let attributes = session
        .get_attributes(key, &[AttributeType::EcPoint])
        .map_err(told("the public key is not told"))?;
    let point = attributes.iter().find_map(|attribute| match attribute {
        Attribute::EcPoint(point) => Some(point.as_slice()),
        _ => None,
    });
    let point = point.ok_or_else(|| wrong("there is none".into()))?;
    let x = match point {
        [0x04, 0x20, x @ ..] | x if x.len() == 32 => x,
        other => return Err(wrong(format!("it has {} bytes", other.len()))),
    };
    let mut jwk = Object::new();
    for (name, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA")] {
        jwk.set(name, value);
    }
    jwk.set("x", base64url::encode(x));
    Ok(jwk)
}
