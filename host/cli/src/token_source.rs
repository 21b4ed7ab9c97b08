//! Where a token comes from: an argument, a file, or standard input.

use std::ffi::OsStr;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::values::{read, read_from};

/// Far above what a token may have; what is larger is not read at all.
const LIMIT: u64 = 64 << 20;

/// The bytes of a token, and where they came from. No `Debug`: it is a secret.
pub(crate) struct TokenBytes {
    pub(crate) bytes: Vec<u8>,
    pub(crate) origin: Origin,
}

/// Where a token came from.
pub(crate) enum Origin {
    /// The command line. If a file has that name, it was probably meant.
    Argument { file_of_that_name: Option<PathBuf> },
    /// A file or standard input.
    Stream,
}

/// Reads the token that the argument names.
pub(crate) fn read_token(argument: Option<&OsStr>) -> anyhow::Result<TokenBytes> {
    let stream = |bytes: Vec<u8>| TokenBytes {
        bytes: without_scheme(bytes.trim_ascii_end()).to_vec(),
        origin: Origin::Stream,
    };
    let Some(argument) = argument else {
        if io::stdin().is_terminal() {
            bail!(
                "no token; give it as an argument, as `@FILE`, or on standard input, for \
                 instance `< token.jwt`"
            );
        }
        return Ok(stream(standard_input()?));
    };
    let bytes = argument.as_encoded_bytes();
    if bytes == b"-" {
        return Ok(stream(standard_input()?));
    }
    if bytes.first() == Some(&b'@') {
        return Ok(stream(read(&file_of(argument)?, LIMIT).context("the token's file")?));
    }
    let file_of_that_name =
        (bytes.len() < 256 && Path::new(argument).is_file()).then(|| PathBuf::from(argument));
    Ok(TokenBytes {
        bytes: without_scheme(bytes).to_vec(),
        origin: Origin::Argument { file_of_that_name },
    })
}

fn standard_input() -> anyhow::Result<Vec<u8>> {
    read_from(io::stdin().lock(), LIMIT).context("standard input")
}

fn file_of(argument: &OsStr) -> anyhow::Result<PathBuf> {
    let name = argument.to_str().context("the token's file has a name that is not UTF-8")?;
    Ok(PathBuf::from(name.strip_prefix('@').unwrap_or(name)))
}

/// Without `Authorization:` and `Bearer`, as they stand in a request (RFC 6750
/// section 2.1); both are read in any case.
fn without_scheme(bytes: &[u8]) -> &[u8] {
    let credentials = after(bytes, "authorization:").unwrap_or(bytes).trim_ascii_start();
    match after(credentials, "bearer") {
        Some([]) => &[],
        Some(rest @ [b' ', ..]) => rest.trim_ascii_start(),
        _ => bytes,
    }
}

/// What stands after a word, in whatever case it is written.
fn after<'a>(bytes: &'a [u8], word: &str) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(word.len())?;
    start.eq_ignore_ascii_case(word.as_bytes()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::without_scheme;

    #[test]
    fn the_scheme_is_taken_off() {
        for (text, expected) in [
            ("a.b.c", "a.b.c"),
            ("Bearer a.b.c", "a.b.c"),
            ("bearer  a.b.c", "a.b.c"),
            ("Authorization: Bearer a.b.c", "a.b.c"),
            ("authorization:BEARER a.b.c", "a.b.c"),
            ("Bearer", ""),
            ("Bearer ", ""),
            ("", ""),
            ("Bearera.b.c", "Bearera.b.c"),
            ("Authorization: Basic a", "Authorization: Basic a"),
            ("Bearer\ta", "Bearer\ta"),
        ] {
            let actual = without_scheme(text.as_bytes());
            assert_eq!(actual, expected.as_bytes(), "{text}");
        }
    }
}
