//! What goes wrong around a server, and what comes of it: it refuses, it says so, and it goes on.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Json, Object};

use super::http::{Answer, ask_on, get, try_ask};
use super::server::{Server, eventually};

/// A key, and a server that believes it.
struct World {
    folder: tempfile::TempDir,
    key: PrivateKey,
}

impl World {
    fn new() -> Self {
        let key = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("k-1").unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("idp.jwk"), key.public_jwk().unwrap()).unwrap();
        Self { folder, key }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The trust file, with the issuer's keys from there.
    fn trust(&self, keys: &str) -> &'static str {
        let trust = format!(
            "[[issuer]]\nissuer = \"https://idp.example\"\nkeys = \"{keys}\"\n\
             algorithms = [\"ES256\"]\naudiences = [\"https://api.example\"]\n"
        );
        std::fs::write(self.path().join("trust.toml"), trust).unwrap();
        "[trust]\nfile = \"trust.toml\"\ncooldown = 1\n[bundle]\nbuilt-in = \"baseline\"\n"
    }

    fn token(&self, more: &[(&str, &str)]) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let mut claims = Object::from_pairs([
            ("iss", "https://idp.example"),
            ("aud", "https://api.example"),
            ("sub", "u-1"),
        ]);
        for (name, value) in more {
            claims.set(*name, Json::from(*value));
        }
        claims.set("iat", Json::Integer(now.try_into().unwrap()));
        claims.set("exp", Json::Integer((now + 600).try_into().unwrap()));
        self.key.mint(Some("at+jwt"), &claims).unwrap()
    }
}

fn outcome(answer: &Answer) -> (u16, String) {
    (answer.status, answer.header("x-tokenward-reason"))
}

#[test]
fn without_keys_nothing_is_decided_until_they_come() {
    let world = World::new();
    // Nobody is there yet.
    let port = super::programs::free_port();
    let trust = world.trust(&format!("http://127.0.0.1:{port}/jwks"));
    let server = Server::start(world.path(), trust);
    let token = world.token(&[]);
    let answer = server.forward_auth("GET", "/orders/7", &token);
    assert_eq!(outcome(&answer), (503, "keys_unavailable".into()), "{answer:?}");
    assert_eq!(get(server.admin, "/ready").status, 503);
    assert_eq!(get(server.admin, "/health").status, 200);
    // A provider that says too much, then one that says nonsense, then the keys of today.
    let body = Arc::new(std::sync::Mutex::new("x".repeat(2 << 20)));
    serve_jwks(port, Arc::clone(&body));
    let code = || {
        server.operator("POST", "/v1/keys/refresh", b"");
        let keys = server.operator("GET", "/v1/keys", b"").json();
        keys["keys"]["issuers"][0]["error"]["code"].as_str().map(str::to_owned)
    };
    assert_eq!(code().as_deref(), Some("too_large"));
    "{\"keys\": 7".clone_into(&mut body.lock().unwrap());
    assert!(code().is_some());
    assert_eq!(server.forward_auth("GET", "/orders/7", &token).status, 503);
    let jwk = world.key.public_jwk().unwrap();
    *body.lock().unwrap() = format!("{{\"keys\":[{jwk}]}}");
    assert_eq!(code(), None);
    let answer = server.forward_auth("GET", "/orders/7", &token);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("x-tokenward-subject"), "u-1");
    assert_eq!(get(server.admin, "/ready").status, 200);
    // Another key under the same name signs nothing.
    let other = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("k-1").unwrap();
    *body.lock().unwrap() = format!("{{\"keys\":[{}]}}", other.public_jwk().unwrap());
    assert_eq!(code(), None);
    let answer = server.forward_auth("GET", "/orders/7", &token);
    assert_eq!(outcome(&answer), (401, "invalid_token".into()), "{answer:?}");
}

