//! What to look at when a token is not accepted, by the code of the refusal.

/// What to check or do. None where the sentence says it all.
pub(crate) fn of(code: &str) -> Option<&'static str> {
    Some(match code {
        "token_missing" => {
            "Give the token as an argument, as `@FILE`, or on standard input; an empty file or \
             variable counts as none."
        }
        "token_too_large" => "Is it a token at all? Tokens of this size do not fit into a header.",
        "unexpected_jwe" => {
            "Encrypted tokens are not read; have the issuer sign without encrypting."
        }
        "malformed_compact" | "non_canonical_base64" => {
            "Was the token cut off, or copied with quotes, spaces or line breaks? An opaque token \
             has to be introspected."
        }
        "header_not_json" | "claims_not_json" | "duplicate_member" | "lone_surrogate" => {
            "The issuer's library writes what readers could understand differently; or this is no JWT."
        }
        "embedded_key" | "crit_present" | "b64_unsupported" | "zip_present" => {
            "Have the issuer leave that header member out; it is a known way of attack."
        }
        "alg_none" => "Have the issuer sign its tokens.",
        "alg_not_allowed" | "alg_key_mismatch" => {
            "Does the key belong to this issuer? `algorithms` in the trust file says what is \
             accepted; `tokenward token decode` shows what the token says."
        }
        "issuer_missing" | "issuer_type" | "issuer_unknown" => {
            "Compare `iss` (`tokenward token decode`) with the issuers of the trust file; they \
             must be equal to the last slash."
        }
        "key_not_found" | "key_ambiguous" => {
            "Compare the token's `kid` (`tokenward token decode`) with the key file; the issuer \
             may have rotated its keys."
        }
        "signature_missing" | "signature_malformed" | "signature_invalid" => {
            "Is it the key of this issuer, and the token whole? Otherwise somebody changed it."
        }
        "typ_not_allowed" | "kind_contradictory" | "wrong_kind" => {
            "Is it an access token? An ID or refresh token is not for an API; `kinds` in the trust \
             file says what is accepted."
        }
        "audience_missing" | "audience_type" | "audience_mismatch" => {
            "Was the token issued for this API? Compare `aud` with the accepted audiences."
        }
        "expired" => "Get a new token. If it should be valid, compare the clocks.",
        "not_yet_valid" | "issued_in_future" => {
            "Compare the clocks of the issuer and this machine."
        }
        "exp_missing" => "Have the issuer set `exp`: a token without an end is not accepted.",
        "exp_type" | "nbf_type" | "iat_type" | "auth_time_type" => {
            "Have the issuer write times as whole seconds since 1970, not as text or milliseconds."
        }
        "iat_missing" | "lifetime_negative" | "lifetime_too_long" => {
            "Have the issuer set `iat` and `exp`, closer together; `max-lifetime` in the trust file \
             says how close."
        }
        "profile_claim_missing" => {
            "Have the issuer set the claim, or leave out `profile` in the trust file."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use tokenward::TokenError;

    #[test]
    fn every_code_with_a_hint_is_one_that_exists() {
        let source = include_str!("hint.rs").split("#[cfg(test)]").next().unwrap();
        let codes = source.lines().filter(|line| line.contains("=>"));
        let mut seen = 0;
        for code in codes.flat_map(|line| line.split("=>").next().unwrap().split('"')) {
            if code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
                && code.len() > 3
            {
                seen += 1;
                let known = code == "token_missing" || TokenError::ALL_CODES.contains(&code);
                assert!(known, "{code}");
            }
        }
        assert!(seen > 25, "{seen}");
    }
}
