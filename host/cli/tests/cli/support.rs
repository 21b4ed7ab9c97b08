//! A folder with a key and what it signs, and the command run in it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokenward::json::{JsonLimits, parse_strict};
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Json, Object};

/// The moment at which tokens of [`World::token`] are checked.
pub(crate) const NOW: i64 = 1_800_000_000;
/// The same, as an argument.
pub(crate) const NOW_TEXT: &str = "1800000000";

/// A folder with the key `idp.public.jwk`.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) key: PrivateKey,
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = PrivateKey::generate(Algorithm::ES256).unwrap();
        let world = Self { folder, key };
        world.write("idp.public.jwk", world.key.public_jwk().unwrap());
        world
    }

    /// A folder for policies in Rust that are called `name`, which compile the SDK's dependencies once
    /// for all tests: the first takes half a minute, the others wait for it.
    pub(crate) fn shares_builds(&self, name: &str) -> MutexGuard<'static, ()> {
        static ONE: Mutex<()> = Mutex::new(());
        static FOLDER: OnceLock<PathBuf> = OnceLock::new();
        // Policies of one name have one output: one test after the other.
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = FOLDER.get_or_init(|| {
            let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("policies");
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).unwrap();
            folder
        });
        let target = self.path(name).join("target");
        std::fs::create_dir_all(&target).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder, target.join("tokenward")).unwrap();
        #[cfg(not(unix))]
        let _ = folder; // each for itself
        guard
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A token with these claims, issued a minute before [`NOW`], for 15 minutes.
    pub(crate) fn token(&self, claims: &str) -> String {
        let mut claims = object(claims);
        for (name, time) in [("iat", NOW - 60), ("exp", NOW + 840)] {
            if !claims.contains(name) {
                claims.set(name, Json::Integer(time));
            }
        }
        self.key.mint(None, &claims).unwrap()
    }

    /// A bundle in the folder `name` of these `[[policy]]` tables.
    pub(crate) fn bundle(&self, name: &str, policies: &str) {
        let head = format!("name='{name}'\nversion='1.2.3'\ntitle='A test'\n");
        self.write(&format!("{name}/bundle.toml"), head + policies);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "", &[])
    }

    /// `tokenward check` of a token at [`NOW`], by the key.
    pub(crate) fn check(&self, token: &str, arguments: &[&str]) -> Ran {
        let mut all = vec!["check", "--key", "idp.public.jwk", "--now", NOW_TEXT];
        all.extend(arguments);
        self.run_with(&all, token, &[])
    }

    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        input: &str,
        environment: &[(&str, &str)],
    ) -> Ran {
        let mut child = command(self.folder.path())
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that does not read its input may be gone by now.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The command, with a cache that all tests share.
pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tokenward"));
    command
        .current_dir(folder)
        .env("TOKENWARD_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokenward-cache"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

pub(crate) fn object(text: &str) -> Object {
    let json = parse_strict(text.as_bytes(), &JsonLimits::default()).unwrap();
    json.as_object().unwrap().clone()
}

impl Ran {
    /// Fails unless the run ended so, and its output holds all of these.
    #[track_caller]
    pub(crate) fn expect(self, code: i32, parts: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        for part in parts {
            assert!(self.out.contains(part), "`{part}` is not in {self:#?}");
        }
        assert!(!self.out.contains('\u{1b}'), "colour without a terminal: {self:?}");
        self
    }

    /// Fails unless it is a usage or configuration error that says this in one line.
    #[track_caller]
    pub(crate) fn expect_error(self, parts: &[&str]) -> Self {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{self:#?}");
        let sentence = self.err.strip_prefix("error: ").unwrap_or_else(|| panic!("{self:#?}"));
        assert_eq!(sentence.matches('\n').count(), 1, "{self:#?}");
        assert!(!sentence.trim_end().ends_with('.'), "{self:#?}");
        for part in parts {
            assert!(sentence.contains(part), "`{part}` is not in {self:#?}");
        }
        self
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}
