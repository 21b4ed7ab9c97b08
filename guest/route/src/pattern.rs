//! Patterns of paths and hosts: how they are written, matched and ordered.

use std::cmp::Reverse;

use crate::text::cut;

/// One step of a path pattern. The order of the variants is the order of
/// specificity: of two patterns that match one path, the lesser one is the more
/// specific.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Exactly this segment, percent-decoded.
    Literal(Vec<u8>),
    /// Any one segment.
    One,
    /// Here the path ends.
    End,
    /// Any number of segments, none included.
    Rest,
}

/// A path pattern: literal steps and wildcards, closed by one `End` or `Rest`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathPattern(Vec<Step>);

impl PathPattern {
    /// Reads a pattern such as `/records/{id}/notes/**`.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let Some(body) = text.strip_prefix("/") else {
            return Err("does not start with `/`; give a path pattern such as `/records/{id}`");
        };
        // A trailing slash is of no account, because it is of none to most upstreams.
        let body = body.strip_suffix("/").unwrap_or(body);
        let mut steps = Vec::new();
        let mut rest = (!body.is_empty()).then_some(body);
        let mut last = Step::End;
        while let Some(text) = rest {
            let (segment, after) = cut(text, b'/');
            rest = after;
            let step = match segment {
                "**" if rest.is_some() => {
                    return Err("has `**` before its end; `**` may only be the last segment");
                }
                "**" => {
                    last = Step::Rest;
                    break;
                }
                "*" => Step::One,
                _ if is_parameter(segment) => Step::One,
                _ => literal(segment)?,
            };
            steps.push(step);
        }
        steps.push(last);
        Ok(Self(steps))
    }

    /// How many segments of a path decide whether it matches.
    pub(crate) fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether a path, cut into its segments, matches. Segments beyond
    /// [`depth`](Self::depth) need not be given.
    pub(crate) fn matches(&self, segments: &[&str]) -> bool {
        let mut segments = segments.iter();
        for step in &self.0 {
            match step {
                Step::Literal(literal) => match segments.next() {
                    Some(segment) if is_spelling(segment, literal) => {}
                    _ => return false,
                },
                Step::One if segments.next().is_some() => {}
                Step::One => return false,
                Step::End => return segments.next().is_none(),
                Step::Rest => return true,
            }
        }
        false
    }
}

fn is_parameter(segment: &str) -> bool {
    match segment.as_bytes() {
        [b'{', name @ .., b'}'] => {
            !name.is_empty()
                && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b == b'-')
        }
        _ => false,
    }
}

fn literal(segment: &str) -> Result<Step, &'static str> {
    if segment.bytes().any(|b| matches!(b, b'*' | b'{' | b'}')) {
        return Err("mixes text and a wildcard in one segment; \
             a segment is literal, `{name}`, `*` or, as the last one, `**`");
    }
    let unfit = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '?' | '#' | '\\');
    if segment.chars().any(unfit) {
        return Err("holds a blank, a control character, `?`, `#` or `\\`; \
             give the path alone, without query, and percent-encode such characters");
    }
    let mut literal = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((byte, after)) = decode(rest) {
        literal.push(byte);
        rest = after;
    }
    // What can never match would leave open what it is to close.
    let unfit = |b: &u8| *b < b' ' || matches!(b, b'/' | b'\\' | b'%' | b';' | 0x7f);
    if matches!(literal.as_slice(), b"" | b"." | b"..") || literal.iter().any(unfit) {
        return Err("has an empty, `.` or `..` segment, `;`, `%` or an escaped slash or control \
             character, which no path has that reaches a policy");
    }
    Ok(Step::Literal(literal))
}

/// Whether the bytes of a segment, decoded, are these.
fn is_spelling(segment: &str, literal: &[u8]) -> bool {
    let mut rest = segment.as_bytes();
    for expected in literal {
        match decode(rest) {
            Some((byte, after)) if byte == *expected => rest = after,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// The first byte of a segment with percent-encoding (RFC 3986 section 2.1)
/// taken off, so that `%3A` cannot slip past a pattern that says `:`, and what
/// follows. What is no percent-encoding stays as it is.
fn decode(segment: &[u8]) -> Option<(u8, &[u8])> {
    if let [b'%', high, low, after @ ..] = segment
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        return Some((high << 4 | low, after));
    }
    segment.split_first().map(|(byte, after)| (*byte, after))
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// The first segments of a path, at most `limit`. Empty ones are left out, and
/// with them a trailing slash.
pub(crate) fn segments(path: &str, limit: usize) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut rest = Some(path);
    while let Some(text) = rest
        && segments.len() < limit
    {
        let (segment, after) = cut(text, b'/');
        if !segment.is_empty() {
            segments.push(segment);
        }
        rest = after;
    }
    segments
}

/// A host pattern. The order of the variants is the order of specificity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum HostPattern {
    /// Exactly this host.
    Exact(String),
    /// A host with one or more labels before this suffix, which starts with a
    /// dot. The longer suffix is the more specific.
    Below(Reverse<usize>, String),
    /// Any host.
    Any,
}

impl HostPattern {
    /// Reads a host such as `api.example.com`, or `*.example.com`.
    pub(crate) fn parse(text: Option<&str>) -> Result<Self, &'static str> {
        let Some(text) = text else { return Ok(Self::Any) };
        let text = text.to_ascii_lowercase();
        let (name, is_below) = match text.strip_prefix("*.") {
            Some(name) => (name, true),
            None => (text.as_str(), false),
        };
        let name = name.strip_suffix(".").unwrap_or(name);
        if (is_below || !is_ipv6(name)) && !is_name(name) {
            return Err("is no host; give a name such as `api.example.com`, without scheme and \
                 port, international names in their ASCII form, and `*.` at most in front");
        }
        Ok(if is_below {
            let mut suffix = String::from(".");
            suffix.push_str(name);
            Self::Below(Reverse(suffix.len()), suffix)
        } else {
            Self::Exact(name.to_owned())
        })
    }

    /// Whether a host in lower case matches. A trailing dot names the same host.
    pub(crate) fn matches(&self, host: Option<&str>) -> bool {
        let host = host.map(|host| host.strip_suffix(".").unwrap_or(host));
        match (self, host) {
            (Self::Any, _) => true,
            (_, None) => false,
            (Self::Exact(name), Some(host)) => name == host,
            (Self::Below(_, suffix), Some(host)) => {
                host.len() > suffix.len() && host.ends_with(suffix.as_str())
            }
        }
    }
}

fn is_ipv6(host: &str) -> bool {
    match host.as_bytes() {
        [b'[', address @ .., b']'] => {
            address.iter().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'))
        }
        _ => false,
    }
}

fn is_name(host: &str) -> bool {
    let mut rest = Some(host);
    while let Some(text) = rest {
        let (label, after) = cut(text, b'.');
        if !is_label(label) {
            return false;
        }
        rest = after;
    }
    true
}

fn is_label(label: &str) -> bool {
    !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}
