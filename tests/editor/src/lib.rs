//! A program with trees, which `tests/rust_analyzer.rs` opens and edits in a real rust-analyzer.

pub mod client;
pub mod shop;
