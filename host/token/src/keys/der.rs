//! The little of DER (X.690) that public and private key files need.

pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_ID: u8 = 0x06;

/// Reads values one after the other. Each method answers `None` for what is
/// not DER or not the value asked for.
pub(crate) struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    pub(crate) fn new(der: &'d [u8]) -> Self {
        Self(der)
    }

    /// Whether everything was read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// The contents of the next value, which has this tag.
    pub(crate) fn value(&mut self, tag: u8) -> Option<&'d [u8]> {
        let (found, rest) = self.0.split_first()?;
        if *found != tag {
            return None;
        }
        let (length, rest) = read_length(rest)?;
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(contents)
    }

    /// The values inside the next value, a sequence.
    pub(crate) fn sequence(&mut self) -> Option<Reader<'d>> {
        self.value(SEQUENCE).map(Reader)
    }

    /// The next value, a number that is not negative, without its leading zero.
    pub(crate) fn unsigned(&mut self) -> Option<&'d [u8]> {
        match self.value(INTEGER)? {
            [] => None,
            [0] => Some(&[]),
            [0, rest @ ..] => rest.first().filter(|b| **b >= 0x80).map(|_| rest),
            [first, ..] if *first >= 0x80 => None,
            number => Some(number),
        }
    }

    /// The bytes of the next value, a bit string of whole bytes.
    pub(crate) fn bits(&mut self) -> Option<&'d [u8]> {
        let (unused, bytes) = self.value(BIT_STRING)?.split_first()?;
        (*unused == 0).then_some(bytes)
    }
}

/// A definite length in its shortest form.
fn read_length(der: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = der.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    // No key file needs more than three bytes for a length.
    let count = usize::from(first & 0x7f);
    if !(1..=3).contains(&count) {
        return None;
    }
    let (digits, rest) = rest.split_at_checked(count)?;
    let length = digits.iter().fold(0_usize, |sum, byte| sum * 256 + usize::from(*byte));
    let shortest = digits.first() != Some(&0) && length >= 0x80;
    shortest.then_some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::{OCTET_STRING, Reader};

    #[test]
    fn only_shortest_lengths_and_numbers_are_read() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 128]].concat();
        assert_eq!(Reader::new(&long).value(OCTET_STRING), Some(&[7; 128][..]));
        for (der, expected) in [
            (&[0x02, 1, 5][..], Some(&[5][..])),
            (&[0x02, 1, 0], Some(&[])),
            (&[0x02, 2, 0, 0x80], Some(&[0x80])),
            (&[0x02, 2, 0, 5], None),
            (&[0x02, 1, 0x80], None),
            (&[0x02, 0], None),
            (&[0x02, 0x81, 1, 5], None),
            (&[0x02, 0x80, 5, 0, 0], None),
            (&[0x02, 2, 5], None),
            (&[0x03, 1, 5], None),
            (&[0x02], None),
            (&[], None),
        ] {
            assert_eq!(Reader::new(der).unsigned(), expected, "{der:x?}");
        }
        assert_eq!(Reader::new(&[3, 2, 1, 8]).bits(), None);
    }
}
