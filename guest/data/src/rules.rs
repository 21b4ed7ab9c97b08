//! What a policy says of the claims and of what is found in them.

use tokenward_detect::{Detector, Hit, Scope};
use tokenward_policy::prelude::*;

use crate::path::Path;
use crate::report::{Data, Rank, Weight};

/// A policy that judges claims by what detectors find in them.
///
/// The usual policy says what finds weigh ([`weigh`](Self::weigh)) and which rule they break
/// ([`rule`](Self::rule)); the rest have defaults.
pub trait Rules {
    /// Which detectors are asked: those of these categories.
    type Scope: Scope;

    /// What the policy says of a claim whatever it holds: [`Never`], if nothing.
    type Own: Own;

    /// What is done with a claim before any detector looks at it.
    fn standing(&self, path: &Path<'_, '_>) -> Standing<Self::Own>;

    /// What is said of a claim in which nothing was found: of so many names from the top.
    fn harmless(&self, path: &Path<'_, '_>) -> Option<(usize, Self::Own)> {
        let _ = path;
        None
    }

    /// Whether a top-level claim of this name says nothing by its name.
    fn is_standard(&self, name: &str) -> bool {
        is_usual(name)
    }

    /// What a find weighs; `None` if it does not count. The policy may change the category.
    fn weigh(&self, hit: &mut Hit, path: &Path<'_, '_>, part: Part<'_>) -> Option<Weight>;

    /// Whether a find that counts makes a denial of what is found conditionally
    /// ([`Weight::Conditional`]) in the same token.
    fn triggers(&self, hit: &Hit, weight: Weight) -> bool {
        let _ = (hit, weight);
        false
    }

    /// Whether the token makes a denial of it all the same. Asked only where it matters.
    fn is_context(&self, input: &Input) -> bool {
        let _ = input;
        false
    }

    /// Whether what is advised against is withheld from upstream.
    fn withholds(&self) -> bool;

    /// The rule that data breaks, and how severely, if it is of this rank.
    fn rule(&self, data: &Data, rank: Rank) -> (&'static str, Severity);

    /// The id of a detector, and what it finds, in words that follow "holds".
    #[must_use]
    fn words(detector: Detector) -> (&'static str, &'static str) {
        (detector.id(), detector.label())
    }
}

/// What is done with a claim before any detector looks at it.
#[derive(Clone, Copy, Debug)]
pub enum Standing<O> {
    /// The claim of so many names from the top is told, and nothing else is said of it.
    Told(usize, O),
    /// Nothing is said of it.
    Exempt,
    /// The detectors look at it.
    Searched,
}

/// What a policy says of a claim that no detector found.
pub trait Own: Copy {
    /// Whether it is told rather than data, or else only where there is none.
    fn precedes_data(self) -> bool;

    /// What a finding of it says.
    fn told(self) -> Told;
}

/// What a finding says.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// What it does.
    pub rank: Rank,
    /// The rule's id.
    pub rule: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The message.
    pub message: &'static str,
}

/// Nothing: for a policy that judges only by what detectors find.
#[derive(Clone, Copy, Debug)]
pub enum Never {}

impl Own for Never {
    fn precedes_data(self) -> bool {
        match self {}
    }

    fn told(self) -> Told {
        match self {}
    }
}

/// What a find was made in.
#[derive(Clone, Copy, Debug)]
pub enum Part<'a> {
    /// The value as a whole: it is a number, or the name tells what it is.
    Whole(&'a Value),
    /// A text: the value, one of its items, or a member's name.
    Text(&'a str),
}

/// Whether a name is one of the claims that nearly every token has, and no data by its name. They
/// are dismissed without a look at the words of the name.
#[must_use]
pub fn is_usual(name: &str) -> bool {
    matches!(
        name.as_bytes(),
        b"iss"
            | b"sub"
            | b"aud"
            | b"exp"
            | b"nbf"
            | b"iat"
            | b"jti"
            | b"azp"
            | b"sid"
            | b"scp"
            | b"acr"
            | b"amr"
            | b"act"
            | b"cnf"
            | b"typ"
            | b"tid"
            | b"oid"
            | b"ver"
            | b"roles"
            | b"scope"
            | b"nonce"
            | b"groups"
            | b"client_id"
            | b"auth_time"
            | b"token_use"
            | b"permissions"
            | b"realm_access"
            | b"session_state"
            | b"resource_access"
    )
}
