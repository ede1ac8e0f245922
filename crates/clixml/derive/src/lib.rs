//! The `FromClixml` derive of `psbridge-clixml`, whose module `from` says what it does and which attributes it takes.

mod attributes;
mod enumeration;
mod structure;

use proc_macro2::TokenStream;
use syn::{Data, DeriveInput, Error, Fields};

use attributes::TypeAttributes;

/// Derives `psbridge_clixml::FromClixml`: see the module `psbridge_clixml::from`.
#[proc_macro_derive(FromClixml, attributes(clixml))]
pub fn derive(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(Error::into_compile_error).into()
}

fn expand(input: &DeriveInput) -> Result<TokenStream, Error> {
    let attributes = TypeAttributes::parse(&input.attrs)?;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => structure::expand(input, &attributes, fields),
            Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
                structure::newtype(input, &attributes, fields)
            }
            _ => Err(Error::new_spanned(
                &input.ident,
                "FromClixml takes structs with named fields or one unnamed field",
            )),
        },
        Data::Enum(data) => enumeration::expand(input, &attributes, data),
        Data::Union(_) => Err(Error::new_spanned(
            &input.ident,
            "FromClixml cannot be derived for a union",
        )),
    }
}
