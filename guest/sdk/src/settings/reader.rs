//! A strict reader of JSON text (RFC 8259), forward only, that holds nothing
//! but its place.

use std::borrow::Cow;

use super::error::WrongSetting;
use super::number::Number;
use crate::text::push_str;

/// What a value is, by its first byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    /// In a message.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }
}

/// Takes settings from their text, one value after the other. See
/// [`FromSettings`](crate::FromSettings).
#[derive(Debug)]
pub struct SettingReader<'a> {
    text: &'a str,
    /// The next byte.
    at: usize,
}

impl<'a> SettingReader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The kind of the value that comes next, of which nothing is taken.
    pub(super) fn kind(&mut self) -> Result<Kind, WrongSetting> {
        match self.peek() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f') => Ok(Kind::Boolean),
            Some(b'n') => Ok(Kind::Null),
            _ => Err(self.malformed("a value")),
        }
    }

    /// An error unless the value that comes next is of this kind.
    #[inline(never)]
    pub(super) fn require(&mut self, kind: Kind, accepted: &str) -> Result<(), WrongSetting> {
        let found = self.kind()?;
        if found == kind { Ok(()) } else { Err(WrongSetting::is_not(found.name(), accepted)) }
    }

    /// Takes one value, checking everything about it, and forgets it.
    pub(super) fn skip(&mut self, depth: usize) -> Result<(), WrongSetting> {
        match self.kind()? {
            Kind::Null => self.null(),
            Kind::Boolean => self.boolean().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Text => self.text().map(drop),
            Kind::List => self.skip_list(inner(depth)?),
            Kind::Object => self.skip_object(inner(depth)?),
        }
    }

    fn skip_list(&mut self, depth: usize) -> Result<(), WrongSetting> {
        self.open();
        let mut index = 0;
        while self.next_item(index)? {
            self.skip(depth).map_err(|error| error.at(index))?;
            index += 1;
        }
        Ok(())
    }

    fn skip_object(&mut self, depth: usize) -> Result<(), WrongSetting> {
        self.open();
        // Looked through from end to end for each name: settings have few members.
        let mut names: Vec<Cow<'_, str>> = Vec::new();
        while let Some(name) = self.next_name(names.is_empty())? {
            if names.contains(&name) {
                return Err(WrongSetting::new("is given twice").under(&name));
            }
            self.skip(depth).map_err(|error| error.under(&name))?;
            names.push(name);
        }
        Ok(())
    }

    /// Takes the `{` or `[` that [`Self::kind`] saw.
    pub(super) fn open(&mut self) {
        self.at += 1;
    }

    /// Whether another item follows in a list of which `before` were taken; if
    /// not, its `]` is taken.
    pub(super) fn next_item(&mut self, before: usize) -> Result<bool, WrongSetting> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                Ok(false)
            }
            _ if before == 0 => Ok(true),
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(self.malformed("`,` or `]`")),
        }
    }

    /// The name of the next member of an object, if there is another; if not,
    /// its `}` is taken.
    pub(super) fn next_name(&mut self, first: bool) -> Result<Option<Cow<'a, str>>, WrongSetting> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            _ if first => {}
            Some(b',') => self.at += 1,
            _ => return Err(self.malformed("`,` or `}`")),
        }
        if self.peek() != Some(b'"') {
            return Err(self.malformed("a name in quotes"));
        }
        let name = self.text()?;
        match self.peek() {
            Some(b':') => self.at += 1,
            _ => return Err(self.malformed("`:`")),
        }
        Ok(Some(name))
    }

    /// An error if anything but white space follows.
    pub(super) fn end(&mut self) -> Result<(), WrongSetting> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("the end; the settings are one object")),
        }
    }

    pub(super) fn null(&mut self) -> Result<(), WrongSetting> {
        self.literal("null")
    }

    pub(super) fn boolean(&mut self) -> Result<bool, WrongSetting> {
        let truth = self.byte() == Some(b't');
        self.literal(if truth { "true" } else { "false" })?;
        Ok(truth)
    }

    fn literal(&mut self, word: &'static str) -> Result<(), WrongSetting> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.malformed(word));
        }
        self.at += word.len();
        Ok(())
    }

    pub(super) fn number(&mut self) -> Result<Number<'a>, WrongSetting> {
        let start = self.at;
        self.take_byte(b'-');
        if !self.take_byte(b'0') {
            self.digits()?;
        }
        if self.take_byte(b'.') {
            self.digits()?;
        }
        if self.take_byte(b'e') || self.take_byte(b'E') {
            let _ = self.take_byte(b'+') || self.take_byte(b'-');
            self.digits()?;
        }
        self.since(start).map(Number::new)
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), WrongSetting> {
        let start = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.malformed("a digit")) } else { Ok(()) }
    }

    /// A text in quotes; without escapes, it stays where it is.
    pub(super) fn text(&mut self) -> Result<Cow<'a, str>, WrongSetting> {
        self.at += 1;
        let mut start = self.at;
        let mut decoded = String::new();
        loop {
            match self.byte() {
                Some(b'"') => {
                    let piece = self.since(start)?;
                    self.at += 1;
                    // Every escape stands for a character: without any, nothing is decoded yet.
                    if decoded.is_empty() {
                        return Ok(Cow::Borrowed(piece));
                    }
                    push_str(&mut decoded, piece);
                    return Ok(Cow::Owned(decoded));
                }
                Some(b'\\') => {
                    push_str(&mut decoded, self.since(start)?);
                    self.at += 1;
                    let escaped = self.escape()?;
                    push_str(&mut decoded, escaped.encode_utf8(&mut [0; 4]));
                    start = self.at;
                }
                Some(0x20..) => self.at += 1,
                _ => return Err(self.malformed("the end of the text, or an escape")),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, WrongSetting> {
        let byte = self.byte();
        self.at += 1;
        match byte {
            Some(b'"') => Ok('"'),
            Some(b'\\') => Ok('\\'),
            Some(b'/') => Ok('/'),
            Some(b'b') => Ok('\u{8}'),
            Some(b'f') => Ok('\u{c}'),
            Some(b'n') => Ok('\n'),
            Some(b'r') => Ok('\r'),
            Some(b't') => Ok('\t'),
            Some(b'u') => self.code_point(),
            _ => Err(self.malformed("an escape of JSON")),
        }
    }

    /// The digits after `\u`, with those of the second half of a pair.
    fn code_point(&mut self) -> Result<char, WrongSetting> {
        let mut code = self.four_digits()?;
        if (0xd800..0xdc00).contains(&code) && self.take_byte(b'\\') && self.take_byte(b'u') {
            let low = self.four_digits()?;
            // A pair of two first halves comes out as no character, and is refused below.
            if (0xdc00..0xe000).contains(&low) {
                code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            }
        }
        char::from_u32(code).ok_or_else(|| self.malformed("surrogates in pairs"))
    }

    fn four_digits(&mut self) -> Result<u32, WrongSetting> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.byte().and_then(|byte| char::from(byte).to_digit(16));
            let Some(digit) = digit else {
                return Err(self.malformed("four hexadecimal digits"));
            };
            code = code << 4 | digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// The text from `start` to here. Both are next to ASCII characters, so that
    /// neither lies within a character.
    fn since(&self, start: usize) -> Result<&'a str, WrongSetting> {
        self.text.get(start..self.at).ok_or_else(|| self.malformed("characters"))
    }

    /// The next byte that is no white space, which is not taken.
    #[inline(never)]
    fn peek(&mut self) -> Option<u8> {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(never)]
    fn take_byte(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    #[inline(never)]
    fn malformed(&self, accepted: &str) -> WrongSetting {
        WrongSetting::malformed(self.at, accepted)
    }
}

/// How many levels may be nested in a value that is nested itself.
fn inner(depth: usize) -> Result<usize, WrongSetting> {
    depth.checked_sub(1).ok_or_else(|| {
        WrongSetting::new("is nested too deep; accepted: 32 levels of lists and objects")
    })
}
