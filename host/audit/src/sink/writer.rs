//! Lines into a stream, none of them after a torn one on the same line.

use std::io::{self, ErrorKind, Write};

use super::{Lines, Sink, SinkError, Step};

/// A stream: standard output, a pipe. It is flushed each time.
#[derive(Debug)]
pub struct WriterSink<W>(LineWriter<W>);

impl<W: Write + Send> WriterSink<W> {
    /// Lines go to this stream, which stands at the beginning of a line.
    #[must_use]
    pub fn new(stream: W) -> Self {
        Self(LineWriter::new(stream, false))
    }
}

impl<W: Write + Send> Sink for WriterSink<W> {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        self.0.write(lines)?;
        // A stream that holds bytes back tries to write them again by itself.
        let unsure = lines.len();
        let flushed = self.0.stream.flush();
        flushed.map_err(|source| SinkError { kept: 0, unsure, step: Step::Write, source })
    }
}

/// Writes whole lines, and knows when it did not.
#[derive(Debug)]
pub(super) struct LineWriter<W> {
    pub(super) stream: W,
    /// It ended in the middle of a line.
    torn: bool,
}

impl<W: Write> LineWriter<W> {
    pub(super) fn new(stream: W, torn: bool) -> Self {
        Self { stream, torn }
    }

    /// Ends a torn line by a newline.
    pub(super) fn end_torn(&mut self) -> io::Result<()> {
        if self.torn {
            write_some(&mut self.stream, b"\n")?;
            self.torn = false;
        }
        Ok(())
    }

    pub(super) fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        self.end_torn().map_err(|source| SinkError::nothing_kept(Step::Write, source))?;
        let bytes = lines.bytes();
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            match write_some(&mut self.stream, rest) {
                Ok(count) => done += count,
                Err(source) => {
                    let kept = lines.whole_in(done);
                    let begun = done - lines.split_at(kept).0.bytes().len();
                    self.torn = begun > 0;
                    // But for its newline, the line is whole, and will be with the next one: its
                    // number is taken.
                    let unsure = lines.whole_in(done + 1) - kept;
                    return Err(SinkError { kept, unsure, step: Step::Write, source });
                }
            }
        }
        Ok(())
    }
}

/// Writes at least one byte.
fn write_some(stream: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match stream.write(bytes) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => return Ok(count.min(bytes.len())),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
