//! Text from a token, made safe to show: no terminal sequence, no character
//! that is not seen or that turns the direction of the text.

use std::borrow::Cow;
use std::fmt::Write;

/// The longest name that is shown whole, in characters.
const SHOWN: usize = 160;

/// For a name in a sentence: as [`text`], and no more of it than a person reads.
pub(crate) fn name(name: &str) -> String {
    match name.char_indices().nth(SHOWN) {
        Some((end, _)) => text(name.get(..end).unwrap_or_default()) + "…",
        None => text(name),
    }
}

/// For text that people read: such characters as `\u{202e}`.
pub(crate) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if is_seen(character) {
            out.push(character);
        } else {
            out.extend(character.escape_unicode());
        }
    }
    out
}

/// For JSON text: such characters as `\u202e`, which reads back the same.
pub(crate) fn json(text: &str) -> Cow<'_, str> {
    let harmless = |c: char| c == '\n' || is_seen(c);
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if harmless(character) {
            out.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    }
    Cow::Owned(out)
}

/// Whether a character is seen as it is. A mark that is set on the letter
/// before it is.
fn is_seen(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    let on_a_letter: String = ['a', character].iter().collect();
    on_a_letter.escape_debug().count() == 2 && !is_blank(character)
}

/// Letters without a shape, variation selectors, and spaces of other widths.
fn is_blank(character: char) -> bool {
    matches!(character,
        '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}'
        | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unseen_characters_are_escaped() {
        for (raw, for_people, for_programs) in [
            ("plain \"text\" \\ é 漢 e\u{301}", None, None),
            ("a\u{1b}[31mb", Some("a\\u{1b}[31mb"), Some("a\\u001b[31mb")),
            ("\u{202e}x", Some("\\u{202e}x"), Some("\\u202ex")),
            ("\u{200b}", Some("\\u{200b}"), Some("\\u200b")),
            ("\u{9b}0m", Some("\\u{9b}0m"), Some("\\u009b0m")),
            ("\u{e0041}", Some("\\u{e0041}"), Some("\\udb40\\udc41")),
            ("\u{3164}", Some("\\u{3164}"), Some("\\u3164")),
            ("\n", Some("\\u{a}"), None),
            ("\u{7f}", Some("\\u{7f}"), Some("\\u007f")),
        ] {
            assert_eq!(text(raw), for_people.unwrap_or(raw));
            assert_eq!(json(raw), for_programs.unwrap_or(raw));
        }
    }

    proptest! {
        #[test]
        fn json_reads_back_the_same(raw in any::<String>()) {
            let written = serde_json::to_string(&raw).unwrap();
            let read: String = serde_json::from_str(&json(&written)).unwrap();
            prop_assert_eq!(read, raw);
        }

        #[test]
        fn whatever_is_shown_is_seen(raw in any::<String>()) {
            prop_assert!(text(&raw).chars().all(is_seen));
            prop_assert!(json(&raw).chars().all(|c| c == '\n' || is_seen(c)));
        }
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(name(&"x".repeat(10_000)).chars().count(), SHOWN + 1);
    }
}
