//! A case in the form in which it runs: checked, with its files read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use tokenward::{
    Binding, Cookie, Encryption, Json, KeyFacts, Object, ParseLimits, Phase, RequestFacts,
    SameSite, Signal, Signals, Tls, TokenFacts, TokenKind, TokenLocation, Trust, UnixTime,
    UnverifiedToken, load, read_file,
};

use crate::expect::Expected;
use crate::format::{
    BindingField, CookieField, KeyField, KeyTable, LocationField, Placed, RawCase, SameSiteField,
    TlsField,
};
use crate::text::{request_line, short};
use crate::value::Inline;
use crate::{CaseError, format};

/// The moment at which a case runs when it names none: that of the case tables
/// of policies.
const DEFAULT_NOW: UnixTime = UnixTime(1_700_000_000);
/// Bytes of a file that holds a token.
const TOKEN_LIMIT: u64 = 1 << 20;

/// Settings of a policy.
pub type Settings = serde_json::Map<String, serde_json::Value>;

/// A case. No `Debug`: it holds tokens and claims.
pub struct Case {
    /// What it shows: one line, of its own in the file.
    pub name: String,
    /// The case file, as it is shown.
    pub file: String,
    /// The line of its name in the file.
    pub line: usize,
    /// More words; often none.
    pub description: String,
    pub(crate) judged: Judged,
    pub(crate) call: CallFacts,
    pub(crate) binding: Binding,
    /// What is laid over the settings of the bundle, by the policy's id.
    pub settings: BTreeMap<String, Settings>,
    /// What is to come of it.
    pub expected: Expected,
}

/// What is told of the call.
pub(crate) struct CallFacts {
    pub(crate) phase: Phase,
    pub(crate) now: UnixTime,
    pub(crate) request: Option<RequestFacts>,
    pub(crate) signals: Signals,
    pub(crate) facts: Object,
}

/// What is judged.
pub(crate) enum Judged {
    /// A token, which is verified by this trust first.
    Token { bytes: Vec<u8>, trust: Box<Trust> },
    /// Claims that nobody signed, with what is said of the token; nothing
    /// where there is none.
    Claims { claims: Object, token: Option<Said> },
}

/// What a case says of a token that is not there.
pub(crate) struct Said {
    kind: TokenKind,
    header: Object,
    key: Option<KeyTable>,
    encryption: Option<Encryption>,
    binding: Binding,
}

impl Said {
    pub(crate) fn facts(&self) -> TokenFacts<'_> {
        TokenFacts {
            kind: &self.kind,
            header: &self.header,
            key: self.key.as_ref().map(|key| KeyFacts {
                id: key.id.as_deref(),
                key_type: &key.key_type,
                curve: key.curve.as_deref(),
                bits: key.bits,
                age_seconds: key.age,
            }),
            encryption: self.encryption.as_ref(),
            binding: self.binding,
        }
    }
}

impl Case {
    /// The claims that are judged: of a token, as it says, whoever signed it. None where it
    /// cannot be read.
    #[must_use]
    pub fn claims(&self) -> Option<Object> {
        match &self.judged {
            Judged::Claims { claims, .. } => Some(claims.clone()),
            Judged::Token { bytes, .. } => {
                let token = UnverifiedToken::parse(bytes, &ParseLimits::default()).ok()?;
                Some(token.claims().clone())
            }
        }
    }

    /// Reads the cases of a case file, whose name in errors is `file`. Files that they name lie
    /// relative to `folder`, and are added to `files`; where there is no folder, they can name
    /// none.
    ///
    /// # Errors
    ///
    /// [`CaseError`]: the case, its line, what is wrong and what is accepted.
    pub fn of_file(
        text: &str,
        file: &str,
        folder: Option<&Path>,
        files: &mut Vec<PathBuf>,
    ) -> Result<Vec<Self>, CaseError> {
        let placed = format::parse(text, file)?.into_iter();
        Ok(placed
            .map(|placed| Self::new(placed, file, folder, files))
            .collect::<anyhow::Result<_>>()?)
    }

    fn new(
        placed: Placed,
        file: &str,
        folder: Option<&Path>,
        files: &mut Vec<PathBuf>,
    ) -> anyhow::Result<Self> {
        let Placed { line, raw } = placed;
        let name = raw.name.get_ref().clone();
        let place = || format!("`{file}`, line {line}, case `{name}`");
        let case = Self::read_in(raw, file, line, &mut Files { folder, files });
        case.with_context(place)
    }

