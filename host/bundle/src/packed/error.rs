//! Why a packed bundle is refused.

use tokenward_token::UnixTime;

use crate::error::BundleError;

/// Why a file is no packed bundle, or not a whole one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Not the archive that a packed bundle is.
    #[error("it is no packed bundle: {reason}")]
    Archive {
        /// What is wrong.
        reason: String,
    },
    /// It ends before its content does.
    #[error("it is cut short: {reason}; get it again")]
    Truncated {
        /// Where.
        reason: String,
    },
    /// An entry of the archive has a name, or is of a kind, that no bundle has.
    #[error(
        "entry `{entry}` {reason}; accepted: regular files `bundle.json`, `signatures.json`, \
         `modules/HEX.wasm` and `cases/NAME.toml`"
    )]
    Entry {
        /// Its name.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An entry is larger than one may be, or says so.
    #[error("entry `{entry}` has {bytes} bytes; at most {limit} are accepted")]
    EntryTooLarge {
        /// Its name.
        entry: String,
        /// Its size, as it says.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// An entry that the statement names is not there.
    #[error("entry `{entry}` is missing")]
    Missing {
        /// Its name.
        entry: String,
    },
    /// An entry is there that the statement does not name.
    #[error("entry `{entry}` is not named in `bundle.json`, so that nobody signed it")]
    Unnamed {
        /// Its name.
        entry: String,
    },
    /// An entry is another one than the statement says.
    #[error("entry `{entry}` is not what `bundle.json` says: its SHA-256 or its size differs")]
    Digest {
        /// Its name.
        entry: String,
    },
    /// A text is not UTF-8.
    #[error("entry `{entry}` is not UTF-8 text")]
    NotUtf8 {
        /// Its name.
        entry: String,
    },
    /// `bundle.json` says what it may not.
    #[error("`bundle.json`: {reason}")]
    Statement {
        /// What is wrong.
        reason: String,
    },
    /// `signatures.json` is no list of signatures.
    #[error("`signatures.json`: {reason}")]
    Signatures {
        /// What is wrong.
        reason: String,
    },
    /// All that is said is right, and the bytes are not those that would be written.
    #[error(
        "its bytes are not those that `bundle build` writes for its content: something was added, \
         or it was packed by another program"
    )]
    NotCanonical,
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] BundleError),
}

impl PackError {
    pub(super) fn statement(reason: String) -> Self {
        Self::Statement { reason }
    }

    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Archive { .. } => "not-a-bundle",
            Self::Truncated { .. } => "truncated",
            Self::Entry { .. } => "foreign-entry",
            Self::EntryTooLarge { .. } => "entry-too-large",
            Self::Missing { .. } => "entry-missing",
            Self::Unnamed { .. } => "entry-unsigned",
            Self::Digest { .. } => "entry-differs",
            Self::NotUtf8 { .. } => "entry-not-text",
            Self::Statement { .. } => "statement-malformed",
            Self::Signatures { .. } => "signatures-malformed",
            Self::NotCanonical => "not-canonical",
            Self::Read(_) => "unreadable",
        }
    }
}

/// Why a packed bundle is not to be trusted.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// Nobody signed it.
    #[error("it is not signed; {needed} of the trusted keys must have signed it")]
    Unsigned {
        /// How many are needed.
        needed: usize,
    },
    /// A trusted key is said to have signed it, and did not.
    #[error("the signature of key `{key}` is not that key's of this bundle")]
    WrongSignature {
        /// The key's name, in the trust file.
        key: String,
    },
    /// Fewer trusted keys signed it than are needed.
    #[error("{valid} of the trusted keys signed it; {needed} are needed")]
    TooFewSignatures {
        /// How many did.
        valid: usize,
        /// How many are needed.
        needed: usize,
    },
    /// It is a bundle of another name than is trusted.
    #[error("it is the bundle `{name}`; accepted by the trust file: {accepted}")]
    Name {
        /// Its name.
        name: String,
        /// The names that are accepted.
        accepted: String,
    },
    /// It names no moment at which it expires, and must.
    #[error(
        "it names no moment at which it expires, so that it could be held back for ever; build it \
         with `expires`, or set `require-expiry = false` in the trust file"
    )]
    NoExpiry,
    /// Its time has not come.
    #[error("it is not valid before {not_before}; now is {now}")]
    NotYetValid {
        /// From when it is valid.
        not_before: UnixTime,
        /// The moment of the check.
        now: UnixTime,
    },
    /// Its time is over.
    #[error("it expired at {expires}; now is {now}: build and sign a new one")]
    Expired {
        /// When it expired.
        expires: UnixTime,
        /// The moment of the check.
        now: UnixTime,
    },
    /// A later version was accepted before.
    #[error(
        "it is version {version}; {last} was accepted before, and an older one may be a replay"
    )]
    Older {
        /// Its version.
        version: String,
        /// The last that was accepted.
        last: String,
    },
    /// Another bundle of the same version was accepted before.
    #[error("version {version} was accepted before with other content; give it a new version")]
    VersionReused {
        /// The version.
        version: String,
    },
}

impl VerifyError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned { .. } => "unsigned",
            Self::WrongSignature { .. } => "wrong-signature",
            Self::TooFewSignatures { .. } => "too-few-signatures",
            Self::Name { .. } => "name-not-trusted",
            Self::NoExpiry => "no-expiry",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Expired { .. } => "expired",
            Self::Older { .. } => "older-version",
            Self::VersionReused { .. } => "version-reused",
        }
    }
}

/// Why a bundle cannot be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is not one of Ed25519.
    #[error("bundles are signed with Ed25519 (`EdDSA`), and the key is for {algorithm}")]
    Algorithm {
        /// What it is for.
        algorithm: String,
    },
    /// The key, or the program that has it, cannot sign.
    #[error("the signer cannot sign: {reason}")]
    Signer {
        /// Why.
        reason: String,
    },
    /// What came back is not a signature of the key.
    #[error("what the signer answered is not the signature of its key")]
    NotItsSignature,
}
