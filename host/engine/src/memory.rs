//! Remembers verdicts: same policy, same narrowed input, same verdict.
//!
//! The key is the whole narrowed input, byte for byte: no two inputs share an
//! entry, whatever an attacker makes of them. An entry of a policy that reads
//! the time holds for the horizon that its verdict gave.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use crate::bindings::contract::{self, ValueParam as Value};
use crate::verdict::Verdict;

const SHARDS: usize = 16;

/// Rough cost of an entry beside its key and its verdict's texts.
const ENTRY_OVERHEAD: usize = 192;

/// A bounded memory of verdicts.
pub(crate) struct VerdictMemory {
    shards: Vec<Mutex<Shard>>,
    hasher: foldhash::fast::RandomState,
    /// Bytes that one generation of one shard may take.
    generation_bytes: usize,
}

/// Two generations: when the young one is full, the old one is forgotten.
#[derive(Default)]
struct Shard {
    young: HashMap<Box<[u8]>, Entry, foldhash::fast::RandomState>,
    old: HashMap<Box<[u8]>, Entry, foldhash::fast::RandomState>,
    young_bytes: usize,
}

#[derive(Clone)]
struct Entry {
    verdict: Arc<Verdict>,
    /// The moments for which it holds: from, up to but without.
    horizon: Option<(i64, i64)>,
    fuel: u64,
}

impl VerdictMemory {
    /// A memory of at most about this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: foldhash::fast::RandomState::default(),
            generation_bytes: bytes / SHARDS / 2,
        }
    }

    fn shard(&self, key: &[u8]) -> std::sync::MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hasher.hash_one(key) >> 32).unwrap_or_default() % SHARDS;
        // Sound after a panic elsewhere: every step leaves a shard whole.
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verdict for this key at this moment, and the fuel it once took.
    pub(crate) fn recall(&self, key: &[u8], now: i64) -> Option<(Arc<Verdict>, u64)> {
        let mut shard = self.shard(key);
        if let Some(entry) = shard.young.get(key) {
            return entry.at(now);
        }
        let entry = shard.old.remove(key)?;
        let answer = entry.at(now)?;
        shard.insert(key, entry, self.generation_bytes);
        Some(answer)
    }

    /// Remembers a verdict that holds for `horizon`, or always.
    pub(crate) fn remember(
        &self,
        key: &[u8],
        verdict: &Arc<Verdict>,
        horizon: Option<(i64, i64)>,
        fuel: u64,
    ) {
        let entry = Entry { verdict: Arc::clone(verdict), horizon, fuel };
        self.shard(key).insert(key, entry, self.generation_bytes);
    }
}

impl Entry {
    fn at(&self, now: i64) -> Option<(Arc<Verdict>, u64)> {
        let holds = self.horizon.is_none_or(|(from, until)| from <= now && now < until);
        holds.then(|| (Arc::clone(&self.verdict), self.fuel))
    }
}

impl Shard {
    fn insert(&mut self, key: &[u8], entry: Entry, limit: usize) {
        let cost = key.len() + ENTRY_OVERHEAD + texts(&entry.verdict);
        if cost > limit {
            return;
        }
        if self.young_bytes + cost > limit {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        if self.young.insert(key.into(), entry).is_none() {
            self.young_bytes += cost;
        }
    }
}

fn texts(verdict: &Verdict) -> usize {
    let findings = verdict.findings.iter().map(|f| 128 + f.message.len() + f.rule.len());
    let risk = verdict.risk.iter().flat_map(|r| &r.factors).map(|f| 64 + f.reason.len());
    findings.chain(risk).sum::<usize>()
        + 64 * verdict.requirements.len()
        + 128 * verdict.facts.len()
}

/// Writes the input as bytes, injectively: two inputs that differ in anything
/// but `now` differ in their bytes.
pub(crate) fn write_key(policy: u16, input: &contract::Input<'_>, key: &mut Vec<u8>) {
    let mut w = Writer(key);
    w.0.extend_from_slice(&policy.to_le_bytes());
    w.0.push(input.phase as u8);
    w.option(input.token.as_ref(), |w, token| w.token(token));
    w.list(input.claims, |w, claim| {
        w.text(claim.path);
        w.value(&claim.value);
    });
    w.option(input.request.as_ref(), |w, request| w.request(request));
    w.list(input.signals, |w, signal| {
        w.text(signal.name);
        w.value(&signal.value);
        w.0.push(signal.confidence);
        w.option(signal.age_seconds.as_ref(), |w, age| w.number(*age));
        w.option(signal.source.as_ref(), |w, source| w.text(source));
    });
    w.facts(input.facts);
}

struct Writer<'a>(&'a mut Vec<u8>);

