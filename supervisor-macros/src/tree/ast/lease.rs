//! The lease of a supervisor: its options, and the engine that grants it.

use std::time::Duration;

use proc_macro2::Span;
use syn::Expr;

use super::{Child, Supervisor, Validity};
use crate::options::Item;
use crate::options::key::Key;
use crate::options::setting::{Known, Setting};

/// The name by which the children of a supervisor with a lease know its fence.
pub(crate) const FENCE: &str = "fence";

/// The name by which the children of a supervisor with shards know the number of theirs.
pub(crate) const SHARD: &str = "shard";

/// The engine of a lease: `with` and a value, behind the options.
pub(crate) struct Engine {
    /// The place of the word `with`.
    pub(crate) with: Span,
    /// The value; no tokens if it could not be parsed, which has been reported.
    pub(crate) value: Expr,
}

/// The lease of a supervisor.
pub(crate) struct Lease<'a> {
    /// The option with the lease's name.
    pub(crate) item: &'a Item,
    pub(crate) name: Known<String>,
    /// The other options, if they are set, with their items.
    pub(crate) ttl: Option<(&'a Item, Known<Duration>)>,
    pub(crate) renew: Option<(&'a Item, Known<Duration>)>,
    /// The number of shards, if the lease is divided.
    pub(crate) shards: Option<(&'a Item, Known<usize>)>,
    pub(crate) engine: &'a Expr,
}

impl Lease<'_> {
    /// Returns whether the compiler knows for how long the lease lasts, and how often it is renewed.
    pub(crate) fn is_checked(&self) -> bool {
        let times = [&self.ttl, &self.renew];
        times.into_iter().flatten().all(|(_, time)| !matches!(time, Known::AtRuntime(_)))
    }
}

impl Supervisor {
    /// Returns whether the supervisor has a lease, however wrong it is written.
    pub(crate) fn needs_lease(&self) -> bool {
        self.engine.is_some() || self.options.contains(Key::Lease)
    }

    /// Returns whether the children run in shards, however wrong that is written.
    pub(crate) fn is_sharded(&self) -> bool {
        let has = |key| self.options.contains(key);
        has(Key::Shards) && has(Key::Lease) && !self.is_pool()
    }

    /// Returns the lease, if it can be read.
    pub(crate) fn lease(&self) -> Option<Lease<'_>> {
        let place = self.nested_place();
        let (item, name) = self.options.find(place, |setting| match setting {
            Setting::Text(name) => Some(name),
            _ => None,
        })?;
        let time = |wanted: Key| {
            let settings = self.options.settings(place);
            settings.into_iter().find_map(|(item, key, setting)| match setting {
                Setting::Time(time) if key == wanted => Some((item, time)),
                _ => None,
            })
        };
        let shards =
            self.options.settings(place).into_iter().find_map(
                |(item, key, setting)| match setting {
                    Setting::Count(count) if key == Key::Shards => Some((item, count)),
                    _ => None,
                },
            );
        let engine = &self.engine.as_ref()?.value;
        Some(Lease { item, name, ttl: time(Key::Ttl), renew: time(Key::Renew), shards, engine })
    }
}

impl Child {
    /// Returns the lease of a child that is a supervisor, if an expansion can use it.
    pub(crate) fn lease(&self) -> Option<Lease<'_>> {
        match &self.body {
            super::Body::Supervisor(nested) if self.validity == Validity::Valid => nested.lease(),
            _ => None,
        }
    }
}
