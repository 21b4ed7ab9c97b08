//! Why a token is refused: one typed error, each kind with a stable code.

use std::fmt;

use crate::json::{JsonErrorKind, Object};
use crate::kind::TokenKind;

/// A part of a compact token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The JOSE header.
    Header,
    /// The payload: of a JWT, its claims set.
    Payload,
    /// The signature.
    Signature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}

/// Declares the errors, so that a kind without a code, or a code that is not
/// listed, cannot be.
macro_rules! token_errors {
    ($(
        $(#[doc = $doc:literal])+
        $code:literal, $text:literal,
        $variant:ident $({ $($(#[doc = $field_doc:literal])+ $field:ident: $type:ty),+ $(,)? })?;
    )+) => {
        /// Why a token is refused.
        ///
        /// Every kind but [`TokenError::KeysUnavailable`] answers to
        /// `invalid_token` of RFC 6750 outside; the code and the text are for
        /// the audit record and the operator. Neither holds a claim's value or
        /// a byte of the token.
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        #[non_exhaustive]
        pub enum TokenError {
            $(
                $(#[doc = $doc])+
                #[error($text)]
                $variant $({ $($(#[doc = $field_doc])+ $field: $type),+ })?,
            )+
        }

        impl TokenError {
            /// Every code, in the order of the checks.
            pub const ALL_CODES: &'static [&'static str] = &[$($code),+];

            /// The stable code of this kind.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant { .. } => $code,)+
                }
            }
        }
    };
}

token_errors! {
    // ------------------------------------------------ the compact serialization

    /// The token is larger than the limit.
    "token_too_large", "the token has more than {limit} bytes, the accepted maximum",
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    };

    /// The token is in the JSON serialization (RFC 7515 section 7.2).
    "json_serialization",
    "the token is in the JSON serialization; only the compact serialization is accepted",
    JsonSerialization;

    /// The token has five parts, or an `enc` header: it is encrypted (RFC 7516).
    "unexpected_jwe", "the token is encrypted (JWE); a signed token (JWS) is expected",
    UnexpectedJwe;

    /// The token is not three parts of base64url characters.
    "malformed_compact",
    "the token is not three base64url parts with a dot between them (looked at the {part})",
    MalformedCompact {
        /// Where.
        part: Part,
    };

    /// A part has padding, stray bits in its last character or an impossible
    /// length (RFC 4648 section 3.5).
    "non_canonical_base64", "the {part} is not canonical base64url without padding",
    NonCanonicalBase64 {
        /// Where.
        part: Part,
    };

    // --------------------------------------------------------------------- JSON

    /// The header is not a JSON object.
    "header_not_json", "the header is not a JSON object in UTF-8",
    HeaderNotJson;

    /// The claims are not a JSON object.
    "claims_not_json", "the payload is not a JSON object in UTF-8, as a claims set must be",
    ClaimsNotJson;

    /// A member name occurs twice in one object, escaped or not.
    "duplicate_member", "the {part} has an object with two members of one name",
    DuplicateMember {
        /// Where.
        part: Part,
    };

    /// A member name has a control character, escaped or not.
    "member_name_invalid", "the {part} has a member name with a control character",
    MemberNameInvalid {
        /// Where.
        part: Part,
    };

    /// Arrays and objects nest deeper than the limit.
    "too_deep", "the {part} nests deeper than the accepted maximum",
    TooDeep {
        /// Where.
        part: Part,
    };

    /// There are more values than the limit.
    "too_many_values", "the {part} has more values than the accepted maximum",
    TooManyValues {
        /// Where.
        part: Part,
    };

    /// A string has one half of a surrogate pair.
    "lone_surrogate", "the {part} has an unpaired surrogate in a string",
    LoneSurrogate {
        /// Where.
        part: Part,
    };

    /// A number is beyond 2^53 - 1.
    "number_out_of_range", "the {part} has a number of a magnitude above 2^53 - 1",
    NumberOutOfRange {
        /// Where.
        part: Part,
    };

    // ------------------------------------------------------------------- header

    /// The header has `b64` (RFC 7797).
    "b64_unsupported", "the header has `b64`; unencoded payloads are not accepted",
    B64Unsupported;

    /// The header has `crit`: nothing critical is understood (RFC 7515 section 4.1.11).
    "crit_present", "the header has `crit`; no critical extension is understood",
    CritPresent;

    /// The header has `zip`.
    "zip_present", "the header has `zip`; compressed tokens are not accepted",
    ZipPresent;

    /// The header brings or names its own key.
    "embedded_key", "the header has `{member}`; keys come from the issuer's configuration only",
    EmbeddedKey {
        /// `jwk`, `jku`, `x5u` or `x5c`.
        member: &'static str,
    };

    /// The header has no `alg`.
    "alg_missing", "the header has no `alg`",
    AlgMissing;

    /// A header member has the wrong type.
    "header_type", "the header member `{member}` is not a string",
    HeaderType {
        /// Which.
        member: &'static str,
    };

    /// `alg` is `none`, in any case.
    "alg_none", "the header says `alg` none; unsigned tokens are not accepted",
    AlgNone;

    /// `alg` is unknown, or not one that the issuer may use.
    "alg_not_allowed", "the token's `alg` is not accepted from this issuer; accepted: {accepted}",
    AlgNotAllowed {
        /// What is accepted.
        accepted: String,
    };

    /// `kid` is empty, too long, or not printable ASCII.
    "kid_invalid", "the header's `kid` is not 1 to 256 printable ASCII characters",
    KidInvalid;

    // ------------------------------------------------------------------- issuer

    /// There is no `iss`.
    "issuer_missing", "the token has no `iss`",
    IssuerMissing;

    /// `iss` is not a string.
    "issuer_type", "`iss` is not a string",
    IssuerType;

    /// `iss` is no trusted issuer.
    "issuer_unknown", "`iss` is not a trusted issuer",
    IssuerUnknown;

    // ---------------------------------------------------------------- signature

    /// The issuer's keys could not be fetched. That says nothing about the
    /// token: whoever asks answers that it cannot decide (HTTP 503), not that
    /// the token is invalid (401).
    "keys_unavailable", "the issuer's keys could not be fetched, so that nothing can be verified",
    KeysUnavailable;

    /// The issuer has no key of this `kid`, or none that fits.
    "key_not_found", "the issuer has no key for the token's `kid` and `alg`",
    KeyNotFound;

    /// More than one key fits a token that names none.
    "key_ambiguous", "more than one of the issuer's keys fits, and the token's `kid` picks none",
    KeyAmbiguous;

    /// The key of this `kid` is for another algorithm.
    "alg_key_mismatch", "the key of the token's `kid` is for {algorithm} only",
    AlgKeyMismatch {
        /// The key's algorithm.
        algorithm: crate::Algorithm,
    };

    /// The signature is empty.
    "signature_missing", "the token has no signature",
    SignatureMissing;

    /// The signature has not the length of its algorithm (RFC 7518 section 3).
    "signature_malformed",
    "the signature is not {expected} bytes long, as {algorithm} with this key has it",
    SignatureMalformed {
        /// The algorithm.
        algorithm: crate::Algorithm,
        /// The right length in bytes.
        expected: usize,
    };

    /// The signature does not verify.
    "signature_invalid", "the signature does not verify with the issuer's key",
    SignatureInvalid;

    // --------------------------------------------------------------------- kind

    /// `typ` is that of no kind of token, or not the profile's.
    "typ_not_allowed", "the header's `typ` is not accepted; accepted: {accepted}",
    TypNotAllowed {
        /// What is accepted.
        accepted: &'static str,
    };

    /// `typ` and a claim say different kinds.
    "kind_contradictory", "the header's `typ` and the claim `{claim}` say different token kinds",
    KindContradictory {
        /// Which claim.
        claim: &'static str,
    };

    /// The kind is not accepted from this issuer.
    "wrong_kind", "the token is of kind {kind}; accepted: {accepted}",
    WrongKind {
        /// The token's kind.
        kind: TokenKind,
        /// What is accepted.
        accepted: String,
    };

    // ------------------------------------------------------------------- claims

    /// There is no `aud`, or an empty array.
    "audience_missing", "the token has no `aud`",
    AudienceMissing;

    /// `aud` is neither a string nor an array of strings.
    "audience_type", "`aud` is neither a string nor an array of strings",
    AudienceType;

    /// No `aud` is one of ours.
    "audience_mismatch", "no `aud` of the token is an accepted audience",
    AudienceMismatch;

    /// There is no `exp`.
    "exp_missing", "the token has no `exp`",
    ExpMissing;

    /// `exp` is not a whole number of seconds since 1970.
    "exp_type", "`exp` is not a whole number of seconds, 0 or more",
    ExpType;

    /// `nbf` is not a whole number of seconds since 1970.
    "nbf_type", "`nbf` is not a whole number of seconds, 0 or more",
    NbfType;

    /// `iat` is not a whole number of seconds since 1970.
    "iat_type", "`iat` is not a whole number of seconds, 0 or more",
    IatType;

    /// `auth_time` is not a whole number of seconds since 1970.
    "auth_time_type", "`auth_time` is not a whole number of seconds, 0 or more",
    AuthTimeType;

    /// `exp` has passed.
    "expired", "the token has expired",
    Expired;

    /// `nbf` has not come.
    "not_yet_valid", "the token is not valid yet (`nbf`)",
    NotYetValid;

    /// `iat` lies in the future.
    "issued_in_future", "the token says it was issued in the future (`iat`)",
    IssuedInFuture;

    /// `exp` is not after `iat`.
    "lifetime_negative", "`exp` is not after `iat`",
    LifetimeNegative;

    /// A maximum lifetime is set, and there is no `iat` to measure from.
    "iat_missing", "the token has no `iat`, by which its lifetime is measured",
    IatMissing;

    /// `exp` - `iat` is above the maximum.
    "lifetime_too_long", "the token lives longer than {maximum} s, the maximum for this issuer",
    LifetimeTooLong {
        /// The maximum in seconds.
        maximum: u64,
    };

    /// A registered claim has the wrong type.
    "claim_type", "the claim `{claim}` is not a string",
    ClaimType {
        /// Which.
        claim: &'static str,
    };

    /// A registered claim has a control character.
    "control_character", "the claim `{claim}` has a control character",
    ControlCharacter {
        /// Which.
        claim: &'static str,
    };

    /// A registered claim has an invisible, bidirectional or private character.
    "format_character", "the claim `{claim}` has an invisible or bidirectional character",
    FormatCharacter {
        /// Which.
        claim: &'static str,
    };

    /// `sub` has characters that look like others.
    "confusable_character",
    "the claim `{claim}` mixes look-alike scripts in one word, or has stylized letters",
    ConfusableCharacter {
        /// Which.
        claim: &'static str,
    };

    /// A claim that the profile requires is missing (RFC 9068 section 2.2).
    "profile_claim_missing", "the token has no `{claim}`, which RFC 9068 requires",
    ProfileClaimMissing {
        /// Which.
        claim: &'static str,
    };
}

impl TokenError {
    /// What is wrong with the JSON text of a part.
    pub(crate) fn json(part: Part, kind: JsonErrorKind) -> Self {
        match kind {
            JsonErrorKind::DuplicateMember => Self::DuplicateMember { part },
            JsonErrorKind::ControlInName => Self::MemberNameInvalid { part },
            JsonErrorKind::TooDeep => Self::TooDeep { part },
            JsonErrorKind::TooManyValues => Self::TooManyValues { part },
            JsonErrorKind::LoneSurrogate => Self::LoneSurrogate { part },
            JsonErrorKind::NumberOutOfRange => Self::NumberOutOfRange { part },
            JsonErrorKind::Syntax | JsonErrorKind::NotUtf8 => match part {
                Part::Header => Self::HeaderNotJson,
                Part::Payload | Part::Signature => Self::ClaimsNotJson,
            },
        }
    }

    /// Reads a part that must be a JSON object.
    pub(crate) fn read_object(
        part: Part,
        text: &[u8],
        limits: &crate::json::JsonLimits,
    ) -> Result<Object, Self> {
        match crate::json::parse_strict(text, limits) {
            Ok(crate::json::Json::Object(object)) => Ok(object),
            Ok(_) => Err(Self::json(part, JsonErrorKind::Syntax)),
            Err(error) => Err(Self::json(part, error.kind())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TokenError;

    #[test]
    fn every_code_is_in_the_table_of_the_documentation_and_no_other() {
        let table = include_str!("codes.md");
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
        assert_eq!(rows.collect::<Vec<_>>(), TokenError::ALL_CODES);
    }

    #[test]
    fn codes_are_unique_and_in_snake_case() {
        let mut codes = TokenError::ALL_CODES.to_vec();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), TokenError::ALL_CODES.len());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        assert!(codes.iter().all(|code| code.bytes().all(plain)));
    }
}