impl Writer<'_> {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn length(&mut self, length: usize) {
        match u8::try_from(length) {
            Ok(short) if short < u8::MAX => self.0.push(short),
            _ => {
                self.0.push(u8::MAX);
                self.number(length as u64);
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        self.0.push(u8::from(value.is_some()));
        if let Some(value) = value {
            write(self, value);
        }
    }

    fn list<T>(&mut self, items: &[T], mut write: impl FnMut(&mut Self, &T)) {
        self.length(items.len());
        for item in items {
            write(self, item);
        }
    }

    fn facts(&mut self, facts: &[contract::FactParam<'_>]) {
        self.list(facts, |w, fact| {
            w.text(fact.name);
            w.value(&fact.value);
        });
    }

    fn value(&mut self, value: &Value<'_>) {
        match value {
            Value::Null => self.0.push(0),
            Value::Boolean(boolean) => self.0.extend_from_slice(&[1, u8::from(*boolean)]),
            Value::Integer(integer) => {
                self.0.push(2);
                self.number(integer.cast_unsigned());
            }
            Value::Number(number) => {
                self.0.push(3);
                self.number(number.to_bits());
            }
            Value::Text(text) => {
                self.0.push(4);
                self.text(text);
            }
            Value::Texts(texts) => {
                self.0.push(5);
                self.list(texts, |w, text| w.text(text));
            }
            Value::Json(text) => {
                self.0.push(6);
                self.text(text);
            }
        }
    }

    fn token(&mut self, token: &contract::Token<'_>) {
        match &token.kind {
            contract::TokenKind::Access => self.0.push(0),
            contract::TokenKind::Refresh => self.0.push(1),
            contract::TokenKind::Id => self.0.push(2),
            contract::TokenKind::Other(subtype) => {
                self.0.push(3);
                self.text(subtype);
            }
        }
        self.facts(token.header);
        self.option(token.key.as_ref(), |w, key| {
            w.option(key.id, Self::text);
            w.text(key.key_type);
            w.option(key.curve, Self::text);
            w.number(key.bits.into());
            w.option(key.age_seconds, Self::number);
        });
        self.option(token.encryption.as_ref(), |w, encryption| {
            w.text(encryption.algorithm);
            w.text(encryption.content);
        });
        self.option(token.binding, |w, binding| w.0.push(binding as u8));
    }

    fn request(&mut self, request: &contract::Request<'_>) {
        self.option(request.method, Self::text);
        self.option(request.scheme, Self::text);
        self.option(request.host, Self::text);
        self.option(request.path, Self::text);
        self.facts(request.query);
        self.facts(request.headers);
        self.option(request.client_address, Self::text);
        self.option(request.token_location, |w, location| w.0.push(location as u8));
        self.option(request.tls.as_ref(), |w, tls| {
            w.option(tls.version, Self::text);
            w.option(tls.cipher, Self::text);
            w.0.push(u8::from(tls.client_certificate));
        });
        self.list(request.cookies, |w, cookie| {
            w.text(cookie.name);
            w.0.extend_from_slice(&[
                u8::from(cookie.http_only),
                u8::from(cookie.secure),
                cookie.same_site as u8,
            ]);
            w.option(cookie.max_age, Self::number);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Arc<Verdict> {
        Arc::new(Verdict::default())
    }

    #[test]
    fn horizons_hold_from_and_until() {
        let memory = VerdictMemory::new(1 << 20);
        memory.remember(b"k", &verdict(), Some((10, 20)), 1);
        assert!(memory.recall(b"k", 9).is_none());
        assert!(memory.recall(b"k", 10).is_some());
        assert!(memory.recall(b"k", 19).is_some());
        assert!(memory.recall(b"k", 20).is_none());
        assert!(memory.recall(b"other", 10).is_none());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let memory = VerdictMemory::new(SHARDS * 2 * 10 * (ENTRY_OVERHEAD + 8));
        memory.remember(&0u64.to_le_bytes(), &verdict(), None, 1);
        for n in 1u64..10_000 {
            memory.remember(&n.to_le_bytes(), &verdict(), None, 1);
            if n % 50 == 0 {
                assert!(memory.recall(&0u64.to_le_bytes(), 0).is_some(), "in use at {n}");
            }
        }
        let kept: usize = memory
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap())
            .map(|shard| shard.young.len() + shard.old.len())
            .sum();
        assert!(kept <= SHARDS * 2 * 10, "{kept} entries");
    }

    #[test]
    fn an_entry_larger_than_a_generation_is_not_kept() {
        let memory = VerdictMemory::new(SHARDS * 2 * 300);
        memory.remember(&[0; 400], &verdict(), None, 1);
        assert!(memory.recall(&[0; 400], 0).is_none());
    }
}
