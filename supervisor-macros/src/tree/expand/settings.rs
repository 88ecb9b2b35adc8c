//! Writes options as calls of `.with_<word>(value)`: on a builder, on a spec, and in constants.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use crate::options::Options;
use crate::options::key::{Place, Receiver};
use crate::options::setting::{Backoff, HealthPart, Setting, Shutdown, StartMode};
use crate::words::{AutoShutdown, Order, Policy, Strategy, Vocabulary};

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

/// Returns the calls that set a child's options, on its spec or in a constant.
pub(crate) fn of_child(krate: &TokenStream, options: &Options, place: Place) -> TokenStream {
    calls(krate, options, place, Receiver::Child)
}

fn calls(krate: &TokenStream, options: &Options, place: Place, receiver: Receiver) -> TokenStream {
    let settings = options.settings(place).filter(|(_, key, _)| key.is_passed_to(receiver));
    settings
        .map(|(_, key, setting)| {
            let method = format_ident!("{}", key.method());
            let value = value(krate, &setting);
            quote!(.#method(#value))
        })
        .collect()
}

fn value(krate: &TokenStream, setting: &Setting) -> TokenStream {
    match setting {
        Setting::Limit(Some(limit)) => quote!(#krate::MaxRestarts::AtMost(#limit)),
        Setting::Limit(None) => quote!(#krate::MaxRestarts::Unlimited),
        Setting::Time(time) => duration(*time),
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
        Setting::Count(count) => quote!(#count),
        Setting::Policy(policy) => self::policy(krate, *policy),
        Setting::Shutdown(shutdown) => match shutdown {
            Shutdown::BrutalKill => quote!(#krate::Shutdown::BrutalKill),
            Shutdown::Timeout(time) => {
                let time = duration(*time);
                quote!(#krate::Shutdown::Timeout(#time))
            }
            Shutdown::Infinity => quote!(#krate::Shutdown::Infinity),
        },
        Setting::Backoff(Backoff { min, max }) => {
            let (first, last) = (duration(*min), duration(*max));
            if min == max {
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
        Setting::Flag(flag) => quote!(#flag),
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
pub(crate) fn duration(time: Duration) -> TokenStream {
    let (secs, nanos) = (time.as_secs(), time.subsec_nanos());
    match u64::try_from(time.as_millis()) {
        _ if nanos == 0 => quote!(::core::time::Duration::from_secs(#secs)),
        Ok(millis) if nanos % 1_000_000 == 0 => {
            quote!(::core::time::Duration::from_millis(#millis))
        }
        _ => quote!(::core::time::Duration::new(#secs, #nanos)),
    }
}
