//! Reads a log, and checks that nothing is missing.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use crate::sink::numbered;

/// Bytes of a line; a longer one is reported as torn, and not read into memory.
const LONGEST_LINE: u64 = 64 << 20;

/// Reads a log's file, and the older ones that it was rotated to, the oldest one first.
///
/// # Errors
///
/// The folder cannot be read, or there is no such file.
pub fn read(path: &Path) -> io::Result<Reader> {
    Ok(Reader::new(files(path)?))
}

/// A log's file and the older ones that it was rotated to, the oldest one first.
///
/// # Errors
///
/// The folder cannot be read, or there is no such file.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut numbers = Vec::new();
    for entry in folder.unwrap_or(Path::new(".")).read_dir()? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.rsplit_once('.')?.1.parse::<u32>().ok());
        // Only what this number is written as, for this path.
        numbers.extend(number.filter(|n| numbered(path, *n).file_name() == Some(&name)));
    }
    numbers.sort_unstable();
    let older: Vec<PathBuf> = numbers.into_iter().rev().map(|n| numbered(path, n)).collect();
    if older.is_empty() || path.exists() {
        path.metadata()?;
        return Ok(older.into_iter().chain([path.to_owned()]).collect());
    }
    // A process that ended while it rotated left no file at the path.
    Ok(older)
}

/// What is in a log, line by line.
#[derive(Debug)]
pub struct Reader {
    files: VecDeque<PathBuf>,
    current: Option<BufReader<File>>,
    file: Arc<Path>,
    line: u64,
    /// Found, and not handed on yet.
    next: Option<Found>,
    runs: Vec<Run>,
    by_name: HashMap<String, usize>,
}

/// Something in a log, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub file: Arc<Path>,
    /// The line; the first one is 1.
    pub line: u64,
    /// What.
    pub entry: Entry,
}

/// Something in a log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Entry {
    /// A record.
    Record {
        /// Its run.
        run: String,
        /// Its number.
        seq: u64,
        /// The whole line, without its newline.
        text: String,
    },
    /// The log says that it dropped records.
    Dropped {
        /// Its run.
        run: String,
        /// Their first number.
        first: u64,
        /// Their last number.
        last: u64,
    },
    /// Before this line, records are missing, and the log does not say why.
    Missing {
        /// Their run.
        run: String,
        /// Their first number.
        first: u64,
        /// Their last number.
        last: u64,
    },
    /// A number that comes twice, or too late.
    Disorder {
        /// The run.
        run: String,
        /// The number.
        seq: u64,
        /// That of the line before.
        after: u64,
    },
    /// A line that was not written to its end, or by no log.
    Torn {
        /// How many bytes it has.
        bytes: u64,
    },
}

/// One run of a log: from when it was opened until it was closed, or its process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Run {
    /// Its name.
    pub run: String,
    /// Its first number here. If that is not 1, what came before is in no file that was read.
    pub first: u64,
    /// Its last number here. Whether others came after it, nobody can tell.
    pub last: u64,
    /// Its records.
    pub records: u64,
    /// Records that it dropped, as it says.
    pub dropped: u64,
    /// Records that are missing.
    pub missing: u64,
    /// Lines that come twice, or too late.
    pub disorder: u64,
}

/// What every line says of itself.
#[derive(Deserialize)]
struct Head {
    seq: u64,
    run: String,
    dropped: Option<Range>,
}

#[derive(Deserialize)]
struct Range {
    count: u64,
    first: u64,
    last: u64,
}

impl Reader {
    /// Reads these files in this order.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            files: files.into_iter().collect(),
            current: None,
            file: Path::new("").into(),
            line: 0,
            next: None,
            runs: Vec::new(),
            by_name: HashMap::new(),
        }
    }

    /// The runs of which something was read until now, in their order.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    fn read_next(&mut self) -> io::Result<Option<Found>> {
        loop {
            let Some(current) = &mut self.current else {
                let Some(path) = self.files.pop_front() else { return Ok(None) };
                self.current = Some(BufReader::new(File::open(&path)?));
                self.file = path.into();
                self.line = 0;
                continue;
            };
            let mut line = Vec::new();
            let mut length = current.take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
            if length == 0 {
                self.current = None;
                continue;
            }
            let mut rest = length;
            while rest == LONGEST_LINE && line.last() != Some(&b'\n') {
                line.clear();
                rest = current.take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
                length += rest;
            }
            self.line += 1;
            let text = if length == line.len() as u64 {
                line.strip_suffix(b"\n").unwrap_or(&line)
            } else {
                b""
            };
            let entry = self.entry(text).unwrap_or(Entry::Torn { bytes: length });
            return Ok(Some(self.found(entry)));
        }
    }

    fn found(&self, entry: Entry) -> Found {
        Found { file: Arc::clone(&self.file), line: self.line, entry }
    }

    /// What the line is, after what is missing before it; none: it is torn.
    fn entry(&mut self, line: &[u8]) -> Option<Entry> {
        let text = str::from_utf8(line).ok()?;
        let Head { seq, run, dropped } = serde_json::from_str(text).ok()?;
        if seq == 0 {
            return None;
        }
        let (first, entry) = match &dropped {
            None => (seq, Entry::Record { run: run.clone(), seq, text: text.to_owned() }),
            Some(Range { count, first, last }) => {
                let adds_up = 0 < *first
                    && first <= last
                    && last.checked_add(1) == Some(seq)
                    && *count == last - first + 1;
                let entry = Entry::Dropped { run: run.clone(), first: *first, last: *last };
                (*first, adds_up.then_some(entry)?)
            }
        };
        let index = *self.by_name.entry(run.clone()).or_insert(self.runs.len());
        if index == self.runs.len() {
            let run = run.clone();
            let last = first - 1;
            self.runs.push(Run {
                run,
                first,
                last,
                records: 0,
                dropped: 0,
                missing: 0,
                disorder: 0,
            });
        }
        let known = self.runs.get_mut(index)?;
        if first <= known.last {
            known.disorder += 1;
            return Some(Entry::Disorder { run, seq, after: known.last });
        }
        let missing = first - 1 - known.last;
        let gap = Entry::Missing { run, first: known.last + 1, last: first - 1 };
        known.missing += missing;
        known.last = seq;
        match dropped {
            None => known.records += 1,
            Some(range) => known.dropped += range.count,
        }
        if missing == 0 {
            return Some(entry);
        }
        self.next = Some(self.found(entry));
        Some(gap)
    }
}

impl Iterator for Reader {
    type Item = io::Result<Found>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(found) = self.next.take() {
            return Some(Ok(found));
        }
        let found = self.read_next();
        if found.is_err() {
            // It would fail again, without end.
            self.current = None;
            self.files.clear();
        }
        found.transpose()
    }
}

#[cfg(test)]
mod tests;
