//! The key that a token is bound to (the claim `cnf`, RFC 7800), and whether the
//! sender proved to hold it.

use tokenward_policy::{Binding, Input, Value};

pub(crate) const CNF: &str = "/cnf";
/// The thumbprint of a key that DPoP proves (RFC 9449 section 6.1).
pub(crate) const DPOP: &str = "/cnf/jkt";
/// The thumbprint of a certificate that TLS proves (RFC 8705 section 3.1).
pub(crate) const MUTUAL_TLS: &str = "/cnf/x5t#S256";

/// What the claim says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// The token is bound to no key.
    Absent,
    /// The claim, or its member at this pointer, is not what it must be.
    Malformed(&'static str),
    /// The token is bound to a key, that these proofs can show.
    Bound { dpop: bool, mutual_tls: bool },
}

impl Confirmation {
    pub(crate) fn read(input: &Input) -> Self {
        match input.claim(CNF) {
            None => return Self::Absent,
            Some(Value::Json(json)) if json.starts_with('{') && json != "{}" => {}
            Some(_) => return Self::Malformed(CNF),
        }
        let (dpop, mutual_tls) = (input.claim(DPOP), input.claim(MUTUAL_TLS));
        for (member, value) in [(DPOP, dpop), (MUTUAL_TLS, mutual_tls)] {
            if value.is_some_and(|value| !value.as_text().is_some_and(is_thumbprint)) {
                return Self::Malformed(member);
            }
        }
        match (dpop.is_some(), mutual_tls.is_some()) {
            // A key in another form: whatever proof the host took for it.
            (false, false) => Self::Bound { dpop: true, mutual_tls: true },
            (dpop, mutual_tls) => Self::Bound { dpop, mutual_tls },
        }
    }

    /// Whether a proof that the host verified is one of the key that the token names.
    pub(crate) fn is_proven_by(self, proof: Binding) -> bool {
        match (self, proof) {
            (Self::Bound { dpop, .. }, Binding::Dpop) => dpop,
            (Self::Bound { mutual_tls, .. }, Binding::MutualTls) => mutual_tls,
            _ => false,
        }
    }
}

/// A SHA-256 hash in base64url without padding.
fn is_thumbprint(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}
