//! The macros of the `supervisor` crate.
