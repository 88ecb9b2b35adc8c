//! Writes options as calls of `.with_<word>(value)`: on a builder, on a spec, and in constants.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::options::Options;
use crate::options::key::{Key, Place, Receiver};
use crate::options::setting::{Backoff, HealthPart, Known, Setting, Shutdown, StartMode};
use crate::words::{AutoShutdown, Order, Overrun, Policy, Strategy, Vocabulary};

/// Returns the calls that set a supervisor's options on its builder.
pub(super) fn of_supervisor(krate: &TokenStream, options: &Options, place: Place) -> TokenStream {
    calls(krate, options, place, Receiver::Builder)
}

/// Returns the calls that set a supervisor's options in a constant.
pub(super) fn of_constant_supervisor(
    krate: &TokenStream,
    options: &Options,
    place: Place,
) -> TokenStream {
    calls(krate, options, place, Receiver::Constant)
}

/// Returns the calls that set a child's options on its spec.
pub(super) fn of_child(krate: &TokenStream, options: &Options, place: Place) -> TokenStream {
    calls(krate, options, place, Receiver::Child)
}

/// Returns the call that sets one option of a child, if it is set.
pub(super) fn one_of_child(
    krate: &TokenStream,
    options: &Options,
    place: Place,
    wanted: Key,
) -> TokenStream {
    calls_of(krate, options, place, &|key, _| key == wanted)
}

/// Returns the calls that set a child's options on its spec, but for some.
pub(super) fn of_child_without(
    krate: &TokenStream,
    options: &Options,
    place: Place,
    unwanted: &[Key],
) -> TokenStream {
    calls_of(krate, options, place, &|key, _| {
        !unwanted.contains(&key) && key.is_passed_to(Receiver::Child, place)
    })
}

/// Returns the calls that set a child's options in a constant: without those that only the running
/// program knows.
pub(crate) fn of_constant_child(
    krate: &TokenStream,
    options: &Options,
    place: Place,
) -> TokenStream {
    of_constant_child_without(krate, options, place, &[])
}

/// Returns the calls that set a child's options in a constant, but for some.
pub(super) fn of_constant_child_without(
    krate: &TokenStream,
    options: &Options,
    place: Place,
    unwanted: &[Key],
) -> TokenStream {
    calls_of(krate, options, place, &|key, setting| {
        !unwanted.contains(&key)
            && key.is_passed_to(Receiver::Child, place)
            && !setting.is_at_runtime()
    })
}

/// Returns whether only the running program knows the value of an option.
pub(super) fn is_at_runtime(options: &Options, place: Place, wanted: Key) -> bool {
    let settings = options.settings(place);
    settings.iter().any(|(_, key, setting)| *key == wanted && setting.is_at_runtime())
}

