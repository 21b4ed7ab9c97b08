//! Tells what is a credential, so that no record and no log keeps one.

use std::borrow::Cow;

/// What stands in a path in the place of a token.
const NOT_RECORDED: &str = "not-recorded";

/// Words in the name of a header or of a query parameter whose value is a credential.
const WORDS: [&str; 19] = [
    "apikey",
    "assertion",
    "auth",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "dpop",
    "jwt",
    "otp",
    "passwd",
    "password",
    "pwd",
    "secret",
    "sid",
    "sig",
    "signature",
    "ticket",
    "token",
];

/// Whole names, without separators, and the ends of longer ones.
const NAMES: [&str; 7] =
    ["code", "apikey", "accesskey", "privatekey", "secretkey", "sessionid", "subscriptionkey"];

/// Whether a header or a query parameter of this name holds a credential: `X-Api-Key`,
/// `access_token`, `code` (RFC 6749 section 4.1.2).
///
/// ```
/// use tokenward_token::credential::is_named;
///
/// assert!(is_named("X-Api-Key") && is_named("access_token") && is_named("idToken"));
/// assert!(!is_named("X-Request-Id") && !is_named("page"));
/// ```
#[must_use]
pub fn is_named(name: &str) -> bool {
    let mut whole = String::with_capacity(name.len());
    let mut word = String::new();
    let mut before = ' ';
    for letter in name.chars().chain(['-']) {
        let border = !letter.is_ascii_alphanumeric()
            || (letter.is_ascii_uppercase() && before.is_ascii_lowercase());
        if border {
            if WORDS.contains(&word.as_str()) {
                return true;
            }
            word.clear();
        }
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
            whole.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    // `DPoP` is one word, whatever its letter case looks like.
    WORDS.contains(&whole.as_str())
        || NAMES.iter().any(|known| whole == *known || (*known != "code" && whole.ends_with(known)))
}

/// Whether something in a text has the form of a JWS or JWE in compact serialization: three or five
/// parts of base64url, of which the first begins as a JSON object does.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    let part_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.split(|c: char| !part_of_token(c)).any(|word| {
        let header = word.split('.').next().unwrap_or_default();
        // `{"alg":"a"}` has 15 characters.
        let is_header =
            header.len() >= 12 && (header.starts_with("ey") || header.starts_with("ew"));
        is_header && (3..=5).contains(&word.split('.').count())
    })
}

/// The path with `not-recorded` in the place of each segment that holds a token.
///
/// ```
/// use tokenward_token::credential::path_without_tokens;
///
/// assert_eq!(path_without_tokens("/orders/7"), "/orders/7");
/// let reset = "/reset/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln/now";
/// assert_eq!(path_without_tokens(reset), "/reset/not-recorded/now");
/// ```
#[must_use]
pub fn path_without_tokens(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(holds_token) {
        return Cow::Borrowed(path);
    }
    let segments =
        path.split('/').map(|segment| if holds_token(segment) { NOT_RECORDED } else { segment });
    Cow::Owned(segments.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_of_credentials() {
        for name in [
            "authorization",
            "Proxy-Authorization",
            "cookie",
            "DPoP",
            "x-api-key",
            "X-Auth-Token",
            "apikey",
            "api_key",
            "access_token",
            "id_token",
            "refreshToken",
            "client_secret",
            "client_assertion",
            "code",
            "password",
            "user.password",
            "X-Amz-Security-Token",
            "X-Amz-Signature",
            "sig",
            "sessionId",
            "session_id",
            "Ocp-Apim-Subscription-Key",
        ] {
            assert!(is_named(name), "{name}");
        }
        for name in [
            "accept",
            "host",
            "x-request-id",
            "traceparent",
            "page",
            "country_code",
            "postcode",
            "key",
            "author",
            "signal",
            "x-forwarded-for",
            "idempotency-key",
            "",
            "tokens_left",
        ] {
            assert!(!is_named(name), "{name}");
        }
    }
}
