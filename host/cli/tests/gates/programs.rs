//! Programs that tests need: found, started, and ended.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// A program that ends with the test.
pub(crate) struct Running {
    pub(crate) child: Child,
    name: String,
    log: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return;
        }
        // By its own number, and only this one.
        terminate(&self.child);
        let until = Instant::now() + Duration::from_secs(5);
        while Instant::now() < until {
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends SIGTERM.
pub(crate) fn terminate(child: &Child) {
    signal(child, "TERM");
}

pub(crate) fn signal(child: &Child, name: &str) {
    let number = child.id().to_string();
    let _ = Command::new("kill").args([&format!("-{name}"), number.as_str()]).status();
}

impl Running {
    /// Starts it; what it prints goes to this file.
    pub(crate) fn start(name: &str, command: &mut Command, log: PathBuf) -> Self {
        let file = File::options().append(true).create(true).open(&log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.stdin(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { child, name: name.to_owned(), log }
    }

    /// Waits until something listens there.
    pub(crate) fn ready(mut self, address: SocketAddr) -> Self {
        let until = Instant::now() + Duration::from_mins(1);
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            if let Some(status) = self.child.try_wait().unwrap() {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                panic!("{} ended with {status}\n{log}", self.name);
            }
            assert!(Instant::now() < until, "{} does not listen", self.name);
            std::thread::sleep(Duration::from_millis(20));
        }
        self
    }
}

/// A port on loopback that nothing listens at, and that no connection is given by chance: below those
/// that the system gives away.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = 20_000 + u16::try_from(std::process::id() % 1000).unwrap() * 10;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(port < 32_000, "no port is free");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The program, or why there is none. With `CI=true` a program that is missing is a failure.
pub(crate) fn find(name: &str, from: &str) -> Option<PathBuf> {
    let variable = format!("TOKENWARD_{}", name.to_uppercase());
    let named = std::env::var_os(&variable).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    let mut all = named.into_iter().chain(folders.map(|folder| folder.join(name)));
    let found = all.find(|program| program.is_file());
    if found.is_none() {
        let message = format!("`{name}` is missing ({from}); `{variable}` can name it");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{message}");
        eprintln!("not run: {message}");
    }
    found
}

/// The example of a gateway, with the ports of this test.
pub(crate) fn example(name: &str, replace: &[(&str, &str)]) -> String {
    let file = examples().join(name);
    let mut text = std::fs::read_to_string(&file).unwrap();
    for (from, to) in replace {
        assert!(text.contains(from), "`{from}` is not in `{name}`");
        text = text.replace(from, to);
    }
    text
}

pub(crate) fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gateway/examples")
}
