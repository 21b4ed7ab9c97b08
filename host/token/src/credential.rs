//! Tells what is a credential, so that no record and no log keeps one.

use std::borrow::Cow;

/// What stands in a path in the place of a token.
const NOT_RECORDED: &str = "not-recorded";

/// Words in the name of a header or of a query parameter whose value is a credential.
const WORDS: [&str; 20] = [
    "apikey",
    "assertion",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "credential",
    "credentials",
    "dpop",
    "jwt",
    "otp",
    "pwd",
    "session",
    "sid",
    "sig",
    "signature",
    "ticket",
    "verifier",
    "samlart",
    "samlresponse",
];

/// What such a word ends in: headers come in small letters, so that `AccessToken` is one word.
const ENDS: [&str; 6] = ["cookie", "passphrase", "passwd", "password", "secret", "token"];

/// Whole names, without separators.
const NAMES: [&str; 4] = ["code", "devicecode", "usercode", "verificationcode"];

/// Ends of whole names, without separators.
const NAME_ENDS: [&str; 8] = [
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "sessionid",
    "sessid",
    "subscriptionkey",
    "functionskey",
];

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
            if WORDS.contains(&word.as_str()) || ENDS.iter().any(|end| word.ends_with(end)) {
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
        || NAMES.contains(&whole.as_str())
        || ENDS.iter().chain(&NAME_ENDS).any(|end| whole.ends_with(end))
}

/// Whether something in a text has the form of a JWS or JWE in compact serialization: parts of
/// base64url with dots between, three at least, of which one begins as a JSON object does, be it
/// behind a prefix.
#[must_use]
pub fn holds_token(text: &str) -> bool {
    // `{"`, and with white space in it.
    const BEGINS: [&str; 5] = ["eyJ", "eyA", "ewo", "ew0", "ewk"];
    // `{"alg":"a"}` has 15 characters.
    const HEADER: usize = 12;
    let part_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let begins = |part: &str| {
        BEGINS.iter().any(|begin| part.find(begin).is_some_and(|at| part.len() - at >= HEADER))
    };
    text.split(|c: char| !part_of_token(c)).any(|word| {
        let parts = word.split('.').count();
        word.split('.').enumerate().any(|(at, part)| parts - at >= 3 && begins(part))
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
            "x-amzn-oidc-accesstoken",
            "X-CSRFToken",
            "x-authtoken",
            "clientsecret",
            "newpassword",
            "PHPSESSID",
            "SAMLResponse",
            "code_verifier",
            "device_code",
            "x-functions-key",
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

    #[test]
    fn tokens_are_found_wherever_they_begin() {
        let jws = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln";
        for text in [
            jws.to_owned(),
            format!("t_{jws}"),
            format!("v1.{jws}"),
            format!("{jws}.{jws}"),
            format!("a {jws}, b"),
            "ewogImFsZyI6IDEgfQ.e30.".to_owned(),
        ] {
            assert!(holds_token(&text), "{text}");
        }
        for text in [
            "",
            "a.b.c",
            "eyewitness-news.example.com",
            "eyJhbGciOiJFUzI1NiJ9",
            "eyJ.a.b",
            "they.J.x",
        ] {
            assert!(!holds_token(text), "{text}");
        }
    }
}
