//! What `tokenward policy new` writes: a policy to begin with, and the SDK beside it.

use crate::args::Language;

/// A file, by its path in the policy's folder.
pub(super) type File = (&'static str, &'static str);

/// The files of a language.
pub(super) struct Template {
    /// What is written as it stands.
    pub(super) sdk: &'static [File],
    /// What is written with the policy's name in it.
    pub(super) policy: &'static [File],
    /// The file that an author changes first.
    pub(super) source: &'static str,
}

macro_rules! template {
    ($file:literal) => {
        include_str!(concat!("../../../../guest/templates/", $file))
    };
}

macro_rules! guest {
    ($file:literal) => {
        include_str!(concat!("../../../../guest/", $file))
    };
}

macro_rules! made {
    ($file:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/", $file))
    };
}

/// The cases are the same in every language.
const CASES: File = ("cases/tenant.toml", template!("cases/tenant.toml.in"));

const RUST: Template = Template {
    sdk: include!(concat!(env!("OUT_DIR"), "/sdk_files.rs")),
    policy: &[
        CASES,
        (".tokenward/sdk/Cargo.toml", template!("sdk.toml")),
        ("Cargo.toml", template!("rust/Cargo.toml.in")),
        ("src/lib.rs", template!("rust/src/lib.rs.in")),
        ("README.md", template!("rust/README.md.in")),
        (".gitignore", template!("rust/gitignore.in")),
    ],
    source: "src/lib.rs",
};

const JAVASCRIPT: Template = Template {
    sdk: &[(".tokenward/sdk/policy.js", guest!("javascript/policy.js"))],
    policy: &[
        CASES,
        ("package.json", template!("javascript/package.json.in")),
        ("src/policy.js", template!("javascript/src/policy.js.in")),
        ("README.md", template!("javascript/README.md.in")),
        (".gitignore", template!("javascript/gitignore.in")),
    ],
    source: "src/policy.js",
};

const PYTHON: Template = Template {
    sdk: &[(".tokenward/sdk/tokenward.py", guest!("python/tokenward.py"))],
    policy: &[
        CASES,
        ("policy.py", template!("python/policy.py.in")),
        ("requirements.txt", template!("python/requirements.txt.in")),
        ("README.md", template!("python/README.md.in")),
        (".gitignore", template!("python/gitignore.in")),
    ],
    source: "policy.py",
};

const C: Template = Template {
    sdk: &[
        (".tokenward/sdk/contract.c", made!("contract.c")),
        (".tokenward/sdk/contract.h", made!("contract.h")),
        (".tokenward/sdk/tokenward.c", guest!("c/tokenward.c")),
        (".tokenward/sdk/tokenward.h", guest!("c/tokenward.h")),
        (".tokenward/sdk/include/stdlib.h", guest!("c/include/stdlib.h")),
        (".tokenward/sdk/include/string.h", guest!("c/include/string.h")),
    ],
    policy: &[
        CASES,
        ("src/policy.c", template!("c/src/policy.c.in")),
        ("README.md", template!("c/README.md.in")),
        (".gitignore", template!("c/gitignore.in")),
    ],
    source: "src/policy.c",
};

pub(super) fn of(language: Language) -> &'static Template {
    match language {
        Language::Rust => &RUST,
        Language::Javascript => &JAVASCRIPT,
        Language::Python => &PYTHON,
        Language::C => &C,
    }
}
