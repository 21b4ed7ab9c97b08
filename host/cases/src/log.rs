//! A log of requests: JSON Lines, one call a line, with the fields that a case has.
//!
//! What a case expects is not in it: two bundles are asked what they say of it. It holds claims, and
//! is as secret as they are. What could be replayed is not in it: neither the bearer token, nor what
//! stands in headers and query parameters that are named as credentials, nor a token anywhere else
//! (see [`log_line`]).

use std::fmt::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow, bail};
use tokenward::credential::{holds_token, is_named, path_without_tokens};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::{
    Binding, Call, Cookie, Json, Object, RequestFacts, SameSite, Tls, TokenFacts, TokenLocation,
};

use crate::CaseError;
use crate::case::Case;
use crate::format;
use crate::text::short;

/// Fields of which the value is an object of any members: a case takes them as JSON text, too.
const OBJECTS: [&str; 4] = ["claims", "header", "signals", "facts"];
/// The other fields of a call.
const FIELDS: [&str; 13] = [
    "kind",
    "key",
    "encryption",
    "binding",
    "no-token",
    "phase",
    "now",
    "request",
    "headers",
    "client-address",
    "token-location",
    "tls",
    "cookies",
];

/// Room for what every part of a call may have by itself, and for the line around it.
const LIMITS: JsonLimits = JsonLimits { max_depth: 64, max_values: 65_536 };

/// What stands in the place of one: a policy sees that something was there.
const NOT_RECORDED: &str = "(not recorded)";

impl Case {
    /// Reads a log of requests as cases, each called by its line. `file` is its name in errors.
    /// What they expect is not to be looked at.
    ///
    /// # Errors
    ///
    /// [`CaseError`]: the line, what is wrong and what is accepted.
    pub fn of_log(text: &str, file: &str) -> Result<Vec<Self>, CaseError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let read = |(at, line): (usize, &str)| {
            let number = at + 1;
            case(line, file, number).with_context(|| format!("`{file}`, line {number}"))
        };
        Ok(lines.map(read).collect::<anyhow::Result<_>>()?)
    }
}

fn case(line: &str, file: &str, number: usize) -> anyhow::Result<Case> {
    let json = parse_strict(line.as_bytes(), &LIMITS).map_err(|error| anyhow!("{error}"))?;
    let Json::Object(fields) = json else { bail!("an {}; accepted: an object", json.type_name()) };
    let mut toml = format!("[[case]]\nname = \"line {number}\"\nexpect = \"permit\"\n");
    for (name, value) in fields.iter() {
        let value = if OBJECTS.contains(&name) {
            if !matches!(value, Json::Object(_)) {
                bail!("`{name}` is an {}; accepted: an object", value.type_name());
            }
            Json::from(value.to_compact())
        } else if FIELDS.contains(&name) {
            value.clone()
        } else {
            let accepted = OBJECTS.iter().chain(&FIELDS).copied().collect::<Vec<_>>();
            bail!("unknown field `{}`; accepted: {}", short(name), accepted.join(", "));
        };
        let _ = writeln!(toml, "{name} = {}", to_toml(&value).with_context(|| name.to_owned())?);
    }
    let raw = format::one(&toml)?;
    Case::read(raw, file, number, &mut Vec::<PathBuf>::new())
}

/// A value as it is written in TOML, which has no `null`.
fn to_toml(value: &Json) -> anyhow::Result<String> {
    Ok(match value {
        Json::Null => bail!("`null`; accepted: leave out what is not known"),
        Json::Object(members) => {
            let members = members.iter().map(|(name, value)| {
                Ok(format!("{} = {}", to_toml(&Json::from(name))?, to_toml(value)?))
            });
            format!("{{ {} }}", members.collect::<anyhow::Result<Vec<_>>>()?.join(", "))
        }
        Json::Array(items) => {
            let items = items.iter().map(to_toml).collect::<anyhow::Result<Vec<_>>>()?;
            format!("[{}]", items.join(", "))
        }
        // A string of JSON is one of TOML: it has the same escapes, but for this one character.
        other => other.to_compact().replace('\u{7f}', "\\u007f"),
    })
}

