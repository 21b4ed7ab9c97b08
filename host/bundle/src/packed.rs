//! A bundle in one file: what is signed, the signatures, and every component and case.
//!
//! The file is a tar archive of regular files, in one order and one form, so that the same inputs
//! give the same bytes, and every byte that is not so is refused:
//!
//! | entry | what |
//! |---|---|
//! | `bundle.json` | the [`Statement`]: the manifest with all that it extends, and the digests of all that follows |
//! | `signatures.json` | the [`Signatures`] of the statement |
//! | `modules/HEX.wasm` | the components, by their SHA-256 |
//! | `cases/NAME.toml` | the bundle's own cases |
//!
//! A signature is over the statement's bytes as an envelope of DSSE 1.0 wraps them, and the statement
//! holds digests of the rest: what is not signed is in no bundle. [`PackedBundle::read`] checks the
//! form and the digests, and trusts nobody; [`PackedBundle::verify`] asks a [`BundleTrust`], and only
//! it makes a [`VerifiedBundle`].

mod archive;
mod error;
mod sign;
mod statement;
#[cfg(test)]
mod tests;
mod trust;
mod verify;

pub use error::{PackError, SignError, VerifyError};
pub use sign::{BundleSigner, CommandSigner, KeySigner, PAYLOAD_TYPE, Signature, Signatures};
pub use statement::{Content, FORMAT, Statement};
pub use trust::{BundleTrust, BundleTrustError, TrustedKey};
pub use verify::{Accepted, VerifiedBundle};

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use crate::bundle::{Bundle, BundledPolicy};
use crate::digest;
use crate::error::BundleError;
use crate::manifest::BundleManifest;
use crate::read::{self, MANIFEST_LIMIT};
use archive::{Archive, Entry};
use statement::canonical;

/// Bytes that a packed bundle may have.
pub const PACKED_LIMIT: u64 = 512 << 20;

/// What a packed bundle's file is called, by its ending.
pub const PACKED_EXTENSION: &str = "bundle";

/// A case file of a bundle: its name without folder, and its text.
pub type CaseFile = (String, String);

/// The cases that go with the bundle in a folder: `cases/*.toml`; none without such
/// a folder.
///
/// # Errors
///
/// [`BundleError`].
pub fn cases_in(folder: &Path) -> Result<Vec<CaseFile>, BundleError> {
    let folder = folder.join("cases");
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let paths = read::files_in(&folder, "toml")?.into_iter();
    let case = |path: std::path::PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
        let name = name.ok_or_else(|| BundleError::Manifest {
            place: format!("`{}`", path.display()),
            message: "its name is not UTF-8".into(),
        })?;
        Ok((name, read::text(&path, MANIFEST_LIMIT)?))
    };
    paths.map(case).collect()
}

/// A bundle in one file, whose form and digests are right. Whether it is to be
/// trusted, [`PackedBundle::verify`] says.
#[derive(Debug, Clone)]
pub struct PackedBundle {
    statement: Statement,
    statement_bytes: Vec<u8>,
    signatures: Signatures,
    bundle: Bundle,
    cases: Vec<CaseFile>,
}

impl PackedBundle {
    /// Packs a bundle and its cases. The same inputs give the same bytes.
    ///
    /// # Errors
    ///
    /// [`PackError`], if a case file has a name that no archive takes, or the
    /// bundle is too large.
    pub fn pack(bundle: &Bundle, mut cases: Vec<CaseFile>) -> Result<Self, PackError> {
        cases.sort();
        let contents = |name: String, bytes: &[u8]| Content {
            name,
            digest: digest::of_bytes(bytes),
            size: bytes.len() as u64,
        };
        let modules = bundle
            .policies()
            .iter()
            .map(|policy| contents(policy.entry.id().to_owned(), &policy.component))
            .collect();
        let statement = Statement {
            format: FORMAT.to_owned(),
            digest: bundle.digest().to_owned(),
            manifest: bundle.manifest().clone(),
            modules,
            cases: cases
                .iter()
                .map(|(name, text)| contents(name.clone(), text.as_bytes()))
                .collect(),
        };
        let statement_bytes = canonical(&statement)?;
        let packed = Self {
            statement,
            statement_bytes,
            signatures: Signatures::none(),
            bundle: bundle.clone(),
            cases,
        };
        // What was written must be what is read: names, sizes and all.
        Self::read(&packed.to_bytes()?)?;
        Ok(packed)
    }

