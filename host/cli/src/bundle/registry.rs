//! `tokenward bundle push` and `pull`: packed bundles in an OCI registry.

use anyhow::{Context, anyhow, bail};
use tokenward::packed::PackedBundle;
use tokenward_activation::{Fetched, OciSource, RegistryLogin, Source};

use super::build::default_path;
use super::file;
use crate::args::{BundlePullArgs, BundlePushArgs};
use crate::bundle_source;
use crate::exit::Exit;
use crate::output::Output;
use crate::render::words;
use crate::values::moment;

const USER: &str = "TOKENWARD_REGISTRY_USER";
const PASSWORD: &str = "TOKENWARD_REGISTRY_PASSWORD";

pub(crate) fn push(args: &BundlePushArgs, output: &Output) -> anyhow::Result<Exit> {
    if !bundle_source::is_packed(&args.file) {
        bail!("`{}` is no packed bundle; `tokenward bundle build` packs one", args.file);
    }
    let opened = bundle_source::open(&args.file, &args.vouch, moment(None)?, output)?;
    let packed = opened.packed.context("it is no packed bundle")?.bundle;
    let pushed = tokenward_activation::push(&packed, &args.reference, &login()?)?;
    let manifest = packed.manifest();
    output.print(&format!("pushed {} {}: {}\n", manifest.name, manifest.version, pushed.pinned))?;
    Ok(Exit::Done)
}

pub(crate) fn pull(args: &BundlePullArgs, output: &Output) -> anyhow::Result<Exit> {
    let mut source = OciSource::new(&args.reference, &login()?)?;
    let Fetched::Bundle(bytes) = source.fetch()? else { bail!("it was not fetched") };
    let name = &args.reference;
    let packed = PackedBundle::read(&bytes).with_context(|| format!("`{name}`"))?;
    let opened = bundle_source::vouched(packed, name, &args.vouch, moment(None)?, output)?;
    let packed = opened.packed.context("it is no packed bundle")?.bundle;
    let path = args.out.clone().unwrap_or_else(|| default_path(&packed));
    let size = file::write(&path, &packed)?;
    let manifest = packed.manifest();
    output.print(&format!(
        "pulled {} {}: {}\nwrote `{}`, {}\n",
        manifest.name,
        manifest.version,
        source.pinned().unwrap_or_default(),
        path.display(),
        words::size(size)
    ))?;
    Ok(Exit::Done)
}

fn login() -> anyhow::Result<RegistryLogin> {
    let given = |variable: &str| match std::env::var(variable) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(std::env::VarError::NotPresent) => Ok(None),
        Err(_) => Err(anyhow!("{variable} is not UTF-8")),
    };
    match (given(USER)?, given(PASSWORD)?) {
        (None, None) => Ok(RegistryLogin::Anonymous),
        (Some(name), Some(password)) => Ok(RegistryLogin::User { name, password }),
        _ => bail!("{USER} and {PASSWORD} go together"),
    }
}
