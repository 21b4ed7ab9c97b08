//! What a component is made of, without running any of it.

use serde::Serialize;
use wasmparser::{BinaryReaderError, Parser, Payload};

use crate::error::LoadError;

/// What a component is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Anatomy {
    /// What it exports, by name.
    pub exports: Vec<String>,
    /// What it imports, by name: nothing, or it is not loaded.
    pub imports: Vec<String>,
    /// Its core modules.
    pub modules: usize,
    /// Bytes of the whole.
    pub bytes: usize,
    /// Bytes of the code of all its functions.
    pub code_bytes: usize,
    /// Bytes of the data that its memory starts with.
    pub data_bytes: usize,
}

impl Anatomy {
    /// Takes a component apart.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotAComponent`].
    pub fn of(component: &[u8]) -> Result<Self, LoadError> {
        let broken =
            |error: BinaryReaderError| LoadError::NotAComponent { reason: error.to_string() };
        let mut anatomy = Self { bytes: component.len(), ..Self::default() };
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(component) {
            match payload.map_err(broken)? {
                Payload::ModuleSection { .. } => {
                    anatomy.modules += 1;
                    depth += 1;
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CodeSectionEntry(body) => anatomy.code_bytes += body.range().len(),
                Payload::DataSection(section) => {
                    for segment in section {
                        anatomy.data_bytes += segment.map_err(broken)?.data.len();
                    }
                }
                // Only what the outermost component has is between it and the host.
                Payload::ComponentImportSection(section) if depth == 0 => {
                    for import in section {
                        anatomy.imports.push(shown(import.map_err(broken)?.name.name));
                    }
                }
                Payload::ComponentExportSection(section) if depth == 0 => {
                    for export in section {
                        anatomy.exports.push(shown(export.map_err(broken)?.name.name));
                    }
                }
                _ => {}
            }
        }
        Ok(anatomy)
    }

    /// The contract that it exports a policy of, for instance
    /// `tokenward:policy@0.1.0`.
    #[must_use]
    pub fn contract(&self) -> Option<String> {
        self.exports.iter().find_map(|export| {
            let version = export.strip_prefix("tokenward:policy/policy@")?;
            Some(format!("tokenward:policy@{version}"))
        })
    }
}

/// A name that a stranger wrote, without control characters.
fn shown(name: &str) -> String {
    name.escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_component_is_refused() {
        for bytes in [&b""[..], b"\0asm", b"\0asm\x0d\0\x01\0\xff", b"not wasm at all"] {
            assert!(
                matches!(Anatomy::of(bytes), Err(LoadError::NotAComponent { .. })),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn an_empty_component_has_nothing() {
        let anatomy = Anatomy::of(b"\0asm\x0d\0\x01\0").unwrap();
        assert_eq!(anatomy, Anatomy { bytes: 8, ..Anatomy::default() });
        assert_eq!(anatomy.contract(), None);
    }

    #[test]
    fn the_contract_is_the_one_that_is_exported() {
        let exports = |name: &str| Anatomy { exports: vec![name.into()], ..Anatomy::default() };
        let of = |name| exports(name).contract();
        assert_eq!(of("tokenward:policy/policy@0.1.7").as_deref(), Some("tokenward:policy@0.1.7"));
        assert_eq!(of("tokenward:other/policy@0.1.7"), None);
    }
}