/// What was judged.
pub enum Recorded<'a> {
    /// A token that was verified, or is about to be signed.
    Token {
        /// Its claims.
        claims: &'a Object,
        /// What is known of it.
        facts: TokenFacts<'a>,
    },
    /// A call without a token.
    NoToken,
}

/// A call as a line of a log, without the line feed.
///
/// Credentials are not in it: not the bearer token of the call; the value of a header or query
/// parameter is left out if the name says that it is a credential (`authorization`, `x-api-key`,
/// `access_token`: see [`is_named`]), or if it holds something of the form of a signed token; so is a
/// segment of the path that does. A policy that is asked again sees `(not recorded)` there, or
/// `not-recorded` in the path.
#[must_use]
pub fn log_line(call: &Call<'_>, judged: &Recorded<'_>) -> String {
    let mut line = Object::new();
    line.set("now", Json::Integer(call.now.0));
    line.set("phase", call.phase.as_str());
    match judged {
        Recorded::Token { claims, facts } => token(&mut line, claims, facts),
        Recorded::NoToken => line.set("no-token", true),
    }
    if let Some(facts) = call.request {
        request(&mut line, facts);
    }
    let signals = call.signals.iter().map(|(name, signal)| {
        let mut parts = Object::new();
        parts.set("value", signal.value.clone());
        parts.set("confidence", Json::Integer(signal.confidence.into()));
        if let Some(age) = signal.age_seconds {
            parts.set("age", number(age));
        }
        if let Some(source) = &signal.source {
            parts.set("source", source.as_str());
        }
        (name.to_owned(), Json::Object(parts))
    });
    line.set("signals", Object::from_pairs(signals));
    line.set("facts", call.facts.clone());
    Json::Object(line).to_compact()
}

fn token(line: &mut Object, claims: &Object, facts: &TokenFacts<'_>) {
    line.set("claims", claims.clone());
    line.set("kind", facts.kind.name());
    line.set("header", facts.header.clone());
    if let Some(key) = &facts.key {
        let mut parts = Object::new();
        for (name, value) in [("id", key.id), ("type", Some(key.key_type)), ("curve", key.curve)] {
            if let Some(value) = value {
                parts.set(name, value);
            }
        }
        parts.set("bits", Json::Integer(key.bits.into()));
        if let Some(age) = key.age_seconds {
            parts.set("age", number(age));
        }
        line.set("key", parts);
    }
    if let Some(encryption) = facts.encryption {
        let mut parts = Object::new();
        parts.set("algorithm", encryption.algorithm.as_str());
        parts.set("content", encryption.content.as_str());
        line.set("encryption", parts);
    }
    line.set(
        "binding",
        match facts.binding {
            Binding::None => "none",
            Binding::Dpop => "dpop",
            Binding::MutualTls => "mutual-tls",
        },
    );
}

fn request(line: &mut Object, facts: &RequestFacts) {
    if let (Some(method), Some(path)) = (facts.method(), facts.path()) {
        let mut url = String::new();
        if let (Some(scheme), Some(host)) = (facts.scheme(), facts.host()) {
            let _ = write!(url, "{scheme}://{host}");
        }
        url.push_str(&path_without_tokens(path));
        for (at, (name, value)) in facts.query().iter().enumerate() {
            url.push(if at == 0 { '?' } else { '&' });
            let secret = is_named(name) || holds_token(value);
            let value = if secret { NOT_RECORDED } else { value };
            let _ = write!(url, "{}={}", escaped(name), escaped(value));
        }
        line.set("request", format!("{method} {url}"));
    }
    let headers = facts.headers().iter();
    let headers = headers.map(|(name, value)| {
        let secret = is_named(name) || holds_token(value);
        // What a page was asked for with is not what this request was asked with.
        let value = match value.split_once('?') {
            Some((page, _)) if name == "referer" => page,
            _ => value.as_str(),
        };
        (name.clone(), Json::from(if secret { NOT_RECORDED } else { value }))
    });
    line.set("headers", Object::from_pairs(headers));
    if let Some(address) = facts.client_address() {
        line.set("client-address", address);
    }
    if let Some(location) = facts.token_location() {
        line.set(
            "token-location",
            match location {
                TokenLocation::AuthorizationHeader => "authorization-header",
                TokenLocation::Body => "body",
                TokenLocation::Query => "query",
                TokenLocation::Cookie => "cookie",
                TokenLocation::OtherHeader => "other-header",
            },
        );
    }
    if let Some(Tls { version, cipher, client_certificate }) = facts.tls() {
        let mut parts = Object::new();
        for (name, value) in [("version", version), ("cipher", cipher)] {
            if let Some(value) = value {
                parts.set(name, value.as_str());
            }
        }
        parts.set("client-certificate", *client_certificate);
        line.set("tls", parts);
    }
    let cookies: Vec<Json> = facts.cookies().iter().map(cookie).collect();
    if !cookies.is_empty() {
        line.set("cookies", Json::Array(cookies));
    }
}

