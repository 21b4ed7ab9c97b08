//! `tokenward bundle verify`: who signed a packed bundle, and whether that is enough.

use anyhow::{Context, bail};
use serde::Serialize;
use tokenward::packed::PackedBundle;

use crate::args::{BundleVerifyArgs, Format};
use crate::bundle_source;
use crate::exit::Exit;
use crate::output::Output;
use crate::render::json;
use crate::render::page::Page;
use crate::render::safe;
use crate::render::style::{DENY, PERMIT};
use crate::values::moment;

/// Columns of the labels.
const LABEL: usize = 11;

/// What came of it.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Record<'a> {
    schema: &'static str,
    accepted: bool,
    /// The code of why not.
    reason: Option<&'static str>,
    message: Option<String>,
    name: &'a str,
    version: &'a str,
    digest: &'a str,
    not_before: Option<String>,
    expires: Option<String>,
    /// The names of the trusted keys that signed it.
    signed_by: Vec<String>,
    signatures: usize,
}

pub(crate) fn verify(args: &BundleVerifyArgs, output: &Output) -> anyhow::Result<Exit> {
    let now = moment(args.now.as_deref())?;
    let trust = bundle_source::trust(args.bundle_trust.as_deref(), args.bundle_key.as_deref())?;
    let Some(trust) = trust else { bail!("give `--bundle-trust FILE` or `--bundle-key FILE`") };
    let file = args.file.display();
    let packed = match PackedBundle::read_file(&args.file) {
        Ok(packed) => packed,
        Err(error) if error.code() == "unreadable" => return Err(error.into()),
        Err(error) => {
            // Not even its name is to be believed.
            output.error(&format!("`{file}`: refused [{}]: {error}", error.code()));
            return Ok(Exit::Deny);
        }
    };
    let verified = packed.clone().verify(&trust, now, &[]);
    let manifest = packed.manifest();
    let record = Record {
        schema: "tokenward.bundle-verification/1",
        accepted: verified.is_ok(),
        reason: verified.as_ref().err().map(tokenward::packed::VerifyError::code),
        message: verified.as_ref().err().map(ToString::to_string),
        name: &manifest.name,
        version: &manifest.version,
        digest: packed.unverified().digest(),
        not_before: manifest.not_before.map(|moment| moment.to_string()),
        expires: manifest.expires.map(|moment| moment.to_string()),
        signed_by: verified.as_ref().map(|v| v.signed_by().to_vec()).unwrap_or_default(),
        signatures: packed.signatures().len(),
    };
    output.print(&match args.format {
        Format::Json => json::pretty(&record).context("JSON")?,
        Format::Text => text(&record),
    })?;
    Ok(if record.accepted { Exit::Done } else { Exit::Deny })
}

fn text(record: &Record<'_>) -> String {
    let mut page = Page::default();
    let (style, word) = if record.accepted { (PERMIT, "ACCEPTED") } else { (DENY, "REFUSED") };
    let bundle = format!("{} {}", record.name, record.version);
    page.headline((style, word), &safe::text(&bundle));
    if let (Some(reason), Some(message)) = (record.reason, &record.message) {
        page.plain_field(2, "why", LABEL, &format!("{} [{reason}]", safe::text(message)));
    }
    page.plain_field(2, "digest", LABEL, record.digest);
    if record.accepted {
        page.plain_field(2, "signed by", LABEL, &record.signed_by.join(", "));
    }
    for (label, moment) in [("not before", &record.not_before), ("expires", &record.expires)] {
        if let Some(moment) = moment {
            page.plain_field(2, label, LABEL, moment);
        }
    }
    page.into_text()
}
