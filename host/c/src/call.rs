//! A call: everything that is told of one request.

use std::ffi::{CString, c_char};
use std::ptr;

use tokenward::{
    Binding, Cookie, Encryption, Object, Phase, SameSite, Signals, Tls, TokenLocation, UnixTime,
};

use crate::border;
use crate::constants::{
    TOKENWARD_BINDING_DPOP, TOKENWARD_BINDING_MUTUAL_TLS, TOKENWARD_BINDING_NONE,
    TOKENWARD_LOCATION_AUTHORIZATION, TOKENWARD_LOCATION_BODY, TOKENWARD_LOCATION_COOKIE,
    TOKENWARD_LOCATION_OTHER_HEADER, TOKENWARD_LOCATION_QUERY, TOKENWARD_PHASE_ISSUE,
    TOKENWARD_PHASE_LOGIN, TOKENWARD_PHASE_REFRESH, TOKENWARD_PHASE_USE, TOKENWARD_SAME_SITE_LAX,
    TOKENWARD_SAME_SITE_NONE, TOKENWARD_SAME_SITE_STRICT, TOKENWARD_SAME_SITE_UNSET,
};
use crate::failure::Failure;
use crate::filling::{Filling, fill, once};
use crate::handle::{Given, Handle, Kind, Lent, mark_of};
use crate::input::{Bytes, Chars, NAME, SizeSlot};
use crate::request::{Request, bearer_of};
use crate::text::text;

/// Bytes of a token that any authorizer accepts; and of a header, which holds one.
pub(crate) const TOKEN: usize = 1 << 20;

/// Bytes of the scheme before a token in its header.
const SCHEME: usize = 64;

/// What is known of one request so far.
#[derive(Default)]
pub(crate) struct Parts {
    /// Whether there is an `Authorization` header, with a token in it or not.
    authorization: Option<()>,
    bearer: Option<Vec<u8>>,
    request: Request,
    pub(crate) signals: Signals,
    pub(crate) facts: Object,
    binding: Option<Binding>,
    encryption: Option<Encryption>,
    phase: Option<Phase>,
    time: Option<UnixTime>,
    /// The normalized path, which is lent: it is set once.
    path: Option<CString>,
}

pub(crate) type Call = Filling<Parts>;

impl Kind for Call {
    const MARK: u64 = mark_of(*b"tokwcall");
    const NAME: &'static str = "call";
}

impl Parts {
    /// The call, at its time or now.
    pub(crate) fn as_call(&self) -> tokenward::Call<'_> {
        tokenward::Call {
            bearer: self.bearer.as_deref().unwrap_or_default(),
            phase: self.phase.unwrap_or(Phase::Use),
            request: self.request.facts(),
            signals: &self.signals,
            facts: &self.facts,
            binding: self.binding.unwrap_or_default(),
            encryption: self.encryption.as_ref(),
            now: self.time.unwrap_or_else(UnixTime::now),
        }
    }

    fn set_bearer(&mut self, token: &[u8]) -> Result<(), Failure> {
        if token.is_empty() {
            return Ok(());
        }
        once(&mut self.bearer, token.to_vec(), "the token").map_err(Failure::of_client)
    }
}

/// One of the values of an enumeration, by its number.
fn one_of<T: Copy>(what: &str, number: i32, known: &[(i32, T)]) -> Result<T, Failure> {
    known.iter().find(|(known, _)| *known == number).map(|(_, value)| *value).ok_or_else(|| {
        let message = format!("{number} is no {what}; see `tokenward.h` for those that are");
        Failure::argument("unknown-value", message)
    })
}

