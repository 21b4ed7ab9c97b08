//! `tokenward bundle sign`: adds a signature to a packed bundle.

use anyhow::{Context, bail};
use tokenward::mint::PrivateKey;
use tokenward::packed::{BundleSigner, CommandSigner, KeySigner, PackedBundle};
use tokenward_pkcs11::{Pkcs11Key, Pkcs11Signer};

use super::file;
use crate::args::BundleSignArgs;
use crate::bundle_source::public_key;
use crate::exit::Exit;
use crate::output::Output;
use crate::render::words;
use crate::values::read;

/// The environment variable with the PIN of a token.
const PIN: &str = "TOKENWARD_PIN";
/// Bytes of a file with a key.
const KEY_LIMIT: u64 = 1 << 20;

pub(crate) fn sign(args: &BundleSignArgs, output: &Output) -> anyhow::Result<Exit> {
    let place = || format!("`{}`", args.file.display());
    let mut packed = PackedBundle::read_file(&args.file).with_context(place)?;
    let signer = signer(args)?;
    packed.sign(signer.as_ref()).with_context(place)?;
    file::write(&args.file, &packed)?;
    let manifest = packed.manifest();
    let signatures = words::count(packed.signatures().len(), "signature", "signatures");
    output.print(&format!(
        "signed {} {} with the key {}; it has {signatures}\n",
        manifest.name,
        manifest.version,
        signer.public_key().thumbprint()
    ))?;
    Ok(Exit::Done)
}

/// The PIN of a token, from a file or the environment.
fn pin(args: &BundleSignArgs) -> anyhow::Result<String> {
    let Some(file) = &args.pin_file else {
        let pin = std::env::var(PIN).ok().filter(|pin| !pin.is_empty());
        return pin
            .with_context(|| format!("--pkcs11: no PIN; give `--pin-file FILE`, or set {PIN}"));
    };
    let text = String::from_utf8(read(file, KEY_LIMIT).context("--pin-file")?);
    let text = text.ok().context("it is not UTF-8").context("--pin-file")?;
    let pin = text.lines().next().filter(|pin| !pin.is_empty());
    Ok(pin.context("its first line is empty").context("--pin-file")?.to_owned())
}

fn signer(args: &BundleSignArgs) -> anyhow::Result<Box<dyn BundleSigner>> {
    if let (Some(module), Some(key)) = (&args.pkcs11, &args.pkcs11_key) {
        let key = Pkcs11Key {
            module: module.clone(),
            token: args.pkcs11_token.clone(),
            key: key.clone(),
            pin: pin(args)?,
        };
        let signer = Pkcs11Signer::open(&key).context("--pkcs11")?;
        if let Some(path) = &args.write_public_key {
            let jwk = signer.public_jwk().to_compact() + "\n";
            std::fs::write(path, jwk).with_context(|| format!("`{}`", path.display()))?;
        }
        return Ok(Box::new(signer));
    }
    match (&args.key, &args.command, &args.public_key) {
        (Some(path), _, _) => {
            let name = || format!("--key: `{}`", path.display());
            let text = String::from_utf8(read(path, KEY_LIMIT).context("--key")?);
            let text = text.ok().context("it is not UTF-8").with_context(name)?;
            let key = PrivateKey::parse(&text).with_context(name)?;
            Ok(Box::new(KeySigner::new(key).with_context(name)?))
        }
        (None, Some(command), Some(public)) => {
            let [program, arguments @ ..] = command.as_slice() else {
                bail!("--command: it is empty; accepted: a program and its arguments");
            };
            let public = public_key(public).context("--public-key")?;
            Ok(Box::new(CommandSigner::new(public, program.clone(), arguments.to_vec())))
        }
        _ => bail!("nothing to sign with; give `--key PRIVATE`, or `--command` and `--public-key`"),
    }
}
