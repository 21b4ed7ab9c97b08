//! Narrows the input of a request to what one policy declared that it reads.

use bumpalo::Bump;
use bumpalo::collections::Vec as BumpVec;
use tokenward_token::TokenKind;
use tokenward_token::json::{Json, Object};

use crate::bindings::contract::{self, ValueParam as Value};
use crate::descriptor::{ClaimSelector, Phase, Reads, RequestPart, TokenPart};
use crate::facts::{self, PolicyInput};
use crate::pointer::push_member;

/// Narrows for several policies; what two of them read alike is made once.
pub(crate) struct Narrower<'a> {
    input: PolicyInput<'a>,
    arena: &'a Bump,
    /// The leaves of the whole claims set, once a policy has asked for them.
    leaves: Option<&'a [contract::Claim<'a>]>,
}

impl<'a> Narrower<'a> {
    pub(crate) fn new(input: PolicyInput<'a>, arena: &'a Bump) -> Self {
        Self { input, arena, leaves: None }
    }

    /// The input of a policy that reads this.
    pub(crate) fn narrow(&mut self, reads: &'a Reads) -> contract::Input<'a> {
        contract::Input {
            phase: match self.input.phase {
                Phase::Issue => contract::Phase::Issue,
                Phase::Use => contract::Phase::Use,
                Phase::Refresh => contract::Phase::Refresh,
                Phase::Login => contract::Phase::Login,
            },
            now: reads.time.then_some(self.input.now),
            token: self.token(reads),
            claims: self.claims(&reads.claims),
            request: self.request(reads),
            signals: self.signals(&reads.signals),
            facts: self.members(self.input.facts, &reads.facts),
        }
    }

    fn token(&self, reads: &'a Reads) -> Option<contract::Token<'a>> {
        let token = self.input.token.as_ref()?;
        let part = |part| reads.token.contains(&part);
        Some(contract::Token {
            kind: match token.kind {
                TokenKind::Access => contract::TokenKind::Access,
                TokenKind::Refresh => contract::TokenKind::Refresh,
                TokenKind::Id => contract::TokenKind::Id,
                TokenKind::Other(subtype) => contract::TokenKind::Other(subtype),
            },
            header: self.members(token.header, &reads.header),
            key: token.key.filter(|_| part(TokenPart::Key)).map(|key| contract::Key {
                id: key.id,
                key_type: key.key_type,
                curve: key.curve,
                bits: key.bits,
                age_seconds: key.age_seconds,
            }),
            encryption: token
                .encryption
                .filter(|_| part(TokenPart::Encryption))
                .map(|e| contract::Encryption { algorithm: &e.algorithm, content: &e.content }),
            binding: part(TokenPart::Binding).then_some(match token.binding {
                facts::Binding::None => contract::Binding::None,
                facts::Binding::Dpop => contract::Binding::Dpop,
                facts::Binding::MutualTls => contract::Binding::MutualTls,
            }),
        })
    }

    fn claims(&mut self, selectors: &'a [ClaimSelector]) -> &'a [contract::Claim<'a>] {
        if let [ClaimSelector::Below(path)] = selectors
            && path.is_empty()
        {
            if let Some(leaves) = self.leaves {
                return leaves;
            }
            let mut claims = BumpVec::with_capacity_in(self.input.claims.len() * 2, self.arena);
            let mut path = String::with_capacity(64);
            self.object_leaves(self.input.claims, &mut path, &mut claims);
            let leaves: &'a [_] = claims.into_bump_slice();
            self.leaves = Some(leaves);
            return leaves;
        }
        let mut claims = BumpVec::with_capacity_in(selectors.len(), self.arena);
        for selector in selectors {
            match selector {
                ClaimSelector::At(path) => {
                    if path.is_empty() {
                        let value = self.object(self.input.claims);
                        claims.push(contract::Claim { path, value });
                    } else if let Some(json) = self.input.claims.pointer(path) {
                        claims.push(contract::Claim { path, value: self.value(json) });
                    }
                }
                ClaimSelector::Below(path) if path.is_empty() => {
                    self.object_leaves(self.input.claims, &mut String::new(), &mut claims);
                }
                ClaimSelector::Below(path) => {
                    if let Some(json) = self.input.claims.pointer(path) {
                        self.leaves(json, &mut path.clone(), &mut claims);
                    }
                }
            }
        }
        claims.into_bump_slice()
    }

    fn object_leaves(
        &self,
        object: &'a Object,
        path: &mut String,
        into: &mut BumpVec<'a, contract::Claim<'a>>,
    ) {
        if object.is_empty() {
            let value = Value::Json("{}");
            into.push(contract::Claim { path: self.arena.alloc_str(path), value });
        }
        let length = path.len();
        for (name, member) in object.iter() {
            push_member(path, name);
            self.leaves(member, path, into);
            path.truncate(length);
        }
    }

    fn leaves(
        &self,
        json: &'a Json,
        path: &mut String,
        into: &mut BumpVec<'a, contract::Claim<'a>>,
    ) {
        match json {
            Json::Object(object) => self.object_leaves(object, path, into),
            Json::Array(items) if !items.is_empty() && !all_strings(items) => {
                let length = path.len();
                for (index, item) in items.iter().enumerate() {
                    push_member(path, &index.to_string());
                    self.leaves(item, path, into);
                    path.truncate(length);
                }
            }
            leaf => into.push(contract::Claim {
                path: self.arena.alloc_str(path),
                value: self.value(leaf),
            }),
        }
    }

    fn value(&self, json: &'a Json) -> Value<'a> {
        match json {
            Json::Null => Value::Null,
            Json::Bool(boolean) => Value::Boolean(*boolean),
            Json::Integer(integer) => Value::Integer(*integer),
            Json::Number(number) => Value::Number(*number),
            Json::String(text) => Value::Text(text),
            Json::Array(items) if !items.is_empty() && all_strings(items) => {
                let texts = items.iter().filter_map(Json::as_str);
                Value::Texts(BumpVec::from_iter_in(texts, self.arena).into_bump_slice())
            }
            Json::Array(_) => {
                let mut text = String::new();
                json.write_compact(&mut text);
                Value::Json(self.arena.alloc_str(&text))
            }
            Json::Object(object) => self.object(object),
        }
    }

    fn object(&self, object: &Object) -> Value<'a> {
        let mut text = String::new();
        object.write_compact(&mut text);
        Value::Json(self.arena.alloc_str(&text))
    }

    fn members(&self, object: &'a Object, names: &'a [String]) -> &'a [contract::FactParam<'a>] {
        if names.is_empty() {
            return &[];
        }
        let known = names.iter().filter_map(|name| {
            Some(contract::FactParam { name, value: self.value(object.get(name)?) })
        });
        BumpVec::from_iter_in(known, self.arena).into_bump_slice()
    }

    fn texts(
        &self,
        known: &'a [(String, String)],
        names: &'a [String],
    ) -> &'a [contract::FactParam<'a>] {
        if names.is_empty() {
            return &[];
        }
        let declared = known
            .iter()
            .filter(|(name, _)| names.contains(name))
            .map(|(name, value)| contract::FactParam { name, value: Value::Text(value) });
        BumpVec::from_iter_in(declared, self.arena).into_bump_slice()
    }

    fn request(&self, reads: &'a Reads) -> Option<contract::Request<'a>> {
        let nothing =
            reads.request.is_empty() && reads.request_headers.is_empty() && reads.query.is_empty();
        let request = self.input.request.filter(|_| !nothing)?;
        let part = |part| reads.request.contains(&part);
        let text = |of, value: &'a Option<String>| value.as_deref().filter(|_| part(of));
        Some(contract::Request {
            method: text(RequestPart::Method, &request.method),
            scheme: text(RequestPart::Scheme, &request.scheme),
            host: text(RequestPart::Host, &request.host),
            path: text(RequestPart::Path, &request.path),
            query: self.texts(&request.query, &reads.query),
            headers: self.texts(&request.headers, &reads.request_headers),
            client_address: text(RequestPart::ClientAddress, &request.client_address),
            token_location: request
                .token_location
                .filter(|_| part(RequestPart::TokenLocation))
                .map(token_location),
            tls: request.tls.as_ref().filter(|_| part(RequestPart::Tls)).map(|tls| contract::Tls {
                version: tls.version.as_deref(),
                cipher: tls.cipher.as_deref(),
                client_certificate: tls.client_certificate,
            }),
            cookies: if part(RequestPart::Cookies) {
                let cookies = request.cookies.iter().map(cookie);
                BumpVec::from_iter_in(cookies, self.arena).into_bump_slice()
            } else {
                &[]
            },
        })
    }

    fn signals(&self, names: &'a [String]) -> &'a [contract::Signal<'a>] {
        if names.is_empty() {
            return &[];
        }
        let known = names.iter().filter_map(|name| {
            let signal = self.input.signals.get(name)?;
            Some(contract::Signal {
                name,
                value: self.value(&signal.value),
                confidence: signal.confidence.min(100),
                age_seconds: signal.age_seconds,
                source: signal.source.as_deref(),
            })
        });
        BumpVec::from_iter_in(known, self.arena).into_bump_slice()
    }
}

fn all_strings(items: &[Json]) -> bool {
    items.iter().all(|item| matches!(item, Json::String(_)))
}

fn token_location(location: facts::TokenLocation) -> contract::TokenLocation {
    match location {
        facts::TokenLocation::AuthorizationHeader => contract::TokenLocation::AuthorizationHeader,
        facts::TokenLocation::Body => contract::TokenLocation::Body,
        facts::TokenLocation::Query => contract::TokenLocation::Query,
        facts::TokenLocation::Cookie => contract::TokenLocation::Cookie,
        facts::TokenLocation::OtherHeader => contract::TokenLocation::OtherHeader,
    }
}

fn cookie(cookie: &facts::Cookie) -> contract::Cookie<'_> {
    contract::Cookie {
        name: &cookie.name,
        http_only: cookie.http_only,
        secure: cookie.secure,
        same_site: match cookie.same_site {
            facts::SameSite::Unset => contract::SameSite::Unset,
            facts::SameSite::None => contract::SameSite::None,
            facts::SameSite::Lax => contract::SameSite::Lax,
            facts::SameSite::Strict => contract::SameSite::Strict,
        },
        max_age: cookie.max_age,
    }
}
