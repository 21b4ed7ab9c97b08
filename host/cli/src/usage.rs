//! What is wrong with the arguments, said without a value that may be a token.

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::{Args, Color};
use crate::exit::Exit;
use crate::output::Output;
use crate::problem::without_tokens;

/// The longest value that is said again.
const SHOWN: usize = 24;

/// Prints help where help was asked for, and else one sentence.
pub(crate) fn report(error: &clap::Error) -> Exit {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            // A reader that has gone away is no error.
            let _ = error.print();
            Exit::Done
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            let _ = error.print();
            Exit::Usage
        }
        _ => {
            let output = Output::new(Color::Auto);
            output.error(&without_tokens(&sentence(error)));
            Exit::Usage
        }
    }
}

fn sentence(error: &clap::Error) -> String {
    let problem = problem(error);
    format!("{problem}; see `{} --help`", command())
}

fn problem(error: &clap::Error) -> String {
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            let name = argument.split('=').next().unwrap_or_default();
            format!("unknown option `{}`{}", name, suggestion(error, ContextKind::SuggestedArg))
        }
        ErrorKind::UnknownArgument => "one argument too many".to_owned(),
        ErrorKind::InvalidSubcommand => {
            let typed = text(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            let like = suggestion(error, ContextKind::SuggestedSubcommand);
            format!(
                "unknown command{}{like}; a token is checked with `tokenward check`",
                shown(&typed)
            )
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => invalid_value(error, &argument),
        ErrorKind::MissingRequiredArgument => format!("`{argument}` is missing"),
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg).unwrap_or_default();
            if other == argument {
                return format!("`{argument}` is there twice");
            }
            format!("`{argument}` and `{other}` exclude each other")
        }
        ErrorKind::NoEquals | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("`{argument}` takes one value")
        }
        ErrorKind::TooManyValues => format!("`{argument}` takes no value"),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
        other => other.to_string(),
    }
}

fn invalid_value(error: &clap::Error, argument: &str) -> String {
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    let accepted = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(names)) if !names.is_empty() => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("; accepted: {}", names.join(", "))
        }
        _ if argument.starts_with("--listen") || argument.starts_with("--admin") => {
            "; accepted: an IP address and a port, such as `127.0.0.1:9191` or `[::]:0`".to_owned()
        }
        _ => String::new(),
    };
    if value.is_empty() {
        return format!("`{argument}` takes a value{accepted}");
    }
    format!("the value{} is not accepted for `{argument}`{accepted}", shown(&value))
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join("`, `")),
        _ => None,
    }
}

fn suggestion(error: &clap::Error, kind: ContextKind) -> String {
    text(error, kind).map_or_else(String::new, |like| format!(", did you mean `{like}`"))
}

/// A short value in backticks; a long one may be a token.
fn shown(value: &str) -> String {
    if value.len() > SHOWN || value.chars().any(char::is_control) {
        return String::new();
    }
    format!(" `{value}`")
}

/// The command that was typed, as far as it is one.
fn command() -> String {
    let words = std::env::args_os().skip(1).map_while(|word| word.into_string().ok());
    command_of(words)
}

fn command_of(words: impl Iterator<Item = String>) -> String {
    let mut path = "tokenward".to_owned();
    let mut at = Args::command();
    for word in words {
        let Some(sub) = at.find_subcommand(&word).cloned() else { break };
        path.push(' ');
        path.push_str(&word);
        at = sub;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_was_typed_is_named() {
        for (words, command) in [
            ("serve --listen x", "tokenward serve"),
            ("bundle shadow start", "tokenward bundle shadow start"),
            ("policy new x", "tokenward policy new"),
            ("decode x", "tokenward"),
            ("--version", "tokenward"),
        ] {
            assert_eq!(command_of(words.split(' ').map(str::to_owned)), command);
        }
    }
}