/// A provider that never answers delays nobody for longer than the server may take; what came of it
/// is answered and recorded, also where nobody waits for it any more.
#[test]
fn what_waits_for_keys_is_answered_in_time_and_recorded() {
    let world = World::new();
    let port = super::programs::free_port();
    let trust = world.trust(&format!("http://127.0.0.1:{port}/jwks"));
    let config =
        format!("[listen]\nrequest-timeout = 1\n[decision-log]\nfile = \"d.jsonl\"\n{trust}");
    let server = Server::start(world.path(), &config);
    // From now on, somebody is there, and says nothing.
    let silent = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::sleep(Duration::from_millis(1100)); // `cooldown`
    let token = world.token(&[]);
    let answer = server.forward_auth("GET", "/orders/7", &token);
    assert_eq!(outcome(&answer), (503, "keys_unavailable".into()), "{answer:?}");
    assert_eq!(answer.header("x-tokenward-outcome"), "fault");
    let records = || {
        let text = std::fs::read_to_string(world.path().join("d.jsonl")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        lines.collect::<Vec<serde_json::Value>>()
    };
    eventually("it is recorded", || records().len() == 1);
    assert_eq!(records()[0]["fault"], "keys_unavailable");
    // A gateway that does not wait.
    let request = format!(
        "GET /forward-auth HTTP/1.1\r\nhost: a\r\nx-forwarded-method: GET\r\n\
         x-forwarded-proto: https\r\nx-forwarded-host: api.example\r\nx-forwarded-uri: /orders/8\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    std::thread::sleep(Duration::from_millis(1100));
    let mut gateway = TcpStream::connect(server.address).unwrap();
    gateway.write_all(request.as_bytes()).unwrap();
    std::thread::sleep(Duration::from_millis(100));
    drop(gateway);
    eventually("it is recorded all the same", || records().len() == 2);
    assert_eq!(records()[1]["request"]["path"], "/orders/8");
    let metrics = server.operator("GET", "/metrics", b"").body;
    assert!(metrics.contains("reason=\"keys_unavailable\"} 2"), "{metrics}");
    drop(silent);
}

/// A JWKS at this port, as it is at the time.
fn serve_jwks(port: u16, body: Arc<std::sync::Mutex<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 2048];
            let _ = stream.read(&mut head);
            let body = body.lock().unwrap().clone();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
}

#[test]
fn no_decision_without_a_record() {
    let world = World::new();
    let trust = world.trust("idp.jwk");
    let log = "[decision-log]\nfile = \"decisions.jsonl\"\nwhen-full = \"refuse\"\n";
    // A file may grow to 64 KiB, as on a disk that is full then. What ends a process there by
    // default is ignored.
    let server = Server::start_by(world.path(), &format!("{trust}{log}"), |binary| {
        let mut command = Command::new("bash");
        command.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"", binary]);
        command
    });
    let token = world.token(&[]);
    let mut permitted = 0;
    let refused = loop {
        let answer = server.forward_auth("GET", "/orders/7", &token);
        if answer.status != 200 {
            break answer;
        }
        permitted += 1;
        assert!(permitted < 10_000, "the disk is never full");
    };
    assert_eq!(outcome(&refused), (503, "not_recorded".into()), "{refused:?}");
    assert_eq!(refused.header("x-tokenward-outcome"), "fault");
    assert_eq!(refused.header("x-tokenward-subject"), "");
    let records = std::fs::read_to_string(world.path().join("decisions.jsonl")).unwrap();
    let whole =
        records.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
    assert!(whole.count() >= permitted, "a decision without a record");
    let metrics = server.operator("GET", "/metrics", b"").body;
    assert!(metrics.contains("tokenward_decision_records_total{code=\"refused\"}"), "{metrics}");
    // There is room again.
    std::fs::rename(world.path().join("decisions.jsonl"), world.path().join("old")).unwrap();
    server.signal("HUP");
    eventually("a decision with a record", || {
        server.forward_auth("GET", "/orders/7", &token).status == 200
    });
}

