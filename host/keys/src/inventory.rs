//! When each key was first seen, kept over restarts.
//!
//! ```text
//! {"format": "tokenward.key-inventory/1",
//!  "issuers": {"https://idp.example": {"THUMBPRINT": {"first-seen": "2026-01-31T08:00:00Z",
//!                                                     "last-seen": "2026-01-31T08:00:00Z"}}}}
//! ```
//!
//! The file is replaced as a whole. It belongs to one process. Shared secrets are
//! not in it: a thumbprint would help to guess them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokenward_token::{Key, KeySet, UnixTime};
use tokio::sync::OwnedMutexGuard;
use tokio::task::JoinHandle;

use crate::error::ConfigError;

const FORMAT: &str = "tokenward.key-inventory/1";

/// Bytes that the file may have.
const MAX_BYTES: u64 = 16 << 20;

/// How long a key that is gone is remembered, in seconds: 90 days.
const REMEMBERED: i64 = 90 * 24 * 3600;

/// How many keys of one issuer that are gone are remembered.
const MAX_GONE: usize = 256;

/// How far behind the last time that a key was seen may be, in seconds, so that
/// the file is not written at every fetch.
const LAST_SEEN_STEP: u64 = 3600;

/// The first-seen times of the keys of each issuer.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    path: Option<PathBuf>,
    known: Mutex<Known>,
    /// Held while the file is written, so that a later state is not overwritten.
    writing: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Known {
    issuers: BTreeMap<String, BTreeMap<String, Seen>>,
    /// Whether the file does not have all of it.
    unsaved: bool,
    /// Why the file could not be written.
    error: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Seen {
    first_seen: UnixTime,
    last_seen: UnixTime,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    format: String,
    issuers: BTreeMap<String, BTreeMap<String, Seen>>,
}

impl Inventory {
    /// Reads the file, if there is one.
    pub(crate) fn open(path: Option<PathBuf>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Ok(Self::default()) };
        let issuers = match read(&path) {
            Ok(issuers) => issuers,
            Err(reason) => return Err(ConfigError::Inventory { path, reason }),
        };
        let known = Mutex::new(Known { issuers, ..Known::default() });
        Ok(Self { path: Some(path), known, writing: Arc::default() })
    }

    /// When this key of an issuer was first seen: now, if it is seen for the first time.
    pub(crate) fn first_seen(&self, issuer: &str, key: &Key, now: UnixTime) -> UnixTime {
        let known = lock(&self.known);
        let seen = known.issuers.get(issuer).and_then(|keys| keys.get(key.thumbprint()));
        // Later than now, if a clock was wrong.
        seen.map_or(now, |seen| seen.first_seen.min(now))
    }

    /// The same keys, each with the moment of its creation: when it was first
    /// seen, or what its JWK says, if that is before.
    pub(crate) fn dated(&self, issuer: &str, keys: KeySet, now: UnixTime) -> KeySet {
        if keys.is_symmetric() {
            return keys;
        }
        keys.with_created(|key| {
            let seen = self.first_seen(issuer, key, now);
            Some(key.facts().created().map_or(seen, |created| created.min(seen)))
        })
    }

    /// Remembers that these are the keys of an issuer now.
    pub(crate) fn record(&self, issuer: &str, keys: &KeySet, now: UnixTime) {
        if keys.is_symmetric() {
            return;
        }
        let mut known = lock(&self.known);
        let seen = known.issuers.entry(issuer.to_owned()).or_default();
        let mut changed = false;
        for key in keys.keys() {
            let new = Seen { first_seen: now, last_seen: now };
            let entry = seen.entry(key.thumbprint().to_owned()).or_insert_with(|| {
                changed = true;
                new
            });
            let step = now.since(entry.last_seen);
            if entry.first_seen > now || step.is_none_or(|seconds| seconds >= LAST_SEEN_STEP) {
                entry.first_seen = entry.first_seen.min(now);
                entry.last_seen = now;
                changed = true;
            }
        }
        let present: BTreeSet<&str> = keys.keys().map(Key::thumbprint).collect();
        changed |= forget(seen, &present, now);
        known.unsaved |= changed;
    }

    /// Forgets the keys of issuers that are no longer there, after a while.
    pub(crate) fn keep_issuers(&self, there: &BTreeSet<&str>, now: UnixTime) {
        let mut known = lock(&self.known);
        let mut changed = false;
        for (issuer, seen) in &mut known.issuers {
            if !there.contains(issuer.as_str()) {
                changed |= forget(seen, &BTreeSet::new(), now);
            }
        }
        known.issuers.retain(|_, seen| !seen.is_empty());
        known.unsaved |= changed;
    }

    /// Writes the file, if there is something new, and waits until it is written.
    /// That it cannot be is in the status, and tried again with the next fetch.
    pub(crate) async fn save(self: &Arc<Self>) {
        let writing = Arc::clone(&self.writing).lock_owned().await;
        if let Some(written) = self.write_beside(writing) {
            // What cannot be joined was cancelled with the whole runtime.
            let _ = written.await;
        }
    }

    /// Writes the file, if there is something new, while the caller goes on: a
    /// disk that stands still is no reason to.
    pub(crate) fn save_soon(self: &Arc<Self>) {
        if let Ok(writing) = Arc::clone(&self.writing).try_lock_owned() {
            drop(self.write_beside(writing));
        }
    }

    fn write_beside(self: &Arc<Self>, writing: OwnedMutexGuard<()>) -> Option<JoinHandle<()>> {
        if self.path.is_none() || !lock(&self.known).unsaved {
            return None;
        }
        let this = Arc::clone(self);
        // Held by the write itself: it goes on where whoever waits for it does not.
        Some(tokio::task::spawn_blocking(move || {
            this.write();
            drop(writing);
        }))
    }

    /// Why the file could not be written the last time.
    pub(crate) fn error(&self) -> Option<String> {
        lock(&self.known).error.clone()
    }

    fn write(&self) {
        let Some(path) = &self.path else { return };
        let issuers = {
            let mut known = lock(&self.known);
            known.unsaved = false;
            known.issuers.clone()
        };
        let document = Document { format: FORMAT.to_owned(), issuers };
        let written = serde_json::to_vec(&document).map_err(io::Error::other);
        let written = written.and_then(|bytes| replace(path, &bytes));
        let mut known = lock(&self.known);
        known.unsaved |= written.is_err();
        known.error = written.err().map(|error| error.to_string());
    }
}

