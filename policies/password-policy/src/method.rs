//! Which log-ins are by password. A method that is not known not to be one is
//! judged: a misspelt or new name must not let a weak password pass.

use tokenward_policy::prelude::*;

/// Methods without a password, in lower case: the values of RFC 8176 section 2
/// but `pwd`, `pin` and `kba`, then common names that it lacks.
const WITHOUT_PASSWORD: [&str; 30] = [
    "face",
    "fpt",
    "geo",
    "hwk",
    "iris",
    "mca",
    "mfa",
    "otp",
    "pop",
    "rba",
    "sc",
    "sms",
    "swk",
    "tel",
    "user",
    "vbm",
    "wia",
    "webauthn",
    "passkey",
    "fido",
    "fido2",
    "magic-link",
    "email-link",
    "saml",
    "oidc",
    "federated",
    "social",
    "certificate",
    "mtls",
    "kerberos",
];

/// How the user logs in, as one fact tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// By password, or perhaps so.
    Password,
    /// By methods of which none has a password.
    Other,
    /// What is told is no method; it may be a password.
    Malformed,
}

impl Method {
    /// Of the fact, if it is known, where these names mean a password as well.
    pub(crate) fn read(fact: Option<&Value>, password_methods: &[String]) -> Self {
        let methods = match fact {
            None => return Self::Password,
            Some(Value::Text(method)) => core::slice::from_ref(method),
            Some(Value::Texts(methods)) => methods.as_slice(),
            Some(_) => return Self::Malformed,
        };
        if methods.is_empty() || methods.iter().any(String::is_empty) {
            Self::Malformed
        } else if methods.iter().all(|method| {
            is_without_password(method)
                && !password_methods.iter().any(|name| name.eq_ignore_ascii_case(method))
        }) {
            Self::Other
        } else {
            Self::Password
        }
    }
}

/// Whether log-ins by this method have no password, unless the settings say otherwise.
pub(crate) fn is_without_password(method: &str) -> bool {
    WITHOUT_PASSWORD.iter().any(|name| name.eq_ignore_ascii_case(method))
}
