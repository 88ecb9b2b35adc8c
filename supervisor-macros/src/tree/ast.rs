//! A tree as it was written: plain data with the user's tokens.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Ident, Type, Visibility};

use crate::options::Options;
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::words::{Policy, Strategy, Vocabulary, Word};

/// `attrs? (vis? Name ("(" params ")")? ":")? supervisor`
pub(crate) struct Tree {
    /// The path of the library: `$crate`, as the macro in front of this one knows it.
    pub(crate) krate: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    /// Nothing for a tree that is an expression.
    pub(crate) head: Option<Head>,
    pub(crate) root: Supervisor,
}

/// The part of a named tree before its colon.
pub(crate) struct Head {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) params: Vec<Param>,
}

/// A parameter of a named tree.
pub(crate) struct Param {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

impl Param {
    /// Whether it is a reference that lasts for the call only.
    pub(crate) fn is_borrowed(&self) -> bool {
        let Type::Reference(reference) = &self.ty else { return false };
        reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static")
    }
}

/// `strategy ("(" options ")")? "{" children "}"`
pub(crate) struct Supervisor {
    pub(crate) strategy: Word<Strategy>,
    pub(crate) options: Options,
    pub(crate) enclosure: Enclosure,
    pub(crate) children: Vec<Child>,
    /// The type of its handle, unless that is a pool; set by `names`.
    pub(crate) handle: Option<Handle>,
}

/// The type of a supervisor's handle.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) ident: Ident,
    /// The child whose handle would have had this name too.
    pub(crate) clashes_with: Option<String>,
}

/// What stands around the children.
#[derive(Clone, Copy)]
pub(crate) enum Enclosure {
    Braces,
    /// Other brackets, or none at all; the place of the mistake.
    Wrong(Span),
    Missing(Span),
}

/// `attrs? name ":" …`
pub(crate) struct Child {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) body: Body,
    /// What the rules have found; set by `check`.
    pub(crate) standing: Standing,
}

/// How much of a child can be used.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) enum Standing {
    /// All.
    #[default]
    Sound,
    /// An error was reported: no further checks on it, so that a mistake gives one error.
    Flawed,
    /// Its value cannot be compiled: it uses what is not there.
    WithoutValue,
    /// Its name cannot be used: it has no place in the handle.
    Nameless,
}

/// What stands after a child's colon.
pub(crate) enum Body {
    Supervisor(Box<Supervisor>),
    Task(Task),
    Typed(Box<Typed>),
    /// It could not be parsed; the error has been reported.
    Broken(syn::Error),
}

/// A child without a type: an async function.
pub(crate) struct Task {
    pub(crate) policy: Word<Policy>,
    pub(crate) options: Options,
    /// Without it, the function of the child's name.
    pub(crate) value: Option<Expr>,
}

impl Task {
    /// How often its function is called, if it is a periodic job; any time if the option is wrong.
    pub(crate) fn every(&self) -> Option<Duration> {
        let mut settings = self.options.settings(Place::Task);
        let every = settings.find_map(|(_, key, setting)| match (key, setting) {
            (Key::Every, Setting::Time(every)) => Some(every),
            _ => None,
        });
        self.options.contains(Key::Every).then(|| every.unwrap_or(Duration::from_secs(1)))
    }
}

/// A child with a type.
pub(crate) struct Typed {
    /// Without it, the policy of the type's derive.
    pub(crate) policy: Option<Word<Policy>>,
    pub(crate) ty: TypePath,
    pub(crate) options: Options,
    /// Without it, the type's `Default`.
    pub(crate) value: Option<Expr>,
}

/// A type: a path with generic arguments.
#[derive(Clone)]
pub(crate) struct TypePath {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
    /// Whether it is one identifier without arguments.
    pub(crate) is_plain: bool,
}

