//! Shared by the `supervisor` crate and its macros: the defaults of options, and the arithmetic and
//! wording of the rules that both check.
//!
//! The macros check a rule where the tokens of a tree can break it; the library checks the same
//! rule when the compiler evaluates a tree's constants, and for supervisors that are built by hand.
//! Both report it in the words of this crate, so that a rule has one sentence.
//!
//! Everything here is `const`, allocates nothing, and depends on `std` alone: building the macros
//! waits for this crate. It is an implementation detail of the two others and changes with them.

mod backoff;
pub mod defaults;
mod text;
pub mod wording;

pub use backoff::can_escalate;
pub use text::Text;
