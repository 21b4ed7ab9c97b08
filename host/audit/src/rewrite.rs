//! One pass over a record's JSON: masks it, and sees that it makes one line with no name twice.
//!
//! The text is worked on, rather than a tree of it, which would be built and thrown away for each
//! record, and would reorder members and change numbers.

use std::borrow::Cow;

use crate::error::RecordError;
use crate::mask::{Mask, Token};

/// Names that the log gives itself.
const RESERVED: [&str; 5] = ["seq", "run", "at", "masked", "dropped"];
/// Arrays and objects within one another: what common readers accept is 128.
const DEEPEST: usize = 100;

/// Adds the members of the object `json` to `start`, which holds one member already, and ends the
/// line. Masked values are null, and pointers to them stand in `masked`.
pub(crate) fn members(
    start: Vec<u8>,
    json: &[u8],
    masks: &[Mask],
    limit: usize,
) -> Result<Vec<u8>, RecordError> {
    let mut out = start;
    out.reserve(json.len() + 32);
    let masks: Vec<&[Token]> = masks.iter().map(Mask::tokens).collect();
    let mut pass =
        Pass { json, at: 0, taken: 0, out, pointer: String::new(), masked: Vec::new(), limit };
    if pass.peek() != Some(b'{') {
        return Err(RecordError::NotAnObject);
    }
    pass.at += 1;
    pass.taken = pass.at;
    if pass.peek() != Some(b'}') {
        pass.out.push(b',');
        pass.object(&masks, 1)?;
    }
    pass.take();
    let Pass { mut out, masked, .. } = pass;
    if !masked.is_empty() {
        out.extend_from_slice(b",\"masked\":[");
        out.extend_from_slice(&masked);
        out.push(b']');
    }
    out.extend_from_slice(b"}\n");
    Ok(out)
}

struct Pass<'a> {
    json: &'a [u8],
    /// The next byte to look at.
    at: usize,
    /// What comes before this byte is in `out`, or was left out.
    taken: usize,
    out: Vec<u8>,
    /// To the value at hand; kept up only where a mask could match.
    pointer: String,
    /// Pointers to what was masked, as JSON texts with commas between.
    masked: Vec<u8>,
    limit: usize,
}

/// What serde writes is JSON; should it not be, nothing of it is kept.
const NOT_JSON: RecordError = RecordError::NotSerializable;

impl<'a> Pass<'a> {
    /// Hands on what was looked at.
    fn take(&mut self) {
        self.out.extend_from_slice(self.json.get(self.taken..self.at).unwrap_or_default());
        self.taken = self.at;
    }

