//! `tokenward token decode`: what a token says, none of it verified.

use serde_json::Map;
use tokenward::{Json, Object, ParseLimits, TokenError, UnixTime, UnverifiedToken};

use crate::args::{DecodeArgs, Format};
use crate::exit::Exit;
use crate::output::Output;
use crate::render::page::Page;
use crate::render::style::{BOLD, DENY, PLAIN, QUIET, STEP_UP};
use crate::render::{hint, json, safe};
use crate::token_source::read_token;

/// Claims that are times (RFC 7519 section 4.1, OpenID Connect Core section 2).
const TIMES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

pub(crate) fn run(args: &DecodeArgs, output: &Output) -> anyhow::Result<Exit> {
    let token = read_token(args.token.as_deref())?;
    let parsed = UnverifiedToken::parse(&token.bytes, &ParseLimits::default());
    output.print(&match args.format {
        Format::Text => text(parsed.as_ref()),
        Format::Json => as_json(parsed.as_ref())?,
    })?;
    Ok(if parsed.is_ok() { Exit::Done } else { Exit::Deny })
}

fn text(parsed: Result<&UnverifiedToken, &TokenError>) -> String {
    let mut page = Page::default();
    match parsed {
        Ok(token) => {
            page.paragraph(0, 0, &[(STEP_UP, "UNVERIFIED"), (PLAIN, "anyone can write this")]);
            members(&mut page, "Header", token.header());
            members(&mut page, "Claims", token.claims());
        }
        Err(error) => {
            page.paragraph(0, 2, &[(DENY, "UNREADABLE"), (PLAIN, &error.to_string())]);
            page.plain_field(2, "code", 6, error.code());
            if let Some(hint) = hint::of(error.code()) {
                page.plain_field(2, "check", 6, hint);
            }
        }
    }
    page.into_text()
}

fn members(page: &mut Page, title: &str, object: &Object) {
    page.blank();
    page.paragraph(0, 0, &[(BOLD, title)]);
    let names: Vec<_> = object.iter().map(|(name, _)| safe::name(name)).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).min(24);
    for (shown, (name, value)) in names.iter().zip(object.iter()) {
        let compact = value.to_compact();
        let time = time_of(name, value).unwrap_or_default();
        page.field(2, shown, width, &[(PLAIN, &safe::json(&compact)), (QUIET, &time)]);
    }
    if object.is_empty() {
        page.paragraph(2, 2, &[(QUIET, "none")]);
    }
}

fn time_of(name: &str, value: &Json) -> Option<String> {
    let seconds = value.as_i64().filter(|_| TIMES.contains(&name))?;
    Some(UnixTime(seconds).to_string())
}

fn as_json(parsed: Result<&UnverifiedToken, &TokenError>) -> anyhow::Result<String> {
    let mut out = Map::new();
    out.insert("schema".into(), "tokenward.token/1".into());
    out.insert("verified".into(), false.into());
    match parsed {
        Ok(token) => {
            out.insert("header".into(), serde_json::from_str(&token.header().to_compact())?);
            out.insert("claims".into(), serde_json::from_str(&token.claims().to_compact())?);
            let times = token.claims().iter();
            let times = times
                .filter_map(|(name, value)| Some((name.to_owned(), time_of(name, value)?.into())));
            out.insert("times".into(), times.collect::<Map<_, _>>().into());
            out.insert("digest".into(), token.digest().to_string().into());
        }
        Err(error) => {
            let error = [("code", error.code().to_owned()), ("message", error.to_string())];
            let error = error.map(|(name, value)| (name.to_owned(), value.into()));
            out.insert("error".into(), Map::from_iter(error).into());
        }
    }
    json::pretty(&out)
}
