//! `tokenward test --watch`: runs again when something changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use anyhow::bail;

use super::subject::{Subject, sources_of};
use super::{report, words};
use crate::args::TestArgs;
use crate::exit::Exit;
use crate::output::Output;
use crate::problem;

/// How long it waits between two looks at the files.
const PAUSE: Duration = Duration::from_millis(250);

/// What can be seen of a file from outside: when it changed, and its size. A
/// folder also has the names in it.
#[derive(Debug, PartialEq, Eq)]
struct Sign {
    path: PathBuf,
    seen: Option<(Option<SystemTime>, u64)>,
    names: Vec<PathBuf>,
}

/// Runs until the process is ended, by Ctrl-C.
pub(crate) fn run(args: &TestArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut known: Vec<PathBuf> = Vec::new();
    loop {
        // Taken before the files are read: what changes meanwhile runs again.
        let mut before = signs(&known);
        match Subject::open(&args.bundle, &args.run.cases, &args.vouch, output) {
            Err(error) => {
                let places = signs(&sources_of(&args.bundle, &args.run.cases));
                if !places.iter().any(|sign| sign.seen.is_some()) {
                    return Err(error);
                }
                before.extend(places);
                output.error(&problem::sentence(&error));
            }
            Ok(subject) => {
                let new = subject.sources.iter().filter(|path| !known.contains(path)).cloned();
                let new: Vec<_> = new.collect();
                before.extend(signs(&new));
                known.extend(new);
                if known.is_empty() {
                    bail!("nothing to watch: `{}` and its cases are built in", args.bundle);
                }
                match report(&args.run, subject, output)
                    .and_then(|report| words(&args.run, &report))
                {
                    Ok(text) => output.print(&text)?,
                    Err(error) => output.error(&problem::sentence(&error)),
                }
            }
        }
        output.note("waiting for a change; Ctrl-C ends");
        wait(&before);
        output.note("");
    }
}

/// Waits until something looks otherwise.
fn wait(before: &[Sign]) {
    let paths: Vec<_> = before.iter().map(|sign| sign.path.clone()).collect();
    while signs(&paths) == before {
        sleep(PAUSE);
    }
}

fn signs(paths: &[PathBuf]) -> Vec<Sign> {
    paths.iter().map(|path| sign(path)).collect()
}

fn sign(path: &Path) -> Sign {
    let metadata = fs::metadata(path).ok();
    let is_folder = metadata.as_ref().is_some_and(fs::Metadata::is_dir);
    let mut names: Vec<_> = if is_folder {
        let entries = fs::read_dir(path).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
    } else {
        Vec::new()
    };
    names.sort();
    Sign {
        path: path.to_owned(),
        seen: metadata.map(|metadata| (metadata.modified().ok(), metadata.len())),
        names,
    }
}
