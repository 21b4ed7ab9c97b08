//! What `#[settings(...)]` says of a type, a field or a variant.

use proc_macro2::Span;
use syn::{Attribute, Error, LitStr, Result};

/// What is said, with where.
#[derive(Default)]
pub(crate) struct Attributes {
    /// `default`.
    pub(crate) default: Option<Span>,
    /// `name = "..."`.
    pub(crate) name: Option<LitStr>,
}

impl Attributes {
    pub(crate) fn read(attributes: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for attribute in attributes.iter().filter(|a| a.path().is_ident("settings")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    read.default = Some(
                        meta.path
                            .get_ident()
                            .map_or_else(Span::call_site, proc_macro2::Ident::span),
                    );
                } else if meta.path.is_ident("name") {
                    read.name = Some(meta.value()?.parse()?);
                } else {
                    return Err(meta.error("accepted here: `default`, `name = \"...\"`"));
                }
                Ok(())
            })?;
        }
        Ok(read)
    }

    /// An error where `default` is said and has no meaning.
    pub(crate) fn no_default(&self, why: &str) -> Result<()> {
        self.default.map_or(Ok(()), |span| Err(Error::new(span, why)))
    }

    /// An error where `name` is said and has no meaning.
    pub(crate) fn no_name(&self, why: &str) -> Result<()> {
        self.name.as_ref().map_or(Ok(()), |name| Err(Error::new(name.span(), why)))
    }
}
