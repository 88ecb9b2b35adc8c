//! Writes the tree as a constant, and the checks that rustc makes when it evaluates the constant.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Ident};

use super::super::ast::{Body, Child, Supervisor, Tree, Validity};
use super::{settings, uses};
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::words::AutoShutdown;

/// Returns the constant of the whole tree.
pub(super) fn of_root(tree: &Tree) -> TokenStream {
    let krate = &tree.krate;
    let name = tree.name().unwrap_or_default();
    let place = tree.root.root_place();
    of_supervisor(krate, &name, &quote!(#krate::ChildOptions::new()), &tree.root, place)
}

fn of_supervisor(
    krate: &TokenStream,
    name: &str,
    child_options: &TokenStream,
    supervisor: &Supervisor,
    place: Place,
) -> TokenStream {
    let own_options = options(krate, supervisor, place);
    let children = supervisor.named_children().map(|child| {
        let cfgs = child.cfgs();
        let (descriptor, uses) = (of_child(krate, child)?, uses::in_constant(child));
        Some(quote!(#(#cfgs)* #descriptor #uses,))
    });
    let children = children.flatten();
    let list = if supervisor.is_by_use() {
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
fn of_child(krate: &TokenStream, child: &Child) -> Option<TokenStream> {
    let text = child.unraw_name();
    let new = quote!(#krate::ChildOptions::new());
    let descriptor = quote!(#krate::__private::TreeDescriptor);
    Some(match &child.body {
        Body::Supervisor(nested) => {
            let place = nested.nested_place();
            let child_options = settings::of_child(krate, &nested.options, place);
            of_supervisor(krate, &text, &quote!(#new #child_options), nested, place)
        }
        Body::Task(task) => {
            let policy = task.policy.known.map(|policy| {
                let policy = settings::policy(krate, policy);
                quote!(.with_restart_policy(#policy))
            });
            let options = settings::of_child(krate, &task.options, Place::Task);
            let every = task.every().map(|every| {
                let every = settings::duration(every);
                quote!(.with_every(#every))
            });
            quote!(#descriptor::task(#text, #new #policy #options)#every)
        }
        Body::Typed(typed) => {
            let ty = &typed.ty;
            let of = super::super::text::compact(&typed.ty.tokens);
            let policy = typed.policy.as_ref().and_then(|policy| policy.known).map(|policy| {
                let policy = settings::policy(krate, policy);
                quote!(.with_restart_policy(#policy))
            });
            let options = settings::of_child(krate, &typed.options, Place::Typed);
            let (type_options, type_descriptor) =
                (ty.project(krate, "OPTIONS"), ty.project(krate, "DESCRIPTOR"));
            let options = if policy.is_none() && options.is_empty() {
                type_options
            } else {
                quote!(#new #policy #options.or(#type_options))
            };
            quote!(#descriptor::typed(#text, #of, #options, #type_descriptor))
        }
        Body::Broken(_) => return None,
    })
}

/// A check that needs a type's own options: a block for a constant, and the conditions of the
/// check.
pub(super) struct Check<'a> {
    pub(super) cfgs: Vec<&'a Attribute>,
    pub(super) block: TokenStream,
}

/// Returns all checks of a tree; each fails at its own tokens.
///
/// The macro has checked the rules that the tokens alone can break, so a child without a type needs
/// no check, and a child with a mistake gets no second error.
pub(super) fn checks(tree: &Tree) -> Vec<Check<'_>> {
    let mut checker = Checker { krate: &tree.krate, checks: Vec::new() };
    let place = tree.root.root_place();
    checker.auto_shutdown(&tree.root, place, &[]);
    checker.children(&tree.root, place, &[]);
    checker.budget(tree);
    checker.checks
}

struct Checker<'a> {
    krate: &'a TokenStream,
    checks: Vec<Check<'a>>,
}

impl<'a> Checker<'a> {
    /// Adds the checks of all children below this supervisor; `cfgs` are the conditions of the
    /// supervisor and of all above it.
    fn children(&mut self, supervisor: &'a Supervisor, place: Place, cfgs: &[&'a Attribute]) {
        for child in supervisor.named_children() {
            let cfgs: Vec<&'a Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
            let depends_on_types = match &child.body {
                Body::Typed(_) => true,
                // Needed by `shutdown_too_short`: the supervisor's children may have types.
                Body::Supervisor(nested) => sets(nested, Key::Shutdown),
                Body::Task(_) | Body::Broken(_) => false,
            };
            if depends_on_types && child.validity == Validity::Valid {
                self.child(supervisor, place, child, &cfgs);
            }
            if let Body::Supervisor(nested) = &child.body {
                let place = nested.nested_place();
                self.auto_shutdown(nested, place, &cfgs);
                self.children(nested, place, &cfgs);
            }
        }
    }

    /// Adds the check of one child under its supervisor.
    fn child(
        &mut self,
        supervisor: &Supervisor,
        place: Place,
        child: &Child,
        cfgs: &[&'a Attribute],
    ) {
        let Some(descriptor) = of_child(self.krate, child) else { return };
        let options = options(self.krate, supervisor, place);
        let span = child.name.span();
        let (subject, parent) = (ident_at(span, "child"), ident_at(span, "supervisor"));
        let call = quote_spanned!(span=> #subject.check(&#parent));
        self.push(cfgs, &quote!(let #subject = #descriptor; let #parent = #options; #call));
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
        let descriptor = of_supervisor(krate, "", &options, supervisor, place);
        let span = item.value_span();
        let subject = ident_at(span, "supervisor");
        let call = quote_spanned!(span=> #subject.check_auto_shutdown());
        self.push(cfgs, &quote!(let #subject = #descriptor; #call));
    }

    /// Adds the check of the worst-case shutdown against `shutdown_within`.
    fn budget(&mut self, tree: &Tree) {
        let place = tree.root.root_place();
        let mut settings = tree.root.options.settings(place);
        let within = settings.find_map(|(item, key, setting)| match (key, setting) {
            (Key::ShutdownWithin, Setting::Time(time)) => Some((item.value_span(), time)),
            _ => None,
        });
        let Some((span, within)) = within else { return };
        let (subject, within) = (ident_at(span, "tree"), settings::duration(within));
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
        self.checks.push(Check { cfgs: cfgs.to_vec(), block: quote!({ #statements }) });
    }
}

/// Returns whether a nested supervisor sets an option.
fn sets(supervisor: &Supervisor, key: Key) -> bool {
    supervisor.options.settings(supervisor.nested_place()).any(|(_, found, _)| found == key)
}

/// Returns a name with the span and hygiene of the user's tokens: rustc then reports a failed check
/// at those tokens alone, without a note about the macro.
///
/// The block of a check contains no expression of the user's that could see the name.
fn ident_at(span: Span, name: &str) -> Ident {
    Ident::new(&format!("__{name}"), span)
}
