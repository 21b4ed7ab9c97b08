//! `tokenward token mint`: signs test tokens, with a new key or an existing one.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use tokenward::json::{JsonLimits, parse_strict};
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Json, Object, UnixTime};

use crate::args::MintArgs;
use crate::exit::Exit;
use crate::key_files::{self, Present};
use crate::output::Output;
use crate::pointer;
use crate::values::{json_or_text, moment, pair, read, short, span};

/// Bytes of a file with claims or a key.
const FILE_LIMIT: u64 = 1 << 20;

pub(crate) fn run(args: &MintArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut claims = given_claims(args.claims.as_deref(), &args.claim)?;
    if !args.no_defaults {
        let now = moment(args.now.as_deref())?;
        add_times(&mut claims, now, span(&args.ttl).context("--ttl")?);
    }
    let mut key = key(args)?;
    if let Some(kid) = &args.kid {
        key = key.with_kid(kid).context("--kid")?;
    }
    let token = key.mint(args.typ.as_deref(), &claims)?;
    if let Some(name) = &args.new_key {
        let present = if args.force { Present::Replace } else { Present::Refuse };
        output.note(&key_files::write(name, &key, present)?);
    }
    output.print(&format!("{token}\n"))?;
    Ok(Exit::Done)
}

fn key(args: &MintArgs) -> anyhow::Result<PrivateKey> {
    let algorithm = match &args.alg {
        Some(name) => Some(name.parse::<Algorithm>().context("--alg")?),
        None => None,
    };
    match (&args.new_key, &args.key) {
        (Some(_), _) => Ok(PrivateKey::generate(algorithm.unwrap_or(Algorithm::ES256))?),
        (None, Some(file)) => {
            let name = || format!("--key: `{}`", file.display());
            let text = String::from_utf8(read(file, FILE_LIMIT).context("--key")?);
            let key = PrivateKey::parse(&text.ok().context("it is not UTF-8").with_context(name)?)
                .with_context(name)?;
            match algorithm {
                Some(algorithm) => key.with_algorithm(algorithm).context("--alg"),
                None => Ok(key),
            }
        }
        (None, None) => bail!(
            "no key to sign with; give `--new-key NAME` to make one, or `--key FILE` with a \
             private JWK or PEM"
        ),
    }
}

/// The claims of `--claims`, then those of each `--claim`.
pub(crate) fn given_claims(whole: Option<&str>, single: &[String]) -> anyhow::Result<Object> {
    let mut claims = match whole {
        Some(text) => json_object(text).context("--claims")?,
        None => Object::new(),
    };
    let mut given = Vec::new();
    for argument in single {
        let (name, text) = pair("--claim", argument)?;
        let of = || format!("--claim `{}`", short(name));
        if given.contains(&name) {
            return Err(anyhow!("it is there twice")).with_context(of);
        }
        given.push(name);
        let value = json_or_text(text).with_context(of)?;
        if name.starts_with('/') {
            pointer::set(&mut claims, name, value).with_context(of)?;
        } else {
            claims.set(name, value);
        }
    }
    Ok(claims)
}

/// Sets `iat` to now and `exp` to the end, unless the claims have them.
pub(crate) fn add_times(claims: &mut Object, now: UnixTime, ttl: i64) {
    for (name, time) in [("iat", now), ("exp", now.plus(ttl))] {
        if !claims.contains(name) {
            claims.set(name, Json::Integer(time.seconds()));
        }
    }
}

/// A JSON object from the text, or from the file that it names.
pub(crate) fn json_object(text: &str) -> anyhow::Result<Object> {
    let bytes = match text.strip_prefix('@') {
        Some(file) => read(Path::new(file), FILE_LIMIT)?,
        None => text.as_bytes().to_vec(),
    };
    match parse_strict(&bytes, &JsonLimits::default()) {
        Ok(Json::Object(claims)) => Ok(claims),
        Ok(other) => bail!("it is JSON of type {}; accepted: a JSON object", other.type_name()),
        Err(error) => bail!("the text {error}; accepted: a JSON object, or `@FILE` with one"),
    }
}
