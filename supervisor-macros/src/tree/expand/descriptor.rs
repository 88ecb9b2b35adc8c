//! Writes the tree as a constant, and the checks that rustc makes when it evaluates the constant.

use std::time::Duration;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Ident};

use super::super::ast::{Body, Child, Lease, Supervisor, Tree, Validity};
use super::{lease, settings, uses};
use crate::joined::joined;
use crate::options::Options;
use crate::options::key::{Key, Place, Receiver};
use crate::options::setting::{Known, Setting};
use crate::words::AutoShutdown;

/// Returns the constant of the whole tree.
pub(super) fn of_root(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let name = tree.name().unwrap_or_default();
    let place = tree.root.root_place();
    of_supervisor(
        krate,
        &name,
        &quote!(#krate::ChildOptions::new()),
        &tree.root,
        place,
        Levels::All,
    )
}

/// The levels of a supervisor that its constant contains; a check contains those that it reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Levels {
    All,
    /// The children of the supervisor, without their own children.
    Children,
    /// The supervisor alone.
    Nothing,
}

impl Levels {
    /// Returns the levels of a child that belong to these levels of its supervisor.
    fn below(self) -> Self {
        match self {
            Self::All => Self::All,
            Self::Children | Self::Nothing => Self::Nothing,
        }
    }
}

