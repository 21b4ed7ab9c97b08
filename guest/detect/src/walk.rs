//! Walks over a text, and asks each detector of a scope only where it can answer.

use crate::bytes::{at, before, range};
use crate::kind::{Category, Confidence, Detector, Hits, NameHit, Place};
use crate::name::name_class_only;
use crate::plan::{Asked, Plan};
use crate::scope::{NamesOf, Scope};
use crate::swar::{WordStarts, uuid, word_end};
use crate::traits::{
    ALNUM, AT, ESCAPE, LONG_WORD, OTHER, QUOTE, SHORTEST_ENCODED, TEXT_START, Traits, encoded_end,
    kinds,
};
use crate::{account, contact, decode, health, network, number, secret, steps};

/// How many times a text is decoded.
const DEEPEST: u8 = 2;

/// Adds what a text holds. `depth` is how many times it was decoded.
pub(crate) fn scan_text<S: Scope>(
    text: &str,
    context: Option<NameHit>,
    depth: u8,
    hits: &mut Hits,
) {
    scan_bytes::<S>(text.as_bytes(), Some(text), context, depth, hits);
}

/// Adds what the bytes of a text hold. The text is given as long as it is not folded.
fn scan_bytes<S: Scope>(
    bytes: &[u8],
    unfolded: Option<&str>,
    context: Option<NameHit>,
    depth: u8,
    hits: &mut Hits,
) {
    let traits = Traits::of(bytes);
    match unfolded {
        Some(text) if traits.has(OTHER) => {
            let folded = decode::fold(text);
            scan_bytes::<S>(folded.as_bytes(), None, context, depth, hits);
        }
        _ => Scan { bytes, traits, context, depth, hits }.run::<S>(),
    }
}

struct Scan<'a> {
    bytes: &'a [u8],
    traits: Traits,
    context: Option<NameHit>,
    depth: u8,
    hits: &'a mut Hits,
}

