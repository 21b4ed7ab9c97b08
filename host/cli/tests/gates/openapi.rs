//! The OpenAPI document says what the server answers.

use serde_json::{Value, json};

use super::http::{Answer, ask, ask_with, get};
use super::server::Server;

struct Document(Value);

impl Document {
    /// The schema of an answer, as the document has it.
    fn schema(&self, path: &str, method: &str, status: u16) -> Option<Value> {
        let operation = &self.0["paths"][path][method];
        assert!(operation.is_object(), "{method} {path} is not documented");
        let mut response = &operation["responses"][status.to_string()];
        assert!(response.is_object(), "{method} {path}: {status} is not documented");
        if let Some(name) = response["$ref"].as_str() {
            response = self.0.pointer(name.trim_start_matches('#')).unwrap();
        }
        let content = response["content"].as_object()?.values().next()?;
        Some(content["schema"].clone())
    }

    fn check(&self, path: &str, method: &str, answer: &Answer) {
        let Some(mut schema) = self.schema(path, method, answer.status) else { return };
        if schema == json!({ "type": "string" }) {
            return;
        }
        schema["components"] = self.0["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let body = answer.json();
        let errors: Vec<String> = validator.iter_errors(&body).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{method} {path}: {errors:?}\n{body}");
    }
}

#[test]
fn the_document_says_what_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::open(folder.path());
    let document = Document(get(server.admin, "/openapi.json").json());
    let mut asked = 0;
    for (path, operations) in document.0["paths"].as_object().unwrap() {
        if path.starts_with("/access") || path == "/forward-auth" || path == "/auth-request" {
            continue;
        }
        for method in ["get", "post", "put", "delete"] {
            let to = if path.starts_with("/.well-known") { server.address } else { server.admin };
            let name = method.to_uppercase();
            let answer = ask_with(to, &name, path, &[("content-type", "application/json")], b"");
            if operations[method].is_object() {
                // On loopback without a secret, nothing can be changed.
                document.check(path, method, &answer);
            } else {
                assert!([405, 403].contains(&answer.status), "{name} {path}: {answer:?}");
            }
            asked += 1;
        }
    }
    assert!(asked > 70, "{asked}");

    let forwarded = [
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example"),
        ("x-forwarded-uri", "/orders/7"),
    ];
    for (path, headers) in [("/forward-auth", &forwarded[..]), ("/auth-request", &[])] {
        for method in ["GET", "POST", "OPTIONS"] {
            let answer = ask(server.address, method, path, headers);
            assert!([400, 401].contains(&answer.status), "{answer:?}");
            document.check(path, &method.to_lowercase(), &answer);
        }
    }
    let minted = json!({ "claims": { "sub": "u-1", "email": "alice@example.com" } }).to_string();
    let token = ask_with(server.admin, "POST", "/playground/mint", &[], minted.as_bytes());
    document.check("/playground/mint", "post", &token);
    let token = token.json()["token"].as_str().unwrap().to_owned();
    let refused = server.forward_auth("GET", "/orders/7", &token);
    assert_eq!(refused.status, 403, "{refused:?}");
    document.check("/forward-auth", "get", &refused);
    let evaluation = json!({
        "subject": { "type": "token", "id": "any" },
        "action": { "name": "GET" },
        "resource": { "type": "url", "id": "https://api.example/orders/7" },
        "context": { "token": token },
    });
    let headers = [("content-type", "application/json"), ("x-request-id", "r-1")];
    for (path, body) in [
        ("/access/v1/evaluation", evaluation.clone()),
        ("/access/v1/evaluations", evaluation.clone()),
        ("/access/v1/evaluations", json!({ "evaluations": [evaluation, { "subject": 7 }] })),
    ] {
        let answer = ask_with(server.address, "POST", path, &headers, body.to_string().as_bytes());
        assert_eq!(
            (answer.status, answer.header("x-request-id")),
            (200, "r-1".into()),
            "{answer:?}"
        );
        document.check(path, "post", &answer);
    }
    let answer = ask_with(server.address, "POST", "/access/v1/evaluation", &headers, b"{");
    assert_eq!(answer.status, 400, "{answer:?}");
}
