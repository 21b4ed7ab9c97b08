//! The raw arguments, as a person types them. Nothing here derives `Debug`:
//! an argument can be a token.

mod bundle;
mod check;
mod policy;

pub(crate) use bundle::{
    BundleBuildArgs, BundleCommand, BundleDiffArgs, BundleDocsArgs, BundlePullArgs, BundlePushArgs,
    BundleSignArgs, BundleVerifyArgs, BundleVouch, CoverageArgs, InspectArgs, ServerArgs,
    ShadowCommand,
};
pub(crate) use check::{Binding, CheckArgs};
pub(crate) use policy::{
    Language, PolicyBenchArgs, PolicyBuildArgs, PolicyCommand, PolicyDocsArgs, PolicyInspectArgs,
    PolicyListArgs, PolicyNewArgs, PolicyRunArgs, PolicyTestArgs,
};

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Checks tokens against bundles of compliance policies
#[derive(Parser)]
#[command(name = "tokenward", version, subcommand_required = true)]
#[command(after_help = "New here? Try `tokenward demo`.")]
pub(crate) struct Args {
    /// When to use colour
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Verify a token and judge it by a bundle of policies
    Check(Box<CheckArgs>),
    /// Look at tokens and make test tokens
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Pack, sign, verify, compare and look at bundles of policies
    Bundle {
        #[command(subcommand)]
        command: BundleCommand,
    },
    /// Write, build and look at policies, and print their reference
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// Look for mistakes in a bundle that no error points out
    Lint(LintArgs),
    /// Run the cases of a bundle, or of a policy
    Test(Box<TestArgs>),
    /// Print a script that completes this command in a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// See a permit and a denial, on tokens made for it
    Demo,
    /// Run the server that gateways ask
    Serve(ServeArgs),
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Show what a token says, without verifying any of it
    Decode(DecodeArgs),
    /// Sign a test token, with a new key or an existing one
    Mint(Box<MintArgs>),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, by `NO_COLOR` and `CLICOLOR_FORCE`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phase {
    /// A gateway asks before it lets a request through
    Use,
    /// An issuer asks before it signs
    Issue,
    /// An issuer asks before it exchanges a refresh token
    Refresh,
    /// An identity provider asks at log-in
    Login,
}

impl Phase {
    /// The same, as the library names it.
    pub(crate) fn phase(self) -> tokenward::Phase {
        match self {
            Self::Use => tokenward::Phase::Use,
            Self::Issue => tokenward::Phase::Issue,
            Self::Refresh => tokenward::Phase::Refresh,
            Self::Login => tokenward::Phase::Login,
        }
    }
}

#[derive(clap::Args)]
#[command(after_help = "Exit codes: 0 decoded, 1 the token cannot be parsed, 2 wrong arguments.")]
pub(crate) struct DecodeArgs {
    /// The token, `@FILE`, or `-` for standard input (the default)
    #[arg(value_name = "TOKEN|@FILE|-")]
    pub(crate) token: Option<OsString>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const SERVE_HELP: &str = "\
Gateways ask at --listen: forward-auth, Envoy ext_authz (gRPC) and OpenID AuthZEN. Operators ask at
--admin: health, metrics, bundles, keys, and a playground at /playground. Without any argument, the
baseline bundle judges tokens that are made on the playground.

SIGHUP: the trust file, certificates and secrets are read again. SIGTERM: requests are finished.

Exit codes: 0 ended, 2 the configuration is not accepted, or it cannot start.";

#[derive(clap::Args)]
#[command(after_help = SERVE_HELP)]
pub(crate) struct ServeArgs {
    /// The configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Issuers, their keys and audiences: a trust file, in the place of the configuration's
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// A built-in bundle or a folder, in the place of the configuration's
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) bundle: Option<String>,
    /// Where gateways ask, in the place of the configuration's address
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Where operators ask, in the place of the configuration's address
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) admin: Option<std::net::SocketAddr>,
    /// Only say whether the configuration is accepted
    #[arg(long)]
    pub(crate) check_config: bool,
}

