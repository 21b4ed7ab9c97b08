//! The arguments of `tokenward policy`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

use super::{Format, TestRunArgs};

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// Write a policy to begin with
    New(PolicyNewArgs),
    /// Build a policy into a component
    Build(PolicyBuildArgs),
    /// Build a policy, and run its cases
    Test(PolicyTestArgs),
    /// Build a policy to tell what goes wrong, and judge one case by it
    Run(PolicyRunArgs),
    /// Say what fuel and time a policy takes for each of its cases
    Bench(PolicyBenchArgs),
    /// List the built-in policies
    List(PolicyListArgs),
    /// Show what a policy is, reads, can be set to, and needs
    Inspect(PolicyInspectArgs),
    /// Print the reference of a policy, in Markdown
    Docs(PolicyDocsArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Rust: small and fast
    Rust,
    /// JavaScript, run by QuickJS inside of the component
    Javascript,
    /// Python, run by CPython inside of the component
    Python,
    /// C: small and fast
    C,
}

#[derive(clap::Args)]
pub(crate) struct PolicyNewArgs {
    /// Its name: lower case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// The language that it is written in
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    pub(crate) lang: Language,
    /// The folder to write; default: NAME
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

const POLICY_BUILD_HELP: &str = "\
The folder is that of a policy, as `tokenward policy new` writes one. It is built by
the ordinary tools of its language:
  Cargo.toml     Rust: cargo, for wasm32-unknown-unknown (`rustup target add` it)
  package.json   JavaScript: componentize-qjs; `npm install` is run where it is missing
  policy.py      Python: componentize-py; installed into `.venv` where it is missing
  src/policy.c   C: clang and lld, or zig
What comes out is made a component that imports nothing. The runtime of a language may
call for a clock, randomness or files all the same: such a call traps. Then the policy
is loaded, and asked with made-up requests, to see what it needs.";

#[derive(clap::Args)]
#[command(after_help = POLICY_BUILD_HELP)]
pub(crate) struct PolicyBuildArgs {
    /// The policy's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// The file to write; default: DIR/NAME.wasm
    #[arg(short, long, value_name = "FILE.wasm")]
    pub(crate) out: Option<PathBuf>,
}

const RUN_HELP: &str = "\
A folder is built so that panics leave their messages, with file and line; what is
built to be shipped traps, and says nothing. A component or a built-in policy is taken
as it is.

Exit codes:
  0  it came out as the case expects
  1  it did not
  2  the arguments or a file is wrong, or the policy cannot be built or loaded

For instance:
  tokenward policy run tenant-check --case \"no tenant\"";

#[derive(clap::Args)]
#[command(after_help = RUN_HELP)]
pub(crate) struct PolicyRunArgs {
    /// A policy's folder, a component's file, or a built-in policy by name
    #[arg(value_name = "DIR|FILE.wasm|NAME", default_value = ".")]
    pub(crate) policy: String,
    /// The case: its name, or a part of `FILE: NAME` that no other case has
    #[arg(long, value_name = "TEXT")]
    pub(crate) case: Option<String>,
    /// A case file, or a folder of them; default: the folder `cases` of the policy
    #[arg(long, value_name = "PATH")]
    pub(crate) cases: Vec<PathBuf>,
}

#[derive(clap::Args)]
pub(crate) struct PolicyTestArgs {
    /// The policy's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    #[command(flatten)]
    pub(crate) run: TestRunArgs,
}

const BENCH_HELP: &str = "\
Fuel is exact: about one unit an instruction of WebAssembly, the same at every run.
Time is that of this machine at this moment: the median of many runs, in units of one
ES256 signature check that is measured in turns with them.

With --against, a case that takes more fuel than it did by more than --tolerance
makes the exit code 1. Time never does: machines are noisy.";

#[derive(clap::Args)]
#[command(after_help = BENCH_HELP)]
pub(crate) struct PolicyBenchArgs {
    /// A policy's folder, a component's file, or a built-in policy by name
    #[arg(value_name = "DIR|FILE.wasm|NAME", default_value = ".")]
    pub(crate) policy: String,
    /// A case file, or a folder of them; default: the folder `cases` of the policy
    #[arg(long, value_name = "PATH")]
    pub(crate) cases: Vec<PathBuf>,
    /// Write the figures to this file, as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) save: Option<PathBuf>,
    /// Compare with figures that were saved
    #[arg(long, value_name = "FILE")]
    pub(crate) against: Option<PathBuf>,
    /// More fuel than before that is accepted, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5)]
    pub(crate) tolerance: u32,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(clap::Args)]
pub(crate) struct PolicyListArgs {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const INSPECT_HELP: &str = "\
Memory and fuel are those of two requests made up from what the policy declares
that it reads: one in which there is nothing of it, and one in which there is
all of it, with the claims of a token of 16 KiB in the shape that costs most.

For instance:
  tokenward policy inspect lifetime-limits --settings '{\"skew\":0}'";

#[derive(clap::Args)]
#[command(after_help = INSPECT_HELP)]
pub(crate) struct PolicyInspectArgs {
    /// A built-in policy by name, or a component's file
    #[arg(value_name = "NAME|FILE.wasm")]
    pub(crate) policy: String,
    /// Its settings: a JSON object, or `@FILE` with one; default: none
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) settings: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Compile the policy anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(clap::Args)]
pub(crate) struct PolicyDocsArgs {
    /// A built-in policy by name, or a component's file
    #[arg(value_name = "NAME|FILE.wasm", conflicts_with = "all", required_unless_present = "all")]
    pub(crate) policy: Option<String>,
    /// All built-in policies
    #[arg(long)]
    pub(crate) all: bool,
    /// Write DIR/POLICY/README.md instead; with --all, DIR/COVERAGE.md too
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A component's case tables, `*.toml`: examples are chosen from them
    #[arg(long, value_name = "DIR", conflicts_with = "all")]
    pub(crate) cases: Option<PathBuf>,
}