#[test]
fn clients_that_stall_hold_up_nobody() {
    let world = World::new();
    let trust = world.trust("idp.jwk");
    let listen = "[listen]\nheader-timeout = 1\nrequest-timeout = 1\n";
    let server = Server::start(world.path(), &format!("{listen}{trust}"));
    let token = world.token(&[]);
    let half = |text: &[u8]| {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(text).unwrap();
        stream
    };
    // Nothing; the beginning of two protocols; half a request; a body that does not come.
    let mut stalled: Vec<TcpStream> = [
        &b""[..],
        b"P",
        b"PRI * HTTP/2.0\r\n",
        b"GET /forward-auth HTTP/1.1\r\nhost: a\r\nx-forwarded-me",
        b"POST /access/v1/evaluation HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n\
          content-length: 100\r\n\r\n{",
    ]
    .into_iter()
    .flat_map(|text| (0..20).map(|_| half(text)).collect::<Vec<_>>())
    .collect();
    assert_eq!(server.forward_auth("GET", "/orders/7", &token).status, 200);
    // Each is ended by the server.
    for stream in &mut stalled {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&rest));
    }
    eventually("no connection is left", || {
        let status = server.operator("GET", "/v1/status", b"").json();
        status["connections"][0]["open"] == 0
    });
}

#[test]
fn what_is_too_large_is_refused() {
    let world = World::new();
    let server = Server::start(world.path(), world.trust("idp.jwk"));
    let huge = "a".repeat(100_000);
    let answer = try_ask(server.address, "GET", "/forward-auth", &[("x-a", &huge)], b"");
    assert!(answer.map_or(431, |answer| answer.status) == 431);
    let answer = server.forward_auth("GET", "/orders/7", &"a".repeat(20_000));
    assert_eq!(outcome(&answer), (401, "invalid_token".into()));
    let body = vec![b' '; 2 << 20];
    let headers = [("content-type", "application/json")];
    let answer = try_ask(server.address, "POST", "/access/v1/evaluation", &headers, &body);
    assert!(answer.map_or(413, |answer| answer.status) >= 400);
    assert_eq!(server.forward_auth("GET", "/orders/7", &world.token(&[])).status, 200);
}

#[test]
fn with_few_file_descriptors_it_waits_and_goes_on() {
    let world = World::new();
    let server = Server::start_by(world.path(), world.trust("idp.jwk"), |binary| {
        let mut command = Command::new("bash");
        // Fewer than connections will come: the count of connections is bounded by it too.
        command.args(["-c", "ulimit -n 90; exec \"$0\" \"$@\"", binary]);
        command
    });
    let token = world.token(&[]);
    assert_eq!(server.forward_auth("GET", "/orders/7", &token).status, 200);
    // Those that find no place wait with the kernel, which has not room for all.
    let patience = Duration::from_millis(50);
    let many = (0..200).filter_map(|_| TcpStream::connect_timeout(&server.address, patience).ok());
    let many: Vec<TcpStream> = many.collect();
    assert!(many.len() > 16, "{}", many.len());
    // Operators have a listener of their own.
    assert_eq!(get(server.admin, "/health").status, 200);
    drop(many);
    eventually("it answers again", || {
        server.forward_auth("GET", "/orders/7", &token).status == 200
    });
}

