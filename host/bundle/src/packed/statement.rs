//! What is signed: the manifest, and digests of all that it stands for.

use serde::{Deserialize, Serialize};
use tokenward_token::json::{JsonLimits, parse_strict};

use super::error::PackError;
use crate::digest;
use crate::manifest::BundleManifest;

/// The form of a packed bundle that is written, and the only one that is read.
pub const FORMAT: &str = "tokenward.bundle/1";

/// What is signed of a packed bundle: `bundle.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Statement {
    /// [`FORMAT`].
    pub format: String,
    /// The bundle's digest: over the manifest and every component.
    pub digest: String,
    /// The manifest, with everything that comes from the bundles it extends.
    pub manifest: BundleManifest,
    /// The component of each policy, by the policy's id, in the order in which they judge.
    pub modules: Vec<Content>,
    /// The bundle's own cases, by their files' names, in order.
    pub cases: Vec<Content>,
}

/// Something that the archive holds beside the statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Content {
    /// What it is called.
    pub name: String,
    /// `sha256:` and hexadecimal digits.
    pub digest: String,
    /// Its bytes.
    pub size: u64,
}

impl Content {
    pub(super) fn check(&self, entry: &str, bytes: &[u8]) -> Result<(), PackError> {
        if bytes.len() as u64 == self.size && digest::of_bytes(bytes) == self.digest {
            return Ok(());
        }
        Err(PackError::Digest { entry: entry.to_owned() })
    }
}

#[derive(Deserialize)]
struct Format {
    format: String,
}

impl Statement {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, PackError> {
        refuse_twice(bytes).map_err(PackError::statement)?;
        // The format first: of another one, nothing else is known.
        let wrong = |error: serde_json::Error| PackError::statement(error.to_string());
        let Format { format } = serde_json::from_slice(bytes).map_err(wrong)?;
        if format != FORMAT {
            let format = crate::manifest::show(&format);
            return Err(PackError::statement(format!("format `{format}`; accepted: `{FORMAT}`")));
        }
        let statement: Self = serde_json::from_slice(bytes).map_err(wrong)?;
        statement.manifest.check().map_err(PackError::statement)?;
        if canonical(&statement)? != bytes {
            let reason = "it is not written as `bundle build` writes it".to_owned();
            return Err(PackError::statement(reason));
        }
        Ok(statement)
    }
}

/// A member that is there twice would be read by one program and not by another.
pub(super) fn refuse_twice(bytes: &[u8]) -> Result<(), String> {
    let limits = JsonLimits { max_depth: 64, max_values: 1 << 20 };
    parse_strict(bytes, &limits).map(drop).map_err(|error| error.to_string())
}

/// JSON text in the one form that is written: members in order of their names,
/// without white space, and a line feed at the end.
pub(super) fn canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, PackError> {
    let mut value =
        serde_json::to_value(value).map_err(|error| PackError::statement(error.to_string()))?;
    digest::sort_members(&mut value);
    let mut bytes = value.to_string().into_bytes();
    bytes.push(b'\n');
    Ok(bytes)
}