    /// Reads a case that can name no file.
    pub(crate) fn read(
        raw: RawCase,
        file: &str,
        line: usize,
        files: &mut Vec<PathBuf>,
    ) -> anyhow::Result<Self> {
        Self::read_in(raw, file, line, &mut Files { folder: None, files })
    }

    fn read_in(
        raw: RawCase,
        file: &str,
        line: usize,
        files: &mut Files<'_>,
    ) -> anyhow::Result<Self> {
        let expected = Expected::new(&raw)?;
        let request = request(&raw)?;
        let binding = match raw.binding {
            None | Some(BindingField::None) => Binding::None,
            Some(BindingField::Dpop) => Binding::Dpop,
            Some(BindingField::MutualTls) => Binding::MutualTls,
        };
        let call = CallFacts {
            phase: raw.phase.unwrap_or(Phase::Use),
            now: raw.now.as_ref().map_or(DEFAULT_NOW, |moment| moment.0),
            request,
            signals: signals(&raw.signals.0)?,
            facts: raw.facts.0.clone(),
        };
        let settings = raw
            .settings
            .iter()
            .map(|(policy, Inline(object))| {
                let settings = serde_json::from_str(&object.to_compact());
                Ok((policy.clone(), settings.with_context(|| format!("settings of `{policy}`"))?))
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            name: raw.name.get_ref().clone(),
            file: file.to_owned(),
            line,
            description: raw.description.clone(),
            judged: judged(raw, binding, files)?,
            call,
            binding,
            settings,
            expected,
        })
    }
}

/// The files that cases name.
struct Files<'a> {
    folder: Option<&'a Path>,
    files: &'a mut Vec<PathBuf>,
}

impl Files<'_> {
    fn path(&mut self, name: &Path) -> anyhow::Result<PathBuf> {
        let folder = self.folder.ok_or_else(|| {
            anyhow!("it names a file, and the case is built in or packed; write it into the case")
        })?;
        let path = folder.join(name);
        self.files.push(path.clone());
        Ok(path)
    }
}

fn judged(raw: RawCase, binding: Binding, files: &mut Files<'_>) -> anyhow::Result<Judged> {
    let given = [
        ("claims", raw.claims.is_some()),
        ("header", raw.header.is_some()),
        ("kind", raw.kind.is_some()),
        ("encryption", raw.encryption.is_some()),
        ("key", matches!(raw.key, Some(KeyField::Facts(_)))),
        ("no-token", raw.no_token),
    ];
    if let Some(token) = raw.token {
        if let Some((field, _)) = given.into_iter().find(|(_, given)| *given) {
            bail!("`token` and `{field}` exclude each other");
        }
        let trust = match (raw.trust, raw.key) {
            (Some(file), None) => load::trust_file(&files.path(&file)?).context("trust")?,
            (None, Some(KeyField::File(file))) => {
                Trust::key_only(load::key_file(&files.path(&file)?).context("key")?)
            }
            (Some(_), Some(_)) => bail!("`trust` and `key` exclude each other"),
            (None, _) => {
                bail!("a `token` needs `trust` or `key`, the name of a file, to be verified with")
            }
        };
        let bytes = match token.strip_prefix('@') {
            Some(file) => {
                let path = files.path(Path::new(file))?;
                read_file(&path, TOKEN_LIMIT).context("token")?.trim_ascii().to_vec()
            }
            None => token.into_bytes(),
        };
        return Ok(Judged::Token { bytes, trust: Box::new(trust) });
    }
    if raw.trust.is_some() || matches!(raw.key, Some(KeyField::File(_))) {
        bail!("`trust` and a `key` file verify a `token`, and there is none");
    }
    let claims = raw.claims.unwrap_or_default().0;
    if raw.no_token {
        let of_a_token =
            given.into_iter().filter(|(field, _)| !["claims", "no-token"].contains(field));
        let bound = ("binding", binding != Binding::None);
        if let Some((field, _)) = of_a_token.chain([bound]).find(|(_, given)| *given) {
            bail!("`no-token` and `{field}` exclude each other");
        }
        return Ok(Judged::Claims { claims, token: None });
    }
    let kind = raw.kind.as_deref().unwrap_or("access").parse().context("kind")?;
    let (header, key) = match (raw.header, raw.key) {
        // Most cases are about something else than how the token is signed.
        (None, None) => usual_signature(),
        (header, Some(KeyField::Facts(key))) => (header.unwrap_or_default().0, Some(key)),
        (header, _) => (header.unwrap_or_default().0, None),
    };
    let said = Said {
        kind,
        header,
        key,
        encryption: raw
            .encryption
            .map(|e| Encryption { algorithm: e.algorithm, content: e.content }),
        binding,
    };
    Ok(Judged::Claims { claims, token: Some(said) })
}