const MINT_HELP: &str = "\
For instance:
  tokenward token mint --new-key demo --claim sub=u-1 > demo.jwt
  tokenward check --key demo.public.jwk @demo.jwt";

#[derive(clap::Args)]
#[command(after_help = MINT_HELP)]
pub(crate) struct MintArgs {
    /// Make a key: writes NAME.private.jwk and NAME.public.jwk
    #[arg(long, value_name = "NAME", conflicts_with = "key")]
    pub(crate) new_key: Option<PathBuf>,
    /// Sign with this key: a private JWK, or PKCS#8 in PEM
    #[arg(long, value_name = "PRIVATE")]
    pub(crate) key: Option<PathBuf>,
    /// The algorithm; default: ES256, or the one of --key
    #[arg(long, value_name = "ALG")]
    pub(crate) alg: Option<String>,
    /// Replace the files of --new-key if they are there
    #[arg(long, requires = "new_key")]
    pub(crate) force: bool,
    /// The claims: a JSON object, or `@FILE` with one
    #[arg(long, value_name = "JSON|@FILE")]
    pub(crate) claims: Option<String>,
    /// One claim, as JSON or text; may be repeated
    ///
    /// A NAME that begins with `/` is a JSON Pointer into objects.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) claim: Vec<String>,
    /// How long it lives: seconds, or a number with s, m, h or d
    #[arg(long, value_name = "TIME", default_value = "15m")]
    pub(crate) ttl: String,
    /// When: RFC 3339 or seconds since 1970; default: now
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) now: Option<String>,
    /// The header's `typ`, for instance at+jwt
    #[arg(long)]
    pub(crate) typ: Option<String>,
    /// The header's `kid`; default: the key's own or its thumbprint
    #[arg(long)]
    pub(crate) kid: Option<String>,
    /// Set neither `iat` nor `exp`
    #[arg(long)]
    pub(crate) no_defaults: bool,
}

/// Also the list of what is looked for: a test compares it with the checks.
pub(crate) const LINT_HELP: &str = "\
Exit codes:
  0  nothing, or only notes (with --strict: nothing)
  1  warnings or errors
  2  the arguments or a file is wrong, or the bundle cannot be loaded

What is looked for:
  unknown-claim           a claim path that nobody knows, most likely mistyped
  reads-everything        a policy reads all claims and makes no use of them
  lifetime-beyond-session a token may live longer than its session, or for ever
  refresh-below-access    a refresh token lives shorter than an access token
  idle-beyond-absolute    a session never ends for being idle
  session-ages-differ     two policies limit a session's age differently
  permits-everything      a `permit` list that exempts every claim
  routes-disagree         a route that another policy never lets pass
  denied-though-encrypted a claim denied always, and permitted if encrypted
  no-common-algorithm     key-strength accepts nothing that --trust accepts
  trusted-and-refused     --trust accepts an algorithm, key-strength refuses it
  never-trusted           key-strength names an algorithm, --trust never accepts it
  control-unserved        a claimed control that no rule serves, or only rules
                          that settings switch off
  control-not-enforced    a claimed control that no enforced policy serves
  review-missing          no day of review
  review-inherited        the day of review is that of an extended bundle
  review-passed           the day of review has passed
  shadowed-route          a route that no request reaches
  fault-passes            a fault of a policy lets requests pass
  same-policy-twice       a policy twice with the same settings
  phase-never-asked       a policy that is meant for none of --phase
  default-setting         a setting that is set to its default";

