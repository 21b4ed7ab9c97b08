//! The folder in which bundles are kept: the active one, those before it, and
//! what was done with them.
//!
//! ```text
//! lock                  held while a process uses the folder
//! bundles/HEX.bundle    packed bundles, by their own SHA-256
//! state.json            which is active, which were; replaced as a whole
//! ```
//!
//! A bundle is written and reaches the disk before the state names it, and the
//! state is replaced at once: whenever the process ends, the state that is there
//! names whole files.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokenward::UnixTime;
use tokenward::packed::{Accepted, PACKED_LIMIT};

use crate::error::StoreError;

const FORMAT: &str = "tokenward.store/1";
/// Bundles that are kept to go back to.
const PREVIOUS: usize = 8;
/// Events that are kept; how many were left out is counted.
const EVENTS: usize = 1000;
/// How often, and how long between, the folder of another process is asked for.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// Characters of a reason that are kept.
const LONGEST_REASON: usize = 500;
/// Bundles that a source is kept from bringing back.
const HELD: usize = 64;

/// A bundle in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Kept {
    /// SHA-256 of the file: `sha256:HEX`.
    pub file: String,
    /// The bundle's digest.
    pub digest: String,
    /// The bundle's name.
    pub name: String,
    /// The bundle's version.
    pub version: String,
    /// Since when it is active; of one before, since when it last was.
    pub since: UnixTime,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// A bundle became active.
    Activate,
    /// Somebody went back to a bundle.
    Rollback,
    /// A candidate became active after it was tried.
    Promote,
    /// The bundle before became active again by itself.
    Return,
    /// At a start the active bundle could not be used, and one before was.
    Recover,
}

/// One switch of the active bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Event {
    /// When.
    pub at: UnixTime,
    /// Who: a person, or a source.
    pub who: String,
    /// What.
    pub action: Action,
    /// The digest of the bundle before; none for the first.
    pub from: Option<String>,
    /// The digest of the bundle after.
    pub to: String,
    /// Its name and version.
    pub bundle: String,
    /// Why, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the store says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct State {
    format: String,
    pub(crate) active: Option<Kept>,
    /// Those before, the last one last.
    pub(crate) previous: Vec<Kept>,
    /// The newest version that was accepted of each name.
    pub(crate) accepted: Vec<Accepted>,
    /// Digests that were rolled back from.
    pub(crate) held: Vec<String>,
    pub(crate) events: Vec<Event>,
    /// Older events than these.
    pub(crate) events_left_out: u64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            format: FORMAT.to_owned(),
            active: None,
            previous: Vec::new(),
            accepted: Vec::new(),
            held: Vec::new(),
            events: Vec::new(),
            events_left_out: 0,
        }
    }
}

impl State {
    /// Makes a bundle the active one.
    pub(crate) fn switch(&mut self, to: Kept, who: &str, action: Action, reason: Option<String>) {
        let from = self.active.take();
        self.events.push(Event {
            at: to.since,
            who: who.to_owned(),
            action,
            from: from.as_ref().map(|kept| kept.digest.clone()),
            to: to.digest.clone(),
            bundle: format!("{} {}", to.name, to.version),
            reason: reason.map(|reason| reason.chars().take(LONGEST_REASON).collect()),
        });
        let too_many = self.events.len().saturating_sub(EVENTS);
        self.events.drain(..too_many);
        self.events_left_out += too_many as u64;
        self.previous.retain(|kept| kept.file != to.file);
        self.held.retain(|digest| *digest != to.digest);
        if let Some(from) = from.filter(|from| from.file != to.file) {
            self.previous.retain(|kept| kept.file != from.file);
            self.previous.push(from);
        }
        let too_many = self.previous.len().saturating_sub(PREVIOUS);
        self.previous.drain(..too_many);
        self.active = Some(to);
    }

    /// Remembers what was accepted.
    pub(crate) fn accept(&mut self, accepted: Accepted) {
        self.accepted.retain(|other| other.name != accepted.name);
        self.accepted.push(accepted);
        self.accepted.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// Keeps sources from bringing a bundle back.
    pub(crate) fn hold(&mut self, digest: String) {
        self.held.retain(|other| *other != digest);
        self.held.push(digest);
        let too_many = self.held.len().saturating_sub(HELD);
        self.held.drain(..too_many);
    }
}

/// A folder of bundles, which this process alone uses.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    state: State,
    /// Held until the store is dropped, or the process ends.
    _lock: File,
}