/// A number that is known unless it is negative.
pub(crate) fn at_least_0(number: i64) -> Option<u64> {
    u64::try_from(number).ok()
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_new() -> *mut Handle<Call> {
    border::or(ptr::null_mut(), || Some(Handle::owned(Call::new(Parts::default()))))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_authorization(
    call: Lent<Call>,
    value: Bytes,
    value_size: usize,
) -> bool {
    fill(&call, |parts| {
        let what = "the `Authorization` header";
        let value = value.read(value_size, TOKEN + SCHEME, what).map_err(Failure::of_client)?;
        once(&mut parts.authorization, (), what).map_err(Failure::of_client)?;
        let token = bearer_of(value);
        parts.set_bearer(token)?;
        if token.is_empty() {
            return Ok(());
        }
        parts.request.set_location(TokenLocation::AuthorizationHeader)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_bearer(call: Lent<Call>, token: Bytes, token_size: usize) -> bool {
    fill(&call, |parts| {
        let token = token.read(token_size, TOKEN, "the token").map_err(Failure::of_client)?;
        parts.set_bearer(token)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_request(
    call: Lent<Call>,
    method: Chars,
    method_size: usize,
    url: Chars,
    url_size: usize,
) -> bool {
    fill(&call, |parts| {
        let method = method.read(method_size, NAME, "the method").map_err(Failure::of_client)?;
        let url = url.read(url_size, 16 << 10, "the URL").map_err(Failure::of_client)?;
        let path = parts.request.set(method, url)?;
        once(&mut parts.path, text(&path), "the request")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_add_header(
    call: Lent<Call>,
    name: Chars,
    name_size: usize,
    value: Bytes,
    value_size: usize,
) -> bool {
    fill(&call, |parts| {
        let name = name.read(name_size, NAME, "a header's name").map_err(Failure::of_client)?;
        let value =
            value.read(value_size, TOKEN, "a header's value").map_err(Failure::of_client)?;
        let value = std::str::from_utf8(value)
            .map_err(|_| Failure::request("not-utf8", "a header's value is not UTF-8"))?;
        parts.request.add_header(name, value)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_client_address(
    call: Lent<Call>,
    address: Chars,
    address_size: usize,
) -> bool {
    fill(&call, |parts| {
        let text = address.read(address_size, NAME, "the client's address")?;
        let address = text.parse().map_err(|_| {
            let message = "the client's address is no IP address; accepted: `192.0.2.1`, or \
                           `2001:db8::1`, without a port";
            Failure::argument("no-address", message)
        })?;
        parts.request.set_client_address(address)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_tls(
    call: Lent<Call>,
    version: Chars,
    version_size: usize,
    cipher: Chars,
    cipher_size: usize,
    client_certificate: i32,
) -> bool {
    fill(&call, |parts| {
        let version = version.read(version_size, NAME, "the TLS version")?;
        let version = Tls::version_of(version).ok_or_else(|| {
            let message = "the TLS version is not known; accepted: `1.3`, or `TLSv1.3`";
            Failure::argument("tls-version", message)
        })?;
        let cipher = cipher.optional(cipher_size, NAME, "the TLS cipher suite")?;
        if let Some(name) = cipher
            && !is_name(name)
        {
            let message = "the TLS cipher suite is no name, such as `TLS_AES_128_GCM_SHA256`";
            return Err(Failure::argument("tls-cipher", message));
        }
        parts.request.set_tls(Tls {
            version: Some(version),
            cipher: cipher.map(str::to_owned),
            client_certificate: client_certificate != 0,
        })
    })
}

/// Whether it can be the name of an algorithm or a cipher suite.
fn is_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-+_".contains(&b);
    (1..=256).contains(&text.len()) && text.bytes().all(allowed)
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_location(call: Lent<Call>, location: i32) -> bool {
    fill(&call, |parts| {
        let known = [
            (TOKENWARD_LOCATION_AUTHORIZATION, TokenLocation::AuthorizationHeader),
            (TOKENWARD_LOCATION_BODY, TokenLocation::Body),
            (TOKENWARD_LOCATION_QUERY, TokenLocation::Query),
            (TOKENWARD_LOCATION_COOKIE, TokenLocation::Cookie),
            (TOKENWARD_LOCATION_OTHER_HEADER, TokenLocation::OtherHeader),
        ];
        parts.request.set_location(one_of("location", location, &known)?)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_add_cookie(
    call: Lent<Call>,
    name: Chars,
    name_size: usize,
    http_only: i32,
    secure: i32,
    same_site: i32,
    max_age: i64,
) -> bool {
    fill(&call, |parts| {
        let name = name.read(name_size, NAME, "a cookie's name")?;
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(allowed) {
            let message = "a cookie's name is a token of letters, digits and few other characters";
            return Err(Failure::argument("name", message));
        }
        let known = [
            (TOKENWARD_SAME_SITE_UNSET, SameSite::Unset),
            (TOKENWARD_SAME_SITE_NONE, SameSite::None),
            (TOKENWARD_SAME_SITE_LAX, SameSite::Lax),
            (TOKENWARD_SAME_SITE_STRICT, SameSite::Strict),
        ];
        parts.request.add_cookie(Cookie {
            name: name.to_owned(),
            http_only: http_only != 0,
            secure: secure != 0,
            same_site: one_of("`SameSite`", same_site, &known)?,
            max_age: at_least_0(max_age),
        })
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_binding(call: Lent<Call>, binding: i32) -> bool {
    fill(&call, |parts| {
        let known = [
            (TOKENWARD_BINDING_NONE, Binding::None),
            (TOKENWARD_BINDING_DPOP, Binding::Dpop),
            (TOKENWARD_BINDING_MUTUAL_TLS, Binding::MutualTls),
        ];
        once(&mut parts.binding, one_of("binding", binding, &known)?, "the binding")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_encryption(
    call: Lent<Call>,
    algorithm: Chars,
    algorithm_size: usize,
    content: Chars,
    content_size: usize,
) -> bool {
    fill(&call, |parts| {
        let algorithm = algorithm.read(algorithm_size, NAME, "the `alg` of the encryption")?;
        let content = content.read(content_size, NAME, "the `enc` of the encryption")?;
        if !is_name(algorithm) || !is_name(content) {
            let message = "the encryption is not the `alg` and the `enc` of a JWE, for instance \
                           `RSA-OAEP-256` and `A256GCM`";
            return Err(Failure::argument("encryption", message));
        }
        let (algorithm, content) = (algorithm.to_owned(), content.to_owned());
        once(&mut parts.encryption, Encryption { algorithm, content }, "the encryption")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_phase(call: Lent<Call>, phase: i32) -> bool {
    fill(&call, |parts| {
        let known = [
            (TOKENWARD_PHASE_USE, Phase::Use),
            (TOKENWARD_PHASE_REFRESH, Phase::Refresh),
            (TOKENWARD_PHASE_ISSUE, Phase::Issue),
            (TOKENWARD_PHASE_LOGIN, Phase::Login),
        ];
        once(&mut parts.phase, one_of("phase", phase, &known)?, "the phase")
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_set_time(call: Lent<Call>, seconds: i64) -> bool {
    fill(&call, |parts| once(&mut parts.time, UnixTime(seconds), "the time"))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_path(call: Lent<Call>, size: SizeSlot) -> *const c_char {
    size.set(0);
    border::or(ptr::null(), || {
        let parts = call.get().ok()?.parts().ok()?;
        let path = parts.path.as_ref()?;
        size.set(path.count_bytes());
        Some(path.as_ptr())
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_get_error(call: Lent<Call>) -> *const Handle<Failure> {
    border::or(ptr::null(), || call.get().ok()?.failed().map(ptr::from_ref))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_call_free(call: Given<Call>) {
    border::or((), || {
        call.free();
        Some(())
    });
}
