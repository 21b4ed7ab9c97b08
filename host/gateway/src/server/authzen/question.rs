//! What an evaluation asks: an inquiry, and who the PEP says it is about.

use std::net::IpAddr;

use http::header::AUTHORIZATION;
use tokenward::{Json, Object, Phase, Signal, TokenLocation};

use crate::inquiry::{Builder, Inquiry, InquiryError, Origin, SignalHeaders, Vouched};

use super::target;
use super::wire::{Entity, Evaluation, shown};

/// The most headers of a request, the most signals or facts, and the longest of their names and of
/// what signals and facts say.
const MOST_HEADERS: usize = 128;
const MOST_VOUCHED: usize = 64;
const NAME_BYTES: usize = 128;
const VALUE_BYTES: usize = 1024;

/// Why an evaluation that has the standard's shape is no request that can be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// The action is no method.
    #[error("the action `{0}` is not known; accepted: an HTTP method in upper case, such as `GET`")]
    Action(String),
    /// The resource is of another type.
    #[error("the resource type `{0}` is not known; accepted: `url` or `route`")]
    ResourceType(String),
    /// A member is of another type.
    #[error("`{path}` is of the type {found}; accepted: {accepted}")]
    Member { path: &'static str, found: &'static str, accepted: &'static str },
    /// A text says nothing that is known.
    #[error("`{path}` is not accepted; accepted: {accepted}")]
    Part { path: &'static str, accepted: &'static str },
    /// Two members say two things.
    #[error("`{one}` and `{other}` differ; accepted: one of them, or both alike")]
    Differ { one: &'static str, other: &'static str },
    /// Of a URL's scheme and host one is missing.
    #[error(
        "`resource.properties` has the URL's {there} and not its {missing}; accepted: both, or neither"
    )]
    Half { there: &'static str, missing: &'static str },
    /// Rules are about paths.
    #[error(
        "`resource.id` is the template of a path; accepted: with it, the path in \
         `resource.properties.path`"
    )]
    Template,
    /// There are too many.
    #[error("`{path}` has too many members; accepted: at most {most}")]
    TooMany { path: &'static str, most: usize },
    /// A signal, or a fact, is not accepted.
    #[error(
        "`{path}` has `{name}`, which is not accepted; accepted: names of at most {NAME_BYTES} bytes, \
         JSON of at most {VALUE_BYTES}"
    )]
    Vouched { path: &'static str, name: String },
    /// A signal, or a fact, comes twice.
    #[error(
        "the header `{0}` says what was said before; accepted: each signal, and each fact, once"
    )]
    VouchedTwice(String),
    /// The request cannot be judged.
    #[error(transparent)]
    Inquiry(InquiryError),
}

impl From<InquiryError> for Unreadable {
    fn from(error: InquiryError) -> Self {
        match error {
            InquiryError::HeaderTwice(header) => Self::VouchedTwice(shown(header.as_str())),
            other => Self::Inquiry(other),
        }
    }
}

impl Unreadable {
    /// A stable code.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Action(_) => "action_unknown",
            Self::ResourceType(_) => "resource_type_unknown",
            Self::Member { .. } => "member_type",
            Self::Part { .. } => "member_value",
            Self::Differ { .. } => "members_differ",
            Self::Half { .. } => "url_incomplete",
            Self::Template => "path_missing",
            Self::TooMany { .. } => "too_many_members",
            Self::Vouched { .. } => "vouched_value",
            Self::VouchedTwice(_) => "vouched_twice",
            Self::Inquiry(error) => error.code(),
        }
    }
}

/// What the PEP's own call is known by, for records: `X-Request-ID` and `traceparent`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) request_id: Option<String>,
    pub(super) trace_parent: Option<String>,
}

impl Caller {
    /// What records say of a question of theirs that cannot be judged.
    pub(super) fn origin(&self) -> Origin {
        let all = [("x-request-id", &self.request_id), ("traceparent", &self.trace_parent)];
        all.into_iter().fold(Origin::default(), |origin, (name, value)| match value {
            Some(value) => origin.header(name, value.as_bytes()),
            None => origin,
        })
    }
}

/// What is to be judged.
pub(super) struct Question {
    pub(super) inquiry: Inquiry,
}

