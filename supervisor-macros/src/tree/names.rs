//! The names that an expansion makes, and those that a child cannot have.

use std::collections::{HashMap, HashSet};

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::{Ident, Visibility};

use super::ast::{Body, Child, Handle, Supervisor, Tree};
use crate::joined::joined;

/// Names every handle type: `ShopSub` for the child `sub` in `Shop`.
pub(crate) fn assign(tree: &mut Tree) {
    let root = match &tree.head {
        Some(head) => head.ident.clone(),
        None => Ident::new("Handle", Span::mixed_site()),
    };
    let text = root.unraw().to_string();
    let mut used = HashMap::from([(text.clone(), text)]);
    assign_below(&mut tree.root, &root, &mut used);
    tree.root.handle = Some(Handle { ident: root, clashes_with: None });
}

fn assign_below(supervisor: &mut Supervisor, parent: &Ident, used: &mut HashMap<String, String>) {
    let mut siblings = HashSet::new();
    for child in &mut supervisor.children {
        let (name, has_cfg) = (child.unraw_name(), child.has_cfg());
        // A second sibling of the same name is reported and has no handle. Under `#[cfg]` both have
        // one, since only one of them may be in the program.
        let is_first = siblings.insert(name.clone());
        let Body::Supervisor(nested) = &mut child.body else { continue };
        if (!is_first && !has_cfg) || nested.is_pool() {
            continue;
        }
        let mut text = format!("{}{}", parent.unraw(), camel(&name));
        // A child named `__` adds nothing to its supervisor's name, which is taken under every `#[cfg]`.
        let may_share = has_cfg && parent.unraw() != text;
        let clashes_with = used.get(&text).filter(|_| !may_share).cloned();
        // The clash is reported; a free name keeps the rest of the program compiling.
        while !may_share && used.contains_key(&text) {
            text.push('_');
        }
        used.insert(text.clone(), name);
        let ident = Ident::new(&text, child.name.span());
        assign_below(nested, &ident, used);
        nested.handle = Some(Handle { ident, clashes_with });
    }
}

/// Turns a child's name into a part of a type's name: `line_server` into `LineServer`.
fn camel(name: &str) -> String {
    name.split('_').map(capitalised).collect()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Turns a type's name into a child's name: `HTTPServer` into `http_server`.
pub(crate) fn snake(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, letter) in letters.iter().enumerate() {
        let previous = index.checked_sub(1).and_then(|index| letters.get(index));
        let next = letters.get(index + 1);
        let starts_word = letter.is_uppercase()
            && previous.is_some_and(|previous| {
                previous.is_lowercase()
                    || previous.is_numeric()
                    || (previous.is_uppercase() && next.is_some_and(|next| next.is_lowercase()))
            });
        if starts_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// Returns a name of the expansion's own, to which no token of the user's can refer.
pub(crate) fn hygienic(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// Gives the tokens of a path or a visibility the expansion's own span.
///
/// The meaning of the tokens stays the same, and lints on code that the user did not write do not
/// reach the user.
pub(crate) fn mixed_site(tokens: TokenStream) -> TokenStream {
    respanned(tokens, Span::mixed_site())
}

/// Gives the tokens of a path or a visibility this span.
pub(crate) fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let each = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            Group::new(group.delimiter(), respanned(group.stream(), span)).into()
        }
        // The meaning of `$crate` depends on its span.
        TokenTree::Ident(ident) if ident == "$crate" => ident.into(),
        mut token => {
            token.set_span(span);
            token
        }
    };
    joined(tokens.into_iter().map(each))
}

/// Applies [`mixed_site`] to a visibility.
pub(crate) fn mixed_site_visibility(vis: &Visibility) -> TokenStream {
    mixed_site(quote!(#vis))
}

/// The reason for which a child cannot have its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// The handle has a function of that name.
    ByHandle,
    /// The name is a keyword that can be written `r#…`.
    Keyword,
    /// The name is a keyword that can never be a name, or `_`.
    Never,
}

/// Functions of every handle, beside the children's accessors.
const OF_HANDLES: [&str; 2] = ["supervisor", "clone"];
/// Functions of the handle at the top of a named tree.
const OF_NAMED: [&str; 4] = ["start", "tree", "diagram", "deployment"];
/// Functions of the handle at the top of a tree that is an expression.
const OF_EXPRESSIONS: [&str; 5] =
    ["shutdown_budget", "start_budget", "children", "diagram", "deployment"];

/// Returns the reason for which a child cannot have its name; `None` if it can.
///
/// The handle at the top has more functions, so a child directly below the root has fewer names.
pub(crate) fn taken(child: &Child, below_root: bool, is_named_tree: bool) -> Option<Taken> {
    let written = child.name.to_string();
    let name = child.unraw_name();
    if matches!(name.as_str(), "self" | "Self" | "super" | "crate" | "_") {
        return Some(Taken::Never);
    }
    if !written.starts_with("r#") && syn::parse_str::<Ident>(&written).is_err() {
        return Some(Taken::Keyword);
    }
    let of_root: &[&str] = if is_named_tree { &OF_NAMED } else { &OF_EXPRESSIONS };
    let is_taken =
        OF_HANDLES.contains(&name.as_str()) || (below_root && of_root.contains(&name.as_str()));
    is_taken.then_some(Taken::ByHandle)
}

#[cfg(test)]
mod tests {
    use super::{camel, snake};

    #[test]
    fn names_of_types_and_children_turn_into_each_other() {
        assert_eq!(camel("line_server"), "LineServer");
        assert_eq!(camel("_private__name"), "PrivateName");
        assert_eq!(snake("LineServer"), "line_server");
        assert_eq!(snake("HTTPServer"), "http_server");
        assert_eq!(snake("V2Cache"), "v2_cache");
        assert_eq!(snake("IoT"), "io_t");
    }
}
