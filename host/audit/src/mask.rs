//! What of a record is not to be seen in the log.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize, Serializer};

/// Names that no mask may hide: without them a line proves nothing.
const KEPT: [&str; 4] = ["seq", "run", "at", "outcome"];

/// A JSON Pointer (RFC 6901) to what is replaced by null, in which `*` stands for any item of an
/// array and any member of an object: `/request/path`, `/findings/*/message`.
///
/// A mask that matches nothing in a record changes nothing. It is read from and written as its text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Mask {
    text: String,
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Token {
    Any,
    Name(String),
}

impl Token {
    /// Whether a member of this name, or an item of this index, is meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name(own) => own == name,
        }
    }
}

impl Mask {
    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}

/// Why a text is no mask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MaskError {
    /// It does not begin as a pointer to a member does.
    #[error("`{mask}` is no mask: it must begin with `/`, as `/request/path` does")]
    NoSlash {
        /// The text.
        mask: String,
    },
    /// A `~` is followed by something else than RFC 6901 knows.
    #[error(
        "`{mask}` is no mask: after the `~` at character {at} must be `0` (for `~`) or `1` (for `/`)"
    )]
    Tilde {
        /// The text.
        mask: String,
        /// Where the `~` is; the first character is 1.
        at: usize,
    },
    /// It would hide what makes a line a record.
    #[error("the mask `{mask}` would hide `/{name}`, which the log needs")]
    Hides {
        /// The text.
        mask: String,
        /// What it would hide.
        name: &'static str,
    },
}

impl MaskError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSlash { .. } | Self::Tilde { .. } => "mask-malformed",
            Self::Hides { .. } => "mask-refused",
        }
    }
}

impl FromStr for Mask {
    type Err = MaskError;

    fn from_str(text: &str) -> Result<Self, MaskError> {
        let mask = || text.to_owned();
        // The pointer to the whole record.
        if text.is_empty() {
            return Err(MaskError::Hides { mask: mask(), name: "seq" });
        }
        let pointer = text.strip_prefix('/').ok_or_else(|| MaskError::NoSlash { mask: mask() })?;
        let mut characters = text.chars().zip(1..).peekable();
        while let Some((character, at)) = characters.next() {
            let next = characters.peek().map(|(next, _)| *next);
            if character == '~' && !matches!(next, Some('0' | '1')) {
                return Err(MaskError::Tilde { mask: mask(), at });
            }
        }
        let tokens: Vec<Token> = pointer
            .split('/')
            .map(|token| match token {
                "*" => Token::Any,
                // In this order, as RFC 6901 says: `~01` is `~1`.
                name => Token::Name(name.replace("~1", "/").replace("~0", "~")),
            })
            .collect();
        let hidden = match tokens.as_slice() {
            [Token::Any] => Some("outcome"),
            [Token::Name(name), ..] => KEPT.into_iter().find(|kept| kept == name),
            _ => None,
        };
        if let Some(name) = hidden {
            return Err(MaskError::Hides { mask: mask(), name });
        }
        Ok(Self { text: mask(), tokens })
    }
}

impl TryFrom<String> for Mask {
    type Error = MaskError;

    fn try_from(text: String) -> Result<Self, MaskError> {
        text.parse()
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Mask {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Mask, MaskError};

    #[test]
    fn pointers_are_masks_and_the_rest_is_refused() {
        for text in
            ["/a", "/a/*/b", "/a~0b~1c", "/", "/a//b", "/*/a", "/*/*", "/0", "/ä~1", "/outcomes"]
        {
            assert_eq!(text.parse::<Mask>().unwrap().to_string(), text);
        }
        let owned = str::to_owned;
        for (text, error) in [
            ("a", MaskError::NoSlash { mask: owned("a") }),
            ("*", MaskError::NoSlash { mask: owned("*") }),
            ("#/a", MaskError::NoSlash { mask: owned("#/a") }),
            ("/a~", MaskError::Tilde { mask: owned("/a~"), at: 3 }),
            ("/ä/b~2", MaskError::Tilde { mask: owned("/ä/b~2"), at: 5 }),
            ("/~~1", MaskError::Tilde { mask: owned("/~~1"), at: 2 }),
            ("", MaskError::Hides { mask: owned(""), name: "seq" }),
            ("/*", MaskError::Hides { mask: owned("/*"), name: "outcome" }),
            ("/seq", MaskError::Hides { mask: owned("/seq"), name: "seq" }),
            ("/run", MaskError::Hides { mask: owned("/run"), name: "run" }),
            ("/at", MaskError::Hides { mask: owned("/at"), name: "at" }),
            ("/outcome", MaskError::Hides { mask: owned("/outcome"), name: "outcome" }),
            ("/outcome/a", MaskError::Hides { mask: owned("/outcome/a"), name: "outcome" }),
        ] {
            assert_eq!(text.parse::<Mask>().unwrap_err(), error);
        }
    }

    #[test]
    fn a_mask_is_read_from_text_and_errors_say_where() {
        let masks: Vec<Mask> = serde_json::from_str(r#"["/a", "/b/*"]"#).unwrap();
        assert_eq!(serde_json::to_string(&masks).unwrap(), r#"["/a","/b/*"]"#);
        let error = serde_json::from_str::<Vec<Mask>>(r#"["/a/b~"]"#).unwrap_err().to_string();
        assert!(error.contains("`/a/b~`") && error.contains("character 5"), "{error}");
    }
}