impl Store {
    /// Opens the folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let bundles = folder.join(BUNDLES);
        fs::create_dir_all(&bundles).map_err(io(&bundles))?;
        let path = folder.join("lock");
        let mut options = OpenOptions::new();
        let lock = options.create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(io(&path))?;
        let mut tries = 0;
        while let Err(error) = lock.try_lock() {
            match error {
                TryLockError::Error(error) => return Err(io(&path)(error)),
                // The process before may be about to end.
                TryLockError::WouldBlock if tries < LOCK_TRIES => {
                    tries += 1;
                    std::thread::sleep(LOCK_PAUSE);
                }
                TryLockError::WouldBlock => {
                    return Err(StoreError::InUse { path: folder.to_owned() });
                }
            }
        }
        let state = read_state(&folder.join(STATE))?;
        let store = Self { folder: folder.to_owned(), state, _lock: lock };
        store.clean();
        Ok(store)
    }

    /// Every switch that is still known, the last one last, and how many older
    /// ones are not.
    #[must_use]
    pub fn events(&self) -> (&[Event], u64) {
        (&self.state.events, self.state.events_left_out)
    }

    /// The active bundle.
    #[must_use]
    pub fn active(&self) -> Option<&Kept> {
        self.state.active.as_ref()
    }

    /// The bundles before it, the last one last.
    #[must_use]
    pub fn previous(&self) -> &[Kept] {
        &self.state.previous
    }

    /// The bundles before the active one that nobody went back from, the last one first.
    pub(crate) fn usable(&self) -> impl Iterator<Item = &Kept> {
        self.previous().iter().rev().filter(|kept| !self.is_held(&kept.digest))
    }

    /// Whether somebody went back from the bundle of this digest.
    pub(crate) fn is_held(&self, digest: &str) -> bool {
        self.state.held.iter().any(|held| held == digest)
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Keeps a packed bundle's bytes. Answers what its file is called by.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Result<String, StoreError> {
        let digest = tokenward::component_digest(bytes);
        let path = self.path(&digest);
        if self.read(&digest).is_err() {
            replace(&path, bytes)?;
        }
        Ok(digest)
    }

    /// The bytes of a packed bundle that was kept.
    pub(crate) fn read(&self, digest: &str) -> Result<Vec<u8>, StoreError> {
        let path = self.path(digest);
        let mut bytes = Vec::new();
        let file = File::open(&path).map_err(io(&path))?;
        file.take(PACKED_LIMIT + 1).read_to_end(&mut bytes).map_err(io(&path))?;
        if tokenward::component_digest(&bytes) != digest {
            return Err(StoreError::Changed { path });
        }
        Ok(bytes)
    }

    /// Makes this the state, on disk first.
    pub(crate) fn write(&mut self, state: State) -> Result<(), StoreError> {
        let path = self.folder.join(STATE);
        let mut text = serde_json::to_vec_pretty(&state)
            .map_err(|error| StoreError::State { path: path.clone(), reason: error.to_string() })?;
        text.push(b'\n');
        replace(&path, &text)?;
        self.state = state;
        self.clean();
        Ok(())
    }

    fn path(&self, digest: &str) -> PathBuf {
        let hex = digest.strip_prefix("sha256:").unwrap_or(digest);
        self.folder.join(BUNDLES).join(format!("{hex}.bundle"))
    }

    /// Takes away what the state does not name: bundles of long ago, and what a
    /// process that was killed left half written. What cannot be taken away now
    /// is tried again later.
    fn clean(&self) {
        let named = self.state.active.iter().chain(&self.state.previous);
        let named: Vec<_> = named.map(|kept| self.path(&kept.file)).collect();
        let bundles = fs::read_dir(self.folder.join(BUNDLES)).into_iter().flatten();
        for path in bundles.filter_map(|entry| Some(entry.ok()?.path())) {
            if is_ours(&path) && !named.contains(&path) {
                let _ = fs::remove_file(path);
            }
        }
        let _ = fs::remove_file(beside(&self.folder.join(STATE)));
    }
}

