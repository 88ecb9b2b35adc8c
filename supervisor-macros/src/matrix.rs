//! `#[fault_matrix(…)]`: parse → check → expand.

mod check;
mod expand;

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{ItemFn, LitStr, Path, Token};

use crate::depth::check_depth;
use crate::errors::Errors;

/// The attribute with its function.
struct Matrix {
    /// The paths of the children.
    children: Vec<LitStr>,
    /// The paths of the library, by `crate = path`: one at most makes sense.
    libraries: Vec<Path>,
    function: ItemFn,
}

/// An argument of the attribute.
enum Argument {
    Child(LitStr),
    Library(Path),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(Token![crate]) {
            return match input.parse() {
                Ok(child) => Ok(Self::Child(child)),
                Err(error) => Err(malformed(input, &error)),
            };
        }
        input.parse::<Token![crate]>()?;
        let path = input.parse::<Token![=]>().and_then(|_| input.call(Path::parse_mod_style));
        path.map(Self::Library).map_err(|error| {
            let message = "the path of the library stands after `=`: `crate = my::supervisor`";
            syn::Error::new(error.span(), message)
        })
    }
}

fn malformed(input: ParseStream<'_>, error: &syn::Error) -> syn::Error {
    // `db`, `sub::cache`, `sub.cache`
    let mut path = Vec::new();
    let ahead = input.fork();
    while let Ok(name) = ahead.parse::<syn::Ident>() {
        path.push(name.to_string());
        let is_next = ahead.parse::<Token![::]>().is_ok()
            || ahead.parse::<Token![.]>().is_ok()
            || ahead.parse::<Token![/]>().is_ok();
        if !is_next {
            break;
        }
    }
    let path = if path.is_empty() { "sub/cache".to_owned() } else { path.join("/") };
    let message = format!("a child is named by its path in quotes, such as \"{path}\"");
    syn::Error::new(error.span(), message)
}

/// Expands the attribute. Unit tests can make its tokens without a compiler.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = check_depth(&item).and_then(|()| check_depth(&attribute)) {
        return with_item(item, &error);
    }
    let Ok(function) = syn::parse2::<ItemFn>(item.clone()) else {
        let message = "`#[fault_matrix(…)]` belongs on a function that returns a tree";
        let error = syn::Error::new_spanned(first_of(item.clone()), message);
        return with_item(item, &error);
    };
    let arguments = |input: ParseStream<'_>| {
        let mut arguments = Punctuated::<Argument, Token![,]>::new();
        while !input.is_empty() {
            arguments.push_value(input.parse()?);
            if !input.is_empty() {
                arguments.push_punct(input.parse().map_err(|error| malformed(input, &error))?);
            }
        }
        Ok(arguments)
    };
    let arguments = match arguments.parse2(attribute) {
        Ok(arguments) => arguments,
        Err(error) => return with_item(item, &error),
    };
    let (mut children, mut libraries) = (Vec::new(), Vec::new());
    for argument in arguments {
        match argument {
            Argument::Child(child) => children.push(child),
            Argument::Library(path) => libraries.push(path),
        }
    }
    let matrix = Matrix { children, libraries, function };
    let mut errors = Errors::default();
    check::check(&matrix, &mut errors);
    expand::expand(&matrix, &errors)
}

fn first_of(item: TokenStream) -> TokenStream {
    item.into_iter().take(1).collect()
}

/// Returns the error, with the item as it is: a second error about the item would hide the first.
fn with_item(item: TokenStream, error: &syn::Error) -> TokenStream {
    let mut tokens = error.to_compile_error();
    tokens.extend(item);
    tokens
}