/// Of the keys that are not there now, forgets those gone for long, and those
/// gone longest, if there are many. Answers whether it forgot any.
fn forget(seen: &mut BTreeMap<String, Seen>, present: &BTreeSet<&str>, now: UnixTime) -> bool {
    let before = seen.len();
    let since = now.plus(-REMEMBERED);
    seen.retain(|thumbprint, key| present.contains(thumbprint.as_str()) || key.last_seen >= since);
    let mut gone: Vec<(UnixTime, String)> = seen
        .iter()
        .filter(|(thumbprint, _)| !present.contains(thumbprint.as_str()))
        .map(|(thumbprint, key)| (key.last_seen, thumbprint.clone()))
        .collect();
    gone.sort_unstable();
    let too_many = gone.len().saturating_sub(MAX_GONE);
    for (_, thumbprint) in gone.into_iter().take(too_many) {
        seen.remove(&thumbprint);
    }
    seen.len() != before
}

fn read(path: &Path) -> Result<BTreeMap<String, BTreeMap<String, Seen>>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.to_string()),
    };
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let document: Document = serde_json::from_slice(&bytes)
        .map_err(|error| format!("it is no key inventory: {error}; take it away to begin anew"))?;
    if document.format != FORMAT {
        return Err(format!("its format is not `{FORMAT}`"));
    }
    Ok(document.issuers)
}

/// Writes a file as a whole: it, or what was there before, and nothing between.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut options = OpenOptions::new();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    drop(file);
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // Nothing half written is left behind; if that fails too, it is overwritten.
        let _ = fs::remove_file(&beside);
    }
    replaced?;
    // The new name reaches the disk too, where folders can be opened.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()).or(Ok(())),
        None => Ok(()),
    }
}

