//! A type that derives `Child` is a struct, not a union.

use supervisor::prelude::*;

#[derive(Child)]
union Database {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
