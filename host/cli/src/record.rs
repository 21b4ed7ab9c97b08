//! `tokenward check --record`: adds what was judged to a log of requests.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use tokenward_cases::{Recorded, log_line};

use crate::call::CallFacts;
use crate::check::{Judged, Report};
use crate::vouched::Vouched;

/// Adds a line, unless no bundle was asked.
pub(crate) fn add(
    log: &Path,
    report: &Report,
    facts: &CallFacts,
    vouched: &Vouched,
) -> anyhow::Result<()> {
    if !report.was_judged() {
        return Ok(());
    }
    let call = facts.call(&[], vouched);
    let line = match &report.judged {
        Judged::NoToken => log_line(&call, &Recorded::NoToken),
        Judged::Claims(draft) => {
            let facts = draft.facts(&call);
            log_line(&call, &Recorded::Token { claims: &draft.claims, facts })
        }
        Judged::Token(judged) => {
            // It was accepted a moment ago, at this moment by this trust.
            let parsed = judged.parsed.clone().context("the token cannot be read again")?;
            let token = parsed.verify(&judged.trust, facts.now)?;
            let facts = call.token_facts(&token);
            log_line(&call, &Recorded::Token { claims: token.claims(), facts })
        }
    };
    let place = || format!("`{}`", log.display());
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    // It holds claims: nobody else is to read it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(log).with_context(place)?;
    file.write_all((line + "\n").as_bytes()).with_context(place)
}
