//! The arguments of `tokenward check`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use super::{BundleVouch, Format, Phase};

const CHECK_HELP: &str = "\
Exit codes:
  0  permit
  1  deny: a policy refuses, or the token is missing or not accepted
  2  the arguments, a file or the configuration is wrong
  3  step-up: the user must authenticate again
  4  fault: a policy gave no verdict, or none is meant for the phase, so that no
     decision was made

Signals:
  --signal NAME=VALUE[,confidence=PERCENT][,age=SECONDS][,source=NAME]
  for instance `--signal new-device=true,confidence=80,source=edr`. A value that
  is JSON is taken as JSON, any other as text. What is not given is unknown.

What the gateway vouches for:
  The token proves only what is in it. Whatever else is given here, of the
  connection, of the request, of the proof of possession, of the encryption and
  of the key, is what a gateway would have to know, and is believed.

Without a token:
  tokenward check --phase login --no-token --bundle DIR --fact password.length=14
  tokenward check --phase issue --claims @claims.json --kind access
  A token that is used or refreshed has to be there: without it, deny.

Environment:
  TOKENWARD_CACHE  the folder for compiled policies, or `off`
  NO_COLOR, CLICOLOR_FORCE  as usual";

/// The headings of groups of options.
const REQUEST: &str = "The request (the gateway vouches for it)";
const TOKEN: &str = "Beside the token (the gateway vouches for it)";
const NO_TOKEN: &str = "Instead of a token";

