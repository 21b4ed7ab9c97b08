//! A small map from words to values, laid out when the crate is compiled.

/// A map from words to values that takes a few bytes a word: one text in place of many, and no
/// pointers. A policy's memory is copied for every request, so each byte of it costs time.
///
/// `BYTES` is the length of all words together, `BUCKETS` about half the number of words.
#[derive(Debug)]
pub struct WordMap<V, const BYTES: usize, const WORDS: usize, const BUCKETS: usize> {
    /// The words, bucket by bucket.
    text: [u8; BYTES],
    /// How long each of them is.
    lengths: [u8; WORDS],
    values: [V; WORDS],
    /// Of each bucket: its first word, and where that starts in the text.
    starts: [(u16, u16); BUCKETS],
}

/// A set of words: a [`WordMap`] to nothing.
pub type WordSet<const BYTES: usize, const WORDS: usize, const BUCKETS: usize> =
    WordMap<(), BYTES, WORDS, BUCKETS>;

/// The bytes of all words together.
#[must_use]
pub const fn bytes_of(words: &[&str]) -> usize {
    let (mut place, mut sum) = (0, 0);
    while place < words.len() {
        sum += words[place].len();
        place += 1;
    }
    sum
}

impl<V: Copy, const BYTES: usize, const WORDS: usize, const BUCKETS: usize>
    WordMap<V, BYTES, WORDS, BUCKETS>
{
    /// The map from each word to the value at the same place. For constants: what does not fit
    /// is told by the compiler.
    ///
    /// # Panics
    ///
    /// If a word is longer than 255 bytes, or there are more than 65535 words or bytes.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "it is evaluated by the compiler only")]
    pub const fn new(words: &[&str; WORDS], values: [V; WORDS]) -> Self {
        assert!(WORDS <= u16::MAX as usize && BYTES <= u16::MAX as usize, "too many words");
        let mut buckets = [0; WORDS];
        let mut sizes = [(0u16, 0u16); BUCKETS];
        let mut place = 0;
        while place < WORDS {
            let word = words[place].as_bytes();
            assert!(word.len() <= LONGEST, "a word is too long");
            let bucket = hash_of(word) as usize % BUCKETS;
            buckets[place] = bucket;
            sizes[bucket] = (sizes[bucket].0 + 1, sizes[bucket].1 + word.len() as u16);
            place += 1;
        }
        let mut starts = [(0, 0); BUCKETS];
        let mut bucket = 1;
        while bucket < BUCKETS {
            let (before, size) = (starts[bucket - 1], sizes[bucket - 1]);
            starts[bucket] = (before.0 + size.0, before.1 + size.1);
            bucket += 1;
        }
        let mut map = Self { text: [0; BYTES], lengths: [0; WORDS], values, starts };
        let mut next = starts;
        place = 0;
        while place < WORDS {
            let word = words[place].as_bytes();
            let (slot, start) = next[buckets[place]];
            map.lengths[slot as usize] = word.len() as u8;
            map.values[slot as usize] = values[place];
            let mut at = 0;
            while at < word.len() {
                map.text[start as usize + at] = word[at];
                at += 1;
            }
            next[buckets[place]] = (slot + 1, start + word.len() as u16);
            place += 1;
        }
        map
    }

    /// The value of a word.
    #[must_use]
    pub fn get(&self, word: &[u8]) -> Option<V> {
        if word.len() > LONGEST {
            return None;
        }
        self.get_hashed(hash_of(word), word)
    }

    /// Whether it has a word.
    #[must_use]
    pub fn has(&self, word: &[u8]) -> bool {
        self.get(word).is_some()
    }

    /// The value of a word whose hash is known.
    pub(crate) fn get_hashed(&self, hash: u32, word: &[u8]) -> Option<V> {
        let bucket = hash as usize % BUCKETS;
        let (first, start) = *self.starts.get(bucket)?;
        let end = self.starts.get(bucket + 1).map_or(WORDS, |next| usize::from(next.0));
        let lengths = self.lengths.get(usize::from(first)..end)?;
        let mut at = usize::from(start);
        for (place, length) in lengths.iter().enumerate() {
            let length = usize::from(*length);
            if length == word.len() && self.text.get(at..at + length) == Some(word) {
                return self.values.get(usize::from(first) + place).copied();
            }
            at += length;
        }
        None
    }
}

/// The longest word: its length is told in one byte.
const LONGEST: usize = u8::MAX as usize;

/// The hash of nothing (FNV-1a).
pub(crate) const SEED: u32 = 0x811c_9dc5;

/// The hash with one more byte.
pub(crate) const fn hash(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn hash_of(word: &[u8]) -> u32 {
    let mut code = SEED;
    let mut rest = word;
    while let [byte, after @ ..] = rest {
        code = hash(code, *byte);
        rest = after;
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 6] = ["", "a", "b", "ab", "ba", "abc"];
    static MAP: WordMap<u8, { bytes_of(&WORDS) }, 6, 2> = WordMap::new(&WORDS, [0, 1, 2, 3, 4, 5]);

    #[test]
    fn each_word_has_its_value_and_nothing_else_has_one() {
        for (value, word) in WORDS.iter().enumerate() {
            assert_eq!(MAP.get(word.as_bytes()).map(usize::from), Some(value), "{word}");
        }
        for word in ["c", "aa", "bb", "abcd", "bab", "A"] {
            assert!(!MAP.has(word.as_bytes()), "{word}");
        }
    }
}