/// Who the PEP says it is about, as a claim and its value. That must be who the token is about: or a
/// PEP that takes one user's token for another's gets a permit for the wrong one.
fn subject(subject: &Entity) -> Option<(&'static str, &str)> {
    match subject.kind.as_str() {
        "token" => None,
        "client" => Some(("client_id", &subject.id)),
        _ => Some(("sub", &subject.id)),
    }
}

impl Question {
    /// What an evaluation asks.
    pub(super) fn of(
        evaluation: &Evaluation,
        signal_headers: &SignalHeaders,
        caller: &Caller,
    ) -> Result<Self, Unreadable> {
        let method = evaluation.action.name.as_str();
        if method.len() > 32 || method.bytes().any(|b| b.is_ascii_lowercase()) {
            return Err(Unreadable::Action(shown(method)));
        }
        let none = Object::new();
        let context = evaluation.context.as_deref().unwrap_or(&none);
        let properties = evaluation.resource.properties.as_ref().unwrap_or(&none);
        let about = evaluation.subject.properties.as_ref().unwrap_or(&none);

        let url = target::url(&evaluation.resource)?;
        let vouched = Vouched { client_address: address(properties, context)?, tls: None };
        let mut builder = Inquiry::builder(method, &url)?.vouched(&vouched).phase(phase(context)?);
        for (name, value) in vouched_for(context, "signals", "context.signals")? {
            builder = builder.with_signal(name, Signal::new(value.clone()));
        }
        for (name, value) in vouched_for(context, "facts", "context.facts")? {
            builder = builder.with_fact(name, value.clone());
        }
        let headers = Headers::of(properties)?;
        let builder = headers.add(builder.signal_headers(signal_headers), caller)?;
        let builder = match headers.token(said_token(context, about)?)? {
            Token::Said(token) => {
                builder.bearer(token.as_bytes(), TokenLocation::AuthorizationHeader)?
            }
            Token::InHeader(value) => builder.header(AUTHORIZATION.as_str(), value.as_bytes())?,
            Token::Nowhere => builder,
        };
        let builder = match subject(&evaluation.subject) {
            Some((claim, id)) => builder.about(claim, id),
            None => builder,
        };
        Ok(Self { inquiry: builder.build() })
    }
}

/// The text of a member, if it is there.
pub(super) fn text<'a>(
    members: &'a Object,
    name: &str,
    path: &'static str,
) -> Result<Option<&'a str>, Unreadable> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let wrong = || Unreadable::Member { path, found: value.type_name(), accepted: "a string" };
    value.as_str().map(Some).ok_or_else(wrong)
}

fn object<'a>(
    members: &'a Object,
    name: &str,
    path: &'static str,
) -> Result<Option<&'a Object>, Unreadable> {
    let Some(value) = members.get(name) else { return Ok(None) };
    let wrong = || Unreadable::Member { path, found: value.type_name(), accepted: "an object" };
    value.as_object().map(Some).ok_or_else(wrong)
}

fn address(properties: &Object, context: &Object) -> Result<Option<IpAddr>, Unreadable> {
    let (one, other) = ("resource.properties.ip", "context.client-address");
    let read = |text: Option<&str>, path| {
        let refused = |_| Unreadable::Part { path, accepted: "an IP address" };
        text.map(|text| text.parse::<IpAddr>().map_err(refused)).transpose()
    };
    let ip = read(text(properties, "ip", one)?, one)?;
    let address = read(text(context, "client-address", other)?, other)?;
    match (ip, address) {
        (Some(ip), Some(address)) if ip.to_canonical() != address.to_canonical() => {
            Err(Unreadable::Differ { one, other })
        }
        _ => Ok(ip.or(address)),
    }
}

fn phase(context: &Object) -> Result<Phase, Unreadable> {
    let path = "context.phase";
    let Some(name) = text(context, "phase", path)? else { return Ok(Phase::Use) };
    let known = Phase::ALL.into_iter().find(|phase| phase.as_str() == name);
    known.ok_or(Unreadable::Part { path, accepted: "`use`, `refresh`, `issue` or `login`" })
}

