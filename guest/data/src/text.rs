//! Texts of a policy's description.

use tokenward_policy::Rule;

/// A rule of a descriptor.
#[must_use]
pub fn rule(id: &str, title: &str, remedy: &str, controls: &[&str]) -> Rule {
    Rule {
        id: id.to_owned(),
        title: title.to_owned(),
        remedy: remedy.to_owned(),
        controls: controls.iter().map(|control| (*control).to_owned()).collect(),
    }
}

/// The id of the rule that is told when there are more findings than a verdict holds.
pub(crate) const TOO_MANY: &str = "too-many-findings";

/// The rule that is told when there are more findings than a verdict holds.
#[must_use]
pub fn too_many_rule(controls: &[&str]) -> Rule {
    rule(
        TOO_MANY,
        "More claims are at fault than are told one by one",
        "Mend the claims that are told, then look again.",
        controls,
    )
}

/// How long a JSON text is without the white space between its tokens.
#[must_use]
pub const fn minified_length(json: &str) -> usize {
    let mut length = 0;
    let mut walk = Walk { bytes: json.as_bytes(), next: 0, inside: false };
    while walk.step().is_some() {
        length += 1;
    }
    length
}

/// A JSON text without the white space between its tokens. A policy's memory is copied for every
/// request, its schema with it: each byte counts.
///
/// # Panics
///
/// If `LENGTH` is not [`minified_length`]: the compiler tells.
#[must_use]
pub const fn minified<const LENGTH: usize>(json: &str) -> [u8; LENGTH] {
    let mut text = [0; LENGTH];
    let mut walk = Walk { bytes: json.as_bytes(), next: 0, inside: false };
    let mut place = 0;
    while let Some(byte) = walk.step() {
        text[place] = byte;
        place += 1;
    }
    assert!(place == LENGTH, "the length is not that of the text");
    text
}

/// Goes over the bytes of a JSON text that are no white space between tokens.
struct Walk<'a> {
    bytes: &'a [u8],
    next: usize,
    /// Whether the next byte is inside a string.
    inside: bool,
}

impl Walk<'_> {
    const fn step(&mut self) -> Option<u8> {
        while self.next < self.bytes.len() {
            let byte = self.bytes[self.next];
            let escaped = self.inside && self.next > 0 && self.bytes[self.next - 1] == b'\\';
            self.next += 1;
            if byte == b'"' && !escaped {
                self.inside = !self.inside;
            }
            if self.inside || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
        }
        None
    }
}
