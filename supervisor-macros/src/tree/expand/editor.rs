//! Writes what rust-analyzer reads in place of the program: the user's words, each in a place where
//! its meaning is known, so that it can be completed and explained.
//!
//! To complete a word, rust-analyzer expands the macro a second time with a marker behind the word,
//! and looks in the first expansion at the offset that the marker has in the second. So these
//! statements stand first, are written from the tokens as they are, whether or not they can be
//! parsed, and have all parts of a child even if the child lacks them.

use proc_macro2::{Delimiter, Spacing, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Ident, Type, parse_quote};

use super::super::ast::{Body, Child, FENCE, SHARD, Supervisor, Task, Tree, Validity};
use super::super::names::{hygienic, mixed_site};
use super::{Program, handle};
use crate::joined::joined;
use crate::options::Options;
use crate::options::key::{Key, ValueKind};
use crate::words::{Policy, Vocabulary, Word};

/// Prepares a tree for an editor.
///
/// A part that is not written yet gets a likely type in place of an unknown one, at which rust-analyzer
/// would give up the whole tree. The tokens that the expansion adds to the types of children, and the
/// names of nested handles, have no place in the user's program: the editor would explain them there.
pub(super) fn prepare(tree: &mut Tree) {
    for param in tree.head.iter_mut().flat_map(|head| &mut head.params) {
        if matches!(param.ty, Type::Verbatim(_)) {
            param.ty = parse_quote!(_);
        }
    }
    prepare_supervisor(&mut tree.root);
}

fn prepare_supervisor(supervisor: &mut Supervisor) {
    supervisor.lost = None;
    for child in &mut supervisor.children {
        match &mut child.body {
            Body::Supervisor(nested) => {
                if let Some(handle) = &mut nested.handle {
                    handle.ident.set_span(Span::mixed_site());
                }
                prepare_supervisor(nested);
            }
            Body::Typed(typed) => typed.ty.added = Some(Span::mixed_site()),
            Body::Task(_) => {}
            Body::Broken(_) => child.body = unwritten(),
        }
    }
    let has_template =
        supervisor.children.first().is_some_and(|child| !matches!(child.body, Body::Supervisor(_)));
    if supervisor.is_pool() && !has_template {
        let template = Child {
            attrs: Vec::new(),
            name: hygienic("template"),
            body: unwritten(),
            validity: Validity::Invalid,
            place: None,
            raw: TokenStream::new(),
        };
        supervisor.children.insert(0, template);
    }
}

/// Returns a task, for a child that is not written yet.
fn unwritten() -> Body {
    let ident = own(Policy::Always.as_str());
    let policy = Word { ident, known: Some(Policy::Always) };
    Body::Task(Task { policy, options: Options::default(), value: None })
}

