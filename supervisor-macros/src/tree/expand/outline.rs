//! The tree as a constant, and the checks that the compiler makes when it evaluates it.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Attribute, Ident};

use super::super::ast::{Body, Child, Standing, Supervisor, Tree};
use super::settings;
use crate::options::key::{Key, Place};
use crate::options::setting::Setting;
use crate::words::AutoShutdown;

/// The whole tree.
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
        let outline = of_child(krate, child)?;
        Some(quote!(#(#cfgs)* #outline,))
    });
    let children = children.flatten();
    // In a block of its own the list lives as long as the program, also inside a function.
    quote! {
        #krate::__private::TreeDescriptor::supervisor(#name, #child_options, #own_options, const {
            &[#(#children)*]
        })
    }
}

fn options(krate: &TokenStream, supervisor: &Supervisor, place: Place) -> TokenStream {
    let strategy = settings::strategy(krate, supervisor.strategy());
    let own_options = settings::of_constant_supervisor(krate, &supervisor.options, place);
    quote!(#krate::__private::SupervisorOptions::new(#strategy)#own_options)
}

/// Nothing for a child that could not be parsed.
fn of_child(krate: &TokenStream, child: &Child) -> Option<TokenStream> {
    let text = child.text();
    let new = quote!(#krate::ChildOptions::new());
    let outline = quote!(#krate::__private::TreeDescriptor);
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
            quote!(#outline::task(#text, #new #policy #options)#every)
        }
        Body::Typed(typed) => {
            let ty = &typed.ty;
            let of = super::super::text::compact(&typed.ty.tokens);
            let policy = typed.policy.as_ref().and_then(|policy| policy.known).map(|policy| {
                let policy = settings::policy(krate, policy);
                quote!(.with_restart_policy(#policy))
            });
            let options = settings::of_child(krate, &typed.options, Place::Typed);
            let (said, inside) =
                (ty.project(krate, "OPTIONS"), ty.project_handle(krate, "DESCRIPTOR"));
            let options = if policy.is_none() && options.is_empty() {
                said
            } else {
                quote!(#new #policy #options.or(#said))
            };
            quote!(#outline::typed(#text, #of, #options, #inside))
        }
        Body::Broken(_) => return None,
    })
}

/// One check that needs a type's own options: a block for a constant, and its conditions.
pub(super) struct Check<'a> {
    pub(super) cfgs: Vec<&'a Attribute>,
    pub(super) block: TokenStream,
}

/// All of them; each fails at its own tokens.
///
/// What the tree alone can tell has been checked before, so a child without a type needs none,
/// and a child with an error gets no second one.
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
    /// `cfgs` are the conditions of the supervisors around.
    fn children(&mut self, supervisor: &'a Supervisor, place: Place, cfgs: &[&'a Attribute]) {
        for child in supervisor.named_children() {
            let cfgs: Vec<&'a Attribute> = cfgs.iter().copied().chain(child.cfgs()).collect();
            let depends_on_types = match &child.body {
                Body::Typed(_) => true,
                // Its `shutdown` has to be long enough for its children.
                Body::Supervisor(nested) => sets(nested, Key::Shutdown),
                Body::Task(_) | Body::Broken(_) => false,
            };
            if depends_on_types && child.standing == Standing::Sound {
                self.child(supervisor, place, child, &cfgs);
            }
            if let Body::Supervisor(nested) = &child.body {
                let place = nested.nested_place();
                self.auto_shutdown(nested, place, &cfgs);
                self.children(nested, place, &cfgs);
            }
        }
    }

    /// What one child may be under this supervisor.
    fn child(
        &mut self,
        supervisor: &Supervisor,
        place: Place,
        child: &Child,
        cfgs: &[&'a Attribute],
    ) {
        let Some(outline) = of_child(self.krate, child) else { return };
        let options = options(self.krate, supervisor, place);
        let span = child.name.span();
        let (subject, around) = (at(span, "child"), at(span, "supervisor"));
        let call = quote_spanned!(span=> #subject.check(&#around));
        self.push(cfgs, &quote!(let #subject = #outline; let #around = #options; #call));
    }

    /// A supervisor that waits for significant children, which some may be by their type.
    fn auto_shutdown(&mut self, supervisor: &Supervisor, place: Place, cfgs: &[&'a Attribute]) {
        let found = supervisor.options.find(place, |setting| match setting {
            Setting::AutoShutdown(auto) => Some(auto),
            _ => None,
        });
        let Some((item, auto)) = found else { return };
        let mut typed = supervisor.children.iter();
        let depends_on_types = typed.any(|child| matches!(child.body, Body::Typed(_)));
        let is_sound = supervisor.children.iter().all(|child| child.standing == Standing::Sound);
        if auto == AutoShutdown::Never || !depends_on_types || !is_sound {
            return;
        }
        let krate = self.krate;
        let options = quote!(#krate::ChildOptions::new());
        let outline = of_supervisor(krate, "", &options, supervisor, place);
        let span = item.value_span();
        let subject = at(span, "supervisor");
        let call = quote_spanned!(span=> #subject.check_auto_shutdown());
        self.push(cfgs, &quote!(let #subject = #outline; #call));
    }

    /// The worst-case shutdown against the time that there is.
    fn budget(&mut self, tree: &Tree) {
        let place = tree.root.root_place();
        let mut settings = tree.root.options.settings(place);
        let within = settings.find_map(|(item, key, setting)| match (key, setting) {
            (Key::ShutdownWithin, Setting::Time(time)) => Some((item.value_span(), time)),
            _ => None,
        });
        let Some((span, within)) = within else { return };
        let (subject, within) = (at(span, "tree"), settings::duration(within));
        let krate = self.krate;
        let outline = match &tree.head {
            Some(head) => {
                let root = &head.ident;
                quote!(#krate::__private::descriptor::<#root>())
            }
            None => of_root(tree),
        };
        let call = quote_spanned!(span=> #subject.check_budget(#within));
        self.push(&[], &quote!(let #subject = #outline; #call));
    }

    fn push(&mut self, cfgs: &[&'a Attribute], statements: &TokenStream) {
        self.checks.push(Check { cfgs: cfgs.to_vec(), block: quote!({ #statements }) });
    }
}

fn sets(supervisor: &Supervisor, key: Key) -> bool {
    supervisor.options.settings(supervisor.nested_place()).any(|(_, found, _)| found == key)
}

/// A name at the place of the user's tokens, with their hygiene: a check that fails is then an
/// error of those tokens alone, and the compiler has nothing to say about a macro.
///
/// No expression of the user's stands in the block of a check, so none can see the name.
fn at(span: Span, name: &str) -> Ident {
    Ident::new(&format!("__{name}"), span)
}
