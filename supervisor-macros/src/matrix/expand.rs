//! Expands `#[fault_matrix(…)]` to a test for each child, fault and moment.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, ReturnType};

use super::Matrix;
use crate::errors::Errors;

/// The names of the modules of the faults, and the faults.
const FAULTS: [(&str, &str); 8] = [
    ("error", "Error"),
    ("panic", "Panic"),
    ("ok", "Ok"),
    ("hang", "Hang"),
    ("hang_at_stop", "HangAtStop"),
    ("kill", "Kill"),
    ("failed_start", "FailedStart"),
    ("escalate", "Escalate"),
];

/// The names of the tests of the moments, and the moments.
const MOMENTS: [(&str, &str); 3] = [
    ("calm", "Calm"),
    ("while_a_sibling_restarts", "WhileASiblingRestarts"),
    ("while_the_tree_stops", "WhileTheTreeStops"),
];

/// Expands the attribute; one with mistakes to the function and the errors.
pub(super) fn expand(matrix: &Matrix, errors: &Errors) -> TokenStream {
    let Matrix { children, libraries, function } = matrix;
    if !errors.is_empty() {
        let errors = errors.to_items();
        return quote!(#function #errors);
    }
    let name = &function.sig.ident;
    let library = Library::new(name, libraries.first());
    let (import, in_module, in_test) =
        (&library.import, library.below(1), library.below(DEPTH_OF_TESTS));
    let modules = children.iter().map(|child| {
        let module = identifier(&module_of(&child.value()));
        let faults = FAULTS.iter().map(|(fault, variant)| {
            let (fault, variant) = (identifier(fault), identifier(variant));
            let tests = MOMENTS.iter().map(|(moment, at)| {
                let (moment, at) = (identifier(moment), identifier(at));
                quote! {
                    #[test]
                    fn #moment() {
                        super::super::run(Some((
                            #child,
                            #in_test::testing::Fault::#variant,
                            #in_test::testing::Moment::#at,
                        )));
                    }
                }
            });
            quote!(mod #fault { #(#tests)* })
        });
        quote!(mod #module { #(#faults)* })
    });
    // A type that is no tree is an error of the compiler's, at the type.
    let span = match &function.sig.output {
        ReturnType::Type(_, ty) => ty.span(),
        ReturnType::Default => name.span(),
    };
    let make = quote_spanned!(span=> #in_module::testing::MatrixSource::matrix_of(super::#name));
    quote! {
        #function

        #import
        #[cfg(test)]
        mod #name {
            fn run(
                case: Option<(&str, #in_module::testing::Fault, #in_module::testing::Moment)>,
            ) {
                let matrix = #make;
                match case {
                    Some((path, fault, moment)) => matrix.run_case(path, fault, moment),
                    None => matrix.run_children(&[#(#children),*]),
                }
            }

            #[test]
            fn the_tree_has_these_children() {
                run(None);
            }

            #(#modules)*
        }
    }
}

/// The number of modules between a test and the module of the function.
const DEPTH_OF_TESTS: usize = 3;

/// The library, as the modules of the tests name it.
struct Library {
    /// Gives the library a name in the module of the function, where its path is valid.
    import: TokenStream,
    alias: Option<Ident>,
}

impl Library {
    fn new(function: &Ident, path: Option<&Path>) -> Self {
        let Some(path) = path else { return Self { import: TokenStream::new(), alias: None } };
        let alias = format_ident!("__library_of_{function}", span = Span::mixed_site());
        Self { import: quote!(#[cfg(test)] use #path as #alias;), alias: Some(alias) }
    }

    /// Returns the path of the library this number of modules below that of the function.
    fn below(&self, depth: usize) -> TokenStream {
        let Some(alias) = &self.alias else { return quote!(::supervisor) };
        let up = std::iter::repeat_n(quote!(super::), depth);
        quote!(#(#up)* #alias)
    }
}

/// Returns the name of the module with the tests of the child at this path.
pub(super) fn module_of(path: &str) -> String {
    let part = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut name: String = path.chars().map(part).collect();
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    // A keyword, or one of the names beside it.
    if syn::parse_str::<Ident>(&name).is_err() {
        name.push('_');
    }
    name
}

fn identifier(name: &str) -> Ident {
    format_ident!("{name}", span = Span::mixed_site())
}
