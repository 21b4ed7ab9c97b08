//! Bundles: which policies judge.

use std::ffi::{CString, c_char};
use std::path::{Path, PathBuf};
use std::ptr;

use tokenward::packed::{Accepted, BundleTrust, PACKED_LIMIT, PackedBundle, VerifiedBundle};
use tokenward::{Bundle, BundleVersion, EngineConfig, UnixTime};
use tokenward_cases::run_own_cases;

use crate::border;
use crate::constants::TOKENWARD_BUNDLE_UNSIGNED;
use crate::failure::Failure;
use crate::handle::{Given, Handle, Kind, Lent, mark_of};
use crate::input::{Bytes, Chars, ErrorSlot, NAME, SizeSlot};
use crate::text::{lend, text};

/// A bundle that was read, and verified if it was packed.
pub(crate) struct ReadBundle {
    content: Content,
    info: Handle<BundleInfo>,
}

#[allow(clippy::large_enum_variant, reason = "few are made, and none is moved about")]
enum Content {
    /// Built in, or of a folder: of the program, or of who runs it.
    Own(Bundle),
    /// From whoever packed it.
    Packed(Box<VerifiedBundle>),
}

impl Kind for ReadBundle {
    const MARK: u64 = mark_of(*b"tokwbndl");
    const NAME: &'static str = "bundle";
}

impl ReadBundle {
    fn owned(content: Content) -> *mut Handle<Self> {
        let bundle = match &content {
            Content::Own(bundle) => bundle,
            Content::Packed(verified) => verified.bundle(),
        };
        let info = Handle::part(BundleInfo::of(&bundle.into()));
        Handle::owned(Self { content, info })
    }

    /// The bundle, if it is to be used now: one that was packed is still valid, no older than what
    /// was accepted before, and does what its own cases say.
    pub(crate) fn usable(
        &self,
        accepted: &[Accepted],
        tests: &EngineConfig,
    ) -> Result<Bundle, Failure> {
        let verified = match &self.content {
            Content::Own(bundle) => return Ok(bundle.clone()),
            Content::Packed(verified) => verified,
        };
        // Who signed it was checked when it was read, and nothing of it has changed. Time has passed.
        let verified = verified.packed().clone().unsigned(UnixTime::now(), accepted)?;
        if !verified.cases().is_empty() {
            let cases = run_own_cases(verified.bundle(), verified.cases(), tests)
                .map_err(|error| Failure::bundle("cases-unreadable", error.to_string()))?;
            if let Some(first) = cases.failed.first() {
                let (differences, all) = (cases.failed.len(), cases.all);
                let message = format!(
                    "its own cases came out otherwise ({differences} differences in {all} cases): \
                     {first}"
                );
                return Err(Failure::bundle("cases-fail", message));
            }
        }
        Ok(verified.bundle().clone())
    }

    /// What is to be remembered once it was used, so that no older one is accepted.
    pub(crate) fn accepted(&self) -> Option<Accepted> {
        match &self.content {
            Content::Own(_) => None,
            Content::Packed(verified) => Some(verified.accepted()),
        }
    }
}

/// Which bundle it is.
pub(crate) struct BundleInfo {
    name: CString,
    version: CString,
    digest: CString,
}

impl Kind for BundleInfo {
    const MARK: u64 = mark_of(*b"tokwinfo");
    const NAME: &'static str = "bundle's info";
}

impl BundleInfo {
    pub(crate) fn of(version: &BundleVersion) -> Self {
        Self {
            name: text(&version.name),
            version: text(&version.version),
            digest: text(&version.digest),
        }
    }
}

