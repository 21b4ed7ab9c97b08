//! The schema of a policy's settings, without the white space between its parts.

/// The length of [`compact`]'s answer.
#[must_use]
pub const fn compact_length(json: &str) -> usize {
    let bytes = json.as_bytes();
    let (mut at, mut length) = (0, 0);
    let mut place = Place::Between;
    while at < bytes.len() {
        place = place.after(bytes[at]);
        if place.keeps(bytes[at]) {
            length += 1;
        }
        at += 1;
    }
    length
}

/// JSON text without the white space between its parts. `LENGTH` is that of
/// [`compact_length`].
#[must_use]
pub const fn compact<const LENGTH: usize>(json: &str) -> [u8; LENGTH] {
    let bytes = json.as_bytes();
    let mut compact = [0; LENGTH];
    let (mut at, mut length) = (0, 0);
    let mut place = Place::Between;
    while at < bytes.len() {
        place = place.after(bytes[at]);
        if place.keeps(bytes[at]) {
            compact[length] = bytes[at];
            length += 1;
        }
        at += 1;
    }
    compact
}

/// Where in JSON text a byte stands.
#[derive(Clone, Copy)]
enum Place {
    Between,
    /// In a string, or at one of its quotes.
    Text,
    /// After a backslash.
    Escape,
    /// At the quote that ends a string.
    End,
}

impl Place {
    const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Between | Self::End, b'"') => Self::Text,
            (Self::Between | Self::End, _) => Self::Between,
            (Self::Text, b'\\') => Self::Escape,
            (Self::Text, b'"') => Self::End,
            (Self::Text | Self::Escape, _) => Self::Text,
        }
    }

    const fn keeps(self, byte: u8) -> bool {
        !matches!((self, byte), (Self::Between, b' ' | b'\t' | b'\r' | b'\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, compact_length};

    #[test]
    fn only_white_space_between_parts_goes() {
        const TEXT: &str = "{ \"a b\" : [ 1,\t\"\\\" x\" ,\r\n\"\\\\\" , \"é \" ] }\n";
        const COMPACT: [u8; compact_length(TEXT)] = compact(TEXT);
        let expected = r#"{"a b":[1,"\" x","\\","é "]}"#;
        assert_eq!(core::str::from_utf8(&COMPACT), Ok(expected));
    }
}
