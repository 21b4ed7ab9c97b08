//! Sinks that wait or fail when a test says so, and what a log holds.

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::pin::pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use serde::Serialize;
use tokenward_audit::{
    Config, DecisionLog, Entry, Lines, Receipt, Recorded, Sink, SinkError, WhenFull, read,
};

pub(crate) const LONG: Duration = Duration::from_mins(1);

/// What is logged here.
#[derive(Serialize)]
pub(crate) struct Decision<'a> {
    pub(crate) outcome: &'static str,
    pub(crate) by: &'a str,
    pub(crate) number: u64,
}

pub(crate) fn decision(by: &str, number: u64) -> Decision<'_> {
    Decision { outcome: "permit", by, number }
}

/// A log that waits as long as it takes.
pub(crate) fn config(path: &Path, when_full: WhenFull) -> Config {
    Config { when_full, patience: LONG, drain: LONG, ..Config::new(path) }
}

pub(crate) fn with_sink(config: Config, sink: impl Sink + 'static) -> DecisionLog {
    DecisionLog::with_sink(config, Box::new(sink)).unwrap()
}

/// Waits until it is so.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) {
    while !is_so() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What was written, byte by byte.
#[derive(Clone, Default)]
pub(crate) struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }

    pub(crate) fn found(&self) -> Vec<Entry> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, self.bytes()).unwrap();
        found(&path)
    }
}

/// What is in a log, the files that it was rotated to included.
pub(crate) fn found(path: &Path) -> Vec<Entry> {
    read(path).unwrap().map(|found| found.unwrap().entry).collect()
}

/// A line in short: `7` or `8-9 dropped` or `torn`, and the number of the decision in it.
pub(crate) fn short(entry: &Entry) -> String {
    match entry {
        Entry::Record { seq, text, .. } => format!("{seq}:{}", number(text)),
        Entry::Dropped { first, last, .. } => format!("{first}-{last} dropped"),
        Entry::Missing { first, last, .. } => format!("{first}-{last} missing"),
        Entry::Disorder { seq, .. } => format!("{seq} again"),
        Entry::Torn { .. } => "torn".into(),
        _ => "unknown".into(),
    }
}

pub(crate) fn in_short(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(short).collect()
}

/// The number of the decision in a line.
pub(crate) fn number(text: &str) -> u64 {
    serde_json::from_str::<serde_json::Value>(text).unwrap()["number"].as_u64().unwrap()
}

/// A sink that says when it is given lines, and takes them when it is let.
pub(crate) struct Stuck {
    text: Text,
    given: Sender<Vec<u64>>,
    answer: Receiver<Result<(), SinkError>>,
}

/// The other end of a stuck sink.
pub(crate) struct Hand {
    pub(crate) text: Text,
    given: Receiver<Vec<u64>>,
    answer: Option<Sender<Result<(), SinkError>>>,
}

pub(crate) fn stuck() -> (Stuck, Hand) {
    let (text, (given, to), (from, answer)) = (Text::default(), channel(), channel());
    (Stuck { text: text.clone(), given, answer }, Hand { text, given: to, answer: Some(from) })
}

impl Hand {
    /// Waits until the sink has lines; their numbers.
    pub(crate) fn wait(&self) -> Vec<u64> {
        self.given.recv().unwrap()
    }

    pub(crate) fn answer(&self, answer: Result<(), SinkError>) {
        self.answer.as_ref().unwrap().send(answer).unwrap();
    }

    /// From now on, the sink takes everything.
    pub(crate) fn let_go(&mut self) {
        self.answer = None;
    }
}

impl Sink for Stuck {
    fn write(&mut self, lines: Lines<'_>) -> Result<(), SinkError> {
        let _ = self.given.send(lines.iter().map(|line| line.seq).collect());
        let answer = self.answer.recv().unwrap_or(Ok(()));
        let count =
            answer.as_ref().map_or_else(|error| error.kept + error.unsure, |()| lines.len());
        self.text.add(lines.split_at(count).0.bytes());
        answer
    }
}

/// A disk with so much room, which writes so many bytes at once, at most.
#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) text: Text,
    room: Arc<Mutex<usize>>,
    at_once: usize,
}

impl Disk {
    pub(crate) fn new(room: usize, at_once: usize) -> Self {
        Self { text: Text::default(), room: Arc::new(Mutex::new(room)), at_once }
    }

    pub(crate) fn make_room(&self, room: usize) {
        *self.room.lock().unwrap() = room;
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut room = self.room.lock().unwrap();
        let count = bytes.len().min(*room).min(self.at_once);
        if count == 0 {
            return Err(ErrorKind::StorageFull.into());
        }
        *room -= count;
        self.text.add(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether it is resolved by now.
pub(crate) fn is_resolved(receipt: &mut Receipt) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    pin!(receipt).poll(&mut context).is_ready()
}

/// Runs a future on this thread, which sleeps until it is woken.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

/// A receipt that says that its line is written; its number.
pub(crate) fn seq(receipt: Receipt) -> u64 {
    match receipt.wait() {
        Ok(Recorded::Written { seq }) => seq,
        other => panic!("{other:?}"),
    }
}