#[derive(clap::Args)]
#[command(after_help = CHECK_HELP)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag as it is typed")]
pub(crate) struct CheckArgs {
    /// The token, `@FILE`, or `-` for standard input (the default)
    ///
    /// A leading `Bearer ` or `Authorization: Bearer ` is taken off.
    #[arg(value_name = "TOKEN|@FILE|-", conflicts_with_all = ["no_token", "claims"])]
    pub(crate) token: Option<OsString>,
    /// A built-in bundle by name, a folder with `bundle.toml`, or a packed bundle
    #[arg(long, value_name = "NAME|DIR|FILE.bundle", default_value = tokenward::DEFAULT_BUNDLE)]
    pub(crate) bundle: String,
    #[command(flatten)]
    pub(crate) vouch: BundleVouch,
    /// A trust file (TOML): issuers, their keys and audiences
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["key", "issuer", "audience", "no_token", "claims"]
    )]
    pub(crate) trust: Option<PathBuf>,
    /// A key to verify with: PEM public key, JWK or JWKS
    ///
    /// Alone it leaves issuer and audience unchecked.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no_token", "claims"])]
    pub(crate) key: Option<PathBuf>,
    /// With --key: the issuer (`iss`) that is accepted; needs --audience
    #[arg(long, value_name = "ISS", requires = "audience", conflicts_with_all = ["no_token", "claims"])]
    pub(crate) issuer: Option<String>,
    /// With --key: an accepted audience (`aud`); may be repeated
    #[arg(long, value_name = "AUD", conflicts_with_all = ["no_token", "claims"])]
    pub(crate) audience: Vec<String>,
    /// Something known of the context (see below); may be repeated
    #[arg(long, value_name = "NAME=VALUE[,...]")]
    pub(crate) signal: Vec<String>,
    /// Another fact, as JSON or text; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) fact: Vec<String>,
    /// The moment in the token's life
    #[arg(long, value_enum, default_value_t = Phase::Use)]
    pub(crate) phase: Phase,
    /// When: RFC 3339 or seconds since 1970; default: now
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    pub(crate) now: Option<String>,
    /// How to print the decision
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Say also how it was decided, and what each policy read
    #[arg(long)]
    pub(crate) explain: bool,
    /// Add what was judged to this log of requests, for `bundle diff --log`
    ///
    /// It holds the claims, and no credentials that names or forms tell: no token, no value of headers
    /// such as `Authorization` or `X-Api-Key`, none of query parameters such as `code`. A token that was not accepted is not in it: no bundle
    /// was asked.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) record: Option<PathBuf>,
    /// Compile the policies anew
    #[arg(long)]
    pub(crate) no_cache: bool,

    /// The request, such as `GET https://api.example/orders`
    ///
    /// Without it, what else is said of the request stands for one of which method
    /// and URL are not known.
    #[arg(long, value_name = "METHOD URL", help_heading = REQUEST)]
    pub(crate) request: Option<String>,
    /// A header of the request; may be repeated
    #[arg(long, value_name = "NAME=VALUE", help_heading = REQUEST)]
    pub(crate) header: Vec<String>,
    /// The client's IP address
    #[arg(long, value_name = "IP", help_heading = REQUEST)]
    pub(crate) client_address: Option<String>,
    /// The version of TLS of the client's connection, such as 1.3
    #[arg(long, value_name = "VERSION", help_heading = REQUEST)]
    pub(crate) tls: Option<String>,
    /// With --tls: the cipher suite, by its IANA name
    #[arg(long, value_name = "NAME", requires = "tls", help_heading = REQUEST)]
    pub(crate) tls_cipher: Option<String>,
    /// With --tls: the client showed a certificate that was verified
    #[arg(long, requires = "tls", help_heading = REQUEST)]
    pub(crate) client_certificate: bool,
    /// Where in the request the token was found
    #[arg(
        long,
        value_enum,
        value_name = "PLACE",
        conflicts_with_all = ["no_token", "claims"],
        help_heading = REQUEST
    )]
    pub(crate) token_location: Option<TokenLocation>,
    /// A cookie that carries a token, or is about to; may be repeated
    ///
    /// As in `Set-Cookie` (RFC 6265 section 4.1.1):
    /// `NAME[; Secure][; HttpOnly][; SameSite=Strict|Lax|None][; Max-Age=SECONDS]`.
    /// A value, `NAME=VALUE`, is not needed, and neither looked at nor shown.
    #[arg(long, value_name = "NAME[; ...]", help_heading = REQUEST)]
    pub(crate) cookie: Vec<String>,

    /// The proof of possession that was verified
    #[arg(
        long,
        value_enum,
        value_name = "PROOF",
        conflicts_with = "no_token",
        help_heading = TOKEN
    )]
    pub(crate) binding: Option<Binding>,
    /// How the token was, or will be, encrypted: the `alg` and `enc` of its JWE
    ///
    /// The token given here is the signed one that was inside.
    #[arg(long, value_name = "ALG,ENC", conflicts_with = "no_token", help_heading = TOKEN)]
    pub(crate) encryption: Option<String>,
    /// With --key, if its file does not say when it was created: seconds since then
    #[arg(
        long,
        value_name = "SECONDS",
        allow_negative_numbers = true,
        requires = "key",
        conflicts_with_all = ["trust", "no_token", "claims"],
        help_heading = TOKEN
    )]
    pub(crate) key_age: Option<String>,

    /// With --phase login: judge a call in which there is no token yet
    #[arg(long, conflicts_with = "claims", help_heading = NO_TOKEN)]
    pub(crate) no_token: bool,
    /// With --phase issue: judge claims before they are signed
    #[arg(long, value_name = "JSON|@FILE", help_heading = NO_TOKEN)]
    pub(crate) claims: Option<String>,
    /// With --claims: `access` (the default), `refresh`, `id`, or the subtype of another `typ`
    // What conflicts with --claims is named here too: clap does not ask for what
    // cannot be given.
    #[arg(
        long,
        value_name = "KIND",
        requires = "claims",
        conflicts_with_all = ["token", "key", "trust", "no_token"],
        help_heading = NO_TOKEN
    )]
    pub(crate) kind: Option<String>,
    /// With --claims: the members of the JOSE header that the token will have
    #[arg(
        long,
        value_name = "JSON|@FILE",
        requires = "claims",
        conflicts_with_all = ["token", "key", "trust", "no_token"],
        help_heading = NO_TOKEN
    )]
    pub(crate) token_header: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TokenLocation {
    /// The `Authorization` header
    AuthorizationHeader,
    /// A form-encoded body
    Body,
    /// The query of the URL
    Query,
    /// A cookie
    Cookie,
    /// Another header
    OtherHeader,
}

impl TokenLocation {
    /// The same, as the library names it.
    pub(crate) fn location(self) -> tokenward::TokenLocation {
        match self {
            Self::AuthorizationHeader => tokenward::TokenLocation::AuthorizationHeader,
            Self::Body => tokenward::TokenLocation::Body,
            Self::Query => tokenward::TokenLocation::Query,
            Self::Cookie => tokenward::TokenLocation::Cookie,
            Self::OtherHeader => tokenward::TokenLocation::OtherHeader,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Binding {
    /// None: a plain bearer token
    None,
    /// A `DPoP` proof (RFC 9449)
    Dpop,
    /// The client's TLS certificate (RFC 8705)
    MutualTls,
}

impl Binding {
    /// The same, as the library names it.
    pub(crate) fn binding(self) -> tokenward::Binding {
        match self {
            Self::None => tokenward::Binding::None,
            Self::Dpop => tokenward::Binding::Dpop,
            Self::MutualTls => tokenward::Binding::MutualTls,
        }
    }
}
