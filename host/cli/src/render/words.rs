//! Numbers as words: spans of time, sizes, digests, counts.

use std::time::Duration;

/// A span of whole seconds: `45 s`, `14 min`, `2 h 5 min`, `3 d`.
pub(crate) fn span(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3600 => format!("{minutes} min"),
        3600..172_800 if minutes.is_multiple_of(60) => format!("{hours} h"),
        3600..172_800 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{} d", group(days)),
    }
}

/// A short time: `12 µs`, `1.3 ms`.
pub(crate) fn elapsed(time: Duration) -> String {
    match time.as_micros() {
        0 => format!("{} ns", time.as_nanos()),
        micros @ 1..1000 => format!("{micros} µs"),
        micros @ 1000..1_000_000 => format!("{}.{} ms", micros / 1000, micros / 100 % 10),
        micros => format!("{}.{} s", micros / 1_000_000, micros / 100_000 % 10),
    }
}

/// Bytes: `84 KiB`, `16 MiB`.
pub(crate) fn size(bytes: usize) -> String {
    match bytes {
        0..10_240 => format!("{} bytes", group(bytes as u64)),
        10_240..10_485_760 => format!("{} KiB", group((bytes / 1024) as u64)),
        _ => format!("{} MiB", group((bytes >> 20) as u64)),
    }
}

/// Digits in groups of three: `12 345`.
pub(crate) fn group(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            // A space that does not break a line.
            out.push('\u{a0}');
        }
        out.push(digit);
    }
    out
}

/// `sha256:` and the first twelve digits of a digest.
pub(crate) fn short_digest(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// `1 finding`, `2 findings`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {many}"),
        1 => format!("1 {one}"),
        _ => format!("{number} {many}"),
    }
}

/// Control ids with commas; no line breaks within one.
pub(crate) fn controls(ids: &[String]) -> String {
    ids.iter().map(|id| id.replace(' ', "\u{a0}")).collect::<Vec<_>>().join(", ")
}

/// The names in backticks, with commas.
pub(crate) fn list<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let quoted = |name: S| format!("`{}`", super::safe::name(name.as_ref()));
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_words() {
        for (seconds, words) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (899, "14 min"),
            (3600, "1 h"),
            (7500, "2 h 5 min"),
            (172_800, "2 d"),
            (u64::MAX, "213\u{a0}503\u{a0}982\u{a0}334\u{a0}601 d"),
        ] {
            assert_eq!(span(seconds), words);
        }
        for (micros, words) in [(12, "12 µs"), (1299, "1.2 ms"), (2_500_000, "2.5 s")] {
            assert_eq!(elapsed(Duration::from_micros(micros)), words);
        }
        assert_eq!(elapsed(Duration::from_nanos(7)), "7 ns");
        assert_eq!(group(12_345), "12\u{a0}345");
        assert_eq!(
            (size(100), size(86_016), size(16 << 20)),
            ("100 bytes".into(), "84 KiB".into(), "16 MiB".into())
        );
        assert_eq!((count(0, "a", "b"), count(1, "a", "b")), ("no b".into(), "1 a".into()));
    }
}
