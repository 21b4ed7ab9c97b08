//! What a token is verified by: a trust file, or a key.

use anyhow::{Context, bail};
use tokenward::mint::PrivateKey;
use tokenward::{Algorithm, Issuer, KeySet, Trust, UnixTime, load};

use crate::args::CheckArgs;
use crate::vouched;

/// The trust that the arguments ask for.
pub(crate) fn of_args(args: &CheckArgs, now: UnixTime) -> anyhow::Result<Trust> {
    match (&args.trust, &args.key) {
        (Some(file), _) => load::trust_file(file).context("--trust"),
        (None, Some(file)) => {
            let keys = load::key_file(file).context("--key")?;
            of_key(
                args,
                match &args.key_age {
                    Some(age) => vouched::with_age(&keys, age, now).context("--key-age")?,
                    None => keys,
                },
            )
        }
        (None, None) => bail!(
            "nothing to verify the token with; give `--trust FILE` (issuers, their keys and \
             audiences) or `--key FILE` (a public key); for a test, `tokenward token mint \
             --new-key demo` makes a key and a token"
        ),
    }
}

/// Trust in a key that nobody has: for what is judged without a token.
pub(crate) fn in_nobody() -> anyhow::Result<Trust> {
    Ok(Trust::key_only(PrivateKey::generate(Algorithm::ES256)?.key_set()?))
}

fn of_key(args: &CheckArgs, keys: KeySet) -> anyhow::Result<Trust> {
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