impl Scan<'_> {
    /// Asks, by what most texts are dismissed by, what there is to look for.
    #[inline]
    fn run<S: Scope>(&mut self) {
        let traits = self.traits;
        let length = self.bytes.len();
        if let Some(context) = self.context {
            self.names::<S>(context);
        }
        if Plan::<S>::dismisses(length, traits) {
            return;
        }
        if Plan::<S>::reads_signs(traits) {
            self.signs::<S>();
        }
        let (bare, named) = const { number::fewest::<S>() };
        let fewest = if self.context.is_some() { named } else { bare };
        if let Some(asked) = Plan::<S>::asks_words(self.bytes, traits, fewest) {
            self.words::<S>(&asked);
        }
        if const { Plan::<S>::PRIVATE_KEY } && length >= 20 {
            self.material::<S>();
        }
        if self.depth < DEEPEST {
            self.decoded::<S>();
        }
    }

    fn add<S: Scope>(&mut self, detector: Detector, confidence: Confidence) {
        if !S::DETECTORS.has(detector) {
            return;
        }
        let place = if self.depth == 0 { Place::Value } else { Place::Decoded };
        self.hits.add(detector, confidence, place);
    }

    /// Values that only a name gives a meaning.
    fn names<S: Scope>(&mut self, context: NameHit) {
        if const { Plan::<S>::PERSON }
            && context.detector == Detector::PersonName
            && contact::person_shape(self.bytes)
        {
            self.add::<S>(Detector::PersonName, context.confidence.max(Confidence::Medium));
        }
        if const { Plan::<S>::ICD }
            && matches!(
                context.detector,
                Detector::Icd10 | Detector::Diagnosis | Detector::HealthRecord
            )
            && health::icd10(self.bytes)
        {
            let sure = context.confidence >= Confidence::Medium;
            self.add::<S>(
                Detector::Icd10,
                if sure { Confidence::High } else { Confidence::Medium },
            );
        }
        if const { Plan::<S>::CLOUD_KEY }
            && context.category == Category::Secret
            && secret::forty(self.bytes)
        {
            self.add::<S>(Detector::CloudKey, Confidence::High);
        }
    }

    /// What is told by a sign in the text.
    fn signs<S: Scope>(&mut self) {
        let mut six_until = 0;
        // An IPv4 address has three dots and four digits, an IPv6 address two colons.
        let four = Plan::<S>::ADDRESS && self.traits.dots >= 3 && self.traits.digits >= 4;
        let six = Plan::<S>::ADDRESS && self.traits.colons >= 2;
        let mut index = 0;
        while let Some(byte) = self.bytes.get(index).copied() {
            match byte {
                b'@' if const { Plan::<S>::EMAIL } => {
                    if let Some(confidence) = contact::email(self.bytes, index) {
                        self.add::<S>(Detector::Email, confidence);
                    }
                }
                b'+' if const { Plan::<S>::PHONE } => {
                    if let Some(confidence) = contact::international_phone(self.bytes, index) {
                        self.add::<S>(Detector::Phone, confidence);
                    }
                }
                b'(' if const { Plan::<S>::PHONE }
                    && contact::bracketed_phone(self.bytes, index) =>
                {
                    self.add::<S>(Detector::Phone, Confidence::Medium);
                }
                b'$' if const { Plan::<S>::PASSWORD }
                    && secret::password_hash(self.bytes, index) =>
                {
                    self.add::<S>(Detector::Password, Confidence::High);
                }
                b':' | b'=' => {
                    if range(self.bytes, index, index + 3) != b"://" {
                        if const { Plan::<S>::PAIRS } {
                            self.pair::<S>(index);
                        }
                    } else if const { Plan::<S>::PASSWORD }
                        && self.traits.has(AT)
                        && secret::url_password(self.bytes, index)
                    {
                        self.add::<S>(Detector::Password, Confidence::High);
                    }
                }
                _ => {}
            }
            if const { Plan::<S>::ADDRESS }
                && (four || six)
                && index >= six_until
                && !before(self.bytes, index).is_ascii_alphanumeric()
            {
                if four
                    && byte.is_ascii_digit()
                    && let Some(confidence) = network::ipv4(self.bytes, index)
                {
                    self.add::<S>(Detector::IpAddress, confidence);
                }
                if six
                    && (byte.is_ascii_hexdigit() || byte == b':')
                    && before(self.bytes, index) != b':'
                    && let Some((confidence, end)) = network::ipv6(self.bytes, index)
                {
                    six_until = end;
                    self.add::<S>(Detector::IpAddress, confidence);
                }
            }
            // Nothing is told by what stands inside a word.
            index = if kinds(byte) & ALNUM == 0 { index + 1 } else { word_end(self.bytes, index) };
        }
    }

    /// A name and a value inside the text, around the `:` or `=` at a place: `"ssn": "..."` in
    /// embedded JSON, `password=...` in a connection string.
    fn pair<S: Scope>(&mut self, sign: usize) {
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
        let Some(hit) = core::str::from_utf8(name).ok().and_then(name_class_only::<NamesOf<S>>)
        else {
            return;
        };
        let secret = hit.category == Category::Secret && written;
        // `password:reset` is a scope; `password: hunter2` is not.
        let told = if colon { quoted || (secret && spaced) } else { secret };
        if told && hit.confidence >= Confidence::Medium {
            self.add::<S>(hit.detector, hit.confidence);
        }
    }

    /// What is told by the way a word or a number starts.
    fn words<S: Scope>(&mut self, asked: &Asked) {
        let bytes = self.bytes;
        let length = bytes.len();
        let mut starts = WordStarts::of(bytes);
        while let Some((index, byte)) = starts.next(bytes)
            && index <= asked.last
        {
            if at(bytes, index + 8) == b'-' && uuid(bytes, index) {
                starts.skip(bytes, index + 36);
                continue;
            }
            if byte.is_ascii_digit() {
                if const { Plan::<S>::NUMBERS } && asked.numbers {
                    let context = self.context;
                    number::scan::<S>(bytes, index, context, |detector, confidence| {
                        self.add::<S>(detector, confidence);
                    });
                }
                if const { Plan::<S>::MBI }
                    && asked.medicare
                    && length - index >= health::SHORTEST_MBI
                {
                    self.medicare::<S>(index);
                }
            } else {
                if const { Plan::<S>::PRIVATE_KEY } && byte == b'B' && secret::pem(bytes, index) {
                    self.add::<S>(Detector::PrivateKey, Confidence::High);
                }
                if const { Plan::<S>::IBAN }
                    && asked.ibans
                    && at(bytes, index + 2).is_ascii_digit()
                    && length - index >= account::SHORTEST_IBAN
                    && account::iban(bytes, index)
                {
                    self.add::<S>(Detector::Iban, Confidence::High);
                }
                if const { Plan::<S>::TRACK }
                    && asked.numbers
                    && matches!(byte, b'B' | b'b')
                    && at(bytes, index + 1).is_ascii_digit()
                    && number::first_track(bytes, index)
                {
                    self.add::<S>(Detector::TrackData, Confidence::High);
                }
                if const { Plan::<S>::KEYS }
                    && secret::starts_a_token(byte)
                    && length - index >= secret::SHORTEST
                    && let Some((detector, confidence)) = secret::token(bytes, index)
                {
                    self.add::<S>(detector, confidence);
                }
            }
        }
        steps::count(length);
    }

    fn medicare<S: Scope>(&mut self, index: usize) {
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
        self.add::<S>(Detector::Mbi, confidence);
    }

    fn material<S: Scope>(&mut self) {
        const { assert!(secret::SHORTEST_MARK >= LONG_WORD) };
        let jwk = self.traits.has(QUOTE) && secret::private_jwk(self.bytes);
        if jwk || (self.traits.long_word && secret::material(self.bytes)) {
            self.add::<S>(Detector::PrivateKey, Confidence::High);
        }
    }

    /// The text in its decoded forms.
    fn decoded<S: Scope>(&mut self) {
        if self.traits.has(ESCAPE)
            && let Some(text) = decode::escapes(self.bytes)
        {
            scan_text::<S>(&text, None, self.depth + 1, self.hits);
        }
        let mut encoded = self.traits.encoded;
        while let Some((start, end)) = encoded {
            if kinds(at(self.bytes, start)) & TEXT_START != 0
                && !(end - start == 36 && uuid(self.bytes, start))
                && let Some(text) = decode::base64(range(self.bytes, start, end))
            {
                scan_text::<S>(&text, None, self.depth + 1, self.hits);
            }
            encoded = if end < self.bytes.len() { self.encoded_after(end) } else { None };
        }
    }

    /// The next run of base64 that is long enough, after the end of one.
    fn encoded_after(&self, mut end: usize) -> Option<(usize, usize)> {
        loop {
            let start = end + 1;
            if self.bytes.len() < start + SHORTEST_ENCODED {
                return None;
            }
            end = encoded_end(self.bytes, start);
            steps::count(end - start + 1);
            if end - start >= SHORTEST_ENCODED {
                return Some((start, end));
            }
        }
    }
}
