//! Reading the input.

use crate::text::push_str;
use crate::{Fact, Input, Signal, TokenKind, Value};

/// Makes a JSON Pointer (RFC 6901) from member names, escaping `~` and `/`.
#[must_use]
pub fn pointer<S: AsRef<str>>(members: impl IntoIterator<Item = S>) -> String {
    let mut path = String::new();
    for member in members {
        push_member(&mut path, member.as_ref());
    }
    path
}

/// Apart from [`pointer`], so that it is compiled once for all types.
#[inline(never)]
fn push_member(path: &mut String, member: &str) {
    push_str(path, "/");
    for c in member.chars() {
        match c {
            '~' => push_str(path, "~0"),
            '/' => push_str(path, "~1"),
            c => push_str(path, c.encode_utf8(&mut [0; 4])),
        }
    }
}

impl Input {
    /// The value at exactly this JSON Pointer, if it was declared and is present.
    #[must_use]
    pub fn claim(&self, path: &str) -> Option<&Value> {
        self.claims.iter().find(|claim| claim.path == path).map(|claim| &claim.value)
    }

    /// A signal, if it was declared and is known.
    #[must_use]
    pub fn signal(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// A fact, if it was declared and is known.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&Value> {
        find(&self.facts, name)
    }

    /// A member of the JOSE header, if it was declared and is present.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Value> {
        find(&self.token.as_ref()?.header, name)
    }

    /// A request header, by its name in lower case, if it was declared and is present.
    #[must_use]
    pub fn request_header(&self, name: &str) -> Option<&Value> {
        find(&self.request.as_ref()?.headers, name)
    }

    /// What the token is for.
    #[must_use]
    pub fn kind(&self) -> Option<&TokenKind> {
        self.token.as_ref().map(|token| &token.kind)
    }
}

fn find<'a>(facts: &'a [Fact], name: &str) -> Option<&'a Value> {
    facts.iter().find(|fact| fact.name == name).map(|fact| &fact.value)
}

impl TokenKind {
    /// `access`, `refresh`, `id`, or the subtype of another kind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Id => "id",
            Self::Other(subtype) => subtype,
        }
    }
}

impl Value {
    /// The text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(integer) => Some(*integer),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// A number of either kind.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "integers are within ±(2^53 - 1)")]
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(integer) => Some(*integer as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// Each text: the one, or those of an array; nothing for other values.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::Text(text) => (Some(text.as_str()), [].as_slice()),
            Self::Texts(texts) => (None, texts.as_slice()),
            _ => (None, [].as_slice()),
        };
        one.into_iter().chain(many.iter().map(String::as_str))
    }
}
