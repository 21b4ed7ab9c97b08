//! Patterns for claims: a name, or a JSON Pointer, with wildcards.

use std::borrow::Cow;

/// A pattern. It matches a claim and everything below it.
#[derive(Debug)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// `**`: any number of members, also none.
    Deep,
    /// One member's name: what lies between its wildcards. Without a wildcard, one piece.
    Member(Vec<String>),
}

/// The most parts, and the most wildcards in one.
const MOST: usize = 16;

impl Pattern {
    /// Reads a pattern: a JSON Pointer if it starts with `/`, else the name of a top-level claim.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in words that follow the pattern.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text == "/" {
            return Err(
                "is empty; give the name of a claim or a JSON Pointer, for instance `/address/*`",
            );
        }
        let parts = match text.strip_prefix('/') {
            None => vec![Part::parse(text)?],
            Some(pointer) => pointer
                .split('/')
                .map(|part| Part::parse(&unescape_strictly(part)?))
                .collect::<Result<Vec<_>, _>>()?,
        };
        if parts.len() > MOST {
            return Err("has more than 16 parts");
        }
        if parts.windows(2).any(|two| matches!(two, [Part::Deep, Part::Deep])) {
            return Err("has `**` twice in a row; one is enough");
        }
        Ok(Self { parts })
    }

    /// Whether it can match below the top level.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.parts.len() > 1 || matches!(self.parts.as_slice(), [Part::Deep])
    }

    /// How many of the names from the top it takes to match, if it does: at least one.
    #[must_use]
    pub fn matches(&self, names: &[Cow<'_, str>]) -> Option<usize> {
        let (mut part, mut name) = (0, 0);
        // Where to go on when what follows the last `**` does not match here.
        let mut deep: Option<(usize, usize)> = None;
        loop {
            match self.parts.get(part) {
                None => return (!names.is_empty()).then_some(name.max(1)),
                Some(Part::Deep) => {
                    part += 1;
                    deep = Some((part, name));
                }
                Some(Part::Member(pieces)) => {
                    if names.get(name).is_some_and(|name| glob(pieces, name)) {
                        part += 1;
                        name += 1;
                    } else {
                        let (after, tried) = deep.filter(|(_, tried)| tried + 1 < names.len())?;
                        part = after;
                        name = tried + 1;
                        deep = Some((after, name));
                    }
                }
            }
        }
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, &'static str> {
        if text == "**" {
            return Ok(Self::Deep);
        }
        if text.is_empty() {
            return Err("has an empty part; `*` stands for any name");
        }
        if text.as_bytes().windows(2).any(|two| two == b"**") {
            return Err("has `**` inside a part; it stands alone, as in `/**/email`");
        }
        let pieces: Vec<String> = text.split('*').map(str::to_owned).collect();
        if pieces.len() > MOST {
            return Err("has more than 15 wildcards in a part");
        }
        Ok(Self::Member(pieces))
    }
}

/// Whether a name has the pieces in their order, the first at its start and the last at its end.
// On bytes: searching in `str` takes a general algorithm, of which little is needed here.
fn glob(pieces: &[String], name: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|piece| piece == name);
    };
    let Some(mut rest) = name.as_bytes().strip_prefix(first.as_bytes()) else { return false };
    for piece in middle {
        let piece = piece.as_bytes();
        // Two wildcards stand beside each other nowhere: no piece in the middle is empty.
        let starts = |window: &[u8]| window.first() == piece.first() && window == piece;
        let found = rest.windows(piece.len().max(1)).position(starts);
        let Some(after) = found.and_then(|at| rest.get(at + piece.len()..)) else { return false };
        rest = after;
    }
    rest.ends_with(last.as_bytes())
}

fn unescape_strictly(part: &str) -> Result<Cow<'_, str>, &'static str> {
    let mut tildes = part.split('~').skip(1);
    if tildes.any(|after| !after.starts_with(['0', '1'])) {
        return Err("has a `~` that is neither `~0` nor `~1` (RFC 6901)");
    }
    Ok(unescape(part))
}

/// A member's name from its form in a JSON Pointer (RFC 6901 section 4).
#[must_use]
pub fn unescape(part: &str) -> Cow<'_, str> {
    if !part.as_bytes().contains(&b'~') {
        return Cow::Borrowed(part);
    }
    let mut name = String::with_capacity(part.len());
    let mut pieces = part.split('~');
    name.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (character, rest) = match piece.as_bytes().first() {
            Some(b'0') => ('~', piece.get(1..)),
            Some(b'1') => ('/', piece.get(1..)),
            // Not an escape: it stands for itself.
            _ => ('~', Some(piece)),
        };
        name.push(character);
        name.push_str(rest.unwrap_or_default());
    }
    Cow::Owned(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say() {
        for (pattern, pointer, expected) in [
            ("email", "/email", Some(1)),
            ("email", "/email/verified", Some(1)),
            ("email", "/user/email", None),
            ("/user/email", "/user/email", Some(2)),
            ("/user/email", "/user", None),
            ("/user/*", "/user/email", Some(2)),
            ("/user/*", "/user", None),
            ("*_id", "/order_id", Some(1)),
            ("*_id", "/order_ids", None),
            ("x_*_y", "/x_1_y", Some(1)),
            ("x_*_y", "/x_y", None),
            ("a*b*c", "/a1b2c", Some(1)),
            ("a*b*c", "/abcd", None),
            ("a*b", "/ab", Some(1)),
            ("a*b", "/aéb", Some(1)),
            ("é*", "/éa", Some(1)),
            ("*é*", "/aéa", Some(1)),
            ("*", "/anything", Some(1)),
            ("*", "/", Some(1)),
            ("ab*bc", "/abc", None),
            ("/**/email", "/email", Some(1)),
            ("/**/email", "/a/b/email", Some(3)),
            ("/**/email", "/a/b/mail", None),
            ("/a/**/b/c", "/a/b/b/c", Some(4)),
            ("/a/**/b/c", "/a/b/d", None),
            ("/a/**", "/a/b", Some(1)),
            ("/a~1b", "/a~1b", Some(1)),
            ("a/b", "/a~1b", Some(1)),
            ("/m~0n", "/m~0n", Some(1)),
            ("m~n", "/m~0n", Some(1)),
            ("https://example.com/role", "/https:~1~1example.com~1role", Some(1)),
        ] {
            let names: Vec<_> = pointer.split('/').skip(1).map(unescape).collect();
            assert_eq!(
                Pattern::parse(pattern).unwrap().matches(&names),
                expected,
                "{pattern} {pointer}"
            );
        }
    }

    #[test]
    fn names_are_unescaped_once() {
        for (part, name) in [
            ("a", "a"),
            ("", ""),
            ("~0", "~"),
            ("~1", "/"),
            ("~01", "~1"),
            ("~10", "/0"),
            ("a~0b~1c", "a~b/c"),
            ("~", "~"),
            ("~~1", "~/"),
            ("~2é", "~2é"),
            ("é~1", "é/"),
        ] {
            assert_eq!(unescape(part), name, "{part}");
        }
    }

    #[test]
    fn bad_patterns_are_refused() {
        for pattern in ["", "/", "//", "/a//b", "/a/", "/a~2", "/a~", "***", "a**", "/**/**/a"] {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
        assert!(Pattern::parse(&"/a".repeat(17)).is_err());
        assert!(Pattern::parse(&"*a".repeat(17)).is_err());
    }
}
