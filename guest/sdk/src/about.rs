//! What a policy says of itself, packed when it is compiled: a policy's memory is put back for
//! every request, so that texts that no request needs should take little of it.

use crate::packed::unpack;
use crate::schema::Place;
use crate::text::cut;
use crate::{Descriptor, Phases, Reads, Rule};

/// What a policy says of itself: a constant, of which [`about!`](crate::about!) makes the
/// descriptor. All texts are of ASCII.
///
/// ```
/// use tokenward_policy::prelude::*;
///
/// const ABOUT: About = About {
///     name: "require-claim",
///     version: "0.1.0",
///     title: "A claim must be present",
///     description: "Denies a token that lacks the claim.",
///     schema: r#"{ "type": "object" }"#,
///     rules: &[AboutRule {
///         id: "missing",
///         title: "The claim is missing",
///         remedy: "Have the issuer add the claim.",
///         controls: &["SOC 2 CC6.1"],
///     }],
/// };
///
/// let descriptor = Descriptor { phases: Phases::USE, ..about!(ABOUT) };
/// assert_eq!(descriptor.rules.len(), 1);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// One line.
    pub title: &'static str,
    /// What it judges and why, in Markdown.
    pub description: &'static str,
    /// The JSON Schema of its settings; the white space between its tokens is left out.
    pub schema: &'static str,
    /// Its rules.
    pub rules: &'static [AboutRule],
}

/// What a policy says of one of its rules.
#[derive(Clone, Copy, Debug)]
pub struct AboutRule {
    /// Its id.
    pub id: &'static str,
    /// One line.
    pub title: &'static str,
    /// What to change when it is reported.
    pub remedy: &'static str,
    /// The controls it serves.
    pub controls: &'static [&'static str],
}

impl AboutRule {
    /// A rule, from its id, the controls it serves, one line, and what to change.
    #[must_use]
    pub const fn new(
        id: &'static str,
        controls: &'static [&'static str],
        title: &'static str,
        remedy: &'static str,
    ) -> Self {
        Self { id, title, remedy, controls }
    }
}

/// The descriptor of a policy, from an [`About`] that is a constant: of no phases, and reading
/// nothing, which its policy adds.
#[macro_export]
macro_rules! about {
    ($about:expr) => {{
        const LENGTH: usize = $crate::about::joined_length(&$about);
        const JOINED: [u8; LENGTH] = $crate::about::joined(&$about);
        const PACKED_LENGTH: usize = $crate::packed::packed_length(&JOINED);
        static PACKED: [u8; PACKED_LENGTH] = $crate::packed::packed(&JOINED);
        $crate::about::unpacked(&PACKED)
    }};
}

/// What stands between two texts.
const BORDER: u8 = 0;

/// What stands between two controls of a rule.
const BETWEEN_CONTROLS: u8 = b'\n';

/// How long the texts are, put together.
#[must_use]
pub const fn joined_length(about: &About) -> usize {
    join(about, [0]).1
}

/// The texts, put together.
#[must_use]
pub const fn joined<const LENGTH: usize>(about: &About) -> [u8; LENGTH] {
    join(about, [0; LENGTH]).0
}

/// Puts the texts together, as far as there is room, and says how long they are.
const fn join<const ROOM: usize>(about: &About, room: [u8; ROOM]) -> ([u8; ROOM], usize) {
    let mut to = Join { text: room, length: 0 };
    to.add(about.name);
    to.add(about.version);
    to.add(about.title);
    to.add(about.description);
    to.add_schema(about.schema);
    let mut place = 0;
    while place < about.rules.len() {
        to.add_rule(about.rules[place]);
        place += 1;
    }
    (to.text, to.length)
}

struct Join<const ROOM: usize> {
    text: [u8; ROOM],
    length: usize,
}

impl<const ROOM: usize> Join<ROOM> {
    const fn push(&mut self, byte: u8) {
        if self.length < ROOM {
            self.text[self.length] = byte;
        }
        self.length += 1;
    }

