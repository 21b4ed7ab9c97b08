//! What a policy says of itself, packed: a policy's memory is copied for every request, so that
//! texts that no request needs should take little of it.

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
    /// Its rules; [`TOO_MANY`] comes by itself.
    pub rules: &'static [AboutRule],
    /// The controls of [`TOO_MANY`].
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
        static PACKED: [u8; $crate::text::packed_length(&JOINED)] = $crate::text::packed(&JOINED);
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
        assert!(byte < MATCH, "texts are of ASCII");
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

// The packed form: a byte below 128 stands for itself. Any other begins a pair, one bit set, four
// bits of length less `SHORTEST`, eleven bits of distance less one: what stands so far back is
// repeated so long.

const MATCH: u8 = 0x80;
const SHORTEST: usize = 3;
const LONGEST: usize = SHORTEST + 15;
const FARTHEST: usize = 2048;

/// How long a text is, packed.
#[must_use]
pub const fn packed_length<const LENGTH: usize>(text: &[u8; LENGTH]) -> usize {
    pack(text, [0]).1
}

/// A text, packed.
#[must_use]
pub const fn packed<const LENGTH: usize, const PACKED: usize>(text: &[u8; LENGTH]) -> [u8; PACKED] {
    pack(text, [0; PACKED]).0
}

#[allow(clippy::cast_possible_truncation, reason = "it is evaluated by the compiler only")]
const fn pack<const LENGTH: usize, const ROOM: usize>(
    text: &[u8; LENGTH],
    mut room: [u8; ROOM],
) -> ([u8; ROOM], usize) {
    /// As the place of nothing.
    const NONE: u16 = u16::MAX;
    assert!(LENGTH < NONE as usize, "the text is too long");
    // The last place at which three bytes with a hash stood, and for each place the one before.
    let mut last = [NONE; 1024];
    let mut before = [NONE; LENGTH];
    let (mut place, mut length, mut skip) = (0, 0, 0);
    while place < LENGTH {
        let mut best = (0, 0);
        if place + SHORTEST <= LENGTH {
            let code = text[place] as usize * 289
                + text[place + 1] as usize * 17
                + text[place + 2] as usize;
            let mut candidate = last[code % last.len()];
            before[place] = candidate;
            last[code % last.len()] = place as u16;
            while skip == 0 && candidate != NONE && place - candidate as usize <= FARTHEST {
                let mut same = 0;
                while same < LONGEST
                    && place + same < LENGTH
                    && text[candidate as usize + same] == text[place + same]
                {
                    same += 1;
                }
                if same > best.0 {
                    best = (same, place - candidate as usize);
                }
                candidate = before[candidate as usize];
            }
        }
        if skip > 0 {
            skip -= 1;
        } else {
            let (same, distance) = best;
            let (pair, count) = if same >= SHORTEST {
                skip = same - 1;
                let packed = (same - SHORTEST) << 11 | (distance - 1);
                ([MATCH | (packed >> 8) as u8, packed as u8], 2)
            } else {
                ([text[place], 0], 1)
            };
            let mut at = 0;
            while at < count {
                if length < ROOM {
                    room[length] = pair[at];
                }
                length += 1;
                at += 1;
            }
        }
        place += 1;
    }
    (room, length)
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

fn unpack(packed: &[u8]) -> String {
    let mut text = Vec::new();
    let mut bytes = packed.iter().copied();
    while let Some(first) = bytes.next() {
        if first < MATCH {
            text.push(first);
            continue;
        }
        let pair = usize::from(first & !MATCH) << 8 | usize::from(bytes.next().unwrap_or(0));
        let distance = pair % FARTHEST + 1;
        for _ in 0..pair / FARTHEST + SHORTEST {
            let byte = text.len().checked_sub(distance).and_then(|place| text.get(place));
            text.push(byte.copied().unwrap_or(b' '));
        }
    }
    String::from_utf8(text).unwrap_or_default()
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

    /// Each of these, packed and unpacked, is itself, and no longer than it was.
    #[test]
    fn texts_of_all_kinds_are_packed() {
        fn check<const LENGTH: usize>(text: &[u8; LENGTH]) {
            let (packed, length) = pack(text, [0; LENGTH]);
            let packed = packed.get(..length).unwrap();
            assert_eq!(unpack(packed).as_bytes(), text);
        }
        check(b"");
        check(b"a");
        check(b"abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc");
        check(&[b'a'; 3000]);
        check(b"abcdefabcxdef");
        // The same three bytes as far apart as can be told, and farther.
        for (distance, saved) in [(FARTHEST, 1), (FARTHEST + 1, 0)] {
            let mut text = [0u8; FARTHEST + 4];
            for (place, byte) in text.iter_mut().enumerate() {
                *byte = u8::try_from(place * place / 7 % 96).unwrap() + 32;
            }
            for (place, byte) in b"\x01\x02\x03".iter().enumerate() {
                *text.get_mut(place).unwrap() = *byte;
                *text.get_mut(distance + place).unwrap() = *byte;
            }
            check(&text);
            let end = distance + 3;
            let with = pack::<{ FARTHEST + 4 }, 1>(&text, [0]).1;
            *text.get_mut(end - 1).unwrap() = 4;
            let without = pack::<{ FARTHEST + 4 }, 1>(&text, [0]).1;
            assert_eq!(without - with, saved, "{distance}");
        }
    }
}
