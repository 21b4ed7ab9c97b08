//! Classes of characters, and whether a password has those that it must.

use tokenward_policy::{FromSettings, Value};

/// A class of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSettings)]
pub enum Class {
    /// Lower-case letters.
    Lower,
    /// Upper-case letters.
    Upper,
    /// Letters of either case.
    Letter,
    /// Digits.
    Digit,
    /// Whatever is neither letter nor digit.
    Symbol,
}

/// The classes that must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Required {
    /// So many of the four: lower, upper, digit, symbol.
    AtLeast(u8),
    /// Each of these: at least one.
    Each(Vec<Class>),
}

/// The facts for the four classes.
pub(crate) const FACTS: [&str; 4] =
    ["password.lower", "password.upper", "password.digit", "password.symbol"];

/// What the facts say of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Has {
    Yes,
    No,
    Unknown,
    Malformed,
}

impl Has {
    pub(crate) fn read(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Unknown,
            Some(Value::Boolean(true)) => Self::Yes,
            Some(Value::Boolean(false)) => Self::No,
            Some(_) => Self::Malformed,
        }
    }

    /// Whether the password has either of two classes.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }
}

impl Class {
    /// Whether whoever has this class has the other one.
    pub(crate) fn implies(self, other: Self) -> bool {
        self == other || other == Self::Letter && matches!(self, Self::Lower | Self::Upper)
    }

    /// Whether the password has it, where `facts` says so of the four.
    fn of(self, facts: [Has; 4]) -> Has {
        let [lower, upper, digit, symbol] = facts;
        match self {
            Self::Lower => lower,
            Self::Upper => upper,
            Self::Letter => lower.or(upper),
            Self::Digit => digit,
            Self::Symbol => symbol,
        }
    }

    /// Whether a fact matters for it.
    fn needs(self, fact: usize) -> bool {
        match self {
            Self::Lower => fact == 0,
            Self::Upper => fact == 1,
            Self::Letter => fact < 2,
            Self::Digit => fact == 2,
            Self::Symbol => fact == 3,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Lower => "lower-case letters",
            Self::Upper => "upper-case letters",
            Self::Letter => "letters",
            Self::Digit => "digits",
            Self::Symbol => "symbols",
        }
    }
}

impl Required {
    /// Whether a fact, by its place in [`FACTS`], matters.
    pub(crate) fn needs(&self, fact: usize) -> bool {
        match self {
            Self::AtLeast(count) => *count > 0,
            Self::Each(classes) => classes.iter().any(|class| class.needs(fact)),
        }
    }

    /// Whether the password has them all. `Unknown` only where a fact that is
    /// not known would decide it; what is malformed decides nothing.
    pub(crate) fn met(&self, facts: [Has; 4]) -> Has {
        match self {
            Self::AtLeast(least) => {
                let count = |has: Has| facts.iter().filter(|fact| **fact == has).count();
                let least = usize::from(*least);
                if count(Has::Yes) >= least {
                    Has::Yes
                } else if FACTS.len() - count(Has::No) < least {
                    Has::No
                } else {
                    Has::Unknown
                }
            }
            Self::Each(classes) => {
                let has = |has: Has| classes.iter().any(|class| class.of(facts) == has);
                if has(Has::No) {
                    Has::No
                } else if has(Has::Unknown) || has(Has::Malformed) {
                    Has::Unknown
                } else {
                    Has::Yes
                }
            }
        }
    }

    /// Whether a fact, by its place in [`FACTS`], is not known and would help to decide.
    pub(crate) fn waits_for(&self, fact: usize, facts: [Has; 4]) -> bool {
        facts.get(fact) == Some(&Has::Unknown)
            && match self {
                Self::AtLeast(_) => true,
                Self::Each(classes) => {
                    classes.iter().any(|class| class.needs(fact) && class.of(facts) == Has::Unknown)
                }
            }
    }

    /// What is said where they are missing.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::AtLeast(count) => [
                "the password has fewer than ",
                &count.to_string(),
                " of lower-case letters, upper-case letters, digits and symbols",
            ]
            .concat(),
            Self::Each(classes) => {
                let mut message = String::from("the password lacks one of: ");
                for (at, class) in classes.iter().enumerate() {
                    message.push_str(if at > 0 { ", " } else { "" });
                    message.push_str(class.name());
                }
                message
            }
        }
    }
}
