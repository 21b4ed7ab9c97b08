//! Signatures of bundles: Ed25519, over the statement as DSSE 1.0 wraps it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use tokenward_token::mint::PrivateKey;
use tokenward_token::{Algorithm, Key, KeySet, base64url};

use super::error::{PackError, SignError};
use super::statement::{canonical, refuse_twice};

/// What is signed, as DSSE names it.
pub const PAYLOAD_TYPE: &str = "application/vnd.tokenward.bundle.v1+json";

/// More signatures than any bundle needs.
const MOST: usize = 64;

/// A key that signs bundles, wherever it is kept: in a file, in a token of PKCS#11,
/// with a cloud's key service.
pub trait BundleSigner {
    /// Its public key.
    fn public_key(&self) -> &Key;

    /// Its Ed25519 signature of a message (RFC 8032), 64 bytes.
    ///
    /// # Errors
    ///
    /// Why it cannot sign.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError>;
}

/// The signature of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// The thumbprint of the key (RFC 7638, RFC 8037): the trust file says whose it is.
    pub keyid: String,
    /// 64 bytes, in base64url.
    pub sig: String,
}

/// `signatures.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Signatures {
    payload_type: String,
    signatures: Vec<Signature>,
}

impl Signatures {
    pub(super) fn none() -> Self {
        Self { payload_type: PAYLOAD_TYPE.to_owned(), signatures: Vec::new() }
    }

    pub(super) fn all(&self) -> &[Signature] {
        &self.signatures
    }

    /// One a key, in the order of the keys' thumbprints.
    pub(super) fn add(&mut self, signature: Signature) {
        self.signatures.retain(|other| other.keyid != signature.keyid);
        let place = self.signatures.partition_point(|other| other.keyid < signature.keyid);
        self.signatures.insert(place, signature);
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PackError> {
        let wrong = |reason: String| PackError::Signatures { reason };
        refuse_twice(bytes).map_err(wrong)?;
        let read: Self = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
        if read.payload_type != PAYLOAD_TYPE {
            return Err(wrong(format!("the payload is not `{PAYLOAD_TYPE}`")));
        }
        if read.signatures.len() > MOST {
            return Err(wrong(format!("it has more than {MOST} signatures")));
        }
        if !read.signatures.is_sorted_by(|a, b| a.keyid < b.keyid) {
            return Err(wrong("the keys are not in order, each once".into()));
        }
        if canonical(&read)? != bytes {
            return Err(wrong("it is not written as `bundle sign` writes it".into()));
        }
        Ok(read)
    }
}

impl Signature {
    /// Whether it is this key's, of this statement.
    pub(super) fn is_of(&self, key: &Key, statement: &[u8]) -> bool {
        base64url::decode(self.sig.as_bytes())
            .is_ok_and(|signature| key.verifies_message(&envelope(statement), &signature))
    }
}

/// What is signed: the pre-authentication encoding of DSSE 1.0.
fn envelope(statement: &[u8]) -> Vec<u8> {
    let lengths = (PAYLOAD_TYPE.len(), statement.len());
    let mut bytes = format!("DSSEv1 {} {PAYLOAD_TYPE} {} ", lengths.0, lengths.1).into_bytes();
    bytes.extend_from_slice(statement);
    bytes
}

pub(super) fn sign(signer: &dyn BundleSigner, statement: &[u8]) -> Result<Signature, SignError> {
    let key = signer.public_key();
    check_algorithm(key)?;
    let message = envelope(statement);
    let signature = signer.sign(&message)?;
    // A program may have another key than it says, or sign in another form.
    if !key.verifies_message(&message, &signature) {
        return Err(SignError::NotItsSignature);
    }
    Ok(Signature { keyid: key.thumbprint().to_owned(), sig: base64url::encode(&signature) })
}

pub(super) fn check_algorithm(key: &Key) -> Result<(), SignError> {
    if key.algorithm() == Algorithm::EdDSA {
        return Ok(());
    }
    Err(SignError::Algorithm { algorithm: key.algorithm().to_string() })
}

/// A key from a file: a private JWK, or PKCS#8 in PEM.
pub struct KeySigner {
    private: PrivateKey,
    public: Key,
}

impl KeySigner {
    /// Signs with this key.
    ///
    /// # Errors
    ///
    /// [`SignError::Algorithm`], if it is not one of Ed25519.
    pub fn new(private: PrivateKey) -> Result<Self, SignError> {
        let signer = |reason: String| SignError::Signer { reason };
        let keys: KeySet = private.key_set().map_err(|error| signer(error.to_string()))?;
        let public = keys.keys().next().cloned().ok_or_else(|| signer("it has no key".into()))?;
        check_algorithm(&public)?;
        Ok(Self { private, public })
    }
}

impl BundleSigner for KeySigner {
    fn public_key(&self) -> &Key {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signature = self.private.sign_message(message);
        signature.map_err(|error| SignError::Signer { reason: error.to_string() })
    }
}

/// A program that has the key, or reaches who has it: it is given the message on
/// its standard input, and writes the 64 bytes of the signature to its standard
/// output.
pub struct CommandSigner {
    public: Key,
    program: String,
    arguments: Vec<String>,
}

impl CommandSigner {
    /// Signs by this program; the public key is that of what it signs with.
    #[must_use]
    pub fn new(public: Key, program: String, arguments: Vec<String>) -> Self {
        Self { public, program, arguments }
    }
}

impl BundleSigner for CommandSigner {
    fn public_key(&self) -> &Key {
        &self.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let failed =
            |reason: String| SignError::Signer { reason: format!("`{}`: {reason}", self.program) };
        let mut child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        if let Some(mut input) = child.stdin.take() {
            // A program that does not read it all says so by what it answers.
            let _ = input.write_all(message);
        }
        let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(format!("it ended with {}", output.status)));
        }
        Ok(output.stdout)
    }
}
