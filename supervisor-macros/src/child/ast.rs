//! Parses a type that derives `Child` and its options.

use syn::parse::Parser;
use syn::{Attribute, DeriveInput};

use crate::errors::Errors;
use crate::options::Options;

/// A type that derives `Child`, as written.
pub(crate) struct Child<'a> {
    pub(crate) input: &'a DeriveInput,
    /// The options of all `#[child(…)]` together.
    pub(crate) options: Options,
}

impl<'a> Child<'a> {
    /// Parses the options; reports broken ones and leaves them out.
    pub(crate) fn parse(input: &'a DeriveInput, errors: &mut Errors) -> Self {
        let mut options = Options::default();
        for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("child")) {
            match Self::options(attr, errors) {
                Ok(mut more) => options.items.append(&mut more.items),
                Err(error) => errors.push(error),
            }
        }
        Self { input, options }
    }

    fn options(attr: &Attribute, errors: &mut Errors) -> syn::Result<Options> {
        let Ok(list) = attr.meta.require_list() else {
            return Err(syn::Error::new_spanned(
                attr,
                "options stand in parentheses, as in `#[child(restart = Transient)]`",
            ));
        };
        let parser = |input: syn::parse::ParseStream| Ok(Options::parse(input, errors));
        parser.parse2(list.tokens.clone())
    }
}
