//! Where we differ from a published vector on purpose: each by number, with its reason.

/// A case of a vector file that we judge otherwise than its author.
pub(crate) struct Deviation {
    pub(crate) file: &'static str,
    pub(crate) case: u64,
    /// What we answer: `accepted`, or the code of the refusal.
    pub(crate) ours: &'static str,
    #[allow(dead_code, reason = "for the reader")]
    pub(crate) reason: &'static str,
}

const JWS: &str = "wycheproof/json_web_signature_test.json";

const PS384_WITH_PS256_KEY: &str =
    "the token says PS384, its key says PS256: one key is used with one algorithm (RFC 8725 3.1)";
const ES521_KEY: &str = "the key's `alg` is ES521, which is no algorithm; ES512 is";
const STRAY_CHARACTER: &str =
    "a `?` stands in the token; it is ignored by lenient decoders only (RFC 7515 section 2)";
const SAME_AS_357: &str =
    "byte for byte the token of case 357, which is marked valid: the file has lost the padding";

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation { file: JWS, case: 346, ours: "alg_not_allowed", reason: PS384_WITH_PS256_KEY },
    Deviation { file: JWS, case: 347, ours: "key_unsupported", reason: ES521_KEY },
    Deviation { file: JWS, case: 350, ours: "alg_not_allowed", reason: PS384_WITH_PS256_KEY },
    Deviation { file: JWS, case: 351, ours: "key_unsupported", reason: ES521_KEY },
    Deviation { file: JWS, case: 367, ours: "accepted", reason: SAME_AS_357 },
    Deviation { file: JWS, case: 370, ours: "accepted", reason: SAME_AS_357 },
    Deviation { file: JWS, case: 372, ours: "malformed_compact", reason: STRAY_CHARACTER },
    Deviation { file: JWS, case: 373, ours: "malformed_compact", reason: STRAY_CHARACTER },
];