/// A lock whose holder panicked is as good as any: what it guards is whole at any time.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use tokenward_token::Algorithm;
    use tokenward_token::mint::PrivateKey;

    use super::*;

    const ISSUER: &str = "https://idp.example";
    const DAY: i64 = 24 * 3600;

    static KEYS: LazyLock<[KeySet; 2]> = LazyLock::new(|| {
        [(); 2].map(|()| PrivateKey::generate(Algorithm::ES256).unwrap().key_set().unwrap())
    });

    fn first(inventory: &Inventory, issuer: &str, keys: &KeySet, now: i64) -> i64 {
        inventory.first_seen(issuer, keys.keys().next().unwrap(), UnixTime(now)).seconds()
    }

    #[test]
    fn keys_are_as_old_as_they_were_first_seen() {
        let inventory = Inventory::default();
        let [a, b] = &*KEYS;
        assert_eq!(first(&inventory, ISSUER, a, 1000), 1000);
        inventory.record(ISSUER, a, UnixTime(1000));
        assert_eq!(first(&inventory, ISSUER, a, 5000), 1000);
        assert_eq!(first(&inventory, ISSUER, b, 5000), 5000);
        // The same key of another issuer is another key.
        assert_eq!(first(&inventory, "https://other.example", a, 5000), 5000);
        // It goes, and comes back: it is the old one.
        inventory.record(ISSUER, b, UnixTime(6000));
        assert_eq!(first(&inventory, ISSUER, a, 7000), 1000);
        // A clock that was wrong.
        assert_eq!(first(&inventory, ISSUER, a, 500), 500);
        inventory.record(ISSUER, a, UnixTime(500));
        assert_eq!(first(&inventory, ISSUER, a, 7000), 500);
    }

    #[test]
    fn what_a_key_says_of_itself_counts_if_it_is_older() {
        let inventory = Inventory::default();
        let age = |iat: i64| {
            let keys = KEYS[0].clone().with_created(|_| Some(UnixTime(iat)));
            let dated = inventory.dated(ISSUER, keys, UnixTime(1000));
            dated.keys().next().unwrap().facts().created()
        };
        assert_eq!(age(400), Some(UnixTime(400)));
        assert_eq!(age(4000), Some(UnixTime(1000)));
    }

    #[test]
    fn shared_secrets_are_not_listed() {
        let inventory = Inventory::default();
        let secret = PrivateKey::generate(Algorithm::HS256).unwrap().key_set().unwrap();
        inventory.record(ISSUER, &secret, UnixTime(0));
        assert_eq!(lock(&inventory.known).issuers.len(), 0);
        let dated = inventory.dated(ISSUER, secret, UnixTime(0));
        assert_eq!(dated.keys().next().unwrap().facts().created(), None);
    }

    #[test]
    fn keys_gone_for_long_are_forgotten() {
        let inventory = Inventory::default();
        let [a, b] = &*KEYS;
        inventory.record(ISSUER, a, UnixTime(0));
        inventory.record(ISSUER, b, UnixTime(90 * DAY));
        assert_eq!(first(&inventory, ISSUER, a, 91 * DAY), 0);
        inventory.record(ISSUER, b, UnixTime(90 * DAY + 1));
        assert_eq!(first(&inventory, ISSUER, a, 91 * DAY), 91 * DAY);
        // One that is there is not, however long it was not written down.
        inventory.record(ISSUER, b, UnixTime(900 * DAY));
        assert_eq!(first(&inventory, ISSUER, b, 900 * DAY), 90 * DAY);
        // Those of an issuer that is gone, too.
        inventory.keep_issuers(&BTreeSet::from([ISSUER]), UnixTime(2000 * DAY));
        assert_eq!(first(&inventory, ISSUER, b, 2000 * DAY), 90 * DAY);
        inventory.keep_issuers(&BTreeSet::new(), UnixTime(989 * DAY));
        assert_eq!(first(&inventory, ISSUER, b, 2000 * DAY), 90 * DAY);
        inventory.keep_issuers(&BTreeSet::new(), UnixTime(2000 * DAY));
        assert_eq!(first(&inventory, ISSUER, b, 2000 * DAY), 2000 * DAY);
    }

    #[test]
    fn what_is_gone_is_bounded() {
        let seen = |last| Seen { first_seen: UnixTime(0), last_seen: UnixTime(last) };
        let mut all: BTreeMap<String, Seen> =
            (0..1000).map(|n| (format!("k{n}"), seen(n))).collect();
        assert!(forget(&mut all, &BTreeSet::from(["k0"]), UnixTime(1000)));
        assert_eq!(all.len(), MAX_GONE + 1);
        assert!(all.contains_key("k0") && all.contains_key("k999") && !all.contains_key("k1"));
        assert!(!forget(&mut all, &BTreeSet::from(["k0"]), UnixTime(1000)));
    }

    #[tokio::test]
    async fn the_file_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let open = || Inventory::open(Some(path.clone())).map(Arc::new);
        let inventory = open().unwrap();
        inventory.record(ISSUER, &KEYS[0], UnixTime(1000));
        inventory.save().await;
        assert_eq!(inventory.error(), None);
        assert_eq!(first(&open().unwrap(), ISSUER, &KEYS[0], 5000), 1000);
        // Nothing new, nothing written.
        fs::remove_file(&path).unwrap();
        inventory.record(ISSUER, &KEYS[0], UnixTime(1000 + 3599));
        inventory.save().await;
        assert!(!path.exists());
        inventory.record(ISSUER, &KEYS[0], UnixTime(1000 + 3600));
        inventory.save().await;
        assert_eq!(first(&open().unwrap(), ISSUER, &KEYS[0], 9000), 1000);
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(names, std::slice::from_ref(&path), "nothing is left beside it");
        for text in ["", "{}", "{\"format\":\"other/1\",\"issuers\":{}}", "{\"issuers\":{\"a\":1}}"]
        {
            fs::write(&path, text).unwrap();
            let error = open().unwrap_err();
            assert_eq!(error.code(), "inventory", "{text}: {error}");
        }
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_is_told_and_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later").join("keys.json");
        let inventory = Arc::new(Inventory::open(Some(path.clone())).unwrap());
        inventory.record(ISSUER, &KEYS[0], UnixTime(1000));
        inventory.save().await;
        assert!(inventory.error().is_some());
        fs::create_dir(folder.path().join("later")).unwrap();
        inventory.save().await;
        assert_eq!(inventory.error(), None);
        assert!(path.exists());
    }
}
