//! Conformance with Erlang's `supervisor`: scenarios as data, and their traces.
//!
//! A [`Scenario`](scenario::Scenario) is a tree and a script. Two runners perform it, the Erlang
//! program in `tests/otp/erlang` on OTP's own `supervisor` and one on this library; each writes
//! a [`StepTrace`](trace::StepTrace) after every step. `tests/otp/README.md` is the guide.

pub mod corpus;
pub mod difference;
pub mod erlang;
pub mod generate;
pub mod rules;
pub mod run;
pub mod scenario;
pub mod shrink;
pub mod trace;
