//! Structs.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Error, Field, FieldsNamed, FieldsUnnamed};

use crate::attributes::{FieldAttributes, Takes, TypeAttributes, local, table};

/// `struct X { … }`: an object's members.
pub(crate) fn expand(
    input: &DeriveInput,
    attributes: &TypeAttributes,
    fields: &FieldsNamed,
) -> Result<TokenStream, Error> {
    let krate = &attributes.krate;
    let mut names = Vec::new();
    let mut locals = TokenStream::new();
    let mut arms = TokenStream::new();
    let mut parts = TokenStream::new();
    let mut extra = None;
    let mut build = TokenStream::new();
    for (number, field) in fields.named.iter().enumerate() {
        let Field {
            ident: Some(ident),
            ty,
            attrs,
            ..
        } = field
        else {
            continue;
        };
        let local = local(number);
        let FieldAttributes { takes, default, with } = FieldAttributes::parse(ident, attrs)?;
        match takes {
            Takes::Member(all) => {
                let Some(first) = all.first() else { continue };
                let decode = decode(krate, default.as_ref(), with.as_ref());
                locals.extend(
                    quote!(let mut #local: ::core::option::Option<#ty> = ::core::option::Option::None;),
                );
                arms.extend(quote! {
                    #krate::from::Found::Field(#number) => {
                        #local = ::core::option::Option::Some(#decode.map_err(|error| error.within(#first))?);
                    }
                });
                let absent = match (&default, &with) {
                    (Some(default), _) => quote!(#default),
                    (None, None) => quote!(#krate::from::absent(#first)?),
                    (None, Some(_)) => quote! {
                        return ::core::result::Result::Err(#krate::Error::missing_member(#first))
                    },
                };
                build.extend(quote! {
                    #ident: match #local {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => #absent,
                    },
                });
                names.extend(all.into_iter().map(|name| (name, number)));
            }
            Takes::Extra if extra.is_some() => {
                return Err(Error::new_spanned(
                    ident,
                    "only one field can take the extra members",
                ));
            }
            Takes::Extra => {
                locals.extend(quote!(let mut #local = #krate::from::Extra::new();));
                build.extend(quote!(#ident: #local.finish(),));
                extra = Some(local);
            }
            Takes::TypeNames => {
                locals.extend(quote!(let mut #local = #krate::TypeNames::none();));
                parts.extend(quote!(#krate::from::Part::TypeNames(names) => #local = names,));
                build.extend(quote!(#ident: #local,));
            }
            Takes::ToString => {
                locals.extend(quote! {
                    let mut #local: ::core::option::Option<::std::string::String> = ::core::option::Option::None;
                });
                parts.extend(quote! {
                    #krate::from::Part::ToString(text) => {
                        #local = ::core::option::Option::Some(text.into_string_lossy());
                    }
                });
                build.extend(quote!(#ident: #local,));
            }
            Takes::Nothing => build.extend(quote!(#ident: ::core::default::Default::default(),)),
        }
    }
    let table = table(&names)?;
    let unknown =
        extra.map(|extra| quote!(#krate::from::Found::Unknown => #extra.add(&name, adapted, value)?,));
    let expected = input.ident.to_string();
    let body = quote! {
        let mut object = value.object(#expected)?;
        let mut fields = #krate::from::Fields::new(#table);
        #locals
        while let ::core::option::Option::Some(part) = object.next()? {
            match part {
                #krate::from::Part::Member { name, adapted, value } => match fields.find(&name, adapted) {
                    #arms
                    #unknown
                    _ => {}
                },
                #parts
                _ => {}
            }
        }
        ::core::result::Result::Ok(Self { #build })
    };
    Ok(implementation(input, attributes, &body, &TokenStream::new()))
}

/// How a member's value becomes the field's.
fn decode(krate: &syn::Path, default: Option<&syn::Expr>, with: Option<&syn::Path>) -> TokenStream {
    let decode = match with {
        Some(with) => quote!(#with),
        None => quote!(#krate::FromClixml::from_clixml),
    };
    match default {
        None => quote!(#decode(value)),
        Some(default) => quote! {
            match value.nil_or() {
                ::core::result::Result::Ok(::core::option::Option::Some(value)) => #decode(value),
                ::core::result::Result::Ok(::core::option::Option::None) => ::core::result::Result::Ok(#default),
                ::core::result::Result::Err(error) => ::core::result::Result::Err(error),
            }
        },
    }
}

/// `struct X(Y);`: whatever the inner type is.
pub(crate) fn newtype(
    input: &DeriveInput,
    attributes: &TypeAttributes,
    fields: &FieldsUnnamed,
) -> Result<TokenStream, Error> {
    let krate = &attributes.krate;
    let Some(field) = fields.unnamed.first() else {
        return Err(Error::new_spanned(&input.ident, "a newtype has one field"));
    };
    if let Some(attribute) = field
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("clixml"))
    {
        return Err(Error::new_spanned(
            attribute,
            "the field of a newtype takes no attributes",
        ));
    }
    let ty = &field.ty;
    let body = quote!(<#ty as #krate::FromClixml>::from_clixml(value).map(Self));
    let absent = quote! {
        fn absent() -> ::core::option::Option<Self> {
            <#ty as #krate::FromClixml>::absent().map(Self)
        }
    };
    Ok(implementation(input, attributes, &body, &absent))
}

pub(crate) fn implementation(
    input: &DeriveInput,
    attributes: &TypeAttributes,
    body: &TokenStream,
    more: &TokenStream,
) -> TokenStream {
    let krate = &attributes.krate;
    let ident = &input.ident;
    let mut generics = input.generics.clone();
    for parameter in generics.type_params_mut() {
        parameter.bounds.push(syn::parse_quote!(#krate::FromClixml));
    }
    let (impls, types, wheres) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impls #krate::FromClixml for #ident #types #wheres {
            fn from_clixml(
                value: #krate::ValueReader<'_, '_>,
            ) -> ::core::result::Result<Self, #krate::Error> {
                #body
            }

            #more
        }
    }
}
