//! What is written for a type.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Data, DeriveInput, Error, Field, Fields, Result, Token, Variant};

use crate::attributes::Attributes;
use crate::names;

pub(crate) fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let attributes = Attributes::read(&input.attrs)?;
    attributes.no_name("a type has no name in settings")?;
    let body = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) if attributes.default.is_some() => {
                from_default(&Members::read(&fields.named)?)?
            }
            Fields::Named(fields) => from_members(&Members::read(&fields.named)?),
            Fields::Unnamed(_) | Fields::Unit => return Err(unaccepted(&input.ident)),
        },
        Data::Enum(data) => {
            attributes.no_default("only a struct starts from its default")?;
            one_of(&input.ident, &data.variants)?
        }
        Data::Union(_) => return Err(unaccepted(&input.ident)),
    };
    let name = &input.ident;
    let (generics, arguments, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::tokenward_policy::FromSettings for #name #arguments #bounds {
            fn read(
                __reader: &mut ::tokenward_policy::SettingReader<'_>,
            ) -> ::core::result::Result<Self, ::tokenward_policy::WrongSetting> {
                #body
            }
        }
    })
}

fn unaccepted(name: &Ident) -> Error {
    Error::new(
        name.span(),
        "settings are structs with named fields and enums of words; for another form, write \
         `impl FromSettings`",
    )
}

/// The fields of a struct, each list in their order.
#[derive(Default)]
struct Members<'a> {
    fields: Vec<&'a Ident>,
    names: Vec<String>,
    attributes: Vec<Attributes>,
}

impl<'a> Members<'a> {
    fn read(fields: &'a Punctuated<Field, Token![,]>) -> Result<Self> {
        let mut members = Self::default();
        for field in fields {
            let Some(ident) = &field.ident else { continue };
            let attributes = Attributes::read(&field.attrs)?;
            let name = match &attributes.name {
                Some(name) => name.value(),
                None => names::of_field(&ident.to_string()),
            };
            push_name(&mut members.names, name, ident)?;
            members.fields.push(ident);
            members.attributes.push(attributes);
        }
        Ok(members)
    }
}

/// Adds a name, if it is new.
fn push_name(names: &mut Vec<String>, name: String, ident: &Ident) -> Result<()> {
    if names.contains(&name) {
        return Err(Error::new(ident.span(), format!("`{name}` is the name of another")));
    }
    names.push(name);
    Ok(())
}

/// A struct that starts from its default: what is given replaces a field.
fn from_default(members: &Members<'_>) -> Result<TokenStream> {
    for attributes in &members.attributes {
        attributes.no_default("every field has the default of its struct")?;
    }
    let Members { fields, names, .. } = members;
    let index = 0..fields.len();
    Ok(quote! {
        let mut __settings: Self = ::core::default::Default::default();
        __reader.members(&[#(#names),*], &mut |__index, __reader| match __index {
            #(#index => __reader.read_into(&mut __settings.#fields),)*
            _ => ::core::result::Result::Ok(()),
        })?;
        ::core::result::Result::Ok(__settings)
    })
}

/// A struct of which a field is required, unless it is said to have a default.
fn from_members(members: &Members<'_>) -> TokenStream {
    let Members { fields, names, attributes } = members;
    let index = 0..fields.len();
    let (mut starts, mut reads, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for ((field, name), attributes) in fields.iter().zip(names).zip(attributes) {
        if attributes.default.is_some() {
            starts.push(quote!(::core::default::Default::default()));
            reads.push(quote!(__reader.read_into(&mut #field)));
            ends.push(quote!(#field));
        } else {
            starts.push(quote!(::core::option::Option::None));
            reads.push(quote!(__reader.read_required(&mut #field)));
            ends.push(quote!(::tokenward_policy::WrongSetting::unless_given(#field, #name)?));
        }
    }
    quote! {
        #(let mut #fields = #starts;)*
        __reader.members(&[#(#names),*], &mut |__index, __reader| match __index {
            #(#index => #reads,)*
            _ => ::core::result::Result::Ok(()),
        })?;
        ::core::result::Result::Ok(Self { #(#fields: #ends,)* })
    }
}

/// An enum, each variant of which is a word.
fn one_of(name: &Ident, variants: &Punctuated<Variant, Token![,]>) -> Result<TokenStream> {
    let (mut idents, mut words) = (Vec::new(), Vec::new());
    for variant in variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(unaccepted(&variant.ident));
        }
        let attributes = Attributes::read(&variant.attrs)?;
        attributes.no_default("only a struct or a field has a default here")?;
        let word = match &attributes.name {
            Some(name) => name.value(),
            None => names::of_variant(&variant.ident.to_string()),
        };
        push_name(&mut words, word, &variant.ident)?;
        idents.push(&variant.ident);
    }
    let Some((last, others)) = idents.split_last() else { return Err(unaccepted(name)) };
    let index = 0..others.len();
    // The index is that of a word, so that what is none of the others is the last.
    Ok(quote! {
        ::core::result::Result::Ok(match __reader.word(&[#(#words),*])? {
            #(#index => Self::#others,)*
            _ => Self::#last,
        })
    })
}

#[cfg(test)]
mod tests {
    use syn::{DeriveInput, parse_quote};

    use super::expand;

    fn error(input: &DeriveInput) -> String {
        expand(input).expect_err("an error").to_string()
    }

    #[test]
    fn forms_that_are_no_settings_are_refused() {
        let cases: [DeriveInput; 6] = [
            parse_quote!(
                struct Unit;
            ),
            parse_quote!(
                struct Pair(u8, u8);
            ),
            parse_quote!(union Either { a: u8, b: i8 }),
            parse_quote!(
                enum Empty {}
            ),
            parse_quote!(
                enum Holds {
                    One(u8),
                }
            ),
            parse_quote!(
                enum Holds {
                    One { a: u8 },
                }
            ),
        ];
        for input in cases {
            assert!(error(&input).starts_with("settings are structs with named fields"));
        }
    }

    #[test]
    fn attributes_without_meaning_are_refused() {
        let cases: [(DeriveInput, &str); 8] = [
            (
                parse_quote!(
                    #[settings(name = "a")]
                    struct A {}
                ),
                "a type has no name",
            ),
            (
                parse_quote!(
                    #[settings(default)]
                    enum A {
                        B,
                    }
                ),
                "only a struct starts",
            ),
            (
                parse_quote!(
                    enum A {
                        #[settings(default)]
                        B,
                    }
                ),
                "only a struct or a field",
            ),
            (
                parse_quote!(
                    #[settings(default)]
                    struct A {
                        #[settings(default)]
                        b: u8,
                    }
                ),
                "every field has the default",
            ),
            (
                parse_quote!(
                    struct A {
                        #[settings(alias = "c")]
                        b: u8,
                    }
                ),
                "accepted here",
            ),
            (
                parse_quote!(
                    #[settings(rename_all = "x")]
                    struct A {}
                ),
                "accepted here",
            ),
            (
                parse_quote!(
                    struct A {
                        #[settings(name = "c")]
                        b: u8,
                        c: u8,
                    }
                ),
                "`c` is the name",
            ),
            (
                parse_quote!(
                    enum A {
                        B,
                        #[settings(name = "b")]
                        C,
                    }
                ),
                "`b` is the name",
            ),
        ];
        for (input, expected) in cases {
            let error = error(&input);
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
