//! A tree as written: plain data with the user's tokens.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Ident, Type, Visibility};

use crate::options::Options;
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::words::{Policy, Strategy, Vocabulary, Word};

/// A tree: `attrs? (vis? Name ("(" params ")")? ":")? supervisor`.
pub(crate) struct Tree {
    /// The path of the library: the `$crate` of `supervision_tree!`.
    pub(crate) krate: TokenStream,
    pub(crate) attrs: Vec<Attribute>,
    /// `None` for a tree that is an expression.
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
    /// Returns whether it is a reference that may end when the call does.
    pub(crate) fn is_borrowed(&self) -> bool {
        let Type::Reference(reference) = &self.ty else { return false };
        reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident != "static")
    }
}

/// A supervisor: `strategy ("(" options ")")? "{" children "}"`.
pub(crate) struct Supervisor {
    pub(crate) strategy: Word<Strategy>,
    pub(crate) options: Options,
    pub(crate) enclosure: Enclosure,
    pub(crate) children: Vec<Child>,
    /// The type of its handle; `None` for a pool, whose handle is the library's. Set by `names`.
    pub(crate) handle: Option<Handle>,
}

/// The type of a supervisor's handle.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) ident: Ident,
    /// The child whose handle type would have the same name.
    pub(crate) clashes_with: Option<String>,
}

/// The brackets around a supervisor's children.
#[derive(Clone, Copy)]
pub(crate) enum Enclosure {
    Braces,
    /// Other brackets, and their place.
    Wrong(Span),
    /// None, and the place of the strategy before them.
    Missing(Span),
}

/// A child: `attrs? name ":" body`.
pub(crate) struct Child {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) body: Body,
    /// Which parts of it can be used; set by `check`.
    pub(crate) validity: Validity,
}

/// How much of a child an expansion can use; a later variant allows less.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) enum Validity {
    /// All of it.
    #[default]
    Valid,
    /// A mistake was reported: no further check of it, so that one mistake gives one error.
    Invalid,
    /// All but its value, which would not compile.
    WithoutValue,
    /// Nothing: its name is taken, so that it has no place in the handle.
    WithoutName,
}

/// The part of a child after its colon.
pub(crate) enum Body {
    Supervisor(Box<Supervisor>),
    Task(Task),
    Typed(Box<Typed>),
    /// Could not be parsed; the error has been reported.
    Broken(syn::Error),
}

/// A child without a type: an async function.
pub(crate) struct Task {
    pub(crate) policy: Word<Policy>,
    pub(crate) options: Options,
    /// `None` for the function of the child's name.
    pub(crate) value: Option<Expr>,
}

impl Task {
    /// Returns how often the function of a periodic job is called; `None` for other tasks.
    ///
    /// If the value of `every` cannot be read, some time stands for it.
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
    /// `None` for the policy of the type's derive.
    pub(crate) policy: Option<Word<Policy>>,
    pub(crate) ty: TypePath,
    pub(crate) options: Options,
    /// `None` for the type's `Default`.
    pub(crate) value: Option<Expr>,
}

/// The path of a type, with generic arguments.
#[derive(Clone)]
pub(crate) struct TypePath {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
    /// Whether the path is one identifier without arguments.
    pub(crate) is_plain: bool,
}

