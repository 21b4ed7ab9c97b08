//! What a policy says of itself, packed: a policy's memory is copied for every request, so that
//! texts that no request needs should take little of it.

use tokenward_policy::packed::unpack;
use tokenward_policy::{Descriptor, Phases, Reads, Rule};

/// What a policy says of itself.
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
    /// Its rules; `too-many-findings` comes by itself.
    pub rules: &'static [AboutRule],
    /// The controls of `too-many-findings`.
    pub controls: &'static [&'static str],
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

/// The id of the rule that is told when there are more findings than a verdict holds.
pub(crate) const TOO_MANY: &str = "too-many-findings";

/// The descriptor of a policy that reads all claims, from an [`About`]: a constant.
#[macro_export]
macro_rules! descriptor {
    ($about:expr) => {{
        const JOINED: [u8; $crate::text::joined_length(&$about)] = $crate::text::joined(&$about);
        const LENGTH: usize = ::tokenward_policy::packed::packed_length(&JOINED);
        static PACKED: [u8; LENGTH] = ::tokenward_policy::packed::packed(&JOINED);
        $crate::text::unpacked(&PACKED)
    }};
}

/// What stands between two texts.
const BORDER: u8 = 0;

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
    to.add_rule(AboutRule {
        id: TOO_MANY,
        title: "More claims are at fault than are told one by one",
        remedy: "Mend the claims that are told, then look again.",
        controls: about.controls,
    });
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
            self.push(text.as_bytes()[place]);
            place += 1;
        }
    }

    const fn add(&mut self, text: &str) {
        self.add_open(text);
        self.push(BORDER);
    }

    const fn add_rule(&mut self, rule: AboutRule) {
        self.add(rule.id);
        self.add(rule.title);
        self.add(rule.remedy);
        let mut place = 0;
        while place < rule.controls.len() {
            if place > 0 {
                self.push(b'\n');
            }
            self.add_open(rule.controls[place]);
            place += 1;
        }
        self.push(BORDER);
    }

    const fn add_schema(&mut self, json: &str) {
        let bytes = json.as_bytes();
        let (mut place, mut inside) = (0, false);
        while place < bytes.len() {
            let byte = bytes[place];
            assert!(byte != b'\\', "the schema has no escapes");
            if byte == b'"' {
                inside = !inside;
            }
            if inside || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                self.push(byte);
            }
            place += 1;
        }
        self.push(BORDER);
    }
}

/// The descriptor that was packed.
#[must_use]
pub fn unpacked(packed: &[u8]) -> Descriptor {
    let text = unpack(packed);
    let mut texts = text.split(char::from(BORDER));
    let mut next = || texts.next().unwrap_or_default().to_owned();
    let mut descriptor = Descriptor {
        name: next(),
        version: next(),
        title: next(),
        description: next(),
        phases: Phases::ISSUE | Phases::USE | Phases::REFRESH,
        settings_schema: next(),
        rules: Vec::new(),
        reads: Reads::all_claims(),
    };
    loop {
        let id = next();
        if id.is_empty() {
            return descriptor;
        }
        let (title, remedy, controls) = (next(), next(), next());
        let controls = controls.split('\n').map(str::to_owned).collect();
        descriptor.rules.push(Rule { id, title, remedy, controls });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About = About {
        name: "a-policy",
        version: "1.2.3",
        title: "A title",
        description: "Words, and words, and words, and words, and words, and words, and words.\n",
        schema: "{\n  \"a b\": [ 1, 2 ],\n\t\"c\" : \"  d  \" }\n",
        rules: &[
            AboutRule { id: "one", title: "One", remedy: "Mend one.", controls: &["A 1", "B 2"] },
            AboutRule { id: "two", title: "Two", remedy: "Mend two.", controls: &["A 1"] },
        ],
        controls: &["A 1", "B 2", "C 3"],
    };

    #[test]
    fn what_was_packed_is_unpacked() {
        let descriptor = descriptor!(ABOUT);
        assert_eq!(descriptor.name, ABOUT.name);
        assert_eq!(descriptor.version, ABOUT.version);
        assert_eq!(descriptor.title, ABOUT.title);
        assert_eq!(descriptor.description, ABOUT.description);
        assert_eq!(descriptor.settings_schema, r#"{"a b":[1,2],"c":"  d  "}"#);
        let rules: Vec<_> = descriptor
            .rules
            .iter()
            .map(|rule| (rule.id.as_str(), rule.title.as_str(), rule.remedy.as_str()))
            .collect();
        assert_eq!(rules.first(), Some(&("one", "One", "Mend one.")));
        assert_eq!(rules.get(1), Some(&("two", "Two", "Mend two.")));
        assert_eq!(rules.get(2).map(|rule| rule.0), Some(TOO_MANY));
        assert_eq!(rules.len(), 3);
        let controls: Vec<_> = descriptor.rules.iter().map(|rule| rule.controls.len()).collect();
        assert_eq!(controls, [2, 1, 3]);
    }
}
