//! Pages for the first days with this crate, in the order in which their questions come up.
//!
//! The [crate's own page](crate) comes first: a child, a tree, a crash, the tables. Then:
//!
//! - [`options`]: every option, its values, unit and default, and its effect on other options.
//! - [`choosing_limits`]: `max_restarts`, `restart_window` and `backoff`, with the arithmetic.
//! - [`order`]: start and stop along the uses between children, and when to choose it.
//! - [`health`]: whether a tree is live and ready, what is wrong with it, and since when.
//! - [`inside_and_outside`]: what a child finds around itself, and what can be asked about it.
//! - [`seeing`]: how to look at a running tree: the page, the metrics, the log, and traces.
//! - [`dependency_away`]: a tree for a database that is away, at boot or later.
//! - `leases` (feature `lease`): children that run in one replica of a service only.
//! - [`stopping`]: drain, stop, kill: how a tree stops, and how to choose the times.
//! - [`coming_from_tokio`]: from tasks spawned by hand to a tree.
//! - [`coming_from_erlang`] and [`coming_from_elixir`]: the words you know, and what is
//!   different.
//!
//! The page of the module `testing` (feature `test-util`) shows how to test a tree of your own.

#[doc = include_str!("guide/options.md")]
pub mod options {}

#[doc = include_str!("guide/choosing_limits.md")]
pub mod choosing_limits {}

#[doc = include_str!("guide/order.md")]
pub mod order {}

#[doc = include_str!("guide/health.md")]
pub mod health {}

#[doc = include_str!("guide/inside_and_outside.md")]
pub mod inside_and_outside {}

#[doc = include_str!("guide/stopping.md")]
pub mod stopping {}

#[doc = include_str!("guide/seeing.md")]
pub mod seeing {}

#[doc = include_str!("guide/dependency_away.md")]
pub mod dependency_away {}

#[cfg(feature = "lease")]
#[doc = include_str!("guide/leases.md")]
pub mod leases {}

#[doc = include_str!("guide/coming_from_tokio.md")]
pub mod coming_from_tokio {}

#[doc = include_str!("guide/coming_from_erlang.md")]
pub mod coming_from_erlang {}

#[doc = include_str!("guide/coming_from_elixir.md")]
pub mod coming_from_elixir {}