impl TypePath {
    /// `<Type as Child>::Item`, at the place of the type: that it is no child is one error of
    /// these tokens, however often they stand in the expansion.
    pub(crate) fn project(&self, krate: &TokenStream, item: &str) -> TokenStream {
        self.project_on(&quote!(#krate::Child), item)
    }

    /// `<Type as Trait>::item`, likewise.
    pub(crate) fn project_on(&self, of: &TokenStream, item: &str) -> TokenStream {
        self.project_from(&self.tokens, of, item)
    }

    /// `<<Type as Child>::Handle as Partition>::item`, likewise.
    pub(crate) fn project_partition(&self, krate: &TokenStream, item: &str) -> TokenStream {
        let handle = self.project(krate, "Handle");
        self.project_from(&handle, &quote!(#krate::Partition), item)
    }

    fn project_from(&self, from: &TokenStream, of: &TokenStream, item: &str) -> TokenStream {
        let (first, last) = (self.first(), self.last());
        let item = Ident::new(item, last);
        let open = quote_spanned!(first=> <);
        let close = quote_spanned!(last=> >::#item);
        quote!(#open #from as #of #close)
    }

    /// The place of its last token.
    pub(crate) fn last(&self) -> Span {
        let last = self.tokens.clone().into_iter().last();
        last.map_or_else(|| self.first(), |token| token.span())
    }

    /// The place of its first token.
    pub(crate) fn first(&self) -> Span {
        let first = self.tokens.clone().into_iter().next();
        first.map_or_else(|| self.last.span(), |token| token.span())
    }
}

impl ToTokens for TypePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

impl Tree {
    /// What the root is called in logs and pictures.
    pub(crate) fn name(&self) -> Option<String> {
        self.head.as_ref().map(|head| head.ident.unraw().to_string())
    }

    /// The conditions of all that stands for the tree.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

impl Supervisor {
    /// The strategy, or the one that was probably meant.
    pub(crate) fn strategy(&self) -> Strategy {
        self.strategy
            .known
            .or_else(|| Strategy::nearest(&self.strategy.ident.to_string()))
            .unwrap_or(Strategy::OneForOne)
    }

    pub(crate) fn is_pool(&self) -> bool {
        self.strategy() == Strategy::SimpleOneForOne
    }

    /// How many workers a pool has, if their number is fixed; any number if the option is wrong.
    pub(crate) fn partitions(&self) -> Option<usize> {
        let mut settings = self.options.settings(self.nested_place());
        let count = settings.find_map(|(_, key, setting)| match (key, setting) {
            (Key::Partitions, Setting::Count(count)) => Some(count),
            _ => None,
        });
        (self.options.contains(Key::Partitions) && self.is_pool()).then(|| count.unwrap_or(1))
    }

    /// The children that have a place in the handle.
    pub(crate) fn named_children(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().filter(|child| child.standing < Standing::Nameless)
    }

    /// The place of its options as a child of another.
    pub(crate) fn nested_place(&self) -> Place {
        Place::Nested { pool: self.is_pool() }
    }

    pub(crate) fn root_place(&self) -> Place {
        Place::Root { pool: self.is_pool() }
    }
}

impl Child {
    /// The name as a part of a path: without `r#`.
    pub(crate) fn text(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Its `#[cfg(…)]`s: all that stands for the child carries them.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    pub(crate) fn has_cfg(&self) -> bool {
        self.cfgs().next().is_some()
    }

    /// Its other attributes, for its accessor.
    pub(crate) fn other_attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| !attr.path().is_ident("cfg"))
    }

    pub(crate) fn value(&self) -> Option<&Expr> {
        match &self.body {
            Body::Task(task) => task.value.as_ref(),
            Body::Typed(typed) => typed.value.as_ref(),
            Body::Supervisor(_) | Body::Broken(_) => None,
        }
    }

    /// Its options and where they stand.
    pub(crate) fn options(&self) -> Option<(&Options, Place)> {
        match &self.body {
            Body::Supervisor(supervisor) => Some((&supervisor.options, supervisor.nested_place())),
            Body::Task(task) => Some((&task.options, Place::Task)),
            Body::Typed(typed) => Some((&typed.options, Place::Typed)),
            Body::Broken(_) => None,
        }
    }

    pub(crate) fn flaw(&mut self, standing: Standing) {
        self.standing = self.standing.max(standing);
    }
}
