//! `tokenward serve`, as a process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::http::{Answer, ask, ask_with};
use super::programs::{Running, free_port, signal, terminate};

/// The secret of the admin listener.
pub(crate) const SECRET: &str = "an-operator-knows-this";

/// A running server, with a folder of its own.
pub(crate) struct Server {
    running: Running,
    pub(crate) folder: PathBuf,
    pub(crate) address: SocketAddr,
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// Starts it with this configuration, whose listeners and log are added here.
    pub(crate) fn start(folder: &Path, more: &str) -> Self {
        Self::start_by(folder, more, |binary| Command::new(binary))
    }

    /// One for whoever is on this machine, as without a configuration.
    pub(crate) fn open(folder: &Path) -> Self {
        Self::by(folder, &["serve"])
    }

    /// One that runs by these arguments, at ports of its own.
    pub(crate) fn by(folder: &Path, arguments: &[&str]) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let admin = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokenward"));
        command.args(arguments);
        command.args(["--listen", &address.to_string(), "--admin", &admin.to_string()]);
        Self::run(folder, command, address, admin)
    }

    /// The same, by another command that runs the binary.
    pub(crate) fn start_by(
        folder: &Path,
        more: &str,
        command: impl FnOnce(&str) -> Command,
    ) -> Self {
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let admin = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let listen = if more.contains("[listen]") {
            more.replace("[listen]", &format!("[listen]\naddress = \"{address}\""))
        } else {
            format!("[listen]\naddress = \"{address}\"\n{more}")
        };
        let config = format!(
            "[admin]\naddress = \"{admin}\"\ntoken-file = \"secret\"\nplayground = true\n\
             [log]\nlevel = \"debug\"\n{listen}"
        );
        std::fs::write(folder.join("secret"), SECRET).unwrap();
        std::fs::write(folder.join("tokenward.toml"), config).unwrap();
        let mut command = command(env!("CARGO_BIN_EXE_tokenward"));
        command.args(["serve", "--config", "tokenward.toml"]);
        Self::run(folder, command, address, admin)
    }

    /// One that ended, with the configuration that it had.
    pub(crate) fn start_as(folder: &Path, config: &str) -> Self {
        let mut addresses = config.lines().filter_map(|line| line.strip_prefix("address = "));
        let mut next = || addresses.next().unwrap().trim_matches('"').parse().unwrap();
        let (admin, address) = (next(), next());
        let mut command = Command::new(env!("CARGO_BIN_EXE_tokenward"));
        command.args(["serve", "--config", "tokenward.toml"]);
        Self::run(folder, command, address, admin)
    }

    fn run(folder: &Path, mut command: Command, address: SocketAddr, admin: SocketAddr) -> Self {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cache");
        command.current_dir(folder).env("TOKENWARD_CACHE", cache);
        let running = Running::start("tokenward", &mut command, folder.join("log")).ready(admin);
        let server = Self { running, folder: folder.to_owned(), address, admin };
        let until = Instant::now() + Duration::from_mins(2);
        // Bound before the bundle is loaded, served after it.
        while ask(admin, "GET", "/health", &[]).status != 200 {
            assert!(Instant::now() < until, "{}", server.log());
        }
        server
    }

    /// What an operator asks.
    pub(crate) fn operator(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let authorization = format!("Bearer {SECRET}");
        let headers = [("authorization", authorization.as_str())];
        ask_with(self.admin, method, target, &headers, body)
    }

    /// What a gateway that speaks forward-auth asks.
    pub(crate) fn forward_auth(&self, method: &str, uri: &str, token: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [
            ("x-forwarded-method", method),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "api.example"),
            ("x-forwarded-uri", uri),
            ("authorization", authorization.as_str()),
        ];
        ask(self.address, "GET", "/forward-auth", &headers)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.running.child, name);
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(&mut self) -> ExitStatus {
        terminate(&self.running.child);
        self.running.child.wait().unwrap()
    }
}

/// Waits until something holds.
pub(crate) fn eventually(what: &str, holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < until, "it does not come: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
