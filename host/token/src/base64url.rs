//! Base64url as JOSE has it: no padding, one encoding for one value (RFC 7515 section 2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Why a text is not base64url.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Base64Error {
    /// A character is not in the alphabet.
    Alphabet,
    /// Padding, an impossible length, or stray bits in the last character.
    NotCanonical,
}

/// Decodes the one encoding of a value; every other is refused.
///
/// # Errors
///
/// [`Base64Error`].
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Base64Error> {
    let unpadded = text.iter().rev().skip_while(|b| **b == b'=');
    if unpadded.clone().any(|b| !in_alphabet(*b)) {
        return Err(Base64Error::Alphabet);
    }
    // The engine refuses padding and stray bits.
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Base64Error::NotCanonical)
}

/// Encodes without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn in_alphabet(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::{Base64Error, decode, encode};

    #[test]
    fn only_the_one_encoding_is_decoded() {
        for (text, expected) in [
            ("", Ok(vec![])),
            ("AA", Ok(vec![0])),
            ("_-8", Ok(vec![0xff, 0xef])),
            ("AB", Err(Base64Error::NotCanonical)),
            ("A", Err(Base64Error::NotCanonical)),
            ("AAAAA", Err(Base64Error::NotCanonical)),
            ("AA==", Err(Base64Error::NotCanonical)),
            ("=", Err(Base64Error::NotCanonical)),
            ("A=A", Err(Base64Error::Alphabet)),
            ("+/8", Err(Base64Error::Alphabet)),
            ("AA ", Err(Base64Error::Alphabet)),
            ("AA\n", Err(Base64Error::Alphabet)),
            ("\0AA", Err(Base64Error::Alphabet)),
        ] {
            assert_eq!(decode(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(encode(&[0xff, 0xef]), "_-8");
    }
}