/// Signals, or facts, by name.
fn vouched_for<'a>(
    context: &'a Object,
    name: &str,
    path: &'static str,
) -> Result<impl Iterator<Item = (&'a str, &'a Json)> + use<'a>, Unreadable> {
    let all = object(context, name, path)?;
    if all.is_some_and(|all| all.len() > MOST_VOUCHED) {
        return Err(Unreadable::TooMany { path, most: MOST_VOUCHED });
    }
    for (name, value) in all.into_iter().flat_map(Object::iter) {
        let named = !name.is_empty() && name.len() <= NAME_BYTES;
        if !named || value.to_compact().len() > VALUE_BYTES {
            return Err(Unreadable::Vouched { path, name: shown(name) });
        }
    }
    Ok(all.into_iter().flat_map(Object::iter))
}

/// The token that is said in a member of its own, and which member that is.
fn said_token<'a>(
    context: &'a Object,
    subject: &'a Object,
) -> Result<Option<(&'a str, &'static str)>, Unreadable> {
    let (one, other) = ("context.token", "subject.properties.token");
    match (text(context, "token", one)?, text(subject, "token", other)?) {
        (Some(token), Some(again)) if token != again => Err(Unreadable::Differ { one, other }),
        (Some(token), _) => Ok(Some((token, one))),
        (None, again) => Ok(again.map(|token| (token, other))),
    }
}

/// Where the token is.
enum Token<'a> {
    /// In a member of its own.
    Said(&'a str),
    /// In this value of `Authorization`.
    InHeader(&'a str),
    /// There is none.
    Nowhere,
}

/// The headers of the request, with `Authorization` apart.
struct Headers<'a> {
    others: Vec<(&'a str, &'a str)>,
    authorization: Option<&'a str>,
}

const HEADERS: &str = "resource.properties.headers";

impl<'a> Headers<'a> {
    fn of(properties: &'a Object) -> Result<Self, Unreadable> {
        let mut headers = Self { others: Vec::new(), authorization: None };
        let members = object(properties, "headers", HEADERS)?;
        for (name, value) in members.into_iter().flat_map(Object::iter) {
            let values = match value {
                Json::Array(values) => values.as_slice(),
                one => std::slice::from_ref(one),
            };
            for value in values {
                headers.push(name, value)?;
            }
        }
        Ok(headers)
    }

    fn push(&mut self, name: &'a str, value: &'a Json) -> Result<(), Unreadable> {
        let wrong = || Unreadable::Member {
            path: HEADERS,
            found: value.type_name(),
            accepted: "of each header a string, or an array of strings",
        };
        let value = value.as_str().ok_or_else(wrong)?;
        if self.others.len() == MOST_HEADERS {
            return Err(Unreadable::TooMany { path: HEADERS, most: MOST_HEADERS });
        }
        if name.len() > NAME_BYTES {
            let accepted = "names of headers of at most 128 bytes";
            return Err(Unreadable::Part { path: HEADERS, accepted });
        }
        if !name.eq_ignore_ascii_case(AUTHORIZATION.as_str()) {
            self.others.push((name, value));
        } else if self.authorization.replace(value).is_some() {
            return Err(InquiryError::SeveralCredentials.into());
        }
        Ok(())
    }

    fn add<'b>(
        &self,
        mut builder: Builder<'b>,
        caller: &Caller,
    ) -> Result<Builder<'b>, Unreadable> {
        for (name, value) in &self.others {
            builder = builder.header(name, value.as_bytes())?;
        }
        let caller = [("x-request-id", &caller.request_id), ("traceparent", &caller.trace_parent)];
        for (name, value) in caller {
            let there = self.others.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if let (false, Some(value)) = (there, value) {
                builder = builder.header(name, value.as_bytes())?;
            }
        }
        Ok(builder)
    }

    /// A token that is said, and stands in the header too, must be the same.
    fn token<'b>(&self, said: Option<(&'b str, &'static str)>) -> Result<Token<'b>, Unreadable>
    where
        'a: 'b,
    {
        let Some((said, one)) = said else {
            return Ok(self.authorization.map_or(Token::Nowhere, Token::InHeader));
        };
        let same = self.authorization.is_none_or(|value| {
            let (scheme, token) = value.trim().split_once(' ').unwrap_or_default();
            scheme.eq_ignore_ascii_case("Bearer") && token.trim_start() == said
        });
        if same { Ok(Token::Said(said)) } else { Err(Unreadable::Differ { one, other: HEADERS }) }
    }
}
