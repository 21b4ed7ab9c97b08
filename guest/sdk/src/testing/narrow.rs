//! The input of a case, narrowed to what a policy reads, as the host narrows it.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};

use super::Case;
use super::given::{choice, query};
use crate::{
    Binding, Claim, ClaimSelector, Fact, Input, Key, Reads, Request, RequestParts, Signal, Token,
    TokenKind, TokenLocation, TokenParts, Value,
};

impl Case {
    /// The input, narrowed to `reads`, as the host narrows it.
    ///
    /// # Panics
    ///
    /// If a field of the case is not what it must be.
    #[must_use]
    pub fn input(&self, reads: &Reads) -> Input {
        let claims = self.object("claims", &self.claims);
        let facts = self.object("facts", &self.facts);
        Input {
            phase: self.phase(),
            now: reads.time.then_some(self.now),
            token: (!self.no_token).then(|| self.narrow_token(reads)),
            claims: narrow_claims(&Json::Object(claims), &reads.claims),
            request: self.narrow_request(reads),
            signals: self.narrow_signals(reads),
            facts: pick(&facts, &reads.facts),
        }
    }

    fn object(&self, field: &str, text: &str) -> Map<String, Json> {
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{}: {field}: {error}", self.name))
    }

    fn narrow_token(&self, reads: &Reads) -> Token {
        let part = |part: TokenParts| reads.token & part == part;
        let header = self.object("header", &self.header);
        Token {
            kind: match self.kind.as_str() {
                "access" => TokenKind::Access,
                "refresh" => TokenKind::Refresh,
                "id" => TokenKind::Id,
                other => TokenKind::Other(other.to_owned()),
            },
            header: pick(&header, &reads.header),
            key: self.key.as_ref().filter(|_| part(TokenParts::KEY)).map(|key| Key {
                id: key.id.clone(),
                key_type: key.key_type.clone(),
                curve: key.curve.clone(),
                bits: key.bits,
                age_seconds: key.age,
            }),
            encryption: self
                .encryption
                .as_ref()
                .filter(|_| part(TokenParts::ENCRYPTION))
                .map(Into::into),
            binding: part(TokenParts::BINDING).then(|| self.binding()),
        }
    }

    /// The proof of possession.
    ///
    /// # Panics
    ///
    /// If it is none of the three.
    #[must_use]
    pub fn binding(&self) -> Binding {
        let binding = self.binding.as_deref().unwrap_or("none");
        let all =
            [("none", Binding::None), ("dpop", Binding::Dpop), ("mutual-tls", Binding::MutualTls)];
        choice(&self.name, "binding", binding, all)
    }

    /// Where the token was found.
    ///
    /// # Panics
    ///
    /// If it is none of the places there are.
    #[must_use]
    pub fn token_location(&self) -> Option<TokenLocation> {
        let all = [
            ("authorization-header", TokenLocation::AuthorizationHeader),
            ("body", TokenLocation::Body),
            ("query", TokenLocation::Query),
            ("cookie", TokenLocation::Cookie),
            ("other-header", TokenLocation::OtherHeader),
        ];
        let location = self.token_location.as_deref()?;
        Some(choice(&self.name, "token-location", location, all))
    }

