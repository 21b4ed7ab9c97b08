//! The playground in a real browser.

use std::process::Command;

use super::programs::find;
use super::provider::packages;
use super::server::Server;

#[test]
fn the_playground_in_a_browser() {
    let Some(chromium) = find("chromium", "Debian's `chromium`") else { return };
    let Some(node) = find("node", "Debian's `nodejs`") else { return };
    let files = [
        "browser.mjs",
        "hostile.mjs",
        "look.mjs",
        "page.test.mjs",
        "package.json",
        "package-lock.json",
    ];
    let Some(tests) = packages("playground", &files) else { return };
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("open")).unwrap();
    let server = Server::open(&folder.path().join("open"));
    let ran = Command::new(node)
        .args(["--test", "page.test.mjs"])
        .current_dir(&tests)
        .env("PLAYGROUND_URL", format!("http://{}", server.admin))
        .env("CHROMIUM", chromium)
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}
