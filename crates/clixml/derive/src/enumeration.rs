//! Enumerations: one of several names.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DataEnum, DeriveInput, Error, Fields};

use crate::attributes::{TypeAttributes, VariantAttributes, table};
use crate::structure::implementation;

/// `enum X { … }`: the name comes as text, or as the `ToString` of an enumeration's object.
pub(crate) fn expand(
    input: &DeriveInput,
    attributes: &TypeAttributes,
    data: &DataEnum,
) -> Result<TokenStream, Error> {
    let krate = &attributes.krate;
    let mut names = Vec::new();
    let mut arms = TokenStream::new();
    let mut other = None;
    for (number, variant) in data.variants.iter().enumerate() {
        let ident = &variant.ident;
        let own = VariantAttributes::parse(ident, &variant.attrs)?;
        match &variant.fields {
            Fields::Unnamed(fields) if own.other && fields.unnamed.len() == 1 => {
                if other.replace(ident).is_some() {
                    return Err(Error::new_spanned(
                        ident,
                        "only one variant can take the unknown names",
                    ));
                }
                continue;
            }
            Fields::Unit if !own.other => {}
            _ => {
                return Err(Error::new_spanned(
                    ident,
                    "a variant has no fields, or is `#[clixml(other)]` with one `String`",
                ));
            }
        }
        arms.extend(quote!(#krate::from::Found::Field(#number) => ::core::result::Result::Ok(Self::#ident),));
        names.extend(own.names.into_iter().map(|name| (name, number)));
    }
    let table = table(&names)?;
    let expected = input.ident.to_string();
    let unknown = match other {
        Some(other) => quote!(::core::result::Result::Ok(Self::#other(text.into()))),
        None => quote!(::core::result::Result::Err(#krate::from::unknown_name(#expected, &text))),
    };
    let body = quote! {
        let text = #krate::from::name_of(#expected, value)?;
        match #krate::from::Fields::new(#table).find(text.trim(), false) {
            #arms
            _ => #unknown,
        }
    };
    Ok(implementation(input, attributes, &body, &TokenStream::new()))
}
