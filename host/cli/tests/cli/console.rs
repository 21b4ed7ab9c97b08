//! Pages whose console blocks are run.

use std::path::Path;
use std::process::Command;

use crate::support::World;

/// The fenced blocks of this language.
pub(crate) fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Runs the commands after `$` of a page in one folder, and compares what they print; a `…` stands
/// for whatever is there. Lines after `>` go on with a command. Answers how many commands ran.
pub(crate) fn run_console(world: &World, page: &str) -> usize {
    let mut commands = 0;
    let mut builds = None;
    for block in blocks(page, "console") {
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let mut command = line.strip_prefix("$ ").expect("a command").to_owned();
            while command.ends_with('\\') {
                command = format!("{}\n{}", command, lines.next().expect("a continued line"));
            }
            while let Some(more) = lines.next_if(|line| line.starts_with('>')) {
                let more = more.strip_prefix("> ").unwrap_or_default();
                command = format!("{command}\n{more}");
            }
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(line);
            }
            let printed = shell(world, &command);
            assert!(matches(&expected.join("\n"), printed.trim_end()), "{command}\n{printed}");
            commands += 1;
            if builds.is_none() && world.path("tenant-check/Cargo.toml").exists() {
                builds = Some(world.shares_builds("tenant-check"));
            }
        }
    }
    commands
}

fn shell(world: &World, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_tokenward"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(world.folder.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("TOKENWARD_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokenward-cache"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the text is the pattern, in which `…` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('…');
    let Some(rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    let mut rest = rest;
    for part in middle {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[test]
fn patterns() {
    assert!(matches("a…c", "abbc") && matches("a", "a") && matches("a…", "ab"));
    assert!(!matches("a…c", "abb") && !matches("a", "ab") && !matches("…b…", "aaa"));
}
