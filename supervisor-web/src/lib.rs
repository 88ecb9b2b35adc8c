//! The page, the probes, the metrics and the API of a tree of
//! [`supervision-tree`](https://docs.rs/supervision-tree).
//!
//! # A child that shows its tree
//!
//! ```
//! use supervisor::prelude::*;
//! use supervisor_web::Web;
//!
//! supervision_tree! {
//!     Shop: one_for_one {
//!         admin: Web = Web::bind("127.0.0.1:9000"),
//!         orders: Always,
//!     }
//! }
//!
//! async fn orders(ctx: Context) -> ChildResult {
//!     ctx.shutdown_requested().await;
//!     Ok(())
//! }
//! # let _ = Shop::tree();
//! ```
//!
//! Declare the child first: it is then the first one to start, and the last one to stop, so that the
//! page shows both. It has these options unless the tree says otherwise: `start = retry` (nobody waits
//! for it, and a port that is taken is tried again), `backoff = 100ms..10s`, `shutdown = 2s`, and
//! `health = degrades`.
//!
//! | path | what it answers |
//! |---|---|
//! | `/` | the page |
//! | `/livez` | 200 while the tree is [live](supervisor::health::Health::live), otherwise 503 |
//! | `/readyz` | 200 while the tree is [ready](supervisor::health::Health::ready), otherwise 503 |
//! | `/metrics` | the metrics, as Prometheus reads them |
//! | `/api/tree` | all children as JSON: a flat list, each with the index of its supervisor |
//! | `/api/events` | what happens, as [server-sent events](#events) |
//! | `/api/actions` | by `POST`: does something to a child, [if that is allowed](#actions) |
//!
//! The probes answer with the reasons as text, or as JSON if the request accepts `application/json`.
//!
//! A program that has a router already nests [`router`] in it.
//!
//! # The page
//!
//! It shows the tree with the state of each child, the limits of each supervisor and what is left of
//! them, the fill of each mailbox, who waits for whom, and the time line: what has happened, also
//! before the page was opened. It says whether this replica holds the leases that its children need. A
//! crash opens to its chain of errors, its place, and what the supervisor did. The page needs nothing
//! from elsewhere, follows the light or dark scheme of the system, and reads well on a phone. `?` shows
//! the keys.
//!
//! # Access
//!
//! Without a token, [`Web`] binds to addresses of this machine only, and answers requests to a name of
//! this machine only, so that a page of somebody else's cannot read the tree through the browser of a
//! developer. Any other address is [refused](AccessError): the tree then ends at its start, with a
//! message that says what to do.
//!
//! ```
//! # use supervisor_web::Web;
//! # let (token, alices) = ("0123456789abcdef", "fedcba9876543210");
//! let web = Web::bind("0.0.0.0:9000").with_token(token);
//! // Alice may also restart, stop, start and kill children.
//! let web = web.with_operator("alice", alices);
//! ```
//!
//! With a token, each request has to bring it, as `Authorization: Bearer TOKEN`. The page asks for it,
//! or takes it from the address: `http://host:9000/#token=TOKEN`, a part that browsers send to nobody.
//! The probes answer without it, but give no reasons. [`Web::probes`] has nothing but the probes, and
//! binds to any address.
//!
//! The connection is not encrypted: where others can listen, put a proxy with TLS in front.
//!
//! # Actions
//!
//! The page changes nothing, unless [operators](Web::with_operator) are named. Each action needs an
//! operator's token, is refused to pages of other sites, and goes into the log (target
//! `supervisor_web`) and into the time line with the operator's name. [`Action`] lists them.
//!
//! # Events
//!
//! `/api/events` sends each entry of the time line as an event with a JSON object: `kind`, `path`, `at`
//! (milliseconds since 1970), `text`, and more by the kind. The last 2,048 entries are kept, and sent
//! first; of the failures before them, the last 128 are kept. A reader that is too slow loses the
//! oldest entries, and gets `{"kind":"lost","count":N}` in their place; if all readers are, an entry of
//! the kind `missed` says how many the tree itself could not keep for them. To go on after an event, a
//! client sends its `id` in the header `Last-Event-ID`.
//!
//! # Cost
//!
//! While nobody looks, nothing runs: no timer, no task but the one that waits for a connection. The
//! readers of a tree share one subscription to its events, and one snapshot for all that ask within a
//! quarter of a second. A scrape reads the tree a few hundred children at a time, and each supervisor
//! goes on with its work in between.
//!
//! # Metrics
//!
//! Per supervisor, with the label `supervisor`: `supervisor_children` (by `state`),
//! `supervisor_restarts_total`, `supervisor_failures_total`, `supervisor_restarts_left`,
//! `supervisor_max_restarts`, `supervisor_age_seconds`. Per lease, with the labels `supervisor` and
//! `lease`: `supervisor_lease_held` (1 in the replica that leads), `supervisor_lease_fence`,
//! `supervisor_lease_left_seconds`, `supervisor_lease_acquisitions_total`,
//! `supervisor_lease_losses_total`. Per child, with the label `child`:
//! `supervisor_child_up`, `supervisor_child_restarts_total`, `supervisor_child_failures_total`,
//! `supervisor_child_age_seconds`, `supervisor_mailbox_messages`, `supervisor_mailbox_capacity`, and
//! for a child with the option `histograms`, the histograms `supervisor_message_waiting_seconds` and
//! `supervisor_message_handling_seconds`. The workers of a pool are counted together, as `pool/*`,
//! because their numbers are never used again and would make a new series each; a pool whose template
//! has `histograms` counts the messages of all its workers, also of those that are gone. For the whole
//! tree: `supervisor_live`, `supervisor_ready`, `supervisor_degraded`,
//! `supervisor_health_reasons`, `supervisor_waiting_children`, `supervisor_longest_wait_seconds`, and
//! `supervisor_left_out`: beyond 2,000 children or 500 supervisors, the others have no series of
//! their own. The package contains a dashboard for Grafana, `grafana.json`.
//!
//! # Features
//!
//! - `test-util`: the action `Action::Fail`, for test builds.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]
#![warn(clippy::exhaustive_enums, clippy::exhaustive_structs, unnameable_types)]

mod access;
mod actions;
mod events;
mod feed;
mod json;
mod metrics;
mod page;
mod pictures;
mod probes;
mod routes;
mod serve;
mod web;

pub use self::access::AccessError;
pub use self::actions::Action;
pub use self::routes::{Routes, router};
pub use self::web::Web;
