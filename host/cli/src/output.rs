//! The one place that writes to standard output and standard error.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};
use anyhow::Context;

use crate::args::Color;
use crate::render::style;

/// Where the command's words go. Text comes with colours; they are taken out
/// where they do not belong.
pub(crate) struct Output {
    choice: ColorChoice,
}

impl Output {
    pub(crate) fn new(color: Color) -> Self {
        let choice = match color {
            // Looks at the stream, NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM.
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self { choice }
    }

    /// Prints to standard output. A reader that has gone away is no error.
    pub(crate) fn print(&self, text: &str) -> anyhow::Result<()> {
        let mut stream = AutoStream::new(io::stdout(), self.choice);
        match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(error).context("standard output")
            }
            _ => Ok(()),
        }
    }

    /// Prints a line to standard error.
    pub(crate) fn note(&self, text: &str) {
        // There is nowhere left to say that this failed.
        let _ = writeln!(AutoStream::new(io::stderr(), self.choice), "{text}");
    }

    /// Prints an error.
    pub(crate) fn error(&self, sentence: &str) {
        let (on, off) = (style::DENY, style::DENY.render_reset());
        self.note(&format!("{on}error:{off} {sentence}"));
    }
}

/// How long work goes on before it says how far it is, and between two words of it.
const PATIENCE: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(60);

/// How far long work is: one line on a terminal, which goes when it is done.
pub(crate) struct Progress {
    terminal: bool,
    /// When it may be said next.
    next: Instant,
    shown: bool,
}

impl Output {
    /// For work that may take long.
    pub(crate) fn progress(&self) -> Progress {
        let terminal = io::stderr().is_terminal() && self.choice != ColorChoice::Never;
        Progress { terminal, next: Instant::now() + PATIENCE, shown: false }
    }
}

impl Progress {
    /// Says it, unless that was just done.
    pub(crate) fn show(&mut self, text: &str) {
        let now = Instant::now();
        if self.terminal && now >= self.next {
            self.next = now + PAUSE;
            self.shown = true;
            let _ = write!(io::stderr(), "\r\u{1b}[K{text}");
        }
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}
