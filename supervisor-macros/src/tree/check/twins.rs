//! Two trees of one name in one module. Each is made of many items, so that rustc would report some
//! twenty clashes; here the second one is one error, and nothing else.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Ident;
use syn::ext::IdentExt;

use crate::errors::Errors;

/// The names of the trees that this process has expanded, with their files: those of one crate.
static SEEN: Mutex<Option<HashSet<(PathBuf, String)>>> = Mutex::new(None);

/// Checks that no other tree in the module has the name of this one.
///
/// A macro does not know the module around it. But a name that comes for the second time in one file is
/// rare, and then the file can be read.
pub(crate) fn tree_duplicate(name: &Ident, errors: &mut Errors) {
    if !proc_macro::is_available() {
        return;
    }
    let Some(file) = name.span().unwrap().local_file() else { return };
    let text = name.unraw().to_string();
    let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_first = seen.get_or_insert_default().insert((file.clone(), text.clone()));
    drop(seen);
    let is_twin = || {
        let source = std::fs::read_to_string(&file).ok()?;
        Some(contains_twins(source.parse().ok()?, &text))
    };
    if !is_first && is_twin() == Some(true) {
        errors.at(
            name.span(),
            format!(
                "this module has two trees of the name `{name}`; give one of them another name"
            ),
        );
    }
}

/// Returns whether two trees of this name stand side by side, in a module or a block, neither of them
/// under a condition.
fn contains_twins(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let calls = tokens.windows(3).enumerate().filter(|(place, call)| {
        let [TokenTree::Ident(word), TokenTree::Punct(sign), TokenTree::Group(tree)] = call else {
            return false;
        };
        let is_tree = word == "supervision_tree" && sign.as_char() == '!';
        let is_conditional = matches!(place.checked_sub(1).map(|before| &tokens[before]),
            Some(TokenTree::Group(attribute)) if attribute.delimiter() == Delimiter::Bracket);
        is_tree && !is_conditional && name_of(tree.stream()).is_some_and(|found| found == name)
    });
    calls.count() > 1
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => contains_twins(group.stream(), name),
            _ => false,
        })
}

/// Returns the name of the tree that these tokens declare: the word before `:` or its parameters.
fn name_of(tree: TokenStream) -> Option<String> {
    let tokens: Vec<TokenTree> = tree.into_iter().collect();
    let mut pairs = tokens.windows(2);
    pairs.find_map(|pair| match pair {
        [TokenTree::Ident(word), _] if word == "pub" => None,
        [TokenTree::Ident(word), TokenTree::Punct(sign)] if sign.as_char() == ':' => {
            Some(Some(word.unraw().to_string()))
        }
        [TokenTree::Ident(word), TokenTree::Group(group)]
            if group.delimiter() == Delimiter::Parenthesis =>
        {
            Some(Some(word.unraw().to_string()))
        }
        [TokenTree::Ident(_), _] => Some(None),
        _ => None,
    })?
}

#[cfg(test)]
mod tests {
    use super::contains_twins;

    fn twins(source: &str) -> bool {
        contains_twins(source.parse().unwrap(), "Shop")
    }

    #[test]
    fn trees_of_one_name_are_twins_in_one_module_only() {
        let shop = "supervision_tree! { #[doc = \"x\"] pub(crate) Shop(a: u8): one_for_one {} }";
        let other = "supervisor::supervision_tree!(pub Shop: one_for_one {});";
        assert!(twins(&format!("{shop} fn f() {{}} {other}")));
        assert!(twins(&format!("fn f() {{ {shop} {shop} }}")));
        assert!(!twins(&format!("{shop} mod a {{ {other} }}")));
        assert!(!twins(&format!("mod a {{ {shop} }} mod b {{ {other} }}")));
        assert!(!twins(&format!("#[cfg(unix)] {shop} #[cfg(not(unix))] {shop}")));
        assert!(!twins(&format!("{shop} supervision_tree! {{ Other: one_for_one {{}} }}")));
        assert!(!twins(&format!("{shop} supervision_tree! {{ one_for_one {{ Shop: A }} }}")));
    }
}
