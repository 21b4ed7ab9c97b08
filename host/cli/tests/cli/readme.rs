//! The README shows what happens: its console blocks are run, its manifest and
//! trust file are read, and its example is the one that compiles.

use std::path::Path;
use std::process::Command;

use crate::support::World;

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap()
}

/// The fenced blocks of this language.
fn blocks(language: &str) -> Vec<String> {
    let (text, fence) = (readme(), format!("```{language}\n"));
    let blocks = text.split(&fence).skip(1);
    blocks.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Runs the commands after `$` in one folder, and compares what they print; a
/// `…` stands for whatever is there.
#[test]
fn what_the_console_shows_is_what_happens() {
    let world = World::new();
    let mut commands = 0;
    for block in blocks("console") {
        let mut lines = block.lines().peekable();
        while let Some(line) = lines.next() {
            let mut command = line.strip_prefix("$ ").expect("a command").to_owned();
            while command.ends_with('\\') {
                command = format!("{}\n{}", command, lines.next().expect("a continued line"));
            }
            let mut expected = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                expected.push(line);
            }
            let printed = shell(&world, &command);
            assert!(matches(&expected.join("\n"), printed.trim_end()), "{command}\n{printed}");
            commands += 1;
        }
    }
    assert!(commands >= 4, "{commands} commands");
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

#[test]
fn the_bundle_and_the_trust_file_are_read() {
    let world = World::new();
    let toml = blocks("toml");
    let [trust, bundle] = toml.as_slice() else { panic!("{} blocks of TOML", toml.len()) };
    world.write("trust.toml", trust);
    let keys = std::fs::read_to_string(world.path("idp.public.jwk")).unwrap();
    world.write("idp.jwks.json", keys);
    world.write("acme/bundle.toml", bundle);
    let token = world.token(
        r#"{"iss":"https://idp.example","aud":"https://api.example","sub":"u","client_id":"c",
            "jti":"1","scope":"orders:read"}"#,
    );
    let arguments = ["check", "--trust", "trust.toml", "--bundle", "acme", "--now", "1800000000"];
    let request = ["--request", "GET https://api.example/orders/7"];
    let ran = world.run_with(&[&arguments[..], &request[..]].concat(), &token, &[]);
    // It is signed and trusted, and not of the profile: `typ` is not `at+jwt`.
    assert!(ran.out.contains("typ_not_allowed"), "{ran:?}");
    world.write("trust.toml", trust.replace("\"rfc9068\" ", "\"jwt\" "));
    let ran = world.run_with(&[&arguments[..], &request[..]].concat(), &token, &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn the_example_is_the_one_that_compiles() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tokenward/examples/axum.rs");
    let example = std::fs::read_to_string(folder).unwrap();
    assert!(blocks("rust").iter().any(|block| block.trim() == example.trim()));
}
