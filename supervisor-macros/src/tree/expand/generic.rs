//! Tells the constants of an expression tree that may name parameters of the function around it.

use crate::joined::joined;
use proc_macro2::{Ident, TokenStream, TokenTree};

/// Returns whether the only name in the tokens that may be that of a type parameter is the type
/// itself. Such a name may also be that of a real type; only a declared parameter is certain.
pub(super) fn is_only_parameter(ty: &Ident, tokens: &TokenStream, declared: &[Ident]) -> bool {
    !declared.contains(ty) && *ty != "Self" && !may_be_generic(&without(ty, tokens), declared)
}

fn without(ty: &Ident, tokens: &TokenStream) -> TokenStream {
    let tokens = tokens.clone().into_iter();
    let kept = tokens.filter(|token| !matches!(token, TokenTree::Ident(ident) if ident == ty));
    joined(kept.map(|token| match token {
        TokenTree::Group(group) => {
            let inner = without(ty, &group.stream());
            proc_macro2::Group::new(group.delimiter(), inner).into()
        }
        token => token,
    }))
}

/// Returns whether tokens may name a parameter of the function around them: one of `declared`, a
/// name that looks like one (`T`, `K2`), `Self`, or a lifetime.
pub(super) fn may_be_generic(tokens: &TokenStream, declared: &[Ident]) -> bool {
    let mut after_tick = false;
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Group(group) => may_be_generic(&group.stream(), declared),
        TokenTree::Punct(punct) => {
            after_tick = punct.as_char() == '\'';
            false
        }
        TokenTree::Ident(ident) => {
            let is_lifetime = std::mem::take(&mut after_tick);
            if is_lifetime { ident != "static" } else { is_parameter(&ident, declared) }
        }
        TokenTree::Literal(_) => false,
    })
}

fn is_parameter(ident: &Ident, declared: &[Ident]) -> bool {
    let text = ident.to_string();
    let mut letters = text.chars();
    let is_short = letters.next().is_some_and(char::is_uppercase)
        && letters.all(|letter| letter.is_ascii_digit());
    is_short || text == "Self" || declared.contains(ident)
}

#[cfg(test)]
mod tests {
    use quote::{format_ident, quote};

    use super::{is_only_parameter, may_be_generic};

    #[test]
    fn parameters_are_told_by_their_names() {
        for tokens in [quote!(T), quote!(Cache<K2>), quote!(a::B<[u8; N]>), quote!(Self::Db)] {
            assert!(may_be_generic(&tokens, &[]), "{tokens}");
        }
        assert!(may_be_generic(&quote!(Cache<&'a str>), &[]));
        for tokens in [quote!(Db), quote!(Cache<&'static str>), quote!(a::Id), quote!(u8)] {
            assert!(!may_be_generic(&tokens, &[]), "{tokens}");
        }
        assert!(may_be_generic(&quote!(Pool<Handler>), &[format_ident!("Handler")]));
    }

    #[test]
    fn a_type_of_one_letter_may_be_the_only_parameter() {
        let (worker, tokens) = (format_ident!("W"), quote!(<W as Child>::OPTIONS, f({ W })));
        assert!(is_only_parameter(&worker, &tokens, &[]));
        assert!(!is_only_parameter(&worker, &tokens, std::slice::from_ref(&worker)));
        assert!(!is_only_parameter(&worker, &quote!(<W as Child>::OPTIONS, T), &[]));
        assert!(!is_only_parameter(&worker, &quote!(<W as Child>::f::<'a>()), &[]));
    }
}