fn of_supervisor(
    krate: &TokenStream,
    name: &str,
    child_options: &TokenStream,
    supervisor: &Supervisor,
    place: Place,
    levels: Levels,
) -> TokenStream {
    let own_options = options(krate, supervisor, place);
    let children = supervisor.named_children().filter(|_| levels != Levels::Nothing);
    let children = children.filter_map(|child| {
        let cfgs = child.cfgs();
        let (descriptor, uses) =
            (of_child(krate, child, levels.below())?, uses::in_constant(child));
        Some(quote!(#(#cfgs)* #descriptor #uses,))
    });
    let list = if supervisor.is_by_use() && levels != Levels::Nothing {
        quote!(#krate::__private::TreeDescriptor::by_use([#(#children)*]))
    } else {
        quote!([#(#children)*])
    };
    // A `const` block makes the list `'static`, even inside a function.
    quote! {
        #krate::__private::TreeDescriptor::supervisor(#name, #child_options, #own_options, const {
            &#list
        })
    }
}

fn options(krate: &TokenStream, supervisor: &Supervisor, place: Place) -> TokenStream {
    let strategy = settings::strategy(krate, supervisor.strategy());
    let own_options = settings::of_constant_supervisor(krate, &supervisor.options, place);
    quote!(#krate::__private::SupervisorOptions::new(#strategy)#own_options)
}

/// Returns the constant of a child; `None` if it could not be parsed.
fn of_child(krate: &TokenStream, child: &Child, levels: Levels) -> Option<TokenStream> {
    let text = child.unraw_name();
    let new = quote!(#krate::ChildOptions::new());
    let descriptor = quote!(#krate::__private::TreeDescriptor);
    Some(match &child.body {
        Body::Supervisor(nested) => {
            let place = nested.nested_place();
            let unknown = unknown(&nested.options, place);
            if let Some(lease) = child.lease() {
                return Some(singleton(krate, child, nested, &lease, levels));
            }
            let child_options = settings::of_constant_child(krate, &nested.options, place);
            let supervisor =
                of_supervisor(krate, &text, &quote!(#new #child_options), nested, place, levels);
            quote!(#supervisor #unknown)
        }
        Body::Task(task) => {
            let policy = task.policy.known.map(|policy| {
                let policy = settings::policy(krate, policy);
                quote!(.with_restart_policy(#policy))
            });
            let options = settings::of_constant_child(krate, &task.options, Place::Task);
            let unknown = unknown(&task.options, Place::Task);
            let every = match task.every() {
                None => None,
                Some(Known::AtRuntime(_)) => Some(quote!(.with_unknown_every())),
                Some(every) => {
                    let every = settings::time(&every);
                    Some(quote!(.with_every(#every)))
                }
            };
            quote!(#descriptor::task(#text, #new #policy #options)#every #unknown)
        }
        Body::Typed(typed) => {
            let ty = &typed.ty;
            let of = super::super::text::compact(&typed.ty.tokens);
            let policy = typed.policy.as_ref().and_then(|policy| policy.known).map(|policy| {
                let policy = settings::policy(krate, policy);
                quote!(.with_restart_policy(#policy))
            });
            let options = settings::of_constant_child(krate, &typed.options, Place::Typed);
            let unknown = unknown(&typed.options, Place::Typed);
            let (type_options, type_descriptor) =
                (ty.project(krate, "OPTIONS"), ty.project(krate, "DESCRIPTOR"));
            let options = if policy.is_none() && options.is_empty() {
                type_options
            } else {
                quote!(#new #policy #options.or(#type_options))
            };
            quote!(#descriptor::typed(#text, #of, #options, #type_descriptor)#unknown)
        }
        Body::Broken(_) => return None,
    })
}

/// Returns the constant of a supervisor with a lease. Its `shutdown` is that of the children.
fn singleton(
    krate: &TokenStream,
    child: &Child,
    nested: &Supervisor,
    lease: &Lease,
    levels: Levels,
) -> TokenStream {
    let (options, place) = (&nested.options, nested.nested_place());
    let new = quote!(#krate::ChildOptions::new());
    let is_unknown = settings::is_at_runtime(options, place, Key::Shutdown);
    let shutdown =
        (!is_unknown).then(|| settings::one_of_child(krate, options, place, Key::Shutdown));
    let leader = of_supervisor(krate, "", &quote!(#new #shutdown), nested, place, levels);
    let unknown = is_unknown.then(|| quote!(.with_unknown_shutdown()));
    let leader = quote!(#leader #unknown);
    let others = lease::not_of_child(lease);
    let child_options = settings::of_constant_child_without(krate, options, place, others);
    let is_unknown = settings::is_at_runtime(options, place, Key::Backoff);
    let backoff =
        (!is_unknown).then(|| settings::one_of_child(krate, options, place, Key::Backoff));
    let (name, child_options) = (child.unraw_name(), quote!(#new #child_options));
    let shard_options = quote!(#new #backoff);
    let singleton = lease::descriptor(krate, &name, &child_options, &shard_options, lease, &leader);
    let unknown = is_unknown.then(|| quote!(.with_unknown_backoff()));
    quote!(#singleton #unknown)
}

/// Returns the calls that mark the options of a child on which rules depend, and which only the
/// running program knows.
fn unknown(options: &Options, place: Place) -> TokenStream {
    let marks = [
        (Key::Shutdown, quote!(.with_unknown_shutdown())),
        (Key::Backoff, quote!(.with_unknown_backoff())),
        (Key::MaxRestarts, quote!(.with_unknown_limit())),
    ];
    let unknown = marks.into_iter().filter(|(key, _)| {
        key.is_passed_to(Receiver::Child, place) && settings::is_at_runtime(options, place, *key)
    });
    joined(unknown.map(|(_, call)| call))
}

/// A check that needs a type's own options or a constant: a block for a constant, and the conditions of the
/// check.
pub(super) struct Check<'a> {
    pub(super) cfgs: Vec<&'a Attribute>,
    pub(super) block: TokenStream,
    /// The type of the child that is checked, if it is one word.
    pub(super) of: Option<&'a Ident>,
}

/// Returns all checks of a tree; each fails at its own tokens.
///
/// The macro has checked the rules that the tokens alone can break, so a child without a type needs
/// no check, and a child with a mistake gets no second error.
pub(super) fn checks(tree: &Tree) -> Vec<Check<'_>> {
    let root = tree.head.as_ref().map(|head| &head.ident);
    let mut checker = Checker { krate: &tree.krate, root, checks: Vec::new() };
    let place = tree.root.root_place();
    checker.auto_shutdown(&tree.root, place, &[]);
    let span = tree.root.strategy.ident.span();
    checker.supervisor(&tree.root, place, span, &[], Some(&[]));
    checker.children(&tree.root, place, &[], Some(&[]));
    checker.budget(tree);
    checker.checks
}

struct Checker<'a> {
    krate: &'a TokenStream,
    /// The type of a tree with a name, whose constant the checks can read.
    root: Option<&'a Ident>,
    checks: Vec<Check<'a>>,
}

impl<'a> Checker<'a> {
    /// Adds the checks of all children below this supervisor; `cfgs` are the conditions of the
    /// supervisor and of all above it.
    ///
    /// `position` leads to the supervisor in the constant of the tree: the index of a child at each
    /// level. It is `None` if conditions decide about the indices.
    fn children(
        &mut self,
        supervisor: &'a Supervisor,
        place: Place,
        cfgs: &[&'a Attribute],
        position: Option<&[usize]>,
    ) {
        let position = position.filter(|_| !supervisor.children.iter().any(Child::has_cfg));
        let mut index = 0;
        for child in supervisor.named_children() {
            let position: Option<Vec<usize>> =
                position.map(|position| position.iter().copied().chain([index]).collect());
            index += usize::from(!matches!(child.body, Body::Broken(_)));
            let cfgs: Vec<&'a Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
            let depends_on_constants = match &child.body {
                Body::Typed(_) => true,
                // `shutdown_too_short` also needs the types of the supervisor's children.
                Body::Supervisor(nested) => {
                    sets(nested, &[Key::Shutdown, Key::Backoff]) || limits_restarts(supervisor)
                }
                Body::Task(task) => {
                    let own = [Key::Backoff, Key::Heartbeat, Key::StartTimeout];
                    own.iter().any(|key| task.options.contains(*key))
                        || has_constant(&task.options, Place::Task)
                        || limits_restarts(supervisor)
                }
                Body::Broken(_) => false,
            };
            // What an option that cannot be read was meant to be is unknown.
            let is_known = is_readable(&supervisor.options);
            if depends_on_constants && is_known && child.validity == Validity::Valid {
                self.child(supervisor, place, child, &cfgs);
            }
            if let Body::Supervisor(nested) = &child.body {
                let (place, lease) = (nested.nested_place(), child.lease());
                self.auto_shutdown(nested, place, &cfgs);
                if let Some(lease) = &lease {
                    self.lease(child, nested, lease, &cfgs, position.as_deref());
                }
                // The constant of a singleton has two children: the children of the tree are below the
                // second one. That of shards has one shard for all of them, which is a singleton.
                let inside = match &lease {
                    Some(Lease { shards: Some(_), .. }) => vec![0, 1],
                    Some(_) => vec![1],
                    None => Vec::new(),
                };
                let position = position.map(|position| [position, inside].concat());
                self.supervisor(nested, place, child.name.span(), &cfgs, position.as_deref());
                self.children(nested, place, &cfgs, position.as_deref());
            }
        }
    }

    /// Adds the check of one child under its supervisor.
    fn child(
        &mut self,
        supervisor: &Supervisor,
        place: Place,
        child: &'a Child,
        cfgs: &[&'a Attribute],
    ) {
        let levels = match &child.body {
            // What the children need to stop matters for a limit on it alone.
            Body::Supervisor(nested) if !sets(nested, &[Key::Shutdown, Key::AutoShutdown]) => {
                Levels::Nothing
            }
            _ => Levels::All,
        };
        let Some(descriptor) = of_child(self.krate, child, levels) else { return };
        let options = options(self.krate, supervisor, place);
        let span = child.name.span();
        let (subject, parent) = (ident_at(span, "child"), ident_at(span, "supervisor"));
        let call = quote_spanned!(span=> #subject.check(&#parent));
        self.push(cfgs, &quote!(let #subject = #descriptor; let #parent = #options; #call));
        if let (Body::Typed(typed), Some(check)) = (&child.body, self.checks.last_mut()) {
            check.of = typed.ty.is_plain.then_some(&typed.ty.last);
        }
    }

    /// Adds the check of a supervisor with `auto_shutdown`, whose children may be significant by
    /// type.
    fn auto_shutdown(&mut self, supervisor: &Supervisor, place: Place, cfgs: &[&'a Attribute]) {
        let found = supervisor.options.find(place, |setting| match setting {
            Setting::AutoShutdown(auto) => Some(auto),
            _ => None,
        });
        let Some((item, auto)) = found else { return };
        let mut typed = supervisor.children.iter();
        let depends_on_types = typed.any(|child| matches!(child.body, Body::Typed(_)));
        let is_valid = supervisor.children.iter().all(|child| child.validity == Validity::Valid);
        if auto == AutoShutdown::Never || !depends_on_types || !is_valid {
            return;
        }
        let krate = self.krate;
        let options = quote!(#krate::ChildOptions::new());
        let levels = Levels::Children;
        let descriptor = of_supervisor(krate, "", &options, supervisor, place, levels);
        let span = item.value_span();
        let subject = ident_at(span, "supervisor");
        let call = quote_spanned!(span=> #subject.check_auto_shutdown());
        self.push(cfgs, &quote!(let #subject = #descriptor; #call));
    }

    /// Adds the check of a supervisor itself: of its constants, and of the time that a group takes
    /// to stop, which depends on the types of the children.
    fn supervisor(
        &mut self,
        supervisor: &'a Supervisor,
        place: Place,
        span: Span,
        cfgs: &[&'a Attribute],
        position: Option<&[usize]>,
    ) {
        let has_constant = has_constant(&supervisor.options, place);
        let is_valid = supervisor.children.iter().all(|child| child.validity == Validity::Valid);
        // Only a `shutdown` that is set makes a group too slow: in the tree, or in a type.
        let may_set_shutdown = supervisor.children.iter().any(|child| {
            matches!(child.body, Body::Typed(_))
                || child.options().is_some_and(|(options, _)| options.contains(Key::Shutdown))
        });
        let sets_window = supervisor.options.contains(Key::RestartWindow);
        let is_slow_group = supervisor.strategy().is_group() && may_set_shutdown && sets_window;
        if !is_valid || !(is_slow_group || has_constant) {
            return;
        }
        let krate = self.krate;
        let descriptor = if let (Some(root), Some(position)) = (self.root, position) {
            // The constant of the whole tree has what is needed, and need not be repeated.
            quote!(#krate::__private::descriptor::<#root>().at(&[#(#position),*]))
        } else {
            let options = quote!(#krate::ChildOptions::new());
            of_supervisor(krate, "", &options, supervisor, place, Levels::Children)
        };
        let settings = supervisor.options.settings(place);
        let max_children = settings.into_iter().find_map(|(_, key, setting)| match setting {
            Setting::Count(count @ Known::Constant(_)) if key == Key::MaxChildren => {
                let count = settings::count(&count);
                Some(quote!(::core::option::Option::Some(#count)))
            }
            _ => None,
        });
        let max_children = max_children.unwrap_or_else(|| quote!(::core::option::Option::None));
        let subject = ident_at(span, "supervisor");
        let call = quote_spanned!(span=> #subject.check_supervisor(#max_children));
        self.push(cfgs, &quote!(let #subject = #descriptor; #call));
    }

    /// Adds the checks of the times of a lease.
    fn lease(
        &mut self,
        child: &'a Child,
        nested: &'a Supervisor,
        lease: &Lease,
        cfgs: &[&'a Attribute],
        position: Option<&[usize]>,
    ) {
        if !is_valid_below(nested) {
            return;
        }
        let krate = self.krate;
        let descriptor = match (self.root, position) {
            (Some(root), Some(position)) => {
                quote!(#krate::__private::descriptor::<#root>().at(&[#(#position),*]))
            }
            _ => match of_child(krate, child, Levels::All) {
                Some(descriptor) => descriptor,
                None => return,
            },
        };
        for check in lease::checks(lease) {
            let subject = ident_at(check.span, "supervisor");
            let call = lease::call(&check, &subject);
            self.push(cfgs, &quote!(let #subject = #descriptor; #call));
        }
    }

    /// Adds the check of the worst-case shutdown against `shutdown_within`.
    fn budget(&mut self, tree: &Tree) {
        let place = tree.root.root_place();
        let settings = tree.root.options.settings(place);
        let within = settings.into_iter().find_map(|(item, key, setting)| match (key, setting) {
            (Key::ShutdownWithin, Setting::Time(time)) if !setting_is_unknown(&time) => {
                Some((item.value_span(), time))
            }
            _ => None,
        });
        let Some((span, within)) = within else { return };
        let (subject, within) = (ident_at(span, "tree"), settings::time(&within));
        let krate = self.krate;
        let descriptor = match &tree.head {
            Some(head) => {
                let root = &head.ident;
                quote!(#krate::__private::descriptor::<#root>())
            }
            None => of_root(tree),
        };
        let call = quote_spanned!(span=> #subject.check_budget(#within));
        self.push(&[], &quote!(let #subject = #descriptor; #call));
    }

    fn push(&mut self, cfgs: &[&'a Attribute], statements: &TokenStream) {
        let block = quote!({ #statements });
        self.checks.push(Check { cfgs: cfgs.to_vec(), block, of: None });
    }
}

/// Returns whether no child below a supervisor has a mistake.
fn is_valid_below(supervisor: &Supervisor) -> bool {
    supervisor.children.iter().all(|child| {
        let below = match &child.body {
            Body::Supervisor(nested) => is_valid_below(nested),
            Body::Task(_) | Body::Typed(_) => true,
            Body::Broken(_) => false,
        };
        below && child.validity == Validity::Valid
    })
}

/// Returns whether only the running program knows a time, which has been reported.
fn setting_is_unknown(time: &Known<Duration>) -> bool {
    matches!(time, Known::AtRuntime(_))
}

/// Returns whether each option is known and has a value that can be read.
fn is_readable(options: &Options) -> bool {
    options.items.iter().all(|item| matches!(item.setting(), Some(Ok(_))))
}

/// Returns whether a supervisor sets one of these options.
fn sets(supervisor: &Supervisor, keys: &[Key]) -> bool {
    let settings = supervisor.options.settings(supervisor.nested_place());
    settings.iter().any(|(_, found, _)| keys.contains(found))
}

/// Returns whether a supervisor has options on which the policy of each child depends.
fn limits_restarts(supervisor: &Supervisor) -> bool {
    let settings = supervisor.options.settings(supervisor.nested_place());
    settings.into_iter().any(|(_, key, setting)| match setting {
        Setting::Limit(limit) => !matches!(limit, Known::Here(Some(_)) | Known::AtRuntime(_)),
        _ => key == Key::Partitions,
    })
}

/// Returns whether a value is the path of a constant, which the macro cannot read.
fn has_constant(options: &Options, place: Place) -> bool {
    options.settings(place).iter().any(|(_, _, setting)| setting.is_constant())
}

/// Returns a name with the span and hygiene of the user's tokens: rustc then reports a failed check
/// at those tokens alone, without a note about the macro.
///
/// The block of a check contains no expression of the user's that could see the name.
fn ident_at(span: Span, name: &str) -> Ident {
    Ident::new(&format!("__{name}"), span)
}