/// What is said of a token of which a case says neither `header` nor `key`.
fn usual_signature() -> (Object, Option<KeyTable>) {
    let mut header = Object::default();
    header.set("alg", "ES256");
    let key = KeyTable {
        id: None,
        key_type: "EC".to_owned(),
        curve: Some("P-256".to_owned()),
        bits: 256,
        age: Some(86_400),
    };
    (header, Some(key))
}

fn request(raw: &RawCase) -> anyhow::Result<Option<RequestFacts>> {
    let mut facts = match &raw.request {
        Some(line) => Some(request_line(line).context("request")?),
        None => None,
    };
    for (name, value) in &raw.headers {
        facts = Some(facts.unwrap_or_default().with_header(name, value).context("headers")?);
    }
    if let Some(address) = &raw.client_address {
        let address = address
            .parse()
            .map_err(|_| anyhow!("client-address `{}`; accepted: an IP address", short(address)))?;
        facts = Some(facts.unwrap_or_default().with_client_address(address));
    }
    if let Some(location) = raw.token_location {
        facts = Some(facts.unwrap_or_default().with_token_location(match location {
            LocationField::AuthorizationHeader => TokenLocation::AuthorizationHeader,
            LocationField::Body => TokenLocation::Body,
            LocationField::Query => TokenLocation::Query,
            LocationField::Cookie => TokenLocation::Cookie,
            LocationField::OtherHeader => TokenLocation::OtherHeader,
        }));
    }
    if let Some(TlsField { version, cipher, client_certificate }) = &raw.tls {
        let client_certificate = *client_certificate;
        let tls = Tls { version: version.clone(), cipher: cipher.clone(), client_certificate };
        facts = Some(facts.unwrap_or_default().with_tls(tls));
    }
    for cookie in &raw.cookies {
        facts = Some(facts.unwrap_or_default().with_cookie(self::cookie(cookie)));
    }
    Ok(facts)
}

fn cookie(field: &CookieField) -> Cookie {
    Cookie {
        name: field.name.clone(),
        http_only: field.http_only,
        secure: field.secure,
        same_site: match field.same_site {
            SameSiteField::Unset => SameSite::Unset,
            SameSiteField::None => SameSite::None,
            SameSiteField::Lax => SameSite::Lax,
            SameSiteField::Strict => SameSite::Strict,
        },
        max_age: field.max_age,
    }
}

/// Signals by name: a value, or an object with `value` and any of
/// `confidence`, `age` and `source`.
fn signals(given: &Object) -> anyhow::Result<Signals> {
    let mut signals = Signals::none();
    for (name, value) in given.iter() {
        let signal = match value {
            Json::Object(parts) if parts.contains("value") => long_signal(parts),
            value => Ok(Signal::new(value.clone())),
        };
        signals.insert(name, signal.with_context(|| format!("signal `{}`", short(name)))?);
    }
    Ok(signals)
}

