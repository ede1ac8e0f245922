//! What stands in `#[clixml(…)]`.

use proc_macro2::Span;
use quote::quote;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, Expr, Ident, LitStr, Path};

/// On the type.
pub(crate) struct TypeAttributes {
    /// Path of the crate `psbridge_clixml`.
    pub(crate) krate: Path,
}

impl TypeAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<TypeAttributes, Error> {
        let mut krate = syn::parse_quote!(::psbridge_clixml);
        each(attributes, |meta| {
            if meta.path.is_ident("crate") {
                krate = path(meta)?;
                return Ok(());
            }
            Err(meta.error("unknown attribute; a type takes `crate = path`"))
        })?;
        Ok(TypeAttributes { krate })
    }
}

/// What a field takes.
pub(crate) enum Takes {
    /// The member of one of these names.
    Member(Vec<LitStr>),
    /// All members that no field asks for.
    Extra,
    TypeNames,
    ToString,
    /// Nothing at all.
    Nothing,
}

/// On a field.
pub(crate) struct FieldAttributes {
    pub(crate) takes: Takes,
    /// What makes the value when the member is absent or null.
    pub(crate) default: Option<Expr>,
    /// A function instead of the type's own decoding.
    pub(crate) with: Option<Path>,
}

impl FieldAttributes {
    pub(crate) fn parse(ident: &Ident, attributes: &[Attribute]) -> Result<FieldAttributes, Error> {
        let mut name = None;
        let mut aliases = Vec::new();
        let mut special = None;
        let (mut default, mut with) = (None, None);
        each(attributes, |meta| {
            let is = |name: &str| meta.path.is_ident(name);
            if is("rename") {
                name = Some(meta.value()?.parse::<LitStr>()?);
            } else if is("alias") {
                aliases.push(meta.value()?.parse::<LitStr>()?);
            } else if is("with") {
                with = Some(path(meta)?);
            } else if is("default") {
                default = Some(if meta.input.peek(syn::Token![=]) {
                    let path = path(meta)?;
                    syn::parse_quote!(#path())
                } else {
                    syn::parse_quote!(::core::default::Default::default())
                });
            } else if is("skip") {
                special = Some(Takes::Nothing);
            } else if is("extra") {
                special = Some(Takes::Extra);
            } else if is("type_names") {
                special = Some(Takes::TypeNames);
            } else if is("to_string") {
                special = Some(Takes::ToString);
            } else {
                return Err(meta.error(
                    "unknown attribute; a field takes rename, alias, default, with, skip, extra, type_names, to_string",
                ));
            }
            Ok(())
        })?;
        if special.is_some() && (name.is_some() || !aliases.is_empty() || default.is_some() || with.is_some())
        {
            return Err(Error::new(
                ident.span(),
                "skip, extra, type_names and to_string stand alone",
            ));
        }
        let takes = special.unwrap_or_else(|| {
            let own = name.unwrap_or_else(|| member_name(ident));
            Takes::Member(std::iter::once(own).chain(aliases).collect())
        });
        Ok(FieldAttributes { takes, default, with })
    }
}

/// On a variant.
pub(crate) struct VariantAttributes {
    pub(crate) names: Vec<LitStr>,
    pub(crate) other: bool,
}

impl VariantAttributes {
    pub(crate) fn parse(ident: &Ident, attributes: &[Attribute]) -> Result<VariantAttributes, Error> {
        let mut name = None;
        let mut aliases = Vec::new();
        let mut other = false;
        each(attributes, |meta| {
            if meta.path.is_ident("rename") {
                name = Some(meta.value()?.parse::<LitStr>()?);
            } else if meta.path.is_ident("alias") {
                aliases.push(meta.value()?.parse::<LitStr>()?);
            } else if meta.path.is_ident("other") {
                other = true;
            } else {
                return Err(meta.error("unknown attribute; a variant takes rename, alias, other"));
            }
            Ok(())
        })?;
        let own = name.unwrap_or_else(|| LitStr::new(&ident.unraw().to_string(), ident.span()));
        Ok(VariantAttributes {
            names: std::iter::once(own).chain(aliases).collect(),
            other,
        })
    }
}

/// `display_name` takes `DisplayName`: the case does not count, the underscores go.
fn member_name(ident: &Ident) -> LitStr {
    let mut pascal = String::new();
    for word in ident.unraw().to_string().split('_') {
        let mut chars = word.chars();
        pascal.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        pascal.push_str(chars.as_str());
    }
    LitStr::new(&pascal, ident.span())
}

fn each(
    attributes: &[Attribute],
    mut take: impl FnMut(&ParseNestedMeta<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("clixml"))
    {
        attribute.parse_nested_meta(|meta| take(&meta))?;
    }
    Ok(())
}

/// A path, bare or (as serde has it) in quotes.
fn path(meta: &ParseNestedMeta<'_>) -> Result<Path, Error> {
    let value = meta.value()?;
    if value.peek(LitStr) {
        let text: LitStr = value.parse()?;
        return text
            .parse()
            .map_err(|_| Error::new(text.span(), "a path is wanted here"));
    }
    value.parse()
}

/// Names with the number of what takes them, refusing two that would be one to PowerShell.
pub(crate) fn table(names: &[(LitStr, usize)]) -> Result<proc_macro2::TokenStream, Error> {
    for (at, (name, _)) in names.iter().enumerate() {
        let same = |(other, _): &&(LitStr, usize)| other.value().eq_ignore_ascii_case(&name.value());
        if names.iter().take(at).any(|other| same(&other)) {
            return Err(Error::new(
                name.span(),
                "this name is taken already (names have no case)",
            ));
        }
        if name.value().is_empty() {
            return Err(Error::new(name.span(), "a name cannot be empty"));
        }
    }
    let rows = names.iter().map(|(name, number)| quote!((#name, #number)));
    Ok(quote!(&[#(#rows),*]))
}

/// A name for a local variable of the expansion.
pub(crate) fn local(number: usize) -> Ident {
    Ident::new(&format!("field_{number}"), Span::mixed_site())
}
