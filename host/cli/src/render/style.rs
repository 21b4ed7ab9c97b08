//! The few styles there are, one for each meaning.

use anstyle::{AnsiColor, Color, Style};

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
/// What may be skipped.
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const PERMIT: Style = strong(AnsiColor::Green);
pub(crate) const DENY: Style = strong(AnsiColor::Red);
pub(crate) const STEP_UP: Style = strong(AnsiColor::Yellow);
pub(crate) const FAULT: Style = strong(AnsiColor::Magenta);

const fn strong(color: AnsiColor) -> Style {
    Style::new().bold().fg_color(Some(Color::Ansi(color)))
}

/// The style of a severity.
pub(crate) fn severity(severity: tokenward::Severity) -> Style {
    use tokenward::Severity as S;
    match severity {
        S::Critical | S::High => DENY,
        S::Medium => STEP_UP,
        S::Low | S::Info => PLAIN,
    }
}