/// What is malformed is recorded too, and an identity that is not the token's is no permit.
#[test]
fn every_refusal_is_recorded_as_what_it_is() {
    let world = World::new();
    let trust = world.trust("idp.jwk");
    std::fs::write(world.path().join("pep"), "the-first-secret-of-a-pep").unwrap();
    let server = Server::start(
        world.path(),
        &format!(
            "{trust}[decision-log]\nfile = \"d.jsonl\"\nwhen-full = \"refuse\"\n[authzen]\ntoken-file = \"pep\"\n"
        ),
    );
    let token = world.token(&[]);
    let answer = server.forward_auth("GET", "/x/../admin", &token);
    assert_eq!(outcome(&answer), (400, "path_not_plain".into()), "{answer:?}");
    let ask = |secret: &str, id: &str| {
        let body = serde_json::json!({
            "subject": { "type": "user", "id": id },
            "action": { "name": "GET" },
            "resource": { "type": "url", "id": "https://api.example/orders/7" },
            "context": { "token": token },
        });
        let authorization = format!("Bearer {secret}");
        let headers =
            [("content-type", "application/json"), ("authorization", authorization.as_str())];
        let body = body.to_string();
        super::http::ask_with(
            server.address,
            "POST",
            "/access/v1/evaluation",
            &headers,
            body.as_bytes(),
        )
    };
    let first = "the-first-secret-of-a-pep";
    assert_eq!(ask(first, "u-1").json()["decision"], true);
    let other = ask(first, "someone-else").json();
    assert_eq!(
        (&other["decision"], &other["context"]["code"]),
        (&false.into(), &"subject_mismatch".into())
    );
    let authorization = format!("Bearer {first}");
    let headers = [
        ("content-type", "application/json"),
        ("authorization", authorization.as_str()),
        ("x-request-id", "r-2"),
    ];
    let to = server.address;
    let answer = super::http::ask_with(to, "POST", "/access/v1/evaluation", &headers, b"[]");
    assert_eq!(answer.status, 400, "{answer:?}");
    // What can be read of a request that cannot be judged leads to who made it.
    let headers = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example"),
        ("x-forwarded-uri", "/x/%2e%2e/y"),
        ("x-forwarded-for", "198.51.100.1, 203.0.113.9:4711"),
        ("x-request-id", "r-3"),
    ];
    assert_eq!(super::http::ask(to, "GET", "/forward-auth", &headers).status, 400);
    // Numbers, outcomes and codes of what was said.
    let records = std::fs::read_to_string(world.path().join("d.jsonl")).unwrap();
    let said: Vec<String> = records
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {} {}", record["outcome"], record["status"], record["reasons"])
        })
        .collect();
    assert_eq!(
        said,
        [
            r#""deny" 400 ["path_not_plain"]"#,
            r#""permit" 200 []"#,
            r#""deny" 403 ["subject_mismatch"]"#,
            r#""deny" 400 ["member_type"]"#,
            r#""deny" 400 ["path_not_plain"]"#,
        ]
    );
    let record = |line: usize| -> serde_json::Value {
        serde_json::from_str(records.lines().nth(line).unwrap()).unwrap()
    };
    assert_eq!(record(3)["request"]["id"], "r-2");
    assert_eq!(record(4)["request"]["id"], "r-3");
    assert_eq!(record(4)["request"]["client-address"], "203.0.113.9");
    assert_eq!(record(4)["bundle"]["name"], "baseline");
    let metrics = server.operator("GET", "/metrics", b"").body;
    for (reason, times) in
        [("path_not_plain", 2), ("subject_mismatch", 1), ("member_type", 1), ("none", 1)]
    {
        let counted = format!("reason=\"{reason}\"}} {times}");
        assert!(metrics.contains(&counted), "{reason}: {metrics}");
    }
    // A secret that is replaced is good for nothing.
    std::fs::write(world.path().join("pep"), "another-secret-of-the-pep").unwrap();
    server.signal("HUP");
    eventually("the secret is read again", || ask(first, "u-1").status == 401);
    assert_eq!(ask("another-secret-of-the-pep", "u-1").status, 200);
}

/// Under load, every request that was sent before the end is answered.
#[test]
fn no_request_is_lost_at_the_end() {
    let world = World::new();
    let trust = world.trust("idp.jwk");
    let mut server = Server::start(world.path(), &format!("[listen]\nsettle = 1\n{trust}"));
    let token = world.token(&[]);
    let request = format!(
        "GET /forward-auth HTTP/1.1\r\nhost: a\r\nx-forwarded-method: GET\r\n\
         x-forwarded-proto: https\r\nx-forwarded-host: api.example\r\nx-forwarded-uri: /orders/7\r\n\
         authorization: Bearer {token}\r\n\r\n"
    );
    let (answered, lost) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let ended = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (answered, lost, ended) =
                (Arc::clone(&answered), Arc::clone(&lost), Arc::clone(&ended));
            let (request, address) = (request.clone(), server.address);
            std::thread::spawn(move || client(address, &request, &answered, &lost, &ended))
        })
        .collect();
    eventually("there is load", || answered.load(Ordering::Relaxed) > 500);
    let status = server.end();
    ended.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().unwrap();
    }
    assert!(status.success(), "{status}\n{}", server.log());
    assert_eq!(lost.load(Ordering::Relaxed), 0, "of {}", answered.load(Ordering::Relaxed));
}

