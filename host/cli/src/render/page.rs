//! A page of text: styled paragraphs, wrapped at 80 columns.

use std::fmt::Write;

use anstyle::Style;

use super::style::{BOLD, PLAIN, QUIET};

/// Columns of a line.
const WIDTH: usize = 80;

/// A stretch of text in one style. Its words can be wrapped apart.
pub(crate) type Span<'a> = (Style, &'a str);

/// Text that grows line by line.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// The text. Spaces that kept words together are spaces like others now,
    /// so that a search finds the words.
    pub(crate) fn into_text(self) -> String {
        self.text.replace('\u{a0}', " ")
    }

    /// An empty line, but never two, and none at the top.
    pub(crate) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// The first line: a word to be seen at once, and the rest.
    pub(crate) fn headline(&mut self, (style, word): Span<'_>, rest: &str) {
        self.styled_field(0, (style, word), 0, &[(BOLD, rest)]);
    }

    /// One line that is not wrapped, such as a command.
    pub(crate) fn line(&mut self, style: Style, text: &str) {
        let _ = writeln!(self.text, "{style}{text}{style:#}");
    }

    /// A paragraph that is indented by `indent`, and by `hanging` from its
    /// second line on.
    pub(crate) fn paragraph(&mut self, indent: usize, hanging: usize, spans: &[Span<'_>]) {
        let mut line = Line::new(indent, hanging);
        line.spans(&mut self.text, spans);
        self.text.push('\n');
    }

    /// A label and what it labels, which is wrapped beside it.
    pub(crate) fn field(&mut self, indent: usize, label: &str, width: usize, spans: &[Span<'_>]) {
        self.styled_field(indent, (QUIET, label), width, spans);
    }

    /// A label in a style of its own, and what it labels.
    pub(crate) fn styled_field(
        &mut self,
        indent: usize,
        (style, label): Span<'_>,
        width: usize,
        spans: &[Span<'_>],
    ) {
        let label = format!("{label:<width$}");
        let mut line = Line::new(indent, indent + label.chars().count() + 2);
        line.label(&mut self.text, style, &label);
        line.spans(&mut self.text, spans);
        self.text.push('\n');
    }

    /// A label and plain text.
    pub(crate) fn plain_field(&mut self, indent: usize, label: &str, width: usize, text: &str) {
        self.field(indent, label, width, &[(PLAIN, text)]);
    }
}

/// The line that is being written.
struct Line {
    column: usize,
    hanging: usize,
    /// Spaces before the next word.
    gap: usize,
    fresh: bool,
}

impl Line {
    fn new(indent: usize, hanging: usize) -> Self {
        Self { column: 0, hanging, gap: indent, fresh: true }
    }

    fn label(&mut self, out: &mut String, style: Style, label: &str) {
        let _ = write!(out, "{:gap$}{style}{label}{style:#}", "", gap = self.gap);
        self.column = self.gap + label.chars().count();
        self.gap = 2;
    }

    fn spans(&mut self, out: &mut String, spans: &[Span<'_>]) {
        for (style, text) in spans {
            let mut words = text.split(' ').filter(|word| !word.is_empty()).peekable();
            let styled = words.peek().is_some();
            for (index, word) in words.enumerate() {
                self.word(out, *style, word, index == 0);
            }
            if styled {
                let _ = write!(out, "{style:#}");
            }
        }
    }

    /// Writes a word; the style goes on from the word before it, but not over
    /// the end of a line. A word longer than a line stands on one of its own.
    fn word(&mut self, out: &mut String, style: Style, word: &str, first: bool) {
        let width = word.chars().count();
        let wraps = !self.fresh && self.column + self.gap + width > WIDTH;
        if wraps {
            if !first {
                let _ = write!(out, "{style:#}");
            }
            out.push('\n');
            self.column = 0;
            self.gap = self.hanging;
        }
        let _ = write!(out, "{:gap$}", "", gap = self.gap);
        if first || wraps {
            let _ = write!(out, "{style}");
        }
        out.push_str(word);
        self.column += self.gap + width;
        self.gap = 1;
        self.fresh = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped() {
        let mut page = Page::default();
        let text = "0123456789 ".repeat(12);
        page.paragraph(2, 4, &[(PLAIN, &text)]);
        page.blank();
        page.blank();
        page.plain_field(2, "label", 8, &text);
        let text = page.into_text().replace(&QUIET.render().to_string(), "");
        let text = text.replace(&QUIET.render_reset().to_string(), "");
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        let starts: Vec<_> = text.lines().map(|l| l.chars().take(14).collect::<String>()).collect();
        assert_eq!(
            starts,
            ["  0123456789 01", "    0123456789", "", "  label     01", "            01"]
                .map(|s| s.chars().take(14).collect::<String>())
        );
    }

    #[test]
    fn styles_take_no_columns() {
        let mut page = Page::default();
        page.paragraph(0, 0, &[(BOLD, &"x".repeat(40)), (PLAIN, &"y".repeat(39))]);
        assert_eq!(page.into_text().lines().count(), 1);
    }

    #[test]
    fn a_long_word_stays_whole() {
        let mut page = Page::default();
        let word = "x".repeat(200);
        page.plain_field(0, "a", 1, &word);
        assert_eq!(page.into_text(), format!("{QUIET}a{QUIET:#}  {word}\n"));
    }
}