    /// Reads a packed bundle, and checks its form and every digest in it.
    ///
    /// # Errors
    ///
    /// [`PackError`]: what is wrong, and where.
    pub fn read(bytes: &[u8]) -> Result<Self, PackError> {
        let archive = Archive::read(bytes)?;
        let statement_bytes = archive.get(STATEMENT)?.to_vec();
        let statement = Statement::read(&statement_bytes)?;
        let signatures = Signatures::read(archive.get(SIGNATURES)?)?;
        let mut expected = vec![STATEMENT.to_owned(), SIGNATURES.to_owned()];
        // Each policy has its component in memory, also where several share one in the file.
        let all: u64 =
            statement.modules.iter().map(|module| module.size).fold(0, u64::saturating_add);
        if statement.modules.len() != statement.manifest.policies.len() {
            return Err(PackError::statement("it has not one module for each policy".to_owned()));
        }
        if all > PACKED_LIMIT {
            let reason =
                format!("its modules have {all} bytes; at most {PACKED_LIMIT} are accepted");
            return Err(PackError::statement(reason));
        }
        let mut components: BTreeMap<&str, &[u8]> = BTreeMap::new();
        let mut checked: BTreeMap<String, u64> = BTreeMap::new();
        for module in &statement.modules {
            let name = module_name(&module.digest)?;
            let component = archive.get(&name)?;
            if checked.get(&name) != Some(&module.size) {
                module.check(&name, component)?;
                checked.insert(name, module.size);
            }
            components.insert(&module.name, component);
        }
        expected.extend(checked.into_keys());
        let mut cases = Vec::new();
        for case in &statement.cases {
            let name = format!("{CASES}{}", case.name);
            let text = archive.get(&name)?;
            case.check(&name, text)?;
            let text = String::from_utf8(text.to_vec())
                .map_err(|_| PackError::NotUtf8 { entry: name.clone() })?;
            cases.push((case.name.clone(), text));
            expected.push(name);
        }
        archive.refuse_others(&expected)?;
        let policies = statement
            .manifest
            .policies
            .iter()
            .map(|entry| {
                let component = components.get(entry.id()).ok_or_else(|| {
                    PackError::statement(format!("policy `{}` has no module", entry.id()))
                })?;
                Ok(BundledPolicy {
                    entry: entry.clone(),
                    component: Cow::Owned(component.to_vec()),
                })
            })
            .collect::<Result<Vec<_>, PackError>>()?;
        if components.len() != statement.modules.len() {
            return Err(PackError::statement("it has a policy's module twice".to_owned()));
        }
        let bundle = Bundle::from_parts(statement.manifest.clone(), policies);
        if bundle.digest() != statement.digest {
            return Err(PackError::statement("its digest is not that of its content".to_owned()));
        }
        let packed = Self { statement, statement_bytes, signatures, bundle, cases };
        // Whatever the reader let pass that the writer would not write: padding,
        // owners, another order.
        if packed.to_bytes()? != bytes {
            return Err(PackError::NotCanonical);
        }
        Ok(packed)
    }

    /// Reads the file of a packed bundle.
    ///
    /// # Errors
    ///
    /// [`PackError`].
    pub fn read_file(path: &Path) -> Result<Self, PackError> {
        Self::read(&read::read_file(path, PACKED_LIMIT)?)
    }

    /// The file's content.
    ///
    /// # Errors
    ///
    /// [`PackError`], if it is too large for one.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackError> {
        let signatures = canonical(&self.signatures)?;
        let mut entries = vec![
            Entry { name: STATEMENT.to_owned(), bytes: &self.statement_bytes },
            Entry { name: SIGNATURES.to_owned(), bytes: &signatures },
        ];
        // Each component once, whichever policies use it.
        let mut modules: BTreeMap<String, &[u8]> = BTreeMap::new();
        for (module, policy) in self.statement.modules.iter().zip(self.bundle.policies()) {
            modules.insert(module_name(&module.digest)?, &policy.component);
        }
        entries.extend(modules.into_iter().map(|(name, bytes)| Entry { name, bytes }));
        entries.extend(
            self.cases.iter().map(|(name, text)| Entry {
                name: format!("{CASES}{name}"),
                bytes: text.as_bytes(),
            }),
        );
        archive::write(&entries)
    }

    /// Adds the signature of a key; a key's earlier one is replaced.
    ///
    /// # Errors
    ///
    /// [`SignError`], if the signer cannot sign, or what it signs with is not
    /// the key that it says.
    pub fn sign(&mut self, signer: &dyn BundleSigner) -> Result<(), SignError> {
        let signature = sign::sign(signer, &self.statement_bytes)?;
        self.signatures.add(signature);
        Ok(())
    }

    /// What is signed.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The bytes of [`statement`](Self::statement), which are signed.
    #[must_use]
    pub fn statement_bytes(&self) -> &[u8] {
        &self.statement_bytes
    }

    /// The signatures, of whomever.
    #[must_use]
    pub fn signatures(&self) -> &[Signature] {
        self.signatures.all()
    }

    /// The bundle's own cases, in the order of their names.
    #[must_use]
    pub fn cases(&self) -> &[CaseFile] {
        &self.cases
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &BundleManifest {
        self.bundle.manifest()
    }

    /// The bundle, by whomever it was made: nothing of it is verified but that
    /// it is whole.
    #[must_use]
    pub fn unverified(&self) -> &Bundle {
        &self.bundle
    }
}

const STATEMENT: &str = "bundle.json";
const SIGNATURES: &str = "signatures.json";
const CASES: &str = "cases/";

/// The entry of a component: `modules/HEX.wasm`.
fn module_name(digest: &str) -> Result<String, PackError> {
    digest
        .strip_prefix("sha256:")
        .filter(|hex| hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
        .map(|hex| format!("modules/{hex}.wasm"))
        .ok_or_else(|| PackError::statement("a digest is not of the form `sha256:HEX`".to_owned()))
}