/// Writes what stands for the program of a tree with a name.
pub(super) fn program(tree: &Tree, params: &TokenStream) -> Program {
    let (krate, cfgs, statements) = (&tree.krate, tree.cfgs(), statements(tree));
    Program {
        first: quote! {
            #(#cfgs)* const _: () = { #[allow(unused)] fn words(#params) { #statements } };
        },
        unused: quote!(#[allow(unused_variables)]),
        body: quote!(#krate::__private::broken()),
        start: quote!(#krate::__private::broken()),
        descriptor: quote!(::core::option::Option::None),
        checks: TokenStream::new(),
    }
}

/// Writes statements that name all words of a tree, and bind each child's name to its handle.
fn statements(tree: &Tree) -> TokenStream {
    let writer = Writer { krate: mixed_site(tree.krate.clone()), is_named: tree.head.is_some() };
    let parts = Parts::of(&tree.raw);
    let pool = tree.root.is_pool();
    let place = if pool { "pool_at_the_root" } else { "root" };
    let head = writer.head(&parts, "strategies", place);
    let children = writer.children(&tree.root);
    quote!(#head #children)
}

/// Writes a tree without a name, in place of its block.
pub(super) fn expression(tree: &Tree, errors: &TokenStream) -> TokenStream {
    let krate = &tree.krate;
    let statements = statements(tree);
    let (types, returned) = (handle::generic_root(tree), handle::value(tree));
    let bound = hygienic(if tree.root.is_pool() { "pool" } else { "supervisor" });
    let descriptor = hygienic("descriptor");
    quote!({
        #statements
        #errors
        let (#bound, #descriptor) = #krate::__private::broken();
        #types
        #returned
    })
}

struct Writer {
    krate: TokenStream,
    is_named: bool,
}

impl Writer {
    /// Writes the word or the type at the beginning of a supervisor or a child, and its options.
    fn head(&self, parts: &Parts, words: &str, place: &str) -> TokenStream {
        let (krate, words) = (&self.krate, own(words));
        let path = or_blank(&parts.path);
        let options = parts.options.as_ref().map(|options| self.options(options, place));
        let engine = parts.engine.as_ref().map(|(with, engine)| {
            let engine = or_blank(engine);
            quote!({ let _ = #krate::__private::editor::engine::#with; let _ = #engine; })
        });
        quote! {
            { use #krate::__private::editor::#words::*; let _: #path; }
            #options
            #engine
        }
    }

    fn children(&self, supervisor: &Supervisor) -> TokenStream {
        let children = supervisor.children.iter().map(|child| {
            let (cfgs, name, value) = (child.cfgs(), &child.name, self.child(child));
            let fence = self.fence(supervisor);
            let value = quote!(#fence #value);
            // A name that is taken is an error, and binds nothing.
            let bound = (child.validity < Validity::WithoutName).then(|| quote!(let #name =));
            quote!(#(#cfgs)* #bound { #value };)
        });
        joined(children)
    }

    /// Binds the fence of a lease for the value of a child below it, and the number of a shard. They have the
    /// span of the lease's name, where the editor has nothing else to explain.
    fn fence(&self, supervisor: &Supervisor) -> Option<TokenStream> {
        let krate = &self.krate;
        let items = &supervisor.options.items;
        let lease = items.iter().find(|item| item.key() == Some(Key::Lease))?;
        let fence = Ident::new(FENCE, lease.value_span());
        let shard = supervisor.is_sharded().then(|| {
            let shard = Ident::new(SHARD, lease.value_span());
            quote!(let #shard = 0_usize;)
        });
        Some(quote!(let #fence = #krate::__private::broken::<#krate::lease::Fence>(); #shard))
    }

    /// Writes the words of a child, and its handle as the value of the block.
    fn child(&self, child: &Child) -> TokenStream {
        let krate = &self.krate;
        let words = self.words(child, &Parts::of_child(child));
        let handle = match &child.body {
            Body::Supervisor(nested) if !self.is_named && !nested.is_pool() => {
                let supervisor = hygienic("supervisor");
                let value = handle::nested_value(krate, nested, false);
                let value = handle::of_shards(krate, nested, value);
                quote!(let #supervisor: #krate::Supervisor = #krate::__private::broken(); #value)
            }
            _ => {
                let ty = handle::accessor_type(krate, child);
                quote!(#krate::__private::broken::<#ty>())
            }
        };
        quote!(#words #handle)
    }

    fn words(&self, child: &Child, parts: &Parts) -> TokenStream {
        if let Body::Supervisor(nested) = &child.body {
            let place = if nested.is_pool() { "pool" } else { "supervisor" };
            let (head, children) = (self.head(parts, "words", place), self.children(nested));
            return quote!(#head #children);
        }
        let krate = &self.krate;
        let (policy, ty) = parts.policy_and_type();
        let is_task = policy.is_some() && ty.is_empty();
        let head = self.head(parts, "words", if is_task { "task" } else { "typed" });
        let is_job = parts.options.as_ref().is_some_and(|options| names(options, Key::Every));
        let function = own(if is_job { "job" } else { "task" });
        let (name, ty) = (&child.name, or_blank(&ty));
        let value = match &parts.value {
            Some(value) if is_task => quote!(#krate::__private::editor::#function(#value);),
            Some(value) => quote!(let _: <#ty as #krate::Child>::Recipe = #value;),
            // The function of the same name.
            None if is_task => quote!(#krate::__private::editor::#function(#name);),
            None => TokenStream::new(),
        };
        quote!(#head #value)
    }

    /// Writes the names of options, and their values as expressions in which the words of the option
    /// are known.
    fn options(&self, options: &TokenStream, place: &str) -> TokenStream {
        let is_supervisor = !matches!(place, "task" | "typed" | "derive");
        let (krate, place) = (&self.krate, own(place));
        let each = split(options).into_iter().map(|option| {
            let (mut name, value) = before_and_after(option, '=');
            if name.is_empty() {
                // The option that is written next.
                let any = own(if is_supervisor { "max_restarts" } else { "shutdown" });
                name.extend([TokenTree::Ident(any)]);
            }
            let key = Key::parse(&name.to_string());
            let value = value.map(|value| {
                let value = or_blank(&value);
                let kind = key.map(Key::value);
                if matches!(kind, Some(ValueKind::Type | ValueKind::Path)) {
                    return quote!({ let _: #value; });
                }
                let words = key.map(|key| {
                    let key = own(key.as_str());
                    quote!(use #krate::__private::editor::values::#key::*;)
                });
                quote!({ #words let _ = #value; })
            });
            quote!(let _ = #krate::__private::editor::#place::#name; #value)
        });
        joined(each)
    }
}

/// Writes the names and values of the options of `#[child(…)]`.
pub(crate) fn options_of_type(krate: &TokenStream, options: &TokenStream) -> TokenStream {
    let writer = Writer { krate: mixed_site(krate.clone()), is_named: true };
    writer.options(options, "derive")
}

/// The parts of a child or a supervisor as it is written so far.
struct Parts {
    /// The tokens up to the parentheses, the braces or the `=`: a policy, a type, or a strategy.
    path: TokenStream,
    /// The tokens in the parentheses.
    options: Option<TokenStream>,
    /// The word `with` behind the options of a supervisor, and the tokens up to the braces.
    engine: Option<(Ident, TokenStream)>,
    /// The tokens behind the `=`.
    value: Option<TokenStream>,
}

impl Parts {
    fn of_child(child: &Child) -> Self {
        let mut tokens = child.raw.clone().into_iter();
        // The tokens after the colon behind the name.
        let _ = tokens.find(|token| is_sign(token, ':'));
        Self::of(&joined(tokens))
    }

    fn of(tokens: &TokenStream) -> Self {
        let mut parts = Self { path: TokenStream::new(), options: None, engine: None, value: None };
        let mut depth = 0_usize;
        let mut tokens = tokens.clone().into_iter();
        while let Some(token) = tokens.next() {
            match &token {
                TokenTree::Group(group) => match group.delimiter() {
                    Delimiter::Parenthesis if parts.options.is_none() && depth == 0 => {
                        parts.options = Some(group.stream());
                    }
                    Delimiter::Brace if depth == 0 => break,
                    _ => parts.path.extend([token]),
                },
                TokenTree::Punct(sign) if sign.as_char() == '=' && depth == 0 => {
                    parts.value = Some(or_blank(&without_comma(joined(tokens))));
                    break;
                }
                TokenTree::Punct(sign) if sign.as_char() == ',' && depth == 0 => break,
                TokenTree::Ident(word) if word == "with" && !parts.path.is_empty() => {
                    let is_other = |token: &TokenTree| {
                        !matches!(token, TokenTree::Group(group)
                            if group.delimiter() == Delimiter::Brace)
                    };
                    parts.engine =
                        Some((word.clone(), joined(tokens.by_ref().take_while(is_other))));
                    break;
                }
                _ => {
                    match &token {
                        TokenTree::Punct(sign) if sign.as_char() == '<' => depth += 1,
                        TokenTree::Punct(sign) if sign.as_char() == '>' => {
                            depth = depth.saturating_sub(1);
                        }
                        _ => {}
                    }
                    parts.path.extend([token]);
                }
            }
        }
        parts
    }

    /// Returns the policy, if one stands first, and the type without it.
    fn policy_and_type(&self) -> (Option<Ident>, TokenStream) {
        let mut tokens: Vec<TokenTree> = self.path.clone().into_iter().collect();
        match tokens.first() {
            Some(TokenTree::Ident(word)) if Policy::parse(&word.to_string()).is_some() => {
                let word = word.clone();
                tokens.remove(0);
                if tokens.first().is_some_and(|token| is_sign(token, '<')) {
                    tokens.remove(0);
                }
                if tokens.last().is_some_and(|token| is_sign(token, '>')) {
                    tokens.pop();
                }
                (Some(word), tokens.into_iter().collect())
            }
            _ => (None, self.path.clone()),
        }
    }
}

/// Returns a name of the expansion's own items for editors.
fn own(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// Returns whether a token is this sign, and not a part of a longer one.
fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct)
        if punct.as_char() == sign && (punct.spacing() == Spacing::Alone || sign != ':'))
}

/// Returns whether an option is set.
fn names(options: &TokenStream, key: Key) -> bool {
    let mut tokens = options.clone().into_iter();
    tokens.any(|token| matches!(token, TokenTree::Ident(word) if word == key.as_str()))
}

fn without_comma(tokens: TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    if tokens.last().is_some_and(|token| is_sign(token, ',')) {
        tokens.pop();
    }
    tokens.into_iter().collect()
}

/// Splits options at each comma. There is one without tokens behind the last comma, or if there is
/// no other.
fn split(options: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = options.clone().into_iter().collect();
    let parts = tokens.split(|token| is_sign(token, ','));
    parts.map(|part| part.iter().cloned().collect()).collect()
}

/// Returns `_`, which is a type and an expression, for something that is not written yet.
fn or_blank(tokens: &TokenStream) -> TokenStream {
    if tokens.is_empty() { quote!(_) } else { tokens.clone() }
}

fn before_and_after(tokens: TokenStream, sign: char) -> (TokenStream, Option<TokenStream>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let place = tokens.iter().position(|token| is_sign(token, sign));
    let (before, after) = match place {
        Some(place) => (&tokens[..place], Some(&tokens[place + 1..])),
        None => (&*tokens, None),
    };
    let collect = |part: &[TokenTree]| part.iter().cloned().collect();
    (collect(before), after.map(collect))
}