impl TypePath {
    /// Returns `<Type as Child>::item` with spans of the type.
    ///
    /// If the type is no child, rustc then reports one error at these tokens, however often they
    /// stand in the expansion.
    pub(crate) fn project(&self, krate: &TokenStream, item: &str) -> TokenStream {
        self.project_on(&quote!(#krate::Child), item)
    }

    /// Returns `<Type as Trait>::item` with spans of the type.
    pub(crate) fn project_on(&self, of: &TokenStream, item: &str) -> TokenStream {
        self.project_from(&self.tokens, of, item)
    }

    /// Returns `<<Type as Child>::Handle as Partition>::item` with spans of the type.
    pub(crate) fn project_partition(&self, krate: &TokenStream, item: &str) -> TokenStream {
        let handle = self.project(krate, "Handle");
        self.project_from(&handle, &quote!(#krate::bounds::Partition), item)
    }

    /// `<<Type as Child>::Handle as ChildHandle>::item`, likewise.
    pub(crate) fn project_handle(&self, krate: &TokenStream, item: &str) -> TokenStream {
        let handle = self.project(krate, "Handle");
        self.project_from(&handle, &quote!(#krate::bounds::ChildHandle), item)
    }

    fn project_from(&self, from: &TokenStream, of: &TokenStream, item: &str) -> TokenStream {
        let (first, last) = (self.first(), self.last());
        let item = Ident::new(item, last);
        let open = quote_spanned!(first=> <);
        let close = quote_spanned!(last=> >::#item);
        quote!(#open #from as #of #close)
    }

    /// Returns the place of the path's last token.
    pub(crate) fn last(&self) -> Span {
        let last = self.tokens.clone().into_iter().last();
        last.map_or_else(|| self.first(), |token| token.span())
    }

    /// Returns the place of the path's first token.
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
    /// Returns the root's name in logs and diagrams.
    pub(crate) fn name(&self) -> Option<String> {
        self.head.as_ref().map(|head| head.ident.unraw().to_string())
    }

    /// Returns the tree's `#[cfg(…)]`s, which every item of its expansion carries.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }
}

impl Supervisor {
    /// Returns the strategy, or the one that was probably meant.
    pub(crate) fn strategy(&self) -> Strategy {
        self.strategy
            .known
            .or_else(|| Strategy::nearest(&self.strategy.ident.to_string()))
            .unwrap_or(Strategy::OneForOne)
    }

    /// Returns whether its children are workers made from one template.
    pub(crate) fn is_pool(&self) -> bool {
        self.strategy() == Strategy::SimpleOneForOne
    }

    /// Returns the number of a pool's workers, if it is fixed.
    ///
    /// If the value of `partitions` cannot be read, some number stands for it.
    pub(crate) fn partitions(&self) -> Option<usize> {
        let mut settings = self.options.settings(self.nested_place());
        let count = settings.find_map(|(_, key, setting)| match (key, setting) {
            (Key::Partitions, Setting::Count(count)) => Some(count),
            _ => None,
        });
        (self.options.contains(Key::Partitions) && self.is_pool()).then(|| count.unwrap_or(1))
    }

    /// Returns the children that have a place in the handle.
    pub(crate) fn named_children(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().filter(|child| child.validity < Validity::WithoutName)
    }

    /// Returns the place of its options, if it is nested.
    pub(crate) fn nested_place(&self) -> Place {
        Place::Nested { pool: self.is_pool() }
    }

    /// Returns the place of its options, if it is the root.
    pub(crate) fn root_place(&self) -> Place {
        Place::Root { pool: self.is_pool() }
    }
}

impl Child {
    /// Returns the name without `r#`.
    pub(crate) fn unraw_name(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Returns its `#[cfg(…)]`s, which all tokens that stand for the child carry.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    /// Returns whether it may be left out of the program.
    pub(crate) fn has_cfg(&self) -> bool {
        self.cfgs().next().is_some()
    }

    /// Returns its other attributes, which its accessor carries.
    pub(crate) fn other_attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| !attr.path().is_ident("cfg"))
    }

    /// Returns the expression after its `=`.
    pub(crate) fn value(&self) -> Option<&Expr> {
        match &self.body {
            Body::Task(task) => task.value.as_ref(),
            Body::Typed(typed) => typed.value.as_ref(),
            Body::Supervisor(_) | Body::Broken(_) => None,
        }
    }

    /// Returns its options and their place; `None` if it could not be parsed.
    pub(crate) fn options(&self) -> Option<(&Options, Place)> {
        match &self.body {
            Body::Supervisor(supervisor) => Some((&supervisor.options, supervisor.nested_place())),
            Body::Task(task) => Some((&task.options, Place::Task)),
            Body::Typed(typed) => Some((&typed.options, Place::Typed)),
            Body::Broken(_) => None,
        }
    }

    /// Lowers its validity, unless that is lower already.
    pub(crate) fn downgrade(&mut self, validity: Validity) {
        self.validity = self.validity.max(validity);
    }
}