/// Asks again and again, on a connection for as long as the server keeps it.
fn client(
    address: SocketAddr,
    request: &str,
    answered: &AtomicU64,
    lost: &AtomicU64,
    ended: &AtomicBool,
) {
    while !ended.load(Ordering::Relaxed) {
        // Nobody is there any more: nothing was sent.
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        loop {
            let Ok(answer) = ask_on(&mut stream, request.as_bytes()) else {
                lost.fetch_add(1, Ordering::Relaxed);
                return;
            };
            assert_eq!(answer.status, 200, "{answer:?}");
            answered.fetch_add(1, Ordering::Relaxed);
            if answer.header("connection") == "close" {
                break;
            }
        }
    }
}

#[test]
fn files_are_read_again_on_demand() {
    let world = World::new();
    let server = Server::start(world.path(), world.trust("idp.jwk"));
    let token = world.token(&[]);
    assert_eq!(server.forward_auth("GET", "/orders/7", &token).status, 200);
    let other = PrivateKey::generate(Algorithm::ES256).unwrap().with_kid("k-2").unwrap();
    std::fs::write(world.path().join("idp.jwk"), other.public_jwk().unwrap()).unwrap();
    server.signal("HUP");
    eventually("the key is gone", || server.forward_auth("GET", "/orders/7", &token).status == 401);
    // What is not accepted changes nothing.
    std::fs::write(world.path().join("trust.toml"), "[[issuer]]\nissuer = 7\n").unwrap();
    server.signal("HUP");
    eventually("it is told", || server.log().contains("it cannot be read again"));
    assert_eq!(server.forward_auth("GET", "/orders/7", &token).status, 401);
    assert_eq!(get(server.admin, "/ready").status, 200);
}

#[test]
fn operators_are_known_and_others_are_not() {
    let world = World::new();
    let server = Server::start(world.path(), world.trust("idp.jwk"));
    for target in ["/metrics", "/v1/status", "/v1/config", "/v1/keys", "/playground/options"] {
        assert_eq!(get(server.admin, target).status, 401, "{target}");
        assert_eq!(server.operator("GET", target, b"").status, 200, "{target}");
    }
    assert_eq!(
        server.operator("POST", "/v1/bundle/activate", b"x").json()["error"]["code"],
        "not_shipped"
    );
    assert_eq!(server.operator("GET", "/nothing", b"").status, 404);
    assert_eq!(server.operator("DELETE", "/v1/keys", b"").status, 405);
    // Nothing of an operator's is at the other listener.
    assert_eq!(get(server.address, "/metrics").status, 404);
    assert_eq!(get(server.address, "/v1/status").status, 404);
}

/// The README's command, at ports of this test.
#[test]
fn the_readmes_command_serves() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, after) = readme.split_once("<!-- serve -->\n```sh\n").unwrap();
    let line = after.lines().next().unwrap();
    let arguments: Vec<&str> = line.split(' ').collect();
    assert_eq!(arguments.first(), Some(&"tokenward"), "{line}");
    let world = World::new();
    world.trust("idp.jwk");
    let server = Server::by(world.path(), &arguments[1..]);
    let answer = server.forward_auth("GET", "/orders/7", &world.token(&[]));
    assert_eq!(answer.status, 200, "{answer:?}");
    let denied = server.forward_auth("GET", "/orders/7", &world.token(&[("email", "a@b.example")]));
    assert_eq!(denied.status, 403, "{denied:?}");
}
