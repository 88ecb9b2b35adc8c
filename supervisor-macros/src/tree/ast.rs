//! A tree as written: plain data with the user's tokens.

mod lease;

use std::time::Duration;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Expr, Ident, Type, Visibility};

pub(crate) use self::lease::{Engine, FENCE, Lease, SHARD};
use super::text::compact;
use crate::options::Options;
use crate::options::check::Subject;
use crate::options::key::{Key, Place};
use crate::options::setting::{Known, Setting};
use crate::reader::Reader;
use crate::words::{Order, Policy, Strategy, Word};

/// A tree: `attrs? (vis? Name ("(" params ")")? ":")? supervisor`.
pub(crate) struct Tree {
    pub(crate) reader: Reader,
    /// The path of the library: the `$crate` of `supervision_tree!`.
    pub(crate) krate: TokenStream,
    /// The parameters of the function around the tree that its types name: `for<Handler>`.
    pub(crate) generics: Vec<Ident>,
    pub(crate) attrs: Vec<Attribute>,
    /// `#[allow(deprecated)]`, if the tree has `#[deprecated]`.
    pub(crate) permission: Option<Attribute>,
    /// `None` for a tree that is an expression.
    pub(crate) head: Option<Head>,
    pub(crate) root: Supervisor,
    /// All tokens of the root.
    pub(crate) raw: TokenStream,
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
    /// Returns the method that makes an owned value of the parameter, if it is a reference that may end
    /// with the call.
    pub(crate) fn to_own_borrowed(&self) -> Option<&'static str> {
        let Type::Reference(reference) = &self.ty else { return None };
        if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static") {
            return None;
        }
        Some(match &*reference.elem {
            Type::Slice(_) => "to_vec",
            Type::Path(path) if path.path.is_ident("str") => "to_owned",
            _ => "clone",
        })
    }

    /// Returns whether each use moves the parameter, as far as the name of its type tells.
    pub(crate) fn is_moved(&self) -> bool {
        const TYPES: [&str; 11] = [
            "Arc",
            "Box",
            "BTreeMap",
            "ChildRef",
            "HashMap",
            "HashSet",
            "OsString",
            "PathBuf",
            "String",
            "UnboundedSender",
            "Vec",
        ];
        let Type::Path(path) = &self.ty else { return false };
        let last = path.path.segments.last();
        last.is_some_and(|last| TYPES.iter().any(|name| last.ident == name))
    }
}

/// A supervisor: `strategy ("(" options ")")? ("with" engine)? "{" children "}"`.
pub(crate) struct Supervisor {
    pub(crate) strategy: Word<Strategy>,
    pub(crate) options: Options,
    /// The engine that grants the lease under which the children run.
    pub(crate) engine: Option<Engine>,
    pub(crate) enclosure: Enclosure,
    pub(crate) children: Vec<Child>,
    /// The error about a child whose name is unknown, if there is one: the handle then lacks an
    /// accessor that the program may use.
    pub(crate) lost: Option<syn::Error>,
    /// The type of the supervisor's handle, set by `names`; `None` for a pool, whose handle is the
    /// library's.
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
    /// Other brackets, and their span.
    Wrong(Span),
    /// No brackets; holds the span of the strategy.
    Missing(Span),
}

/// A child: `attrs? name ":" body`.
pub(crate) struct Child {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) name: Ident,
    pub(crate) body: Body,
    /// The extent to which an expansion can use the child, set by `check`.
    pub(crate) validity: Validity,
    /// Set by `uses` under `order = by_use`.
    pub(crate) place: Option<ByUse>,
    /// All tokens of the child, and those after it that belong to no other child: what there is of
    /// it while it is being typed.
    pub(crate) raw: TokenStream,
}

/// The place of a child in the order by use.
pub(crate) struct ByUse {
    /// The child's number among its siblings.
    pub(crate) number: usize,
    pub(crate) uses: Vec<Use>,
}

/// A sibling that a child uses.
pub(crate) struct Use {
    pub(crate) number: usize,
    pub(crate) name: String,
    /// The conditions of the sibling.
    pub(crate) cfgs: TokenStream,
}

/// The extent to which an expansion can use a child; a later variant allows less.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) enum Validity {
    /// The whole child can be used.
    #[default]
    Valid,
    /// The child has a mistake, which was reported: it is checked no further, so that one mistake
    /// gives one error.
    Invalid,
    /// The child can be used without its value, which would not compile.
    WithoutValue,
    /// The child cannot be used: its name is taken, so the handle has no accessor for it.
    WithoutName,
}

