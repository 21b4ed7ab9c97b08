//! The schema of a policy's settings, without the white space between its parts.

/// Where in JSON text a byte stands.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Between,
    /// In a string, or at one of its quotes.
    Text,
    /// After a backslash.
    Escape,
    /// At the quote that ends a string.
    End,
}

impl Place {
    pub(crate) const fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Between | Self::End, b'"') => Self::Text,
            (Self::Between | Self::End, _) => Self::Between,
            (Self::Text, b'\\') => Self::Escape,
            (Self::Text, b'"') => Self::End,
            (Self::Text | Self::Escape, _) => Self::Text,
        }
    }

    pub(crate) const fn keeps(self, byte: u8) -> bool {
        !matches!((self, byte), (Self::Between, b' ' | b'\t' | b'\r' | b'\n'))
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn kept(json: &str) -> String {
        let mut place = Place::Between;
        let kept = json.bytes().filter(|byte| {
            place = place.after(*byte);
            place.keeps(*byte)
        });
        String::from_utf8(kept.collect()).unwrap()
    }

    #[test]
    fn only_white_space_between_parts_goes() {
        let text = "{ \"a b\" : [ 1,\t\"\\\" x\" ,\r\n\"\\\\\" , \"é \" ] }\n";
        assert_eq!(kept(text), r#"{"a b":[1,"\" x","\\","é "]}"#);
    }
}
