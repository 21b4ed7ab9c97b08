//! The log that callers hold.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::Serialize;

use crate::config::{Config, Rotate, WhenFull};
use crate::error::{CloseError, OpenError};
use crate::mask::Mask;
use crate::queue::{Queue, clock};
use crate::receipt::Receipt;
use crate::record;
use crate::sink::{FileSink, Sink, WriterSink};
use crate::stats::Stats;
use crate::writer;

/// A decision log. All threads share one; when it is dropped, what waits is written first, for as
/// long as [`Config::drain`] says.
///
/// ```no_run
/// use tokenward_audit::{Config, DecisionLog, WhenFull};
///
/// #[derive(serde::Serialize)]
/// struct Record { outcome: &'static str }
///
/// # async fn answer() -> Result<(), Box<dyn std::error::Error>> {
/// let mut config = Config::new("decisions.jsonl");
/// config.when_full = WhenFull::Refuse;
/// config.mask = vec!["/request/path".parse()?];
/// let log = DecisionLog::open(config)?;
/// // An error here means: answer 503. Nobody is let in without a record.
/// log.append(&Record { outcome: "permit" }).await?;
/// # Ok(())
/// # }
/// ```
pub struct DecisionLog {
    queue: Arc<Queue>,
    mask: Vec<Mask>,
    record_bytes: usize,
    drain: Duration,
    run: Arc<str>,
    found_torn: bool,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl DecisionLog {
    /// Opens the log in the file that [`Config::path`] names, or on standard output. What the file
    /// holds stays; if it ends in the middle of a line, that line is ended by a newline.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open(config: Config) -> Result<Self, OpenError> {
        check(&config)?;
        if config.path == Path::new("-") {
            return Self::start(config, Box::new(standard_output()?), false);
        }
        let sink = FileSink::open(&config.path, config.sync, config.rotate)?;
        let found_torn = sink.found_torn();
        Self::start(config, Box::new(sink), found_torn)
    }

    /// Opens a log whose lines go to a sink. `path`, `sync` and `rotate` of the settings say nothing
    /// to it.
    ///
    /// # Errors
    ///
    /// [`OpenError::Setting`] and [`OpenError::NoThread`].
    pub fn with_sink(config: Config, sink: Box<dyn Sink>) -> Result<Self, OpenError> {
        check(&config)?;
        Self::start(config, sink, false)
    }

    fn start(config: Config, sink: Box<dyn Sink>, found_torn: bool) -> Result<Self, OpenError> {
        let queue = Arc::new(Queue::new(&config));
        let run: Arc<str> = random_run().into();
        let mut threads = Vec::with_capacity(2);
        let (own, name) = (Arc::clone(&queue), Arc::clone(&run));
        let writer = thread::Builder::new().name("tokenward-log".into()).spawn(move || {
            // Dropped last, also by a panic: nobody may wait for a thread that has ended.
            let _ending = Ending(Arc::clone(&own));
            writer::run(&own, sink, &name);
        });
        threads.push(writer.map_err(OpenError::NoThread)?);
        let log = Self {
            queue,
            mask: config.mask,
            record_bytes: config.record_bytes,
            drain: config.drain,
            run,
            found_torn,
            threads: Mutex::new(threads),
        };
        if config.when_full == WhenFull::Refuse {
            let own = Arc::clone(&log.queue);
            let clock = thread::Builder::new().name("tokenward-log-clock".into());
            let clock = clock.spawn(move || clock::run(&own)).map_err(OpenError::NoThread)?;
            log.threads.lock().unwrap_or_else(PoisonError::into_inner).push(clock);
        }
        Ok(log)
    }

    /// Makes a line of the record and hands it to the writer. This never blocks: the [`Receipt`]
    /// does the waiting, where there is any.
    ///
    /// The record serializes as an object, without members that the log writes itself (`seq`, `run`,
    /// `at`, `masked`, `dropped`).
    pub fn append<R: Serialize + ?Sized>(&self, record: &R) -> Receipt {
        self.queue.add(record::rest_of_line(record, &self.mask, self.record_bytes))
    }

    /// Turns to the file that has the path now, before the next line is written: after another
    /// program, such as logrotate, moved it away. What cannot be opened is told by
    /// [`stats`](Self::stats), and lines go where they went.
    pub fn reopen(&self) {
        self.queue.reopen();
    }

    /// How the log fares.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.queue.stats(&self.run, self.found_torn)
    }

    /// Takes no more records, and blocks until those that it has are written, or for as long as
    /// `limit`. Receipts that are still open resolve with an error if theirs are not. What drops
    /// records counts those that come later.
    ///
    /// # Errors
    ///
    /// [`CloseError`], if there was not enough time.
    pub fn close(&self, limit: Duration) -> Result<(), CloseError> {
        let result = self.queue.close(limit);
        if self.queue.lock().ended {
            // They have nothing left to do, and let go of the file.
            let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
            for thread in threads.drain(..) {
                let _ = thread.join();
            }
        }
        result
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        let _ = self.close(self.drain);
    }
}

impl fmt::Debug for DecisionLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecisionLog").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

struct Ending(Arc<Queue>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn check(config: &Config) -> Result<(), OpenError> {
    let refuse = |setting, reason| Err(OpenError::Setting { setting, reason });
    if config.queue == 0 {
        return refuse("queue", "is 0; at least 1 record must have a place");
    }
    if config.path == Path::new("-") {
        if config.sync {
            return refuse(
                "sync",
                "is set for standard output, which cannot be synced; name a file",
            );
        }
        if config.rotate.is_some() {
            return refuse("rotate", "is set for standard output, which has no name; name a file");
        }
    }
    match config.rotate {
        Some(Rotate { bytes: 0, .. }) => {
            refuse("rotate", "has 0 bytes a file; accepted: 1 or more")
        }
        Some(Rotate { keep: 0 | 100_001.., .. }) => {
            refuse("rotate", "keeps none or too many files; accepted: 1 to 100000")
        }
        _ => Ok(()),
    }
}

/// Without the buffer that this process's other output goes through: it would not say what was
/// written.
#[cfg(unix)]
fn standard_output() -> Result<impl Sink, OpenError> {
    use std::fs::File;
    use std::os::fd::AsFd;

    let own = std::io::stdout().as_fd().try_clone_to_owned();
    let own = own.map_err(|source| OpenError::Io { path: "-".into(), source })?;
    Ok(WriterSink::new(File::from(own)))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps, reason = "it can fail elsewhere")]
fn standard_output() -> Result<impl Sink, OpenError> {
    Ok(WriterSink::new(std::io::stdout()))
}

/// 16 hexadecimal digits. The standard library's hashers have keys from the system's randomness.
fn random_run() -> String {
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}