    /// The next byte that is no white space, which is left out: a type can bring JSON text of its
    /// own, and a newline in it would end the line.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.json.get(self.at).copied() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => {
                    self.take();
                    self.at += 1;
                    self.taken = self.at;
                }
                other => return other,
            }
        }
    }

    /// Members after the brace that opened their object, until and without the one that closes it.
    fn object(&mut self, masks: &[&[Token]], depth: usize) -> Result<(), RecordError> {
        loop {
            match self.peek() {
                Some(b'"') => {
                    let name = unescaped(self.string()?)?;
                    if depth == 1
                        && let Some(name) = RESERVED.into_iter().find(|own| *own == name)
                    {
                        return Err(RecordError::Reserved { name });
                    }
                    if self.peek() != Some(b':') {
                        return Err(NOT_JSON);
                    }
                    self.at += 1;
                    self.child(&name, masks, depth)?;
                }
                Some(b',') => self.at += 1,
                Some(b'}') => return Ok(()),
                _ => return Err(NOT_JSON),
            }
        }
    }

    fn array(&mut self, masks: &[&[Token]], depth: usize) -> Result<(), RecordError> {
        let mut index = 0_usize;
        loop {
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => return Ok(()),
                Some(_) => {
                    self.child(&index.to_string(), masks, depth)?;
                    index += 1;
                }
                None => return Err(NOT_JSON),
            }
        }
    }

    fn child(&mut self, name: &str, masks: &[&[Token]], depth: usize) -> Result<(), RecordError> {
        let mut meant = Vec::new();
        for mask in masks {
            if let Some((first, rest)) = mask.split_first()
                && first.matches(name)
            {
                meant.push(rest);
            }
        }
        if meant.is_empty() {
            return self.skip(depth);
        }
        let parent = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let masked = meant.iter().any(|rest| rest.is_empty());
        if masked {
            self.mask(depth)?;
        } else {
            self.inside(&meant, depth)?;
        }
        self.pointer.truncate(parent);
        Ok(())
    }

    fn inside(&mut self, masks: &[&[Token]], depth: usize) -> Result<(), RecordError> {
        let first = self.peek();
        if !matches!(first, Some(b'{' | b'[')) {
            return self.skip(depth);
        }
        let depth = deeper(depth)?;
        self.at += 1;
        if first == Some(b'{') {
            self.object(masks, depth)?;
        } else {
            self.array(masks, depth)?;
        }
        self.at += 1;
        Ok(())
    }

    fn mask(&mut self, depth: usize) -> Result<(), RecordError> {
        self.peek();
        self.take();
        // What is left out is looked at all the same, and may hold white space.
        let kept = self.out.len();
        self.skip(depth)?;
        self.out.truncate(kept);
        self.out.extend_from_slice(b"null");
        self.taken = self.at;
        if !self.masked.is_empty() {
            self.masked.push(b',');
        }
        serde_json::to_writer(&mut self.masked, &self.pointer).map_err(|_| NOT_JSON)?;
        // Long names, once for each value under them, could come to far more than the record.
        if self.masked.len() > self.limit {
            return Err(RecordError::TooLarge { limit: self.limit });
        }
        Ok(())
    }

    /// Passes by a value.
    fn skip(&mut self, depth: usize) -> Result<(), RecordError> {
        let mut open = depth;
        loop {
            match self.peek().ok_or(NOT_JSON)? {
                b'"' => {
                    self.string()?;
                }
                b'{' | b'[' => {
                    open = deeper(open)?;
                    self.at += 1;
                }
                b'}' | b']' if open > depth => {
                    open -= 1;
                    self.at += 1;
                }
                b',' | b':' if open > depth => self.at += 1,
                b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.word(),
                _ => return Err(NOT_JSON),
            }
            // Within an object or an array, another value comes, or its end.
            if open == depth {
                return Ok(());
            }
        }
    }

    /// Passes by a number, `true`, `false` or `null`.
    fn word(&mut self) {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        self.at += rest.iter().take_while(is_part).count();
    }

    /// Passes by a text, and gives it with its quotes.
    fn string(&mut self) -> Result<&'a [u8], RecordError> {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let mut escaped = false;
        // The first byte is the quote that opens it.
        for (byte, length) in rest.iter().zip(1..).skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    self.at += length;
                    return rest.get(..length).ok_or(NOT_JSON);
                }
                _ => {}
            }
        }
        Err(NOT_JSON)
    }
}

fn deeper(depth: usize) -> Result<usize, RecordError> {
    if depth == DEEPEST { Err(RecordError::TooDeep { limit: DEEPEST }) } else { Ok(depth + 1) }
}

/// A name without its quotes, as it is meant: masks must not depend on how it is written.
fn unescaped(quoted: &[u8]) -> Result<Cow<'_, str>, RecordError> {
    if quoted.contains(&b'\\') {
        return serde_json::from_slice(quoted).map(Cow::Owned).map_err(|_| NOT_JSON);
    }
    let name = quoted.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    name.and_then(|name| str::from_utf8(name).ok()).map(Cow::Borrowed).ok_or(NOT_JSON)
}

#[cfg(test)]
mod tests;
