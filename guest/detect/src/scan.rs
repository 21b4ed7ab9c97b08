//! Walks over a value once, and asks each detector only where it can answer.

use crate::bytes::{at, before, range, run, uuid};
use crate::kind::{Category, Confidence, Detector, Hit, Hits, NameHit, Place};
use crate::name::name_class;
use crate::{account, contact, decode, health, network, number, secret, steps};

/// How many times a text is decoded.
const DEEPEST: u8 = 2;

/// The strongest thing that a value holds, or what the name says where the value does not speak
/// against it. `context` is what the claim's name says.
#[must_use]
pub fn scan_value(value: &str, context: Option<NameHit>) -> Option<Hit> {
    let found = scan(value, context).strongest(|_| true);
    let named = context.and_then(|context| context.with_text(value));
    stronger(found, named)
}

/// As [`scan_value`], for a JSON number.
#[must_use]
pub fn scan_integer(value: i64, context: Option<NameHit>) -> Option<Hit> {
    let named = context.map(NameHit::hit);
    // Shorter numbers mean nothing by themselves.
    if value.unsigned_abs() < 1_000_000_000_000 && context.is_none() {
        return None;
    }
    let mut text = [0u8; 20];
    let mut rest = value.unsigned_abs();
    let mut start = text.len();
    while let Some(slot) = start.checked_sub(1).and_then(|index| text.get_mut(index)) {
        *slot = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut hits = Hits::default();
    number::scan(range(&text, start, text.len()), 0, context, |detector, confidence| {
        hits.add(detector, confidence, Place::Value);
    });
    stronger(hits.strongest(|_| true), named)
}

fn stronger(a: Option<Hit>, b: Option<Hit>) -> Option<Hit> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.outranks(&a) { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// Everything that a value holds, without what its name alone says.
#[must_use]
pub fn scan(value: &str, context: Option<NameHit>) -> Hits {
    let mut hits = Hits::default();
    scan_text(value, context, 0, &mut hits);
    hits
}

fn scan_text(text: &str, context: Option<NameHit>, depth: u8, hits: &mut Hits) {
    let traits = Traits::of(text.as_bytes());
    if traits.has(OTHER) && depth == 0 {
        let folded = decode::fold(text);
        let traits = Traits::of(folded.as_bytes());
        Scan { text: &folded, bytes: folded.as_bytes(), traits, context, depth, hits }.run();
    } else {
        Scan { text, bytes: text.as_bytes(), traits, context, depth, hits }.run();
    }
}

/// Kinds of bytes that a text has, one bit each.
#[derive(Clone, Copy)]
struct Traits {
    seen: u8,
    digits: usize,
    colons: usize,
    dots: usize,
}

const AT: u8 = 1;
const DIGIT: u8 = 2;
const COLON: u8 = 4;
const PERCENT: u8 = 8;
/// `$ ( + =`: what credentials and phone numbers start with or hang on.
const MARK: u8 = 16;
const QUOTE: u8 = 32;
const DOT: u8 = 64;
const OTHER: u8 = 128;

const TRAITS: [u8; 256] = {
    let mut traits = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        traits[byte] = match byte {
            0x40 => AT,
            0x30..=0x39 => DIGIT,
            0x3a => COLON,
            0x25 => PERCENT,
            0x24 | 0x28 | 0x2b | 0x3d => MARK,
            0x22 => QUOTE,
            0x2e => DOT,
            0x80.. => OTHER,
            _ => 0,
        };
        byte += 1;
    }
    traits
};

impl Traits {
    fn of(bytes: &[u8]) -> Self {
        steps::count(bytes.len());
        let mut seen = 0;
        let (mut digits, mut colons, mut dots) = (0, 0, 0);
        for byte in bytes {
            let traits = TRAITS.get(usize::from(*byte)).copied().unwrap_or(0);
            seen |= traits;
            digits += usize::from(traits & DIGIT != 0);
            colons += usize::from(traits & COLON != 0);
            dots += usize::from(traits & DOT != 0);
        }
        Self { seen, digits, colons, dots }
    }

    fn has(self, traits: u8) -> bool {
        self.seen & traits != 0
    }
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    traits: Traits,
    context: Option<NameHit>,
    depth: u8,
    hits: &'a mut Hits,
}

impl Scan<'_> {
    fn run(&mut self) {
        let traits = self.traits;
        let length = self.bytes.len();
        self.names();
        // The usual identifier: too short for a key, and no sign of anything else.
        if length < 11 && traits.digits < 7 && !traits.has(AT | COLON | MARK | PERCENT | DOT) {
            return;
        }
        if traits.has(AT | COLON | MARK) || traits.dots >= 3 {
            self.signs();
        }
        let longest = self.tokens();
        if length >= 20 {
            self.material(longest);
        }
        if self.depth < DEEPEST {
            self.decoded();
        }
    }

    fn add(&mut self, detector: Detector, confidence: Confidence) {
        let place = if self.depth == 0 { Place::Value } else { Place::Decoded };
        self.hits.add(detector, confidence, place);
    }

    /// Values that only a name gives a meaning.
    fn names(&mut self) {
        let Some(context) = self.context else { return };
        if context.detector == Detector::PersonName && contact::person_shape(self.bytes) {
            self.add(Detector::PersonName, context.confidence.max(Confidence::Medium));
        }
        if context.category == Category::Secret && secret::forty(self.bytes) {
            self.add(Detector::CloudKey, Confidence::High);
        }
    }

    /// What is told by a sign in the text.
    fn signs(&mut self) {
        let mut six_until = 0;
        // An IPv4 address has three dots and four digits, an IPv6 address two colons.
        let four = self.traits.dots >= 3 && self.traits.digits >= 4;
        let six = self.traits.colons >= 2;
        let mut index = 0;
        while let Some(byte) = self.bytes.get(index).copied() {
            match byte {
                b'@' => {
                    if let Some(confidence) = contact::email(self.bytes, index) {
                        self.add(Detector::Email, confidence);
                    }
                }
                b'+' => {
                    if let Some(confidence) = contact::international_phone(self.bytes, index) {
                        self.add(Detector::Phone, confidence);
                    }
                }
                b'(' if contact::bracketed_phone(self.bytes, index) => {
                    self.add(Detector::Phone, Confidence::Medium);
                }
                b'$' if secret::password_hash(self.bytes, index) => {
                    self.add(Detector::Password, Confidence::High);
                }
                b':' | b'=' => {
                    if range(self.bytes, index, index + 3) != b"://" {
                        self.pair(index);
                    } else if self.traits.has(AT) && secret::url_password(self.bytes, index) {
                        self.add(Detector::Password, Confidence::High);
                    }
                }
                _ => {}
            }
            if (four || six)
                && index >= six_until
                && !before(self.bytes, index).is_ascii_alphanumeric()
            {
                if four
                    && byte.is_ascii_digit()
                    && let Some(confidence) = network::ipv4(self.bytes, index)
                {
                    self.add(Detector::IpAddress, confidence);
                }
                if six
                    && (byte.is_ascii_hexdigit() || byte == b':')
                    && before(self.bytes, index) != b':'
                    && let Some((confidence, end)) = network::ipv6(self.bytes, index)
                {
                    six_until = end;
                    self.add(Detector::IpAddress, confidence);
                }
            }
            index += 1;
        }
    }

    /// A name and a value inside the text, around the `:` or `=` at a place: `"ssn": "..."` in
    /// embedded JSON, `password=...` in a connection string.
    fn pair(&mut self, sign: usize) {
        let skipped = usize::from(before(self.bytes, sign) == b' ');
        let mut end = sign - skipped;
        let quoted = matches!(before(self.bytes, end), b'"' | b'\'');
        end -= usize::from(quoted);
        let window = range(self.bytes, end.saturating_sub(64), end);
        let length = window
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            .count();
        let spaced = at(self.bytes, sign + 1) == b' ';
        let mut value = sign + 1 + usize::from(spaced);
        value += usize::from(matches!(at(self.bytes, value), b'"' | b'\''));
        let value = range(self.bytes, value, value + 4);
        let nothing = matches!(value, [] | [b'"' | b'\'', ..] | b"null" | b"true" | b"fals");
        steps::count(length + 8);
        if length < 2 || nothing {
            return;
        }
        // What no name can make a find is not looked up.
        let written = value.len() == 4 && value.iter().all(u8::is_ascii_graphic);
        let colon = at(self.bytes, sign) == b':';
        if !(written && (spaced || !colon) || quoted && colon) {
            return;
        }
        let name = range(self.bytes, end - length, end);
        let Some(hit) = core::str::from_utf8(name).ok().and_then(name_class) else { return };
        let secret = hit.category == Category::Secret && written;
        // `password:reset` is a scope; `password: hunter2` is not.
        let told = if colon { quoted || (secret && spaced) } else { secret };
        if told && hit.confidence >= Confidence::Medium {
            self.add(hit.detector, hit.confidence);
        }
    }

    /// What is told by the way a word or a number starts. Answers the length of the longest.
    fn tokens(&mut self) -> usize {
        let traits = self.traits;
        let length = self.bytes.len();
        let bare_digits = if self.context.is_some() { 7 } else { 9 };
        let mut index = 0;
        let mut longest = 0;
        while index < length {
            let byte = at(self.bytes, index);
            if !byte.is_ascii_alphanumeric() {
                if byte == b'-' && secret::pem(self.bytes, index) {
                    self.add(Detector::PrivateKey, Confidence::High);
                }
                index += 1;
                continue;
            }
            if at(self.bytes, index + 8) == b'-' && uuid(self.bytes, index) {
                index += 36;
                continue;
            }
            if byte.is_ascii_digit() {
                if traits.digits >= bare_digits {
                    let (context, bytes) = (self.context, self.bytes);
                    number::scan(bytes, index, context, |detector, confidence| {
                        self.add(detector, confidence);
                    });
                }
                if length - index >= 11 && traits.digits >= 5 {
                    self.medicare(index);
                }
            } else {
                if traits.digits >= 4 && length - index >= 15 && account::iban(self.bytes, index) {
                    self.add(Detector::Iban, Confidence::High);
                }
                if matches!(byte, b'B' | b'b')
                    && at(self.bytes, index + 1).is_ascii_digit()
                    && number::first_track(self.bytes, index)
                {
                    self.add(Detector::TrackData, Confidence::High);
                }
                if length - index >= 16
                    && let Some((detector, confidence)) = secret::token(self.bytes, index)
                {
                    self.add(detector, confidence);
                }
            }
            let end = run(self.bytes, index, length, |b| b.is_ascii_alphanumeric());
            longest = longest.max(end - index);
            index = end;
        }
        steps::count(length);
        longest
    }

    fn medicare(&mut self, index: usize) {
        if matches!(before(self.bytes, index), b'-' | b'_') {
            return;
        }
        let named = self.context.is_some_and(|context| context.category == Category::Health);
        let confidence = match health::mbi(self.bytes, index) {
            Some(health::Mbi::Dashed) => Confidence::High,
            Some(_) if named => Confidence::High,
            Some(health::Mbi::Plain) => Confidence::Medium,
            _ => return,
        };
        self.add(Detector::Mbi, confidence);
    }

    fn material(&mut self, longest: usize) {
        let jwk = self.traits.has(QUOTE) && secret::private_jwk(self.text);
        if jwk || (longest >= secret::SHORTEST_MARK && secret::material(self.text)) {
            self.add(Detector::PrivateKey, Confidence::High);
        }
    }

    /// The text in its decoded forms.
    fn decoded(&mut self) {
        if self.traits.has(PERCENT)
            && let Some(text) = decode::percent(self.bytes)
        {
            scan_text(&text, None, self.depth + 1, self.hits);
        }
        let length = self.bytes.len();
        let mut index = 0;
        while index < length {
            let end = run(self.bytes, index, length, decode::is_base64);
            if end - index >= 11
                && !(end - index == 36 && uuid(self.bytes, index))
                && let Some(text) = decode::base64(range(self.bytes, index, end))
            {
                scan_text(&text, None, self.depth + 1, self.hits);
            }
            index = end.max(index) + 1;
        }
        steps::count(length);
    }
}
