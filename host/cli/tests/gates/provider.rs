//! The OpenID provider.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use super::http::ask_with;
use super::programs::find;

/// A running `oidc-provider`. It ends when its input does.
pub(crate) struct Provider {
    child: Child,
    answers: BufReader<ChildStdout>,
    pub(crate) address: SocketAddr,
    pub(crate) issuer: String,
}

impl Provider {
    /// Starts it, if Node.js is there, and its packages can be had.
    pub(crate) fn start() -> Option<Self> {
        let node = find("node", "Debian's `nodejs`")?;
        let script = installed()?.join("oidc-provider.mjs");
        let mut child = Command::new(node)
            .arg(script)
            .arg("0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let port: u16 = line.split(' ').nth(1).unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        Some(Self { child, answers, address, issuer: format!("http://{address}") })
    }

    /// Has it do something: `rotate`, `drop`, `down`, `up`.
    pub(crate) fn tell(&mut self, command: &str) -> String {
        let input = self.child.stdin.as_mut().unwrap();
        writeln!(input, "{command}").unwrap();
        input.flush().unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// A token by client credentials.
    pub(crate) fn token(&self, client: &str, scope: &str) -> String {
        let scope = scope.replace(':', "%3A").replace(' ', "+");
        let form = format!(
            "grant_type=client_credentials&client_id={client}&client_secret={client}-secret&scope={scope}"
        );
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer = ask_with(self.address, "POST", "/token", &headers, form.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The provider's folder, with its packages: they are installed once.
fn installed() -> Option<PathBuf> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER
        .get_or_init(|| {
            packages("provider", &["oidc-provider.mjs", "package.json", "package-lock.json"])
        })
        .clone()
}

/// A folder of the gateway's tests beside what is built, with the packages that it locks.
pub(crate) fn packages(name: &str, files: &[&str]) -> Option<PathBuf> {
    let npm = find("npm", "Debian's `npm`")?;
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/tests").join(name);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let lock = std::fs::read(from.join("package-lock.json")).unwrap();
    let is_there = std::fs::read(folder.join("installed.json")).is_ok_and(|there| there == lock);
    for file in files {
        std::fs::copy(from.join(file), folder.join(file)).unwrap();
    }
    if !is_there {
        let done = Command::new(npm)
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert!(done.status.success(), "npm ci: {}", String::from_utf8_lossy(&done.stderr));
        std::fs::write(folder.join("installed.json"), lock).unwrap();
    }
    Some(folder)
}
