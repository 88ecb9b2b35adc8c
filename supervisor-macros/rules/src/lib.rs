//! The part that the `supervisor` crate and its macros share: the defaults of options, and the
//! arithmetic and wording of the rules that both check.
//!
//! The macros check a rule where the tokens of a tree can break it; the library checks the same
//! rule when the compiler evaluates a tree's constants, and for supervisors that are built by hand.
//! Both report it in the words of this crate, so that a rule has one sentence.
//!
//! The crate is `const`, allocates nothing, and depends on `std` alone, since the build of the
//! macros waits for it. It is an implementation detail of the other two crates and changes with
//! them.

mod backoff;
pub mod defaults;
pub mod lease;
mod text;
pub mod wording;

pub use backoff::{can_escalate, time_to_fail};
pub use text::Text;