fn long_signal(parts: &Object) -> anyhow::Result<Signal> {
    let mut signal = Signal::new(Json::Null);
    for (part, value) in parts.iter() {
        match part {
            "value" => signal.value = value.clone(),
            "confidence" => {
                let percent = value.as_i64().and_then(|n| u8::try_from(n).ok());
                signal.confidence = percent
                    .filter(|percent| *percent <= 100)
                    .ok_or_else(|| anyhow!("`confidence` is not a number from 0 to 100"))?;
            }
            "age" => {
                let seconds = value.as_i64().and_then(|n| u64::try_from(n).ok());
                let seconds = seconds
                    .ok_or_else(|| anyhow!("`age` is not a number of seconds, 0 or more"))?;
                signal.age_seconds = Some(seconds);
            }
            "source" => {
                let name = value.as_str().ok_or_else(|| anyhow!("`source` is not a text"))?;
                signal.source = Some(name.to_owned());
            }
            other => {
                bail!("unknown part `{}`; accepted: value, confidence, age, source", short(other))
            }
        }
    }
    Ok(signal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::parse;

    /// The case of these fields, with files relative to a folder that is not there.
    fn case(fields: &str) -> Result<Case, String> {
        let text = format!("[[case]]\nname = 'a'\n{fields}");
        let expect = if fields.contains("expect") { "" } else { "\nexpect = 'permit'" };
        let placed = parse(&(text + expect), "f.toml").unwrap().remove(0);
        Case::new(placed, "f.toml", Some(Path::new("no-such")), &mut Vec::new())
            .map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (fields, expected) in [
            ("token = 'x'", "a `token` needs `trust` or `key`"),
            ("token = 'x'\nkey = { type = 'EC', bits = 256 }", "`token` and `key` exclude"),
            ("token = 'x'\ntrust = 't'\nkey = 'k'", "`trust` and `key` exclude each other"),
            ("token = 'x'\ntrust = 't'\nclaims = {}", "`token` and `claims` exclude"),
            ("token = 'x'\ntrust = 't.toml'", "no-such/t.toml` cannot be read"),
            ("token = 'x'\nkey = 'k.jwk'", "no-such/k.jwk` cannot be read"),
            ("trust = 't'", "verify a `token`, and there is none"),
            ("key = 'k'", "verify a `token`, and there is none"),
            ("no-token = true\nbinding = 'dpop'", "`no-token` and `binding` exclude"),
            ("no-token = true\nkind = 'id'", "`no-token` and `kind` exclude"),
            ("kind = 'acess'", "`acess` is no token kind"),
            ("request = 'GET'", "request: `GET`; accepted: a method and a URL"),
            ("headers = { 'a b' = '1' }", "headers: the header `a b` is not accepted"),
            ("client-address = 'here'", "client-address `here`; accepted: an IP address"),
            ("signals = { a = { value = 1, sure = 2 } }", "signal `a`: unknown part `sure`"),
            ("signals = { a = { value = 1, confidence = 101 } }", "from 0 to 100"),
            ("signals = { a = { value = 1, age = -1 } }", "`age` is not a number of seconds"),
            ("signals = { a = { value = 1, source = 2 } }", "`source` is not a text"),
        ] {
            let error = case(fields).err().unwrap_or_default();
            assert!(error.contains(expected), "{fields}: {error}");
            assert!(error.starts_with("`f.toml`, line 2, case `a`: "), "{error}");
        }
    }

    #[test]
    fn facts_are_as_they_are_written() {
        let case = case(
            "key = { type = 'RSA', bits = 2048, age = 9 }\nbinding = 'dpop'\n\
             encryption = { algorithm = 'dir', content = 'A256GCM' }\nkind = 'id'\n\
             header = { alg = 'RS256' }\nrequest = 'GET https://h/a'\n\
             signals = { x = true, y = { value = 1, confidence = 50, age = 3, source = 's' } }\n\
             client-address = '192.0.2.7'\nsettings = { p = { a.b = [1] } }",
        )
        .unwrap();
        assert_eq!(case.call.now, DEFAULT_NOW);
        let Judged::Claims { claims, token: Some(said) } = &case.judged else { panic!("claims") };
        let facts = said.facts();
        assert!(claims.is_empty());
        assert_eq!((facts.kind, facts.binding), (&TokenKind::Id, Binding::Dpop));
        assert_eq!(facts.key.unwrap().age_seconds, Some(9));
        assert_eq!(facts.encryption.unwrap().algorithm, "dir");
        assert_eq!(facts.header.to_compact(), r#"{"alg":"RS256"}"#);
        let y = case.call.signals.get("y").unwrap();
        assert_eq!((y.confidence, y.age_seconds, y.source.as_deref()), (50, Some(3), Some("s")));
        assert_eq!(case.call.signals.get("x"), Some(&Signal::new(true.into())));
        assert_eq!(serde_json::to_string(&case.settings).unwrap(), r#"{"p":{"a":{"b":[1]}}}"#);
    }

    #[test]
    fn a_built_in_case_names_no_files() {
        let text = "[[case]]\nname='a'\nexpect='permit'\ntoken='@t'\nkey='k'";
        let placed = parse(text, "f").unwrap().remove(0);
        let error = Case::new(placed, "f", None, &mut Vec::new()).err().unwrap();
        assert!(format!("{error:#}").contains("the case is built in"), "{error:#}");
    }
}
