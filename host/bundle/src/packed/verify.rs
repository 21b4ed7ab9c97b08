//! Whether a packed bundle is to be used: who signed it, when it is valid, and
//! whether it is newer than what was used before.

use std::cmp::Ordering;

use semver::Version;
use serde::{Deserialize, Serialize};
use tokenward_token::UnixTime;

use super::error::VerifyError;
use super::trust::BundleTrust;
use super::{CaseFile, PackedBundle};
use crate::bundle::Bundle;

/// A bundle that enough of the trusted keys signed, valid now, and no older than
/// what was accepted before. Only [`PackedBundle::verify`] makes one, and
/// [`PackedBundle::unsigned`], where nobody asks who signed.
#[derive(Debug, Clone)]
pub struct VerifiedBundle {
    packed: PackedBundle,
    signed_by: Vec<String>,
}

/// The newest version of a bundle that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The bundle's name.
    pub name: String,
    /// Its version, by Semantic Versioning 2.0.
    pub version: String,
    /// Its digest.
    pub digest: String,
}

impl PackedBundle {
    /// Whether the bundle is to be used, at this moment. `accepted` is what was
    /// accepted before, by name: none of it is to be undone by an older bundle,
    /// which may be a replay (a rollback attack). A bundle that has expired is
    /// refused, so that an old one cannot be held on to (a freeze attack).
    ///
    /// # Errors
    ///
    /// [`VerifyError`].
    pub fn verify(
        self,
        trust: &BundleTrust,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<VerifiedBundle, VerifyError> {
        let signed_by = self.signed_by(trust)?;
        let manifest = self.manifest();
        if !trust.names.is_empty() && !trust.names.contains(&manifest.name) {
            let accepted: Vec<_> = trust.names.iter().map(|name| format!("`{name}`")).collect();
            let (name, accepted) = (manifest.name.clone(), accepted.join(", "));
            return Err(VerifyError::Name { name, accepted });
        }
        if manifest.expires.is_none() && trust.require_expiry {
            return Err(VerifyError::NoExpiry);
        }
        self.check_time_and_version(now, accepted)?;
        Ok(VerifiedBundle { packed: self, signed_by })
    }

    /// Takes the bundle whoever made it, because the caller says so: only its
    /// validity and its version count, as with [`verify`](Self::verify).
    ///
    /// # Errors
    ///
    /// [`VerifyError`].
    pub fn unsigned(
        self,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<VerifiedBundle, VerifyError> {
        self.check_time_and_version(now, accepted)?;
        Ok(VerifiedBundle { packed: self, signed_by: Vec::new() })
    }

    /// Whether this bundle's version is later than the other's, by Semantic
    /// Versioning 2.0.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        precedence(&self.manifest().version, &other.manifest().version).is_gt()
    }

    fn check_time_and_version(
        &self,
        now: UnixTime,
        accepted: &[Accepted],
    ) -> Result<(), VerifyError> {
        let manifest = self.manifest();
        if let Some(not_before) = manifest.not_before
            && now < not_before
        {
            return Err(VerifyError::NotYetValid { not_before, now });
        }
        if let Some(expires) = manifest.expires
            && now >= expires
        {
            return Err(VerifyError::Expired { expires, now });
        }
        match accepted.iter().find(|last| last.name == manifest.name) {
            Some(last) => self.compare(last),
            None => Ok(()),
        }
    }

    /// The names of the trusted keys that signed it, if they are enough.
    fn signed_by(&self, trust: &BundleTrust) -> Result<Vec<String>, VerifyError> {
        if self.signatures().is_empty() {
            return Err(VerifyError::Unsigned { needed: trust.threshold });
        }
        let mut signed_by = Vec::new();
        for trusted in &trust.keys {
            let print = trusted.key.thumbprint();
            let Some(signature) = self.signatures().iter().find(|s| s.keyid == print) else {
                continue;
            };
            // Not passed over: somebody tampered with the bundle or the signature.
            if !signature.is_of(&trusted.key, self.statement_bytes()) {
                return Err(VerifyError::WrongSignature { key: trusted.name.clone() });
            }
            signed_by.push(trusted.name.clone());
        }
        if signed_by.len() < trust.threshold {
            let (valid, needed) = (signed_by.len(), trust.threshold);
            return Err(VerifyError::TooFewSignatures { valid, needed });
        }
        Ok(signed_by)
    }

    fn compare(&self, last: &Accepted) -> Result<(), VerifyError> {
        let version = &self.manifest().version;
        let order = precedence(version, &last.version);
        match order {
            Ordering::Greater => Ok(()),
            Ordering::Equal if self.bundle.digest() == last.digest => Ok(()),
            Ordering::Equal => Err(VerifyError::VersionReused { version: version.clone() }),
            Ordering::Less => {
                Err(VerifyError::Older { version: version.clone(), last: last.version.clone() })
            }
        }
    }
}

/// Both were checked when they were read; what cannot be compared is not newer.
fn precedence(version: &str, other: &str) -> Ordering {
    match (Version::parse(version), Version::parse(other)) {
        (Ok(version), Ok(other)) => version.cmp_precedence(&other),
        _ => Ordering::Less,
    }
}

impl Accepted {
    /// Whether this version is later than the other.
    #[must_use]
    pub fn is_newer_than(&self, other: &Self) -> bool {
        precedence(&self.version, &other.version).is_gt()
    }
}

impl VerifiedBundle {
    /// The bundle.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        self.packed.unverified()
    }

    /// The bundle's own cases.
    #[must_use]
    pub fn cases(&self) -> &[CaseFile] {
        self.packed.cases()
    }

    /// As it was packed, with all its signatures.
    #[must_use]
    pub fn packed(&self) -> &PackedBundle {
        &self.packed
    }

    /// The names of the trusted keys that signed it, in the order of the trust file.
    #[must_use]
    pub fn signed_by(&self) -> &[String] {
        &self.signed_by
    }

    /// What is to be remembered, so that no older one is accepted.
    #[must_use]
    pub fn accepted(&self) -> Accepted {
        let manifest = self.packed.manifest();
        Accepted {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            digest: self.bundle().digest().to_owned(),
        }
    }
}
