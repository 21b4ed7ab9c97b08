//! Errors as one sentence, without any token.

/// The error and its causes, joined. A cause that is already in the words
/// before it is not said again.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = String::new();
    for cause in error.chain() {
        let cause = one_line(&cause.to_string());
        if !sentence.contains(&cause) {
            if !sentence.is_empty() {
                sentence.push_str(": ");
            }
            sentence.push_str(&cause);
        }
    }
    without_tokens(&sentence)
}

/// Joins lines, without the picture of the source that TOML errors draw.
fn one_line(text: &str) -> String {
    let is_picture = |line: &str| {
        line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).starts_with('|')
    };
    let lines = text.lines().filter(|line| !is_picture(line)).map(str::trim);
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join(": ")
}

/// Takes out what looks like a token: a mistyped command must not put one into
/// a log. Every JOSE header in compact form begins with `eyJ` or, with white
/// space in it, with `ey` or `ew`; those are not what people mistype.
pub(crate) fn without_tokens(text: &str) -> String {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, token)) = rest.find("eyJ").and_then(|at| rest.split_at_checked(at)) {
        let end = token.find(|c| !in_token(c)).unwrap_or(token.len());
        let (token, after) = token.split_at_checked(end).unwrap_or((token, ""));
        out.push_str(before);
        out.push_str(if token.len() >= 16 { "(a token)" } else { token });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_joined_once() {
        let cause = anyhow::anyhow!("not found");
        assert_eq!(sentence(&cause.context("`a.toml`")), "`a.toml`: not found");
        let cause = anyhow::anyhow!("not found");
        assert_eq!(sentence(&cause.context("`a.toml`: not found")), "`a.toml`: not found");
    }

    #[test]
    fn a_picture_of_the_source_is_left_out() {
        let text =
            "`t`: TOML parse error at line 1, column 5\n  |\n1 | a = \n  |     ^\nbad value\n";
        assert_eq!(one_line(text), "`t`: TOML parse error at line 1, column 5: bad value");
    }

    proptest::proptest! {
        #[test]
        fn no_token_is_left_whole(before in ".{0,9}", token in "eyJ[A-Za-z0-9_-]{13,99}") {
            let shown = without_tokens(&format!("{before}{token}"));
            proptest::prop_assert!(!shown.contains(&token));
        }
    }

    #[test]
    fn tokens_are_taken_out_wherever_they_stand() {
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln-_";
        for (text, expected) in [
            (format!("unknown bundle `{token}`"), "unknown bundle `(a token)`"),
            (format!("`/a?access_token={token}&b`"), "`/a?access_token=(a token)&b`"),
            (format!("{token} {token}"), "(a token) (a token)"),
            ("eyJ and hey".to_owned(), "eyJ and hey"),
            ("nothing".to_owned(), "nothing"),
        ] {
            assert_eq!(without_tokens(&text), expected);
        }
    }
}
