//! Errors as C programs get them: a kind, a code, and a sentence.

use std::ffi::{CString, c_char};

use tokenward::packed::{PackError, VerifyError};
use tokenward::{ActivateError, BundleError, CacheError, RequestError};
use tokenward_token::{KeyError, TrustError, load};

use crate::border;
use crate::constants::{
    TOKENWARD_ERROR_ARGUMENT, TOKENWARD_ERROR_BUNDLE, TOKENWARD_ERROR_FILE,
    TOKENWARD_ERROR_INTERNAL, TOKENWARD_ERROR_NONE, TOKENWARD_ERROR_PROCESS,
    TOKENWARD_ERROR_REQUEST, TOKENWARD_ERROR_TRUST, TOKENWARD_ERROR_UNVERIFIED,
};
use crate::handle::{Given, Kind, Lent, mark_of};
use crate::input::SizeSlot;
use crate::text::{lend, text};

/// Bytes of a message: a file of trust can be quoted in one.
const LONGEST: usize = 4 << 10;

/// Why something was not done. It holds nothing of a token or of a request.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    kind: i32,
    code: CString,
    message: CString,
}

impl Kind for Failure {
    const MARK: u64 = mark_of(*b"tokw-err");
    const NAME: &'static str = "error";
}

impl Failure {
    fn new(kind: i32, code: &str, message: &str) -> Self {
        let end = message.floor_char_boundary(LONGEST);
        Self { kind, code: text(code), message: text(message.get(..end).unwrap_or_default()) }
    }

    /// The program passed what no caller may pass.
    pub(crate) fn argument(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(TOKENWARD_ERROR_ARGUMENT, code, message.as_ref())
    }

    /// The client sent what is not accepted. The message says nothing of what that was.
    pub(crate) fn request(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(TOKENWARD_ERROR_REQUEST, code, message.as_ref())
    }

    /// The same, of what the client sent: it may be too large, or no text.
    #[must_use]
    pub(crate) fn of_client(self) -> Self {
        match self.code.to_bytes() {
            b"too-large" | b"not-utf8" | b"twice" => Self { kind: TOKENWARD_ERROR_REQUEST, ..self },
            _ => self,
        }
    }

    /// A panic. Its message may quote anything: only its place is told.
    pub(crate) fn panic(place: &str) -> Self {
        let message = format!("a defect of tokenward: a panic at `{place}`; nothing was done");
        Self::new(TOKENWARD_ERROR_INTERNAL, "panic", &message)
    }

    pub(crate) fn other_process() -> Self {
        Self::new(
            TOKENWARD_ERROR_PROCESS,
            "other-process",
            "an authorizer was made before a fork(), and its threads are not here; make authorizers \
             in children only",
        )
    }

    pub(crate) fn trust(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(TOKENWARD_ERROR_TRUST, code, message.as_ref())
    }

    pub(crate) fn bundle(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(TOKENWARD_ERROR_BUNDLE, code, message.as_ref())
    }

    fn file(code: &str, message: impl AsRef<str>) -> Self {
        Self::new(TOKENWARD_ERROR_FILE, code, message.as_ref())
    }
}

impl From<RequestError> for Failure {
    /// The error's own message quotes the request, whose URL may hold a token.
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Method(_) => Self::request(
                "method",
                "the method is not an HTTP method; accepted: letters such as `GET`",
            ),
            RequestError::Url(_) => Self::request(
                "url",
                "the URL is not accepted; accepted: `https://host/path`, `http://host/path` or \
                 `/path`",
            ),
            RequestError::Header(_) => Self::request(
                "header",
                "a header is not accepted: a name is a token, a value has no control characters",
            ),
            error @ RequestError::Ambiguous(_) => {
                Self::request("ambiguous-path", error.to_string())
            }
            error @ RequestError::Escape => Self::request("escape", error.to_string()),
        }
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        Self::trust(error.code(), format!("what was passed as keys {error}"))
    }
}

impl From<TrustError> for Failure {
    fn from(error: TrustError) -> Self {
        Self::trust("trust", error.to_string())
    }
}

impl From<load::LoadError> for Failure {
    fn from(error: load::LoadError) -> Self {
        let message = error.to_string();
        match error {
            load::LoadError::Read { .. } => Self::file("unreadable", message),
            load::LoadError::Keys { error, .. } => Self::trust(error.code(), message),
            _ => Self::trust("trust", message),
        }
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        let message = error.to_string();
        match error {
            BundleError::Read { .. } => Self::file("unreadable", message),
            BundleError::TooLarge { .. } => Self::file("too-large", message),
            BundleError::Unknown { .. } => Self::bundle("unknown-bundle", message),
            BundleError::Manifest { .. } => Self::bundle("manifest", message),
        }
    }
}

impl From<PackError> for Failure {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Read(error) => error.into(),
            error => Self::bundle(error.code(), error.to_string()),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::new(TOKENWARD_ERROR_UNVERIFIED, error.code(), &error.to_string())
    }
}

impl From<ActivateError> for Failure {
    fn from(error: ActivateError) -> Self {
        Self::bundle("policy", error.to_string())
    }
}

impl From<CacheError> for Failure {
    fn from(error: CacheError) -> Self {
        Self::file("cache", error.to_string())
    }
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_error_get_kind(error: Lent<Failure>) -> i32 {
    if error.is_null() {
        return TOKENWARD_ERROR_NONE;
    }
    border::or(TOKENWARD_ERROR_ARGUMENT, || Some(error.get().ok()?.kind))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_error_code(error: Lent<Failure>, size: SizeSlot) -> *const c_char {
    lend(size, || error.get().ok().map(|error| error.code.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_error_message(error: Lent<Failure>, size: SizeSlot) -> *const c_char {
    lend(size, || error.get().ok().map(|error| error.message.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_error_free(error: Given<Failure>) {
    border::or((), || {
        error.free();
        Some(())
    });
}