fn calls(krate: &TokenStream, options: &Options, place: Place, receiver: Receiver) -> TokenStream {
    let mut calls = TokenStream::new();
    for (_, key, setting) in options.settings(place) {
        if !key.is_passed_to(receiver, place) {
            continue;
        }
        calls.extend(if receiver == Receiver::Constant && setting.is_at_runtime() {
            let unknown = format_ident!("with_unknown_{}", key.as_str());
            quote!(.#unknown())
        } else {
            call(krate, key, &setting)
        });
    }
    calls
}

/// Returns the calls for the options that are wanted.
fn calls_of(
    krate: &TokenStream,
    options: &Options,
    place: Place,
    is_wanted: &dyn Fn(Key, &Setting) -> bool,
) -> TokenStream {
    let mut calls = TokenStream::new();
    for (_, key, setting) in options.settings(place) {
        if is_wanted(key, &setting) {
            calls.extend(call(krate, key, &setting));
        }
    }
    calls
}

fn call(krate: &TokenStream, key: Key, setting: &Setting) -> TokenStream {
    let method = format_ident!("{}", key.method());
    let value = value(krate, setting);
    quote!(.#method(#value))
}

/// Returns the expression for a value: its literal, the path of its constant, or what computes it.
fn known<T>(
    value: &Known<T>,
    ty: fn(Span) -> TokenStream,
    literal: impl FnOnce(&T) -> TokenStream,
) -> TokenStream {
    match value {
        Known::Here(value) => literal(value),
        Known::AtRuntime(value) => value.clone(),
        Known::Constant(path) => {
            let span =
                path.clone().into_iter().last().map_or_else(Span::mixed_site, |last| last.span());
            let (name, ty) = (Ident::new("__value", span), ty(span));
            // A constant of another type is one error at its path, wherever the path stands in the
            // expansion: its place is the same in all, and so is the error.
            let constant = quote_spanned!(span=> let #name: #ty = #path; #name);
            quote!(const { #constant })
        }
    }
}

/// Returns the expression for a duration.
pub(super) fn time(time: &Known<Duration>) -> TokenStream {
    known(time, |span| quote_spanned!(span=> ::core::time::Duration), |time| duration(*time))
}

/// Returns the expression for a string.
pub(super) fn text(text: &Known<String>) -> TokenStream {
    match text {
        // A `String` is as good as a `&str`.
        Known::AtRuntime(value) => {
            let first = value.clone().into_iter().next();
            let span = first.map_or_else(Span::mixed_site, |first| first.span());
            quote_spanned!(span=>
                ::core::convert::AsRef::<::core::primitive::str>::as_ref(&#value)
            )
        }
        _ => known(
            text,
            |span| quote_spanned!(span=> &'static ::core::primitive::str),
            |text| quote!(#text),
        ),
    }
}

/// Returns the expression for a number of children.
pub(super) fn count(count: &Known<usize>) -> TokenStream {
    known(count, |span| quote_spanned!(span=> ::core::primitive::usize), |count| quote!(#count))
}

fn value(krate: &TokenStream, setting: &Setting) -> TokenStream {
    match setting {
        Setting::Limit(Known::Here(None)) => quote!(#krate::MaxRestarts::Unlimited),
        // The builder takes a number, and also a limit from the configuration.
        Setting::Limit(Known::AtRuntime(limit)) => limit.clone(),
        Setting::Limit(limit) => {
            let limit = known(
                limit,
                |span| quote_spanned!(span=> ::core::primitive::u32),
                |limit| {
                    let limit = limit.unwrap_or(u32::MAX);
                    quote!(#limit)
                },
            );
            quote!(#krate::MaxRestarts::AtMost(#limit))
        }
        Setting::Time(time) => self::time(time),
        Setting::AutoShutdown(auto) => {
            let variant = format_ident!(
                "{}",
                match auto {
                    AutoShutdown::Never => "Never",
                    AutoShutdown::AnySignificant => "AnySignificant",
                    AutoShutdown::AllSignificant => "AllSignificant",
                }
            );
            quote!(#krate::AutoShutdown::#variant)
        }
        Setting::Order(order) => {
            let variant = match order {
                Order::Declaration => quote!(Declaration),
                Order::ByUse => quote!(ByUse),
            };
            quote!(#krate::Order::#variant)
        }
        Setting::Names(names) => quote!([#(#names),*]),
        Setting::Count(count) => self::count(count),
        Setting::Policy(policy) => self::policy(krate, *policy),
        Setting::Shutdown(shutdown) => match shutdown {
            Shutdown::BrutalKill => quote!(#krate::Shutdown::BrutalKill),
            Shutdown::Timeout(time) => {
                let time = self::time(time);
                quote!(#krate::Shutdown::Timeout(#time))
            }
            Shutdown::Infinity => quote!(#krate::Shutdown::Infinity),
        },
        Setting::Backoff(Backoff { min, max }) => {
            let (first, last) = (time(min), time(max));
            if first.to_string() == last.to_string() {
                quote!(#krate::Backoff::constant(#first))
            } else {
                quote!(#krate::Backoff::new(#first, #last))
            }
        }
        Setting::Start(mode) => {
            let variant = format_ident!(
                "{}",
                match mode {
                    StartMode::Notify => "Notify",
                    StartMode::Retry => "Retry",
                }
            );
            quote!(#krate::StartMode::#variant)
        }
        Setting::Health(part) => {
            let variant = format_ident!(
                "{}",
                match part {
                    HealthPart::Required => "Required",
                    HealthPart::Degrades => "Degrades",
                    HealthPart::Ignored => "Ignored",
                }
            );
            quote!(#krate::HealthPart::#variant)
        }
        Setting::Overrun(overrun) => match overrun {
            Overrun::Abort => quote!(#krate::lease::Overrun::Abort),
            Overrun::Report => quote!(#krate::lease::Overrun::Report),
        },
        Setting::Flag(flag) => quote!(#flag),
        Setting::Text(text) => self::text(text),
        Setting::Type(tokens) | Setting::Path(tokens) => tokens.clone(),
    }
}

/// Returns the library's constant for a restart policy.
pub(crate) fn policy(krate: &TokenStream, policy: Policy) -> TokenStream {
    let variant = format_ident!("{}", policy.as_str());
    quote!(#krate::RestartPolicy::#variant)
}

/// Returns the library's constant for a strategy.
pub(super) fn strategy(krate: &TokenStream, strategy: Strategy) -> TokenStream {
    let variant = format_ident!(
        "{}",
        match strategy {
            Strategy::OneForOne => "OneForOne",
            Strategy::OneForAll => "OneForAll",
            Strategy::RestForOne => "RestForOne",
            Strategy::SimpleOneForOne => "SimpleOneForOne",
        }
    );
    quote!(#krate::SupervisionStrategy::#variant)
}

/// Returns the expression for a duration, as a person would write it.
fn duration(time: Duration) -> TokenStream {
    let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
    match u64::try_from(time.as_millis()) {
        _ if nanos == 0 => quote!(::core::time::Duration::from_secs(#secs)),
        Ok(millis) if nanos % 1_000_000 == 0 => {
            quote!(::core::time::Duration::from_millis(#millis))
        }
        _ => quote!(::core::time::Duration::new(#secs, #nanos)),
    }
}
