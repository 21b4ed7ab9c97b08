//! The names of older files.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The `number`-th file before the one that is written to: `decisions.jsonl.1`.
pub(crate) fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

/// Gives each file the name of the one before it, so that the path is free. Beyond `keep`, the
/// oldest one goes.
pub(super) fn shift(path: &Path, keep: u32) -> io::Result<()> {
    // Only as far as there are files without a gap: after an attempt that failed half way, another
    // one must not push out the oldest file.
    let mut last = 0;
    while last < keep - 1 && is_there(&numbered(path, last + 1))? {
        last += 1;
    }
    for number in (1..=last).rev() {
        fs::rename(numbered(path, number), numbered(path, number + 1))?;
    }
    fs::rename(path, numbered(path, 1))
}

fn is_there(path: &Path) -> io::Result<bool> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{numbered, shift};

    #[test]
    fn files_move_up_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut seen = Vec::new();
        for text in ["a", "b", "c", "d"] {
            fs::write(&path, text).unwrap();
            shift(&path, 2).unwrap();
            let read = |number| fs::read_to_string(numbered(&path, number)).unwrap_or_default();
            seen.push([read(1), read(2), read(3)].join(" "));
            assert!(!path.exists());
        }
        assert_eq!(seen, ["a  ", "b a ", "c b ", "d c "]);
    }

    #[test]
    fn attempts_that_fail_push_nothing_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(numbered(&path, 1), "newer").unwrap();
        fs::write(numbered(&path, 2), "older").unwrap();
        for _ in 0..5 {
            // There is no file at the path, so that the last step fails.
            shift(&path, 3).unwrap_err();
        }
        assert_eq!(fs::read_to_string(numbered(&path, 2)).unwrap(), "newer");
        assert_eq!(fs::read_to_string(numbered(&path, 3)).unwrap(), "older");
    }
}
