//! The check that two trees of one module have different names. A tree expands to many items, so that
//! rustc would report some twenty clashes; this check reports the second tree by a single error.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::Ident;
use syn::ext::IdentExt;

use crate::errors::Errors;

/// The names of the trees that this process has expanded, with their files. A process expands one
/// crate.
static SEEN: Mutex<Option<HashSet<(PathBuf, String)>>> = Mutex::new(None);

/// Checks that no other tree in the module has the name of this one.
///
/// A macro does not know the module around it, so the file is read. That is done only when a name
/// comes for the second time in one file, which is rare.
pub(crate) fn tree_duplicate(name: &Ident, tree: &TokenStream, errors: &mut Errors) {
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
        Some(contains_twins(source.parse().ok()?, &text, &plain(tree)))
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

/// Returns the text of tokens without spaces.
fn plain(tokens: &TokenStream) -> String {
    tokens.to_string().split_whitespace().collect()
}

/// Returns whether the tree of this name and text and another one of its name stand side by side, in a
/// module or a block, neither of them under a condition.
fn contains_twins(tokens: TokenStream, name: &str, tree: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let calls = tokens.windows(3).enumerate().filter_map(|(place, call)| {
        let [TokenTree::Ident(word), TokenTree::Punct(sign), TokenTree::Group(tree)] = call else {
            return None;
        };
        let is_tree = word == "supervision_tree" && sign.as_char() == '!';
        let is_conditional = matches!(before_path(&tokens[..place]),
            Some(TokenTree::Group(attribute)) if attribute.delimiter() == Delimiter::Bracket);
        let has_name = || name_of(tree.stream()).is_some_and(|found| found == name);
        (is_tree && !is_conditional && has_name()).then(|| plain(&tree.stream()))
    });
    let calls: Vec<String> = calls.collect();
    (calls.len() > 1 && calls.iter().any(|call| call == tree))
        || tokens.iter().any(|token| match token {
            TokenTree::Group(group) => contains_twins(group.stream(), name, tree),
            _ => false,
        })
}

/// Returns the token before a word, or before the path that ends with the word, as in
/// `supervisor::supervision_tree`.
fn before_path(before: &[TokenTree]) -> Option<&TokenTree> {
    let is_colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ':');
    match before {
        [rest @ .., TokenTree::Ident(_), first, second] if is_colon(first) && is_colon(second) => {
            before_path(rest)
        }
        [rest @ .., first, second] if is_colon(first) && is_colon(second) => rest.last(),
        _ => before.last(),
    }
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
    use super::{contains_twins, plain};

    /// Returns whether one of the trees in a source is a twin.
    fn twins_of(source: &str, tree: &str) -> bool {
        let tree = plain(&tree.parse().unwrap());
        contains_twins(source.parse().unwrap(), "Shop", &tree)
    }

    fn twins(source: &str) -> bool {
        twins_of(source, "#[doc = \"x\"] pub(crate) Shop(a: u8): one_for_one {}")
    }

    #[test]
    fn trees_of_one_name_are_twins_in_one_module_only() {
        let shop = "supervision_tree! { #[doc = \"x\"] pub(crate) Shop(a: u8): one_for_one {} }";
        let other = "supervisor::supervision_tree!(pub Shop: one_for_one {});";
        assert!(twins(&format!("{shop} fn f() {{}} {other}")));
        assert!(twins(&format!("fn f() {{ {shop} {shop} }}")));
        assert!(!twins(&format!("{shop} mod a {{ {other} }}")));
        assert!(!twins(&format!("{shop} mod a {{ {other} {other} }}")));
        assert!(twins_of(
            &format!("{shop} mod a {{ {other} {other} }}"),
            "pub Shop: one_for_one {}"
        ));
        assert!(!twins(&format!("mod a {{ {shop} }} mod b {{ {other} }}")));
        assert!(!twins(&format!("#[cfg(unix)] {shop} #[cfg(not(unix))] {shop}")));
        assert!(!twins(&format!("#[cfg(unix)] supervisor::{shop} #[cfg(not(unix))] ::s::{shop}")));
        assert!(!twins(&format!("{shop} supervision_tree! {{ Other: one_for_one {{}} }}")));
        assert!(!twins(&format!("{shop} supervision_tree! {{ one_for_one {{ Shop: A }} }}")));
    }
}
