//! What a server tells of itself must hold no part of a token, and no claim's value.

use super::server::{SECRET, Server};

/// What a server answers to an operator.
pub(crate) fn told(server: &Server) -> Vec<(&'static str, String)> {
    let targets = ["/metrics", "/v1/status", "/v1/config", "/v1/bundle", "/v1/keys"];
    let told = targets.map(|target| (target, server.operator("GET", target, b"").body));
    for (target, text) in &told {
        assert!(text.len() > 20, "{target}: {text}");
    }
    told.to_vec()
}

/// That nothing of these tokens, and none of these values, is in what was told.
pub(crate) fn none_in(told: &[(&str, String)], tokens: &[String], values: &[&str]) {
    for (place, text) in told {
        assert!(!text.is_empty(), "{place} says nothing");
        for token in tokens {
            let mut parts = token.split('.').filter(|part| part.len() > 16);
            // Of the header, which is the same for many, the whole; of the rest, any piece.
            let header = parts.next().unwrap();
            assert!(!text.contains(header), "{place} holds a header: {header}");
            for part in parts {
                for piece in part.as_bytes().chunks(16).filter(|piece| piece.len() == 16) {
                    let piece = std::str::from_utf8(piece).unwrap();
                    assert!(!text.contains(piece), "{place} holds a piece of a token: {piece}");
                }
            }
        }
        for value in values.iter().chain(&[SECRET]) {
            assert!(!text.contains(value), "{place} holds `{value}`");
        }
    }
}