/// The part of a child after its colon.
pub(crate) enum Body {
    Supervisor(Box<Supervisor>),
    Task(Task),
    Typed(Box<Typed>),
    /// A part that could not be parsed; the error has been reported.
    Broken(syn::Error),
}

/// A child without a type: an async function.
pub(crate) struct Task {
    pub(crate) policy: Word<Policy>,
    pub(crate) options: Options,
    /// The function; `None` for the one that has the child's name.
    pub(crate) value: Option<Expr>,
}

impl Task {
    /// Returns the period of a periodic job; `None` for other tasks.
    ///
    /// If the value of `every` cannot be read, an arbitrary time stands for it.
    pub(crate) fn every(&self) -> Option<Known<Duration>> {
        let settings = self.options.settings(Place::Task);
        let every = settings.into_iter().find_map(|(_, key, setting)| match (key, setting) {
            (Key::Every, Setting::Time(every)) => Some(every),
            _ => None,
        });
        self.options
            .contains(Key::Every)
            .then(|| every.unwrap_or(Known::Here(Duration::from_secs(1))))
    }
}

/// A child with a type.
pub(crate) struct Typed {
    /// The policy in the tree; `None` for that of the type's derive.
    pub(crate) policy: Option<Word<Policy>>,
    pub(crate) ty: TypePath,
    pub(crate) options: Options,
    /// The value of the type; `None` for its `Default`.
    pub(crate) value: Option<Expr>,
}

/// The path of a type, with generic arguments.
#[derive(Clone)]
pub(crate) struct TypePath {
    pub(crate) tokens: TokenStream,
    pub(crate) last: Ident,
    /// Set if the path is one identifier without arguments.
    pub(crate) is_plain: bool,
    /// The span of the tokens that the expansion adds to the type, if that is not the type's own.
    pub(crate) added: Option<Span>,
}

impl TypePath {
    /// Returns `<Type as Child>::item` with spans of the type.
    ///
    /// If the type is not a child, rustc then reports one error at these tokens, however often they
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

    fn project_from(&self, from: &TokenStream, of: &TokenStream, item: &str) -> TokenStream {
        let (first, last) = (self.first(), self.last());
        let item = Ident::new(item, last);
        let open = quote_spanned!(first=> <);
        let close = quote_spanned!(last=> >::#item);
        quote!(#open #from as #of #close)
    }

    /// Returns whether the type has generic arguments.
    pub(crate) fn has_arguments(&self) -> bool {
        let mut tokens = self.tokens.clone().into_iter();
        tokens.any(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '<'))
    }

    /// Returns the span of what the expansion adds behind the type: that of the path's last token.
    pub(crate) fn last(&self) -> Span {
        self.added.unwrap_or_else(|| {
            let last = self.tokens.clone().into_iter().last();
            last.map_or_else(|| self.last.span(), |token| token.span())
        })
    }

    /// Returns the span of what the expansion adds in front of the type: that of the path's first
    /// token.
    pub(crate) fn first(&self) -> Span {
        self.added.unwrap_or_else(|| {
            let first = self.tokens.clone().into_iter().next();
            first.map_or_else(|| self.last.span(), |token| token.span())
        })
    }
}

impl ToTokens for TypePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.tokens.to_tokens(tokens);
    }
}

impl Tree {
    /// Returns the span of what the expansion adds to a name, where rustc reports a mistake in it.
    ///
    /// In an editor it is nowhere in the user's program: the editor would explain it there.
    pub(crate) fn span_at(&self, name: &Ident) -> Span {
        match self.reader {
            Reader::Compiler => name.span(),
            Reader::Editor => Span::mixed_site(),
        }
    }

    /// Returns the root's name in logs and diagrams.
    pub(crate) fn name(&self) -> Option<String> {
        self.head.as_ref().map(|head| head.ident.unraw().to_string())
    }

    /// Returns the attributes that every item of the tree's expansion carries: its `#[cfg(…)]`s,
    /// and, for a tree that is deprecated, the permission to name it.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        let cfgs = self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"));
        cfgs.chain(&self.permission)
    }

    /// Returns the tree's other attributes, which belong to its type alone.
    pub(crate) fn other_attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| !attr.path().is_ident("cfg"))
    }
}