    const fn add_open(&mut self, text: &str) {
        let mut place = 0;
        while place < text.len() {
            let byte = text.as_bytes()[place];
            assert!(byte != BORDER, "a text holds no NUL");
            self.push(byte);
            place += 1;
        }
    }

    const fn add(&mut self, text: &str) {
        self.add_open(text);
        self.push(BORDER);
    }

    const fn add_rule(&mut self, rule: AboutRule) {
        assert!(!rule.id.is_empty(), "a rule has an id");
        self.add(rule.id);
        self.add(rule.title);
        self.add(rule.remedy);
        let mut place = 0;
        while place < rule.controls.len() {
            if place > 0 {
                self.push(BETWEEN_CONTROLS);
            }
            assert!(!rule.controls[place].is_empty(), "a control has a name");
            let mut at = 0;
            while at < rule.controls[place].len() {
                let byte = rule.controls[place].as_bytes()[at];
                assert!(byte != BETWEEN_CONTROLS, "a control is one line");
                at += 1;
            }
            self.add_open(rule.controls[place]);
            place += 1;
        }
        self.push(BORDER);
    }

    const fn add_schema(&mut self, json: &str) {
        let bytes = json.as_bytes();
        let (mut at, mut place) = (0, Place::Between);
        while at < bytes.len() {
            place = place.after(bytes[at]);
            if place.keeps(bytes[at]) {
                self.push(bytes[at]);
            }
            at += 1;
        }
        self.push(BORDER);
    }
}

/// The descriptor that was packed.
#[must_use]
pub fn unpacked(packed: &[u8]) -> Descriptor {
    let text = unpack(packed);
    let rest = &mut &*text;
    let mut descriptor = Descriptor {
        name: next(rest, BORDER),
        version: next(rest, BORDER),
        title: next(rest, BORDER),
        description: next(rest, BORDER),
        phases: Phases::empty(),
        settings_schema: next(rest, BORDER),
        rules: Vec::new(),
        reads: Reads::nothing(),
    };
    while !rest.is_empty() {
        let mut rule = Rule {
            id: next(rest, BORDER),
            title: next(rest, BORDER),
            remedy: next(rest, BORDER),
            controls: Vec::new(),
        };
        let (mut controls, after) = cut(rest, BORDER);
        *rest = after.unwrap_or_default();
        while !controls.is_empty() {
            rule.controls.push(next(&mut controls, BETWEEN_CONTROLS));
        }
        descriptor.rules.push(rule);
    }
    descriptor
}

/// Takes the text before the next mark, and the mark.
#[inline(never)]
fn next(rest: &mut &str, mark: u8) -> String {
    let (text, after) = cut(rest, mark);
    *rest = after.unwrap_or_default();
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About = About {
        name: "a-policy",
        version: "1.2.3",
        title: "A title",
        description: "Words, and words, and words, and words, and words, and words, and words.\n",
        schema: "{\n  \"a b\": [ 1, 2 ],\n\t\"c\" : \"  \\\" d  \" }\n",
        rules: &[
            AboutRule { id: "one", title: "One", remedy: "Mend one.", controls: &["A 1", "B 2"] },
            AboutRule { id: "two", title: "Two", remedy: "Mend two.", controls: &["A 1"] },
        ],
    };

    #[test]
    fn what_was_packed_is_unpacked() {
        let descriptor = about!(ABOUT);
        assert_eq!(descriptor.name, ABOUT.name);
        assert_eq!(descriptor.version, ABOUT.version);
        assert_eq!(descriptor.title, ABOUT.title);
        assert_eq!(descriptor.description, ABOUT.description);
        assert_eq!(descriptor.settings_schema, r#"{"a b":[1,2],"c":"  \" d  "}"#);
        let rules: Vec<_> = descriptor
            .rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule.title.as_str(), rule.remedy.as_str()))
            .collect();
        assert_eq!(rules, [("one", "One", "Mend one."), ("two", "Two", "Mend two.")]);
        let controls: Vec<_> = descriptor.rules.iter().map(|rule| &rule.controls).collect();
        assert_eq!(controls, [&vec!["A 1", "B 2"], &vec!["A 1"]]);
    }
}
