//! The requests that one route covers: read from settings, matched and ordered.

use crate::pattern::{HostPattern, PathPattern};
use crate::text::{push, push_number};

/// Of a pattern, in characters.
const LONGEST_PATTERN: usize = 512;

/// What a route covers, as settings write it.
#[derive(Debug, Clone, Copy)]
pub struct Spec<'a> {
    /// The methods, in capital letters; empty for any.
    pub methods: &'a [String],
    /// The pattern of the host, such as `api.example.com` or `*.example.com`; none for any.
    pub host: Option<&'a str>,
    /// The pattern of the path, such as `/records/{id}/notes/**`.
    pub path: &'a str,
}

impl Spec<'_> {
    /// How findings name the route: `GET,PUT api.example.com/records/{id}`, in backticks.
    #[must_use]
    pub fn label(&self) -> String {
        let mut label = String::from("`");
        for (at, method) in self.methods.iter().enumerate() {
            if self.methods.iter().take(at).any(|earlier| earlier == method) {
                continue;
            }
            push(&mut label, if at > 0 { "," } else { "" });
            push(&mut label, method);
        }
        let space = if self.methods.is_empty() { "" } else { " " };
        for piece in [space, self.host.unwrap_or_default(), self.path, "`"] {
            push(&mut label, piece);
        }
        label
    }
}

/// The requests that one route covers.
#[derive(Debug)]
pub struct Cover {
    pub(crate) host: HostPattern,
    pub(crate) path: PathPattern,
    /// Empty for any.
    pub(crate) methods: Vec<String>,
}

impl Cover {
    /// Reads what a route covers. What is wrong is reported with a JSON Pointer
    /// below the route (`/path`, `/host`, `/methods/1`) and a message that says
    /// what is accepted; then there is no answer.
    pub fn parse(spec: &Spec<'_>, report: &mut dyn FnMut(&str, &str)) -> Option<Self> {
        let path = short(spec.path).and_then(PathPattern::parse);
        let path = path.map_err(|message| report("/path", message)).ok();
        let host = spec.host.map(short).transpose().and_then(HostPattern::parse);
        let host = host.map_err(|message| report("/host", message)).ok();
        let mut methods: Vec<String> = Vec::new();
        let mut all_are_methods = true;
        for (at, method) in spec.methods.iter().enumerate() {
            if !is_method(method) {
                let mut member = String::from("/methods/");
                push_number(&mut member, at);
                report(&member, METHOD);
                all_are_methods = false;
            } else if !methods.contains(method) {
                methods.push(method.clone());
            }
        }
        let cover = Self { host: host?, path: path?, methods };
        all_are_methods.then_some(cover)
    }

    /// The order of specificity: host, then path, then named methods before any.
    pub(crate) fn rank(&self) -> (&HostPattern, &PathPattern, bool) {
        (&self.host, &self.path, self.methods.is_empty())
    }

    pub(crate) fn names(&self, method: &str) -> bool {
        self.methods.iter().any(|m| m == method)
    }

    /// Whether some request is of both.
    pub(crate) fn shares_methods(&self, other: &Self) -> bool {
        self.methods.is_empty() || self.methods.iter().any(|method| other.names(method))
    }

    pub(crate) fn matches(
        &self,
        method: Option<&str>,
        host: Option<&str>,
        segments: &[&str],
    ) -> bool {
        self.allows(method) && self.path.matches(segments) && self.host.matches(host)
    }

    /// In any case of letters, because there are upstreams that do not care.
    fn allows(&self, method: Option<&str>) -> bool {
        self.methods.is_empty()
            || method.is_some_and(|method| {
                self.methods.iter().any(|allowed| allowed.eq_ignore_ascii_case(method))
            })
    }
}

const METHOD: &str = "is no method; give one in capital letters, such as `GET`";

/// The pattern, unless it is too long for one.
fn short(pattern: &str) -> Result<&str, &'static str> {
    // A character has one byte that continues no other.
    let characters = pattern.bytes().filter(|byte| byte & 0xc0 != 0x80).count();
    if characters > LONGEST_PATTERN {
        return Err("is too long; give at most 512 characters");
    }
    Ok(pattern)
}

fn is_method(method: &str) -> bool {
    !method.is_empty()
        && method.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}
