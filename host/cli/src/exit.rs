//! What the command's exit codes mean. The meanings are fixed.

use std::process::ExitCode;

use tokenward::Outcome;

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what was asked; `check`: permit.
    Done,
    /// The token does not pass: it is missing, not accepted, or refused by a policy.
    Deny,
    /// `test`: a case failed, or the coverage is below what is asked for.
    Failed,
    /// The arguments, a file or the configuration is wrong.
    Usage,
    /// The user must authenticate again.
    StepUp,
    /// No decision could be made.
    Fault,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Deny | Self::Failed => 1,
            Self::Usage => 2,
            Self::StepUp => 3,
            Self::Fault => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

impl From<Outcome> for Exit {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Permit => Self::Done,
            Outcome::Deny => Self::Deny,
            Outcome::StepUp => Self::StepUp,
            Outcome::Fault => Self::Fault,
        }
    }
}