/// Verifies a packed bundle, unless the C program says that nobody need have signed it.
fn packed(
    read: impl FnOnce() -> Result<PackedBundle, Failure>,
    trust: Option<PathBuf>,
    flags: u32,
) -> Result<*mut Handle<ReadBundle>, Failure> {
    let verified = match (flags, trust) {
        (0, Some(trust)) => read()?.verify(&bundle_trust(&trust)?, UnixTime::now(), &[])?,
        (0, None) => {
            let message = "there is nothing to verify the bundle with; give a trust file, or say \
                           TOKENWARD_BUNDLE_UNSIGNED";
            return Err(Failure::argument("no-bundle-trust", message));
        }
        (TOKENWARD_BUNDLE_UNSIGNED, None) => read()?.unsigned(UnixTime::now(), &[])?,
        (TOKENWARD_BUNDLE_UNSIGNED, Some(_)) => {
            // Nobody is to think that something was verified.
            let message = "there is a trust file, and TOKENWARD_BUNDLE_UNSIGNED; accepted: one of \
                           them";
            return Err(Failure::argument("unsigned-and-trust", message));
        }
        _ => return Err(unknown_flags(flags, "TOKENWARD_BUNDLE_UNSIGNED")),
    };
    Ok(ReadBundle::owned(Content::Packed(Box::new(verified))))
}

fn bundle_trust(path: &Path) -> Result<BundleTrust, Failure> {
    BundleTrust::from_file(path).map_err(|error| Failure::trust("bundle-trust", error.to_string()))
}

pub(crate) fn unknown_flags(flags: u32, known: &str) -> Failure {
    Failure::argument("unknown-value", format!("the flags are {flags:#x}; accepted: 0, or {known}"))
}

const TRUST: &str = "the path of the bundle's trust file";

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_built_in(
    name: Chars,
    name_size: usize,
    error: ErrorSlot,
) -> *mut Handle<ReadBundle> {
    border::reported(error, ptr::null_mut(), || {
        let name = name.read(name_size, NAME, "the bundle's name")?;
        Ok(ReadBundle::owned(Content::Own(Bundle::built_in(name)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_from_folder(
    path: Chars,
    path_size: usize,
    error: ErrorSlot,
) -> *mut Handle<ReadBundle> {
    border::reported(error, ptr::null_mut(), || {
        let path = path.path(path_size, "the path of the bundle's folder")?;
        Ok(ReadBundle::owned(Content::Own(Bundle::from_folder(&path)?)))
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_from_packed_file(
    path: Chars,
    path_size: usize,
    trust_path: Chars,
    trust_path_size: usize,
    flags: u32,
    error: ErrorSlot,
) -> *mut Handle<ReadBundle> {
    border::reported(error, ptr::null_mut(), || {
        let path = path.path(path_size, "the path of the packed bundle")?;
        let trust = trust_path.optional_path(trust_path_size, TRUST)?;
        packed(|| Ok(PackedBundle::read_file(&path)?), trust, flags)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_from_packed(
    bytes: Bytes,
    size: usize,
    trust_path: Chars,
    trust_path_size: usize,
    flags: u32,
    error: ErrorSlot,
) -> *mut Handle<ReadBundle> {
    border::reported(error, ptr::null_mut(), || {
        let limit = usize::try_from(PACKED_LIMIT).unwrap_or(usize::MAX);
        let bytes = bytes.read(size, limit, "the packed bundle")?;
        let trust = trust_path.optional_path(trust_path_size, TRUST)?;
        packed(|| Ok(PackedBundle::read(bytes)?), trust, flags)
    })
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_get_info(bundle: Lent<ReadBundle>) -> *const Handle<BundleInfo> {
    border::or(ptr::null(), || Some(ptr::from_ref(&bundle.get().ok()?.info)))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_free(bundle: Given<ReadBundle>) {
    border::or((), || {
        bundle.free();
        Some(())
    });
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_info_name(info: Lent<BundleInfo>, size: SizeSlot) -> *const c_char {
    lend(size, || Some(info.get().ok()?.name.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_info_version(
    info: Lent<BundleInfo>,
    size: SizeSlot,
) -> *const c_char {
    lend(size, || Some(info.get().ok()?.version.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_info_digest(
    info: Lent<BundleInfo>,
    size: SizeSlot,
) -> *const c_char {
    lend(size, || Some(info.get().ok()?.digest.as_c_str()))
}

#[unsafe(no_mangle)]
extern "C" fn tokenward_bundle_info_free(info: Given<BundleInfo>) {
    border::or((), || {
        info.free();
        Some(())
    });
}
