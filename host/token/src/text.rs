//! Characters that do not belong in the identifiers of a token.

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextFault {
    Control,
    Format,
    Confusable,
}

/// Finds control characters (C0, DEL, C1, line and paragraph separators) and
/// characters that are not seen: bidirectional controls, zero-width and other
/// format characters, fillers, variation selectors, tags, private use and
/// noncharacters.
pub(crate) fn check_visible(text: &str) -> Result<(), TextFault> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return Ok(());
    }
    for character in text.chars() {
        if character.is_control() || matches!(character, '\u{2028}' | '\u{2029}') {
            return Err(TextFault::Control);
        }
        if is_unseen(u32::from(character)) {
            return Err(TextFault::Format);
        }
    }
    Ok(())
}

/// Finds, beside what [`check_visible`] finds, letters that pass for others:
/// stylized forms of ASCII letters and digits anywhere, and letters of a
/// look-alike script (Greek, Coptic, Cyrillic, Armenian, Cherokee, Lisu) in
/// one word with ASCII letters.
pub(crate) fn check_identifier(text: &str) -> Result<(), TextFault> {
    check_visible(text)?;
    if text.is_ascii() {
        return Ok(());
    }
    if text.chars().any(|c| is_stylized(u32::from(c))) {
        return Err(TextFault::Confusable);
    }
    // A combining mark does not end a word.
    let ends_word = |c: char| c.is_whitespace() || c.is_ascii_punctuation();
    let mixed = text.split(ends_word).any(|word| {
        word.contains(|c: char| c.is_ascii_alphabetic())
            && word.contains(|c: char| is_look_alike(u32::from(c)))
    });
    if mixed { Err(TextFault::Confusable) } else { Ok(()) }
}

fn is_unseen(code: u32) -> bool {
    matches!(code,
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x0600..=0x0605 | 0x06dd | 0x070f | 0x0890..=0x0891 | 0x08e2
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164
        | 0xe000..=0xf8ff | 0xfdd0..=0xfdef | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3
        | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff | 0xf0000..=0x0010_ffff)
        || code & 0xfffe == 0xfffe
}

fn is_stylized(code: u32) -> bool {
    matches!(code,
        // Full-width forms, mathematical alphanumerics, enclosed letters.
        0xff01..=0xff5e | 0x1d400..=0x1d7ff | 0x2460..=0x24ff | 0x1f100..=0x1f1ff
        // Letterlike symbols, number forms, superscripts and subscripts.
        | 0x2100..=0x2188 | 0x2070..=0x209c | 0x1fbf0..=0x1fbf9
        // Ligatures of ASCII letters.
        | 0xfb00..=0xfb06)
}

fn is_look_alike(code: u32) -> bool {
    matches!(code,
        // Greek and Coptic, Cyrillic, Armenian.
        0x0370..=0x058f | 0x1c80..=0x1c8f | 0x1d26..=0x1d2b | 0x1f00..=0x1fff
        | 0x2c80..=0x2cff | 0x2de0..=0x2dff | 0xa640..=0xa69f
        // Cherokee, Lisu.
        | 0x13a0..=0x13ff | 0xab70..=0xabbf | 0xa4d0..=0xa4ff)
}

#[cfg(test)]
mod tests {
    use super::{TextFault, check_identifier, check_visible};

    #[test]
    fn identifiers_are_told_from_disguises() {
        for (text, expected) in [
            ("alice@example.com", Ok(())),
            ("josé müller", Ok(())),
            ("Иван Петров", Ok(())),
            ("Ivan Петров", Ok(())),
            ("山田太郎", Ok(())),
            ("αβγ-team", Ok(())),
            ("", Ok(())),
            ("a\u{0}b", Err(TextFault::Control)),
            ("a\tb", Err(TextFault::Control)),
            ("a\u{7f}", Err(TextFault::Control)),
            ("a\u{85}", Err(TextFault::Control)),
            ("a\u{2028}", Err(TextFault::Control)),
            ("admin\u{202e}gpj", Err(TextFault::Format)),
            ("\u{2066}x", Err(TextFault::Format)),
            ("ad\u{200b}min", Err(TextFault::Format)),
            ("ad\u{200d}min", Err(TextFault::Format)),
            ("\u{feff}a", Err(TextFault::Format)),
            ("a\u{e0041}", Err(TextFault::Format)),
            ("a\u{fe0f}", Err(TextFault::Format)),
            ("a\u{e000}", Err(TextFault::Format)),
            ("a\u{1fffe}", Err(TextFault::Format)),
            ("\u{3164}", Err(TextFault::Format)),
            ("аdmin", Err(TextFault::Confusable)),
            ("pаypal-team", Err(TextFault::Confusable)),
            ("Αdmin", Err(TextFault::Confusable)),
            ("а\u{301}dmin", Err(TextFault::Confusable)),
            ("ａｄｍｉｎ", Err(TextFault::Confusable)),
            ("𝐚dmin", Err(TextFault::Confusable)),
            ("ﬁrst", Err(TextFault::Confusable)),
        ] {
            assert_eq!(check_identifier(text), expected, "{}", text.escape_unicode());
        }
        assert_eq!(check_visible("аdmin"), Ok(()));
    }
}