#[derive(clap::Args)]
#[command(after_help = LINT_HELP)]
pub(crate) struct LintArgs {
    /// A built-in bundle by name, a folder with `bundle.toml`, or a packed bundle
    ///
    /// The claims of the tokens in its cases are known claims.
    #[arg(value_name = "NAME|DIR|FILE.bundle", default_value = tokenward::DEFAULT_BUNDLE)]
    pub(crate) bundle: String,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
    /// The trust file (TOML) that the bundle is used with
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Option<PathBuf>,
    /// A phase in which the bundle is asked; may be repeated; default: all
    #[arg(long, value_enum)]
    pub(crate) phase: Vec<Phase>,
    /// The day: YYYY-MM-DD, RFC 3339 or seconds since 1970; default: today
    #[arg(long, value_name = "DATE", allow_negative_numbers = true)]
    pub(crate) now: Option<String>,
    /// Fail for notes too
    #[arg(long)]
    pub(crate) strict: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    Text,
    /// For build servers: XML in the form of `JUnit`
    Junit,
    /// For programs
    Json,
    /// Test Anything Protocol, version 14
    Tap,
}

const TEST_HELP: &str = "\
Exit codes:
  0  every case passed
  1  a case failed, or the coverage is below what is asked for
  2  the arguments, a file, a case or the bundle is wrong

A case file is TOML, with one [[case]] for each case:
  name, description
      what it shows
  claims, kind, header, key, encryption, binding
      of a token that nobody signed: tables, or JSON as text;
      `no-token = true` for a call without one. As no token is verified, no
      verifier checks `exp` and `nbf` of the claims: only the policies see them
  token, and trust or key
      a real token, or `@FILE` with one, and the file that it is verified with
  phase, now, request, headers, client-address, token-location, tls, cookies,
  signals, facts
      the call; now is 1700000000 unless given
  settings
      by policy, laid over those of the bundle
  expect
      `permit`, `deny`, `step-up` or `fault`
  findings
      all there are, as `POLICY RULE [/pointer]`; none unless given.
      findings-include names some and allows others
  requirements, challenge, controls, token-error
      if given: what the decision asks for, the error of the challenge, controls
      that findings serve, why the token is not accepted
  setting-errors
      instead of expect: settings that are refused, as `POLICY /pointer`

For instance:
  [[case]]
  name = \"an e-mail address does not belong into a token\"
  claims = { sub = \"u-1\", email = \"alice@example.com\" }
  expect = \"deny\"
  findings-include = [\"claim-minimization personal-data /email\"]

Coverage: of all rules, policies and settings of the bundle, how many are
reached by a case that passes. A rule is, when a case names a finding of it; a
policy, when a case finds that it permits and says nothing; a setting, when some
case comes out differently without it. Each item of a list is a setting too.";

#[derive(clap::Args)]
#[command(after_help = TEST_HELP)]
pub(crate) struct TestArgs {
    /// A built-in bundle by name, the folder of a bundle or of one policy's
    /// component, a packed bundle, or a component; with --cases, also a built-in
    /// policy by name
    #[arg(value_name = "BUNDLE|DIR|FILE", default_value = tokenward::DEFAULT_BUNDLE)]
    pub(crate) bundle: String,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
    #[command(flatten)]
    pub(crate) run: TestRunArgs,
    /// Run again when a file changes
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Which cases run, and how what came of them is told.
#[derive(clap::Args)]
pub(crate) struct TestRunArgs {
    /// A case file, or a folder of them; may be repeated
    ///
    /// Default: those of the built-in bundle, or the folder `cases` of the bundle or beside the
    /// component. A built-in policy has none by default: its cases are given here.
    #[arg(long, value_name = "PATH")]
    pub(crate) cases: Vec<PathBuf>,
    /// Only cases that it fits: a part of `FILE: NAME`, or of `POLICY/RULE`; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) filter: Vec<String>,
    /// Say what no case reaches; with a percentage, fail below it
    #[arg(
        long,
        value_name = "PERCENT",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "filter"
    )]
    #[allow(clippy::option_option, reason = "whether it is given, and whether with a percentage")]
    pub(crate) coverage: Option<Option<String>>,
    /// How to print what came of them
    #[arg(long, value_enum, default_value_t = TestFormat::Text)]
    pub(crate) format: TestFormat,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}
