//! The arguments of `tokenward bundle`, and how any command opens a bundle.

use std::path::PathBuf;

use clap::Subcommand;

use super::Format;

const PACKED: &str = "A packed bundle (NAME.bundle)";

/// How a packed bundle is verified. Those that are built in, and folders that
/// somebody works on, are not signed.
#[derive(clap::Args, Clone, Default)]
pub(crate) struct BundleVouch {
    /// The trust file (TOML) that says whose signatures it must have
    #[arg(long, value_name = "FILE", help_heading = PACKED, conflicts_with_all = ["bundle_key", "unsigned"])]
    pub(crate) bundle_trust: Option<PathBuf>,
    /// The public key that must have signed it: JWK or PEM, Ed25519
    #[arg(long, value_name = "FILE", help_heading = PACKED, conflicts_with = "unsigned")]
    pub(crate) bundle_key: Option<PathBuf>,
    /// Take it unverified
    #[arg(long, help_heading = PACKED)]
    pub(crate) unsigned: bool,
}

/// A bundle, and how it is verified.
#[derive(clap::Args)]
pub(crate) struct BundleArg {
    /// A built-in bundle by name, a folder with `bundle.toml`, or a packed bundle
    #[arg(value_name = "NAME|DIR|FILE.bundle", default_value = tokenward::DEFAULT_BUNDLE)]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
}

#[derive(Subcommand)]
pub(crate) enum BundleCommand {
    /// Pack a bundle into one file, which can be signed and handed on
    Build(BundleBuildArgs),
    /// Add a signature to a packed bundle
    Sign(BundleSignArgs),
    /// Say who signed a packed bundle, and whether that is enough
    Verify(BundleVerifyArgs),
    /// Push a packed bundle to an OCI registry
    Push(BundlePushArgs),
    /// Pull a packed bundle from an OCI registry
    Pull(BundlePullArgs),
    /// Show the policies, settings, rules and controls of a bundle
    Inspect(InspectArgs),
    /// Say what differs between two bundles, and which decisions change
    Diff(BundleDiffArgs),
    /// Try a candidate on a running server, and see what it would change
    Shadow {
        #[command(subcommand)]
        command: ShadowCommand,
    },
    /// List the built-in bundles
    List,
    /// Print the reference of a bundle, in Markdown
    Docs(BundleDocsArgs),
    /// Show which requirements of the frameworks a bundle answers
    Coverage(CoverageArgs),
}

