//! Where compiled policies are kept between two runs.

use std::env;
use std::path::{Path, PathBuf};

use tokenward::{CompilationCache, EngineConfig};
use tokenward_engine::Compilation;

/// Names the folder, or says `off`.
const VARIABLE: &str = "TOKENWARD_CACHE";

/// Whether compiled policies are kept, as the arguments say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CacheWish {
    /// Where that is possible.
    Keep,
    /// Not in this run.
    Off,
}

/// The cache of this run. A run without one is slower, and otherwise the same.
pub(crate) enum Cache {
    /// Compiled policies are kept in a folder.
    Kept(CompilationCache, PathBuf),
    /// They are not, because of this.
    None(String),
}

impl Cache {
    /// Opens the cache, or says why there is none.
    pub(crate) fn open(wish: CacheWish) -> Self {
        if wish == CacheWish::Off {
            return Self::None("off, by --no-cache".into());
        }
        let folder = match env::var_os(VARIABLE) {
            Some(value) if value == "off" => {
                return Self::None(format!("off, by {VARIABLE}"));
            }
            Some(folder) if !folder.is_empty() => PathBuf::from(folder),
            _ => match default_folder() {
                Some(folder) => folder,
                None => return Self::None(format!("none: no home folder; {VARIABLE} names one")),
            },
        };
        match CompilationCache::in_folder(&folder) {
            Ok(cache) => Self::Kept(cache, folder),
            Err(error) => Self::None(format!("none: {error}")),
        }
    }

    /// An engine for one answer, with this cache: policies run a few times, so that they are
    /// compiled fast rather than well.
    pub(crate) fn engine(&self) -> EngineConfig {
        let cache = match self {
            Self::Kept(cache, _) => Some(cache.clone()),
            Self::None(_) => None,
        };
        EngineConfig { cache, compilation: Compilation::Quick, ..EngineConfig::one_shot() }
    }

    /// In words.
    pub(crate) fn in_words(&self) -> String {
        match self {
            Self::Kept(_, folder) => folder.display().to_string(),
            Self::None(why) => why.clone(),
        }
    }
}

/// The user's cache folder, by the habits of the system.
fn default_folder() -> Option<PathBuf> {
    // The XDG specification has relative paths ignored.
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    };
    base.as_deref().map(|base: &Path| base.join("tokenward"))
}
