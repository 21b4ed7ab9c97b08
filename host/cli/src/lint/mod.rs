//! `tokenward lint`: mistakes in a bundle that no error points out.

mod cases;
mod checks;
mod finding;
mod load;
mod permits;
mod registered;
mod render;
mod routes;
mod scan;
mod subject;
mod told;

use crate::args::{Format, LintArgs};
use crate::exit::Exit;
use crate::lint::finding::Level;
use crate::output::Output;

pub(crate) fn run(args: &LintArgs, output: &Output) -> anyhow::Result<Exit> {
    let loaded = load::load(args, output)?;
    let findings = checks::all(&loaded.subject);
    output.print(&match args.format {
        Format::Text => render::text(&loaded, &findings),
        Format::Json => render::json(&loaded, &findings)?,
    })?;
    let least = if args.strict { Level::Note } else { Level::Warning };
    let counts = findings.iter().any(|finding| finding.level >= least);
    Ok(if counts { Exit::Deny } else { Exit::Done })
}