fn cookie(cookie: &Cookie) -> Json {
    let mut parts = Object::new();
    parts.set("name", cookie.name.as_str());
    parts.set("http-only", cookie.http_only);
    parts.set("secure", cookie.secure);
    parts.set(
        "same-site",
        match cookie.same_site {
            SameSite::Unset => "unset",
            SameSite::None => "none",
            SameSite::Lax => "lax",
            SameSite::Strict => "strict",
        },
    );
    if let Some(age) = cookie.max_age {
        parts.set("max-age", number(age));
    }
    Json::Object(parts)
}

/// A number of seconds; what JSON cannot hold is as good as its largest.
fn number(seconds: u64) -> Json {
    const LARGEST: i64 = (1 << 53) - 1;
    Json::Integer(i64::try_from(seconds).unwrap_or(LARGEST).min(LARGEST))
}

/// Percent-encoded, where a query would be read in another way else (RFC 3986 section 3.4).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$'()*,;:@/?".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use tokenward::{Bundle, EngineConfig, built_in_bundles, built_in_cases};

    use super::*;
    use crate::case::Judged;
    use crate::run::{Runner, call_of};
    use crate::{CaseError, Observed};

    /// What the log says of a case; none of a case with a token, whose log has its claims.
    fn line_of(case: &Case) -> Option<String> {
        let judged = match &case.judged {
            Judged::Token { .. } => return None,
            Judged::Claims { token: None, .. } => Recorded::NoToken,
            Judged::Claims { claims, token: Some(said) } => {
                Recorded::Token { claims, facts: said.facts() }
            }
        };
        Some(log_line(&call_of(case), &judged))
    }

    /// Every case of every built-in bundle comes out of a log as it went in.
    #[test]
    fn bundles_say_the_same_of_what_was_recorded() {
        let mut compared = 0;
        for name in built_in_bundles() {
            let mut cases = Vec::new();
            for (file, text) in built_in_cases(name) {
                cases.extend(Case::of_file(text, file, None, &mut Vec::new()).unwrap());
            }
            cases.retain(|case| case.settings.is_empty() && line_of(case).is_some());
            let lines: Vec<_> = cases.iter().filter_map(line_of).collect();
            let again = Case::of_log(&lines.join("\n"), "log.jsonl").unwrap();
            assert_eq!(again.iter().filter_map(line_of).collect::<Vec<_>>(), lines);
            let mut runner =
                Runner::new(Bundle::built_in(name).unwrap(), &EngineConfig::one_shot()).unwrap();
            let said = |ran: Vec<crate::Ran>| -> Vec<String> {
                let observed = ran.into_iter().map(|ran| match ran.observed {
                    Observed::Decision(seen) => {
                        format!("{:?} {:?} {:?}", seen.outcome, seen.findings, seen.requirements)
                    }
                    other => format!("{other:?}"),
                });
                observed.collect()
            };
            let (before, after) = (runner.run(&cases, |_| {}), runner.run(&again, |_| {}));
            compared += before.len();
            assert_eq!(said(before), said(after), "{name}");
        }
        assert!(compared > 80, "{compared}");
    }

    #[test]
    fn no_credential_is_recorded_and_everything_accepted_is_read_again() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln";
        let query =
            format!("a={}&access_token={token}&b=%26%3D%2B%20%25%E2%82%AC%7F", "x,".repeat(6000));
        let query = format!("{query}&api_key=sk-SECRET&code=SECRET");
        let url = format!("https://api.example/a%20b/{token}?{query}");
        let mut facts = RequestFacts::new("GET", &url).unwrap();
        for (name, value) in [
            ("authorization", "Basic YTpi"),
            ("cookie", "sid=secret"),
            ("x-api-key", "sk-SECRET"),
            ("x-forwarded-access-token", token),
            ("x-plain", "a.b.c and eyes.on.it"),
        ] {
            facts = facts.with_header(name, value).unwrap();
        }
        let (mut claims, mut nested) = (Object::new(), Json::Null);
        for _ in 0..15 {
            nested = Json::Array(vec![nested]);
        }
        claims.set("deep", nested);
        claims.set("del", "\u{7f}\u{1f}\"\\\u{2028}");
        claims.set("many", Json::Array((0..1000).map(Json::Integer).collect::<Vec<_>>()));
        let mut signals = tokenward::Signals::none();
        signals.insert("flat", tokenward::Signal::new("a".into()));
        let (header, facts_of_call) = (Object::new(), Object::new());
        let call = Call {
            bearer: token.as_bytes(),
            phase: tokenward::Phase::Use,
            request: Some(&facts),
            signals: &signals,
            facts: &facts_of_call,
            binding: Binding::None,
            encryption: None,
            now: tokenward::UnixTime(-1),
        };
        let kind = tokenward::TokenKind::Access;
        let token_facts = TokenFacts {
            kind: &kind,
            header: &header,
            key: None,
            encryption: None,
            binding: Binding::None,
        };
        let line = log_line(&call, &Recorded::Token { claims: &claims, facts: token_facts });
        for secret in [token, "secret", "YTpi", "SECRET"] {
            assert!(!line.contains(secret), "{line}");
        }
        let read = Case::of_log(&line, "log.jsonl").unwrap();
        assert_eq!(line_of(&read[0]).unwrap(), line, "recorded again, it is the same");
        let seen = call_of(&read[0]).request.unwrap();
        let query = |name: &str| seen.query().iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(query("access_token"), NOT_RECORDED);
        assert_eq!(query("b"), "&=+ %€\u{7f}");
        assert_eq!((seen.path(), seen.host()), (Some("/a%20b/not-recorded"), facts.host()));
        let header =
            |name: &str| seen.headers().iter().find(|(n, _)| n == name).unwrap().1.as_str();
        assert_eq!(header("cookie"), NOT_RECORDED);
        assert_eq!(header("x-plain"), "a.b.c and eyes.on.it");
        assert_eq!(read[0].claims(), Some(claims));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let wrong = |line: &str| -> String {
            let text = format!("{{\"claims\":{{}}}}\n\n{line}\n");
            let error: CaseError = Case::of_log(&text, "a.jsonl").err().unwrap();
            let anyhow: anyhow::Error = error.into();
            format!("{anyhow:#}")
        };
        for (line, expected) in [
            ("[]", "`a.jsonl`, line 3: an array; accepted: an object"),
            ("{\"claims\":{}", "`a.jsonl`, line 3: "),
            ("{\"claims\":{\"a\":1,\"a\":2}}", "`a.jsonl`, line 3: "),
            ("{\"claims\":\"{}\"}", "line 3: `claims` is an string; accepted: an object"),
            ("{\"token\":\"a.b.c\"}", "line 3: unknown field `token`; accepted: claims, header"),
            ("{\"settings\":{}}", "unknown field `settings`"),
            ("{\"expect\":\"deny\"}", "unknown field `expect`"),
            ("{\"kind\":null}", "line 3: kind: `null`; accepted: leave out what is not known"),
            ("{\"phase\":\"after\"}", "line 3: unknown variant `after`"),
            ("{\"key\":\"a.pem\"}", "line 3: `trust` and a `key` file verify a `token`"),
            ("{\"no-token\":true,\"kind\":\"id\"}", "exclude each other"),
        ] {
            let error = wrong(line);
            assert!(error.contains(expected), "{line}: {error}");
        }
        assert_eq!(Case::of_log("\n", "a").unwrap().len(), 0);
    }
}