impl Supervisor {
    /// Returns the strategy, or the one that was probably meant.
    pub(crate) fn strategy(&self) -> Strategy {
        self.strategy
            .known
            .or_else(|| {
                Strategy::meant_by(&self.strategy.ident.to_string()).map(|(meant, _)| meant)
            })
            .unwrap_or(Strategy::OneForOne)
    }

    /// Returns whether the children start and stop by use.
    pub(crate) fn is_by_use(&self) -> bool {
        let found = self.options.find(self.nested_place(), |setting| match setting {
            Setting::Order(order) => Some(order),
            _ => None,
        });
        found.is_some_and(|(_, order)| order == Order::ByUse)
    }

    /// Returns whether the supervisor is a pool, whose workers are made from one template.
    pub(crate) fn is_pool(&self) -> bool {
        self.strategy() == Strategy::SimpleOneForOne
    }

    /// Returns the number of a pool's workers, if it is fixed.
    ///
    /// If the value of `partitions` cannot be read, an arbitrary number stands for it.
    pub(crate) fn partitions(&self) -> Option<Known<usize>> {
        let settings = self.options.settings(self.nested_place());
        let count = settings.into_iter().find_map(|(_, key, setting)| match (key, setting) {
            (Key::Partitions, Setting::Count(count)) => Some(count),
            _ => None,
        });
        (self.options.contains(Key::Partitions) && self.is_pool())
            .then(|| count.unwrap_or(Known::Here(1)))
    }

    /// Returns the children that have an accessor in the handle.
    pub(crate) fn named_children(&self) -> impl Iterator<Item = &Child> {
        self.children.iter().filter(|child| child.validity < Validity::WithoutName)
    }

    /// Returns the place of the options of a nested supervisor.
    pub(crate) fn nested_place(&self) -> Place {
        Place::Nested { pool: self.is_pool() }
    }

    /// Returns the place of the options of a root.
    pub(crate) fn root_place(&self) -> Place {
        Place::Root { pool: self.is_pool() }
    }
}

impl Child {
    /// Returns the name without `r#`.
    pub(crate) fn unraw_name(&self) -> String {
        self.name.unraw().to_string()
    }

    /// Returns the child's `#[cfg(…)]`s, which all tokens that stand for the child carry.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| attr.path().is_ident("cfg"))
    }

    /// Returns whether the child may be left out of the program.
    pub(crate) fn has_cfg(&self) -> bool {
        self.cfgs().next().is_some()
    }

    /// Returns the child's other attributes, which its accessor carries.
    pub(crate) fn other_attrs(&self) -> impl Iterator<Item = &Attribute> {
        self.attrs.iter().filter(|attr| !attr.path().is_ident("cfg"))
    }

    /// Returns the expression after the child's `=`, or the engine of a supervisor's lease.
    pub(crate) fn value(&self) -> Option<&Expr> {
        match &self.body {
            Body::Task(task) => task.value.as_ref(),
            Body::Typed(typed) => typed.value.as_ref(),
            Body::Supervisor(nested) => nested.engine.as_ref().map(|engine| &engine.value),
            Body::Broken(_) => None,
        }
    }

    /// Returns the child's options and their place; `None` if the child could not be parsed.
    pub(crate) fn options(&self) -> Option<(&Options, Place)> {
        match &self.body {
            Body::Supervisor(supervisor) => Some((&supervisor.options, supervisor.nested_place())),
            Body::Task(task) => Some((&task.options, Place::Task)),
            Body::Typed(typed) => Some((&typed.options, Place::Typed)),
            Body::Broken(_) => None,
        }
    }

    /// Returns the child as messages about its options name it.
    pub(crate) fn subject(&self) -> Subject {
        let child = match &self.body {
            Body::Task(_) => Some((self.unraw_name(), None)),
            Body::Typed(typed) => Some((self.unraw_name(), Some(compact(&typed.ty.tokens)))),
            Body::Supervisor(_) | Body::Broken(_) => None,
        };
        Subject { child }
    }

    /// Returns the siblings that the option `after` names.
    pub(crate) fn after(&self) -> Vec<Ident> {
        let found = self.options().and_then(|(options, place)| {
            options.find(place, |setting| match setting {
                Setting::Names(names) => Some(names),
                _ => None,
            })
        });
        found.map(|(_, names)| names).unwrap_or_default()
    }

    /// Lowers the child's validity, unless it is lower already.
    pub(crate) fn downgrade(&mut self, validity: Validity) {
        self.validity = self.validity.max(validity);
    }
}
