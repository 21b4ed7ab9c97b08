//! What a token is verified by: a trust file, or a key.

use anyhow::{Context, bail};
use tokenward::{Issuer, Trust, load};

use crate::args::CheckArgs;

/// The trust that the arguments ask for.
pub(crate) fn of_args(args: &CheckArgs) -> anyhow::Result<Trust> {
    match (&args.trust, &args.key) {
        (Some(file), _) => load::trust_file(file).context("--trust"),
        (None, Some(file)) => of_key(args, load::key_file(file).context("--key")?),
        (None, None) => bail!(
            "nothing to verify the token with; give `--trust FILE` (issuers, their keys and \
             audiences) or `--key FILE` (a public key); for a test, `tokenward token mint \
             --new-key demo` makes a key and a token"
        ),
    }
}

fn of_key(args: &CheckArgs, keys: tokenward::KeySet) -> anyhow::Result<Trust> {
    let audiences = args.audience.iter().map(String::as_str);
    let Some(issuer) = &args.issuer else {
        let trust = Trust::key_only(keys);
        return Ok(if args.audience.is_empty() { trust } else { trust.with_audiences(audiences) });
    };
    let symmetric = keys.is_symmetric();
    let mut issuer = Issuer::new(issuer, keys, audiences);
    if symmetric {
        issuer = issuer.symmetric();
    }
    Trust::builder().issuer(issuer).build().context("--issuer")
}