/// A running server, by its admin listener.
#[derive(clap::Args)]
pub(crate) struct ServerArgs {
    /// Where its operators ask
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9192")]
    pub(crate) server: String,
    /// The file with the admin token, `admin.token-file`
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum ShadowCommand {
    /// Say what the candidate would change, by policy, control and claim
    Report {
        #[command(flatten)]
        server: ServerArgs,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Try a packed bundle: it judges the same requests, and decides nothing
    Start {
        /// The packed bundle
        #[arg(value_name = "FILE.bundle")]
        bundle: PathBuf,
        /// The share of requests that it judges, above 0, at most 1
        #[arg(long, value_name = "SHARE", default_value_t = 1.0)]
        share: f64,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Make the candidate the active bundle, if it was tried enough and changes little
    Promote {
        /// Requests that it must have judged
        #[arg(long, value_name = "COUNT")]
        at_least: u64,
        /// The largest share of them that it may decide otherwise, 0 to 1
        #[arg(long, value_name = "SHARE")]
        changed_at_most: f64,
        #[command(flatten)]
        server: ServerArgs,
    },
    /// Try it no more, and print the last report
    Stop {
        #[command(flatten)]
        server: ServerArgs,
    },
}

const BUILD_HELP: &str = "\
The same inputs give the same bytes, wherever and whenever they are packed. The
bundle's own cases, `cases/*.toml` beside its manifest, go with it: they run
here, and wherever it is activated.

For instance:
  tokenward token mint --new-key release --alg EdDSA > /dev/null
  tokenward bundle build my-bundle --expires 2027-06-30T00:00:00Z
  tokenward bundle sign my-bundle-1.0.0.bundle --key release.private.jwk
  tokenward bundle verify my-bundle-1.0.0.bundle --bundle-key release.public.jwk";

#[derive(clap::Args)]
#[command(after_help = BUILD_HELP)]
pub(crate) struct BundleBuildArgs {
    /// A built-in bundle by name, or a folder with `bundle.toml`
    #[arg(value_name = "NAME|DIR")]
    pub(crate) bundle: String,
    /// The file to write; default: NAME-VERSION.bundle
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// From when it is valid: RFC 3339; default: what its manifest says
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) not_before: Option<String>,
    /// When it expires: RFC 3339; default: what its manifest says
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) expires: Option<String>,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

const SIGN_HELP: &str = "\
What is signed is the manifest with the digests of all components and cases, as
an envelope of DSSE 1.0 wraps it, with Ed25519. Who signs twice has signed once:
a threshold of a trust file counts keys.

A key in a PKCS #11 token (an HSM, a smart card) signs by --pkcs11, the shared library
of the token's maker, and --pkcs11-key. The PIN is read from the file of --pin-file, or
from the environment variable TOKENWARD_PIN: an argument can be seen by others.

--command runs a program that has the key, or reaches who has it, such as that
of a key management service: it reads the message from its standard input, and
writes the 64 bytes of the signature to its standard output.";

#[derive(clap::Args)]
#[command(after_help = SIGN_HELP)]
pub(crate) struct BundleSignArgs {
    /// The packed bundle: the signature is added to it
    #[arg(value_name = "FILE.bundle")]
    pub(crate) file: PathBuf,
    /// Sign with this key: a private JWK, or PKCS#8 in PEM
    #[arg(long, value_name = "PRIVATE", required_unless_present_any = ["command", "pkcs11"])]
    pub(crate) key: Option<PathBuf>,
    /// Sign with a key in the PKCS #11 token that this module reaches
    #[arg(long, value_name = "MODULE", conflicts_with_all = ["key", "command"], requires = "pkcs11_key")]
    pub(crate) pkcs11: Option<PathBuf>,
    /// With --pkcs11: the label of the key
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    pub(crate) pkcs11_key: Option<String>,
    /// With --pkcs11: the label of the token; default: the only one
    #[arg(long, value_name = "LABEL", requires = "pkcs11")]
    pub(crate) pkcs11_token: Option<String>,
    /// With --pkcs11: a file with the PIN in its first line
    #[arg(long, value_name = "FILE", requires = "pkcs11")]
    pub(crate) pin_file: Option<PathBuf>,
    /// Sign by this program, with its arguments; needs --public-key
    #[arg(long, value_name = "PROGRAM", num_args = 1.., conflicts_with = "key", requires = "public_key", allow_hyphen_values = true)]
    pub(crate) command: Option<Vec<String>>,
    /// With --command: the public key of what the program signs with
    #[arg(long, value_name = "FILE", requires = "command")]
    pub(crate) public_key: Option<PathBuf>,
    /// With --pkcs11: write the public key to this file, as JWK, for a trust file
    #[arg(long, value_name = "FILE", requires = "pkcs11")]
    pub(crate) write_public_key: Option<PathBuf>,
}

const VERIFY_HELP: &str = "\
Exit codes:
  0  enough of the trusted keys signed it, and it is valid now
  1  refused
  2  the arguments or a file of keys is wrong

A trust file is TOML:
  threshold = 2                  # how many of the keys must have signed
  bundles = [\"acme\"]             # the names that are accepted; default: all
  require-expiry = true          # the default
  [[key]]
  name = \"release\"
  file = \"release.public.jwk\"    # JWK or PEM, Ed25519";

#[derive(clap::Args)]
#[command(after_help = VERIFY_HELP)]
pub(crate) struct BundleVerifyArgs {
    /// The packed bundle
    #[arg(value_name = "FILE.bundle")]
    pub(crate) file: PathBuf,
    /// The trust file (TOML) that says whose signatures it must have
    #[arg(long, value_name = "FILE", required_unless_present = "bundle_key")]
    pub(crate) bundle_trust: Option<PathBuf>,
    /// The public key that must have signed it: JWK or PEM, Ed25519
    #[arg(long, value_name = "FILE", conflicts_with = "bundle_trust")]
    pub(crate) bundle_key: Option<PathBuf>,
    /// When: RFC 3339 or seconds since 1970; default: now
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) now: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

const REGISTRY_HELP: &str = "\
A registry on this machine is asked over HTTP, every other over HTTPS.

Environment:
  TOKENWARD_REGISTRY_USER, TOKENWARD_REGISTRY_PASSWORD
      who asks the registry; anonymous without them";

#[derive(clap::Args)]
#[command(after_help = REGISTRY_HELP)]
pub(crate) struct BundlePushArgs {
    /// The packed bundle
    #[arg(value_name = "FILE.bundle")]
    pub(crate) file: String,
    /// Where to: REGISTRY/NAME:TAG
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
}

#[derive(clap::Args)]
#[command(after_help = REGISTRY_HELP)]
pub(crate) struct BundlePullArgs {
    /// From where: REGISTRY/NAME:TAG, or REGISTRY/NAME@sha256:HEX
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,
    /// The file to write; default: NAME-VERSION.bundle
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
}

#[derive(clap::Args)]
pub(crate) struct InspectArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArg,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

const DIFF_HELP: &str = "\
Exit codes:
  0  nothing differs
  1  something differs
  2  the arguments, a file, a case or a bundle is wrong

Decisions are compared over cases (see `tokenward test --help`): those of both
bundles, or those of --cases; or over a log of requests, JSON Lines with the fields
of a case, as `tokenward check --record` writes it. What a case expects does not
matter here.";

#[derive(clap::Args)]
#[command(after_help = DIFF_HELP)]
pub(crate) struct BundleDiffArgs {
    /// The bundle before: a name, a folder, or a packed bundle
    #[arg(value_name = "OLD")]
    pub(crate) old: String,
    /// The bundle after
    #[arg(value_name = "NEW")]
    pub(crate) new: String,
    /// A case file, or a folder of them; may be repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) cases: Vec<PathBuf>,
    /// A log of requests, in place of cases; may be repeated
    #[arg(long, value_name = "FILE.jsonl", conflicts_with = "cases")]
    pub(crate) log: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,
}

#[derive(clap::Args)]
pub(crate) struct BundleDocsArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArg,
}

#[derive(clap::Args)]
pub(crate) struct CoverageArgs {
    #[command(flatten)]
    pub(crate) bundle: BundleArg,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}
