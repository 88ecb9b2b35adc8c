//! The examples are in the directory above: `cargo run --example NAME`.
