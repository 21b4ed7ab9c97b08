//! Texts that a policy describes itself with, packed when it is compiled: they are
//! part of its component and of its memory, and no request needs them.

// The packed form of ASCII: a byte below 128 stands for itself. Any other begins
// a pair, one bit set, four bits of length less `SHORTEST`, eleven bits of
// distance less one: what stands so far back is repeated so long.

const MATCH: u8 = 0x80;
const SHORTEST: usize = 3;
const LONGEST: usize = SHORTEST + 15;
const FARTHEST: usize = 2048;

/// How long a text is, packed.
#[must_use]
pub const fn packed_length<const LENGTH: usize>(text: &[u8; LENGTH]) -> usize {
    pack(text, [0]).1
}

/// A text, packed.
#[must_use]
pub const fn packed<const LENGTH: usize, const PACKED: usize>(text: &[u8; LENGTH]) -> [u8; PACKED] {
    pack(text, [0; PACKED]).0
}

#[allow(clippy::cast_possible_truncation, reason = "it is evaluated by the compiler only")]
const fn pack<const LENGTH: usize, const ROOM: usize>(
    text: &[u8; LENGTH],
    mut room: [u8; ROOM],
) -> ([u8; ROOM], usize) {
    /// As the place of nothing.
    const NONE: u16 = u16::MAX;
    assert!(LENGTH < NONE as usize, "the text is too long");
    // The last place at which three bytes with a hash stood, and for each place the one before.
    let mut last = [NONE; 1024];
    let mut before = [NONE; LENGTH];
    let (mut place, mut length, mut skip) = (0, 0, 0);
    while place < LENGTH {
        let mut best = (0, 0);
        if place + SHORTEST <= LENGTH {
            let code = text[place] as usize * 289
                + text[place + 1] as usize * 17
                + text[place + 2] as usize;
            let mut candidate = last[code % last.len()];
            before[place] = candidate;
            last[code % last.len()] = place as u16;
            while skip == 0 && candidate != NONE && place - candidate as usize <= FARTHEST {
                let mut same = 0;
                while same < LONGEST
                    && place + same < LENGTH
                    && text[candidate as usize + same] == text[place + same]
                {
                    same += 1;
                }
                if same > best.0 {
                    best = (same, place - candidate as usize);
                }
                candidate = before[candidate as usize];
            }
        }
        if skip > 0 {
            skip -= 1;
        } else {
            let (same, distance) = best;
            let (pair, count) = if same >= SHORTEST {
                skip = same - 1;
                let packed = (same - SHORTEST) << 11 | (distance - 1);
                ([MATCH | (packed >> 8) as u8, packed as u8], 2)
            } else {
                assert!(text[place].is_ascii(), "a packed text is of ASCII");
                ([text[place], 0], 1)
            };
            let mut at = 0;
            while at < count {
                if length < ROOM {
                    room[length] = pair[at];
                }
                length += 1;
                at += 1;
            }
        }
        place += 1;
    }
    (room, length)
}

/// The text that was packed.
#[inline(never)]
#[must_use]
pub fn unpack(packed: &[u8]) -> String {
    let mut text = String::new();
    let mut bytes = packed.iter().copied();
    while let Some(first) = bytes.next() {
        if first < MATCH {
            text.push(char::from(first));
            continue;
        }
        let pair = usize::from(first & !MATCH) << 8 | usize::from(bytes.next().unwrap_or(0));
        let distance = pair % FARTHEST + 1;
        for _ in 0..pair / FARTHEST + SHORTEST {
            let place = text.len().checked_sub(distance);
            let byte = place.and_then(|place| text.as_bytes().get(place));
            text.push(byte.map_or(' ', |byte| char::from(*byte)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{FARTHEST, pack, unpack};

    /// Each of these, packed and unpacked, is itself, and no longer than it was.
    #[test]
    fn texts_of_all_kinds_are_packed() {
        fn check<const LENGTH: usize>(text: &[u8; LENGTH]) {
            let (packed, length) = pack(text, [0; 8192]);
            let packed = packed.get(..length).unwrap();
            assert_eq!(unpack(packed).as_bytes(), text);
        }
        check(b"");
        check(b"a");
        check(b"abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc");
        check(&[b'a'; 3000]);
        check(b"abcdefabcxdef");
        // The same three bytes as far apart as can be told, and farther.
        for (distance, saved) in [(FARTHEST, 1), (FARTHEST + 1, 0)] {
            let mut text = [0u8; FARTHEST + 4];
            for (place, byte) in text.iter_mut().enumerate() {
                *byte = u8::try_from(place * place / 7 % 96).unwrap() + 32;
            }
            for (place, byte) in b"\x01\x02\x03".iter().enumerate() {
                *text.get_mut(place).unwrap() = *byte;
                *text.get_mut(distance + place).unwrap() = *byte;
            }
            check(&text);
            let end = distance + 3;
            let with = pack::<{ FARTHEST + 4 }, 1>(&text, [0]).1;
            *text.get_mut(end - 1).unwrap() = 4;
            let without = pack::<{ FARTHEST + 4 }, 1>(&text, [0]).1;
            assert_eq!(without - with, saved, "{distance}");
        }
    }
}