    fn narrow_request(&self, reads: &Reads) -> Option<Request> {
        let text = self.request.as_ref()?;
        if reads.request == RequestParts::empty()
            && reads.request_headers.is_empty()
            && reads.query.is_empty()
        {
            return None;
        }
        let (method, url) = text
            .split_once(' ')
            .unwrap_or_else(|| panic!("{}: request is `METHOD URL`", self.name));
        let (scheme, rest) = match url.split_once("://") {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, url),
        };
        let (authority, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        let (path, parameters) = target.split_once('?').unwrap_or((target, ""));
        let has = |part: RequestParts| reads.request & part == part;
        let part = |part: RequestParts, value: &str| has(part).then(|| value.to_owned());
        let host = scheme.and(authority.split(':').next());
        let declared = |known: Vec<(String, String)>, names: &[String]| {
            let known = known.into_iter().filter(|(name, _)| names.contains(name));
            known.map(|(name, value)| Fact { name, value: Value::Text(value) }).collect()
        };
        Some(Request {
            method: part(RequestParts::METHOD, method),
            scheme: scheme.and_then(|scheme| part(RequestParts::SCHEME, scheme)),
            host: host.and_then(|host| part(RequestParts::HOST, host)),
            path: part(RequestParts::PATH, path),
            query: declared(query(parameters), &reads.query),
            headers: declared(self.headers.clone().into_iter().collect(), &reads.request_headers),
            client_address: self
                .client_address
                .clone()
                .filter(|_| has(RequestParts::CLIENT_ADDRESS)),
            token_location: self.token_location().filter(|_| has(RequestParts::TOKEN_LOCATION)),
            tls: self.tls.as_ref().filter(|_| has(RequestParts::TLS)).map(Into::into),
            cookies: if has(RequestParts::COOKIES) {
                self.cookies.iter().map(|cookie| cookie.narrow(&self.name)).collect()
            } else {
                Vec::new()
            },
        })
    }

    fn narrow_signals(&self, reads: &Reads) -> Vec<Signal> {
        let signals = self.object("signals", &self.signals);
        let declared = reads.signals.iter().filter_map(|name| Some((name, signals.get(name)?)));
        declared
            .map(|(name, json)| {
                let field = |key: &str| json.get(key);
                Signal {
                    name: name.clone(),
                    value: value(field("value").unwrap_or(json)),
                    confidence: field("confidence")
                        .and_then(Json::as_u64)
                        .map_or(100, |c| u8::try_from(c).expect("a percentage")),
                    age_seconds: field("age").and_then(Json::as_u64),
                    source: field("source").and_then(Json::as_str).map(str::to_owned),
                }
            })
            .collect()
    }
}

fn pick(from: &Map<String, Json>, names: &[String]) -> Vec<Fact> {
    names
        .iter()
        .filter_map(|name| Some(Fact { name: name.clone(), value: value(from.get(name)?) }))
        .collect()
}

/// Narrows a claims set to what the selectors name, as the host does: in the
/// order of the selectors, and for each in the order of the token.
#[must_use]
pub fn narrow_claims(claims: &Json, selectors: &[ClaimSelector]) -> Vec<Claim> {
    let mut narrowed = Vec::new();
    for selector in selectors {
        match selector {
            ClaimSelector::At(path) => {
                if let Some(json) = claims.pointer(path) {
                    narrowed.push(Claim { path: path.clone(), value: value(json) });
                }
            }
            ClaimSelector::Below(path) => {
                if let Some(json) = claims.pointer(path) {
                    leaves(json, &mut path.clone(), &mut narrowed);
                }
            }
        }
    }
    narrowed
}

fn leaves(json: &Json, path: &mut String, into: &mut Vec<Claim>) {
    let length = path.len();
    match json {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                path.push_str(&crate::pointer([name]));
                leaves(member, path, into);
                path.truncate(length);
            }
        }
        Json::Array(items) if !items.is_empty() && !items.iter().all(Json::is_string) => {
            for (index, item) in items.iter().enumerate() {
                let _ = write!(path, "/{index}");
                leaves(item, path, into);
                path.truncate(length);
            }
        }
        leaf => into.push(Claim { path: path.clone(), value: value(leaf) }),
    }
}

/// A JSON value as a value of the contract.
#[must_use]
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(boolean) => Value::Boolean(*boolean),
        Json::Number(number) => match number.as_i64() {
            Some(integer) if integer.unsigned_abs() < (1 << 53) => Value::Integer(integer),
            _ => Value::Number(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) if !items.is_empty() && items.iter().all(Json::is_string) => {
            Value::Texts(items.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        }
        other => Value::Json(other.to_string()),
    }
}
