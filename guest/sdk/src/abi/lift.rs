//! From memory that the host has written to the input.
//!
//! The host has checked what it writes: strings are UTF-8, discriminants are
//! those of the type, and every block was allocated by `cabi_realloc`. What is
//! here reads each block once; none is freed.

use super::{Maybe, Named, RawValue, Slice, room};
use crate::{
    Binding, Claim, Cookie, Encryption, Fact, Input, Key, Phase, Request, SameSite, Signal, Tls,
    Token, TokenKind, TokenLocation, Value,
};

#[repr(C)]
struct RawInput {
    phase: u8,
    now: Maybe<i64>,
    token: Maybe<RawToken>,
    claims: Slice,
    request: Maybe<RawRequest>,
    signals: Slice,
    facts: Slice,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawToken {
    kind: RawKind,
    header: Slice,
    key: Maybe<RawKey>,
    encryption: Maybe<RawEncryption>,
    binding: Maybe<u8>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawKind {
    case: u8,
    other: core::mem::MaybeUninit<Slice>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawKey {
    id: Maybe<Slice>,
    key_type: Slice,
    curve: Maybe<Slice>,
    bits: u32,
    age_seconds: Maybe<u64>,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawEncryption {
    algorithm: Slice,
    content: Slice,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawRequest {
    method: Maybe<Slice>,
    scheme: Maybe<Slice>,
    host: Maybe<Slice>,
    path: Maybe<Slice>,
    query: Slice,
    headers: Slice,
    client_address: Maybe<Slice>,
    token_location: Maybe<u8>,
    tls: Maybe<RawTls>,
    cookies: Slice,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct RawTls {
    version: Maybe<Slice>,
    cipher: Maybe<Slice>,
    client_certificate: u8,
}

#[repr(C)]
struct RawCookie {
    name: Slice,
    http_only: u8,
    secure: u8,
    same_site: u8,
    max_age: Maybe<u64>,
}

#[repr(C)]
struct RawSignal {
    name: Slice,
    value: RawValue,
    confidence: u8,
    age_seconds: Maybe<u64>,
    source: Maybe<Slice>,
}

/// Reads the input of `evaluate`.
///
/// # Safety
///
/// `at` is what the host passed: an `input`, laid out by the canonical ABI, that
/// nothing else reads.
pub(crate) unsafe fn input(at: *const u8) -> Input {
    // Sound, here and below: the host wrote the record, at its alignment.
    let raw = unsafe { &*at.cast::<RawInput>() };
    Input {
        phase: one_of(raw.phase, &[Phase::Issue, Phase::Use, Phase::Refresh, Phase::Login]),
        now: raw.now.get(),
        token: raw.token.get().map(token),
        claims: list(raw.claims, claim),
        request: raw.request.get().map(request),
        signals: list(raw.signals, signal),
        facts: facts(raw.facts),
    }
}

impl<T: Copy> Maybe<T> {
    fn get(&self) -> Option<T> {
        // Sound: the host writes the value where it writes the 1.
        (self.some == 1).then(|| unsafe { self.value.assume_init() })
    }
}

/// A string whose block the host allocated through `cabi_realloc`.
///
/// # Safety
///
/// Start and length are those of such a string, which nothing else reads.
#[inline(never)]
pub(crate) unsafe fn text(start: *mut u8, length: usize) -> String {
    if length == 0 {
        return String::new();
    }
    // Sound: the caller's word; the host writes UTF-8.
    unsafe { String::from_raw_parts(start, length, length) }
}

#[inline(never)]
fn string(raw: Slice) -> String {
    // Sound: every `Slice` here was written by the host, and is read once.
    unsafe { text(raw.start, raw.length) }
}

#[inline(never)]
fn optional(raw: &Maybe<Slice>) -> Option<String> {
    raw.get().map(string)
}

/// A plain loop: see the one in `lower`.
fn list<Raw, T>(raw: Slice, lift: impl Fn(&Raw) -> T) -> Vec<T> {
    let (from, to) = (raw.start.cast::<Raw>(), room::<T>(raw.length));
    for index in 0..raw.length {
        // Sound: the host wrote so many records there, and there is room for so many items.
        unsafe { to.add(index).write(lift(&*from.add(index))) };
    }
    // Sound: so many were written, and `room` is as a vector's own.
    unsafe { Vec::from_raw_parts(to, raw.length, raw.length) }
}

#[inline(never)]
fn facts(raw: Slice) -> Vec<Fact> {
    list(raw, |raw: &Named| Fact { name: string(raw.name), value: value(raw.value) })
}

fn claim(raw: &Named) -> Claim {
    Claim { path: string(raw.name), value: value(raw.value) }
}

#[inline(never)]
fn value(raw: RawValue) -> Value {
    // Sound: the host writes the payload of the case.
    unsafe {
        match raw.case {
            0 => Value::Null,
            1 => Value::Boolean(raw.payload.boolean != 0),
            2 => Value::Integer(raw.payload.integer),
            3 => Value::Number(raw.payload.number),
            4 => Value::Text(string(raw.payload.slice)),
            5 => Value::Texts(list(raw.payload.slice, |raw: &Slice| string(*raw))),
            _ => Value::Json(string(raw.payload.slice)),
        }
    }
}

fn token(raw: RawToken) -> Token {
    Token {
        kind: match raw.kind.case {
            0 => TokenKind::Access,
            1 => TokenKind::Refresh,
            2 => TokenKind::Id,
            // Sound: the host writes the payload of the case.
            _ => TokenKind::Other(string(unsafe { raw.kind.other.assume_init() })),
        },
        header: facts(raw.header),
        key: raw.key.get().map(|raw| Key {
            id: optional(&raw.id),
            key_type: string(raw.key_type),
            curve: optional(&raw.curve),
            bits: raw.bits,
            age_seconds: raw.age_seconds.get(),
        }),
        encryption: raw.encryption.get().map(|raw| Encryption {
            algorithm: string(raw.algorithm),
            content: string(raw.content),
        }),
        binding: raw
            .binding
            .get()
            .map(|raw| one_of(raw, &[Binding::None, Binding::Dpop, Binding::MutualTls])),
    }
}

fn request(raw: RawRequest) -> Request {
    const LOCATIONS: [TokenLocation; 5] = [
        TokenLocation::AuthorizationHeader,
        TokenLocation::Body,
        TokenLocation::Query,
        TokenLocation::Cookie,
        TokenLocation::OtherHeader,
    ];
    Request {
        method: optional(&raw.method),
        scheme: optional(&raw.scheme),
        host: optional(&raw.host),
        path: optional(&raw.path),
        query: facts(raw.query),
        headers: facts(raw.headers),
        client_address: optional(&raw.client_address),
        token_location: raw.token_location.get().map(|raw| one_of(raw, &LOCATIONS)),
        tls: raw.tls.get().map(|raw| Tls {
            version: optional(&raw.version),
            cipher: optional(&raw.cipher),
            client_certificate: raw.client_certificate != 0,
        }),
        cookies: list(raw.cookies, cookie),
    }
}

fn cookie(raw: &RawCookie) -> Cookie {
    const SITES: [SameSite; 4] = [SameSite::Unset, SameSite::None, SameSite::Lax, SameSite::Strict];
    Cookie {
        name: string(raw.name),
        http_only: raw.http_only != 0,
        secure: raw.secure != 0,
        same_site: one_of(raw.same_site, &SITES),
        max_age: raw.max_age.get(),
    }
}

fn signal(raw: &RawSignal) -> Signal {
    Signal {
        name: string(raw.name),
        value: value(raw.value),
        confidence: raw.confidence,
        age_seconds: raw.age_seconds.get(),
        source: optional(&raw.source),
    }
}

/// The case of an enum.
fn one_of<T: Copy>(discriminant: u8, all: &[T]) -> T {
    match all.get(usize::from(discriminant)) {
        Some(case) => *case,
        // The host writes no other. A trap is a fault, and a fault permits nothing.
        None => core::arch::wasm32::unreachable(),
    }
}
