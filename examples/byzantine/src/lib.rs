//! The Byzantine generals as a supervised system, on the `supervisor` crate.
//!
//! Some generals besiege a city. They can only write letters, and must agree on one order, although
//! some of them are traitors, which write different things to different generals. The crate
//! implements the algorithm OM(m) for oral messages of L. Lamport, R. Shostak and M. Pease (*The
//! Byzantine Generals Problem*, 1982): with more than 3m generals, m traitors cannot prevent the
//! loyal generals from agreeing. In this example the generals also crash, at any point, and are
//! restarted by their supervisor. Some generals are slow.
//!
//! The example program `byzantine` runs a campaign. The parts of the crate are:
//!
//! - the algorithm as pure functions: [`Order`], [`Route`], [`Hearsay`]; the traitors' statements,
//!   [`Lies`]; a run of all generals in lockstep and without actors, [`rehearse`];
//! - the state that survives a crash: a [`Notebook`] for each general, stored outside of the
//!   general;
//! - the actors, thin layers around the algorithm: [`General`], [`Courier`], and the tree
//!   [`Campaign`];
//! - the results: [`Verdict`], [`Accounts`];
//! - the program: [`Settings`], [`parse`], [`program`].
//!
//! ```
//! use byzantine::{Lies, Order, Plan, Moment};
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), supervisor::SupervisorError> {
//! let plan = Plan::loyal(4, 1, Order::Attack)
//!     .with_traitor(2, Lies::Split)
//!     .with_crash(3, 2, Moment::WhileVoting);
//! let outcome = byzantine::run(plan).await?;
//! assert_eq!(outcome.verdict().agreed, Some(Order::Attack));
//! assert_eq!(outcome.stats.restarts, 1);
//! # Ok(())
//! # }
//! ```

mod accounts;
mod arguments;
mod campaign;
mod courier;
mod field;
mod general;
mod hearsay;
mod lies;
mod notebook;
mod order;
mod page;
mod plan;
mod program;
mod reasons;
mod rehearsal;
mod route;
mod settings;
mod story;
mod verdict;

pub use accounts::{Accounts, Happening};
pub use arguments::{HELP, Request, parse};
pub use campaign::{Campaign, Outcome, Prepared, run};
pub use courier::{Courier, Letter};
pub use field::Field;
pub use general::General;
pub use hearsay::{Commanders, Heard, Hearsay, Rules, Said};
pub use lies::Lies;
pub use notebook::{Ballot, Counts, Deed, Entry, Notebook, Receipt};
pub use order::Order;
pub use plan::{Crash, DELAY, Draft, Manner, Moment, Plan, RESTART_WINDOW, ROUND};
pub use program::{Code, hush_planned_panics, program};
pub use reasons::explain;
pub use rehearsal::{decisions, rehearse};
pub use route::{Id, Route};
pub use settings::{Drawn, LieKind, Question, Settings};
pub use verdict::Verdict;
