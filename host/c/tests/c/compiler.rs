//! The C compiler, and the library that the programs are linked with.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// Whether a sanitizer looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    Plain,
    Sanitized,
}

/// What the compiler makes of a source file.
pub(crate) struct Program {
    pub(crate) file: PathBuf,
}

/// Says that something is missing: a failure where CI runs.
pub(crate) fn missing(what: &str) {
    let in_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(!in_ci, "{what} is missing");
    eprintln!("not run: {what} is missing");
}

/// A folder with the shared library, under the name by which it is linked and the one by which it is
/// loaded; none, and a message, where the system has no such libraries as these tests know.
pub(crate) fn library_folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            if !cfg!(target_os = "linux") {
                missing("a shared library of Linux");
                return None;
            }
            let library = built("libtokenward_c.so");
            let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("c-library");
            std::fs::create_dir_all(&folder).unwrap();
            for name in ["libtokenward_c.so".to_owned(), format!("libtokenward_c.so.{}", abi())] {
                let link = folder.join(name);
                if std::fs::read_link(&link).ok().as_ref() != Some(&library) {
                    let _ = std::fs::remove_file(&link);
                    std::os::unix::fs::symlink(&library, link).unwrap();
                }
            }
            Some(folder)
        })
        .as_deref()
}

/// A library that this build made: Cargo builds all kinds of a library before its tests, and puts them
/// beside the test, or with a root package also in the folder above. The newest is of this build.
pub(crate) fn built(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folders = test.ancestors().skip(1).take(2);
    let found = folders.map(|folder| folder.join(name)).filter(|path| path.is_file());
    let newest = found.max_by_key(|path| path.metadata().and_then(|data| data.modified()).unwrap());
    newest.unwrap_or_else(|| panic!("`{name}` lies neither beside {} nor above", test.display()))
}

/// `TOKENWARD_ABI_VERSION`, by the header.
fn abi() -> String {
    let header = std::fs::read_to_string(package().join("include/tokenward.h")).unwrap();
    let mut lines = header.lines();
    let line = lines.find_map(|line| line.strip_prefix("#define TOKENWARD_ABI_VERSION "));
    line.unwrap().trim().to_owned()
}

pub(crate) fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A compiler that can build programs so; none, and a message, where there is none.
pub(crate) fn compiler(build: Build) -> Option<&'static str> {
    static PLAIN: OnceLock<Option<&str>> = OnceLock::new();
    static SANITIZED: OnceLock<Option<&str>> = OnceLock::new();
    let (place, what) = match build {
        Build::Plain => (&PLAIN, "a C compiler (`cc` or `clang`)"),
        Build::Sanitized => (&SANITIZED, "a C compiler with address and undefined sanitizers"),
    };
    *place.get_or_init(|| {
        let works = |compiler: &&str| {
            let folder = tempfile::tempdir().unwrap();
            let source = folder.path().join("a.c");
            std::fs::write(&source, "int main(void) { return 0; }\n").unwrap();
            let program = folder.path().join("a");
            let mut command = Command::new(compiler);
            command.arg(&source).arg("-o").arg(&program).args(flags(build));
            command.output().is_ok_and(|ran| ran.status.success())
                && Command::new(&program).status().is_ok_and(|status| status.success())
        };
        let found = ["cc", "clang", "gcc"].into_iter().find(works);
        if found.is_none() {
            missing(what);
        }
        found
    })
}

fn flags(build: Build) -> &'static [&'static str] {
    match build {
        Build::Plain => &["-O1"],
        Build::Sanitized => {
            &["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
        }
    }
}

impl Program {
    /// Compiles and links a file of this package with the shared library; fails on any warning.
    pub(crate) fn build(source: &str, build: Build, into: &Path) -> Option<Self> {
        let (compiler, library) = (compiler(build)?, library_folder()?);
        // A sanitizer's frames are larger, and its own.
        let stack = if build == Build::Plain { 512 << 10 } else { 4 << 20 };
        let mut command = Command::new(compiler);
        command
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic"])
            .args(flags(build))
            .arg(format!("-DEXPECTED_VERSION=\"{}\"", env!("CARGO_PKG_VERSION")))
            .arg(format!("-DLIBRARY=\"{}\"", library.join("libtokenward_c.so").display()))
            .arg(format!("-DSTACK_SIZE={stack}"))
            .arg("-I")
            .arg(package().join("include"))
            .arg(package().join(source))
            .arg("-L")
            .arg(library)
            .args(["-ltokenward_c", "-pthread", "-ldl"])
            .arg(format!("-Wl,-rpath,{}", library.display()));
        Some(Self::of(command, source, into))
    }

    /// Runs a compiler's command, which lacks the name of the program.
    pub(crate) fn of(mut command: Command, source: &str, into: &Path) -> Self {
        let name = Path::new(source).file_stem().unwrap();
        let file = into.join(name);
        let ran = command.arg("-o").arg(&file).output().unwrap();
        assert!(
            ran.status.success() && ran.stderr.is_empty(),
            "{command:?}: {}",
            String::from_utf8_lossy(&ran.stderr)
        );
        Self { file }
    }

    /// Runs it.
    pub(crate) fn run(&self, arguments: &[OsString]) -> Output {
        Command::new(&self.file)
            .args(arguments)
            .env("ASAN_OPTIONS", "detect_leaks=1:detect_stack_use_after_return=1")
            .env("UBSAN_OPTIONS", "print_stacktrace=1")
            .output()
            .unwrap()
    }
}
