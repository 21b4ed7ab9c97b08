//! Sources: what they give, and when they give it again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenward_activation::{
    Activator, Fetched, FileSource, FolderSource, HttpSource, Source, Switch, Verification, Watch,
};

use crate::support::{CASE, Server, World, answer, engine, write};

#[test]
fn a_file_is_read_when_it_changes() {
    let world = World::new();
    let path = world.folder.path().join("acme.bundle");
    write(&path, &world.signed("1.0.0"));
    let mut source = FileSource::new(&path);
    let activator = world.start(Some(&mut source)).unwrap();
    assert_eq!(source.fetch().unwrap(), Fetched::Unchanged);
    write(&path, b"half");
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "not-a-bundle");
    write(&path, &world.signed("1.10.0"));
    assert!(matches!(activator.poll(&mut source), Ok(Switch::Active(_))));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "source-unreachable");
    assert_eq!(activator.authorizer().active().version, "1.10.0");
    let status = activator.status();
    let of_source = &status.sources[source.name()];
    assert!(of_source.failures == 1 && of_source.error.is_some() && of_source.answered.is_some());
}

#[test]
fn of_a_folder_the_latest_version_counts() {
    let world = World::new();
    let folder = world.folder.path().join("drop");
    write(&folder.join("a.bundle"), &world.signed("1.9.0"));
    write(&folder.join("b.bundle"), &world.signed("1.10.0"));
    write(&folder.join("c.bundle"), b"half written");
    write(&folder.join("notes.txt"), b"");
    let mut source = FolderSource::new(&folder);
    let activator = world.start(Some(&mut source)).unwrap();
    assert_eq!(activator.authorizer().active().version, "1.10.0");
    assert_eq!(source.fetch().unwrap(), Fetched::Unchanged);
    write(&folder.join("c.bundle"), &world.signed("2.0.0"));
    activator.poll(&mut source).unwrap();
    assert_eq!(activator.authorizer().active().version, "2.0.0");
    let empty = world.folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    assert_eq!(FolderSource::new(&empty).fetch().unwrap(), Fetched::Unchanged);
}

#[test]
fn a_folder_that_is_worked_on_is_packed_where_nothing_is_verified() {
    let world = World::new();
    let folder = world.folder.path().join("acme");
    let manifest = |version: &str| {
        format!("name='acme'\nversion='{version}'\ntitle='A'\n[[policy]]\nmodule='transport'\n")
    };
    write(&folder.join("bundle.toml"), manifest("1.0.0").as_bytes());
    write(&folder.join("cases/own.toml"), CASE.as_bytes());
    let mut source = FolderSource::new(&folder);
    assert_eq!(world.start(Some(&mut source)).unwrap_err().code(), "unsigned");
    source.forget();
    let builder = Activator::builder(world.store(), Verification::Unsigned);
    let builder = builder.engine(engine());
    let activator = builder.start(&world.trust(), Some(&mut source)).unwrap();
    assert!(activator.status().signed_by.is_empty());
    write(&folder.join("bundle.toml"), manifest("1.0.1").as_bytes());
    write(&folder.join("cases/own.toml"), CASE.replace("old-tls", "no-such-rule").as_bytes());
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "cases-malformed");
    write(&folder.join("cases/own.toml"), CASE.as_bytes());
    activator.poll(&mut source).unwrap();
    assert_eq!(activator.authorizer().active().version, "1.0.1");
    write(&folder.join("bundle.toml"), b"name=");
    assert_eq!(activator.poll(&mut source).unwrap_err().code(), "source-folder");
}

#[test]
fn a_server_is_asked_with_the_tag_that_it_gave() {
    let world = World::new();
    let bytes = world.signed("1.0.0");
    let server = Server::new(move |request| {
        if request.iter().any(|line| line == "if-none-match: \"one\"") {
            return answer("304 Not Modified", "", b"");
        }
        answer("200 OK", "etag: \"one\"\r\n", &bytes)
    });
    let source = HttpSource::with_authorization(&server.url("/acme.bundle"), "Bearer S3CRET");
    let mut source = source.unwrap().long_poll(Duration::from_secs(7));
    assert!(!source.waits());
    let activator = world.start(Some(&mut source)).unwrap();
    assert!(source.waits());
    assert_eq!(source.fetch().unwrap(), Fetched::Unchanged);
    source.forget();
    assert!(matches!(activator.poll(&mut source), Ok(Switch::AlreadyActive)));
    let requests = server.requests.lock().unwrap().clone();
    let has = |request: usize, line: &str| requests[request].iter().any(|other| other == line);
    assert_eq!(requests.len(), 3);
    assert!(has(0, "get /acme.bundle http/1.1") && has(0, "authorization: bearer s3cret"));
    assert!(!has(0, "prefer: wait=7") && has(1, "prefer: wait=7"));
    assert!(has(1, "if-none-match: \"one\"") && !has(2, "if-none-match: \"one\""));
    assert!(!format!("{source:?}").contains("S3CRET"));
    let same = format!("location: {}\r\n", server.url("/moved"));
    let next = world.signed("1.1.0");
    server.answers(move |request| {
        if request[0].contains("/moved") {
            return answer("200 OK", "", &next);
        }
        answer("307 Temporary Redirect", &same, b"")
    });
    activator.poll(&mut source).unwrap();
    assert_eq!(activator.authorizer().active().version, "1.1.0");
}

#[test]
fn a_source_is_followed() {
    let world = World::new();
    let path = world.folder.path().join("acme.bundle");
    write(&path, &world.signed("1.0.0"));
    let mut first = FileSource::new(&path);
    let activator = world.start(Some(&mut first)).unwrap();
    let every = Duration::from_millis(5);
    let watch = Watch { every, at_most: every };
    let watching = activator.watch(Box::new(FileSource::new(&path)), watch).unwrap();
    write(&path.with_extension("new"), &world.signed("1.0.10"));
    std::fs::rename(path.with_extension("new"), &path).unwrap();
    until("1.0.10", &activator);
    drop(watching);
    assert_eq!(Arc::strong_count(&activator), 1, "the thread is gone");
}

fn until(version: &str, activator: &Activator) {
    let started = Instant::now();
    while activator.authorizer().active().version != version {
        assert!(started.elapsed() < Duration::from_secs(30), "{:?}", activator.status());
        std::thread::sleep(Duration::from_millis(2));
    }
}