const BUNDLES: &str = "bundles";
const STATE: &str = "state.json";
/// Bytes that the state may have.
const STATE_LIMIT: u64 = 16 << 20;

fn read_state(path: &Path) -> Result<State, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
        Err(error) => return Err(io(path)(error)),
    };
    let mut bytes = Vec::new();
    file.take(STATE_LIMIT).read_to_end(&mut bytes).map_err(io(path))?;
    let wrong = |reason: String| StoreError::State { path: path.to_owned(), reason };
    let state: State = serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
    if state.format != FORMAT {
        return Err(wrong(format!("its format is not `{FORMAT}`")));
    }
    Ok(state)
}

/// Whether a file has a name that this module gives: nothing else is taken away.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_suffix(".new").unwrap_or(name);
    name.strip_suffix(".bundle")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Writes a file as a whole: it, or what was there before, and nothing between.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let new = beside(path);
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).map_err(io(&new))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io(&new))?;
    drop(file);
    fs::rename(&new, path).map_err(io(path))?;
    sync_folder(path)
}

/// The name is on disk as well.
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError {
    let path = path.to_owned();
    move |source| StoreError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(store: &Store, content: &str, at: i64) -> Kept {
        Kept {
            file: store.keep(content.as_bytes()).unwrap(),
            digest: format!("sha256:{content}"),
            name: "acme".into(),
            version: content.into(),
            since: UnixTime(at),
        }
    }

    fn switched(store: &mut Store, content: &str, at: i64) {
        let kept = kept(store, content, at);
        let mut state = store.state().clone();
        state.switch(kept, "alice", Action::Activate, None);
        store.write(state).unwrap();
    }

    #[test]
    fn what_was_written_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        assert_eq!((store.active(), store.previous()), (None, &[][..]));
        switched(&mut store, "a", 1);
        switched(&mut store, "b", 2);
        assert!(matches!(Store::open(folder.path()), Err(StoreError::InUse { .. })));
        let before = store.state().clone();
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(*store.state(), before);
        let (events, left_out) = store.events();
        assert_eq!((events.len(), left_out), (2, 0));
        assert_eq!(events[1].from.as_deref(), Some("sha256:a"));
        let active = store.active().unwrap();
        assert_eq!(store.read(&active.file).unwrap(), b"b");
    }

    #[test]
    fn only_what_is_named_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        for version in 0..20 {
            switched(&mut store, &format!("{version}"), version);
        }
        let half = format!("bundles/{}.bundle.new", "0".repeat(64));
        fs::write(folder.path().join(&half), "x").unwrap();
        fs::write(folder.path().join("bundles/somebody-elses.bundle"), "x").unwrap();
        fs::write(folder.path().join("state.json.new"), "x").unwrap();
        let versions: Vec<_> = store.previous().iter().map(|kept| kept.version.clone()).collect();
        assert_eq!(versions, ["11", "12", "13", "14", "15", "16", "17", "18"]);
        drop(store);
        let store = Store::open(folder.path()).unwrap();
        // Those, and what is not of this module.
        assert_eq!(fs::read_dir(folder.path().join("bundles")).unwrap().count(), PREVIOUS + 2);
        assert!(!folder.path().join(half).exists());
        assert!(!folder.path().join("state.json.new").exists());
        assert_eq!(store.active().unwrap().version, "19");
    }

    #[test]
    fn what_was_changed_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path()).unwrap();
        switched(&mut store, "a", 1);
        let file = store.active().unwrap().file.clone();
        fs::write(store.path(&file), "b").unwrap();
        assert!(matches!(store.read(&file), Err(StoreError::Changed { .. })));
        // It is written again where it is kept again.
        assert_eq!(store.keep(b"a").unwrap(), file);
        assert_eq!(store.read(&file).unwrap(), b"a");
        drop(store);
        for text in ["", "{}", "{\"format\":\"tokenward.store/2\"}"] {
            fs::write(folder.path().join(STATE), text).unwrap();
            let error = Store::open(folder.path()).unwrap_err();
            assert!(matches!(error, StoreError::State { .. }), "{text}: {error}");
        }
    }
}
