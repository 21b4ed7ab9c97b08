//! Trust: whose tokens are accepted.

use std::path::Path;
use std::ptr;

use tokenward::{Issuer, KeySet, Trust, load, read_file};
use tokenward_token::KeySource;

use crate::border;
use crate::failure::Failure;
use crate::handle::{Given, Handle, Kind, mark_of};
use crate::input::{Bytes, Chars, ErrorSlot, NAME};

/// Bytes of a trust file or of keys.
const FILE: usize = 1 << 20;

impl Kind for Trust {
    const MARK: u64 = mark_of(*b"tokwtrst");
    const NAME: &'static str = "trust";
}

/// Keys that a C program passed.
pub(crate) fn keys(bytes: &Bytes, size: usize) -> Result<KeySet, Failure> {
    Ok(KeySet::parse(bytes.read(size, FILE, "what was passed as keys")?)?)
}

/// The name of an issuer that a C program passed.
pub(crate) fn issuer(name: &Chars, size: usize) -> Result<&str, Failure> {
    name.read(size, NAME, "the issuer")
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_trust_from_file(
    path: Chars,
    path_size: usize,
    error: ErrorSlot,
) -> *mut Handle<Trust> {
    border::reported(error, ptr::null_mut(), || {
        let path = path.path(path_size, "the path of the trust file")?;
        // Whoever fetches the keys brings them: see `tokenward_authorizer_set_keys`.
        let absent = |_: &str, _: KeySource<'_>| Ok::<_, String>(KeySet::unavailable());
        Ok(Handle::owned(load::trust_file_with(&path, absent)?))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_trust_from_toml(
    text: Chars,
    text_size: usize,
    folder: Chars,
    folder_size: usize,
    error: ErrorSlot,
) -> *mut Handle<Trust> {
    border::reported(error, ptr::null_mut(), || {
        let text = text.read(text_size, FILE, "the text of the trust file")?;
        refuse_other(text)?;
        let folder = folder.optional_path(folder_size, "the folder of the key files")?;
        let folder = folder.unwrap_or_default();
        let trust = Trust::from_toml_with(text, |_, source| match source {
            KeySource::File(path) => of_file(&folder.join(path)),
            KeySource::Address(_) | KeySource::Discovery => Ok(KeySet::unavailable()),
        });
        Ok(Handle::owned(trust?))
    })
}

/// What is passed in the place of a trust file by mistake. What reads TOML would quote it in its
/// error, and it may be a secret.
fn refuse_other(text: &str) -> Result<(), Failure> {
    let start = text.trim_start();
    let other = [("{", "JSON"), ("-----BEGIN", "PEM"), ("eyJ", "a token")];
    match other.iter().find(|(mark, _)| start.starts_with(mark)) {
        Some((_, what)) => {
            let message = format!(
                "what was passed as a trust file is {what}; accepted: TOML with `[[issuer]]`; keys \
                 alone are for `tokenward_trust_from_issuer`"
            );
            Err(Failure::trust("no-trust-file", message))
        }
        None => Ok(()),
    }
}

fn of_file(path: &Path) -> Result<KeySet, String> {
    let file = read_file(path, FILE as u64).map_err(|e| format!("cannot be read: {e}"))?;
    KeySet::parse(&file).map_err(|error| error.to_string())
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_trust_from_issuer(
    issuer: Chars,
    issuer_size: usize,
    audience: Chars,
    audience_size: usize,
    keys: Bytes,
    keys_size: usize,
    error: ErrorSlot,
) -> *mut Handle<Trust> {
    border::reported(error, ptr::null_mut(), || {
        let name = self::issuer(&issuer, issuer_size)?;
        let audience = audience.read(audience_size, NAME, "the audience")?;
        let keys = self::keys(&keys, keys_size)?;
        let symmetric = keys.is_symmetric();
        let issuer = Issuer::new(name, keys, [audience]);
        let issuer = if symmetric { issuer.symmetric() } else { issuer };
        Ok(Handle::owned(Trust::builder().issuer(issuer).build()?))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_trust_from_keys(
    keys: Bytes,
    keys_size: usize,
    error: ErrorSlot,
) -> *mut Handle<Trust> {
    border::reported(error, ptr::null_mut(), || {
        Ok(Handle::owned(Trust::key_only(self::keys(&keys, keys_size)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_trust_free(trust: Given<Trust>) {
    border::or((), || {
        trust.free();
        Some(())
    });
}
