//! A child is a struct.

use supervisor::prelude::*;

#[derive(Child)]
union Database {
    number: u32,
    bytes: [u8; 4],
}

fn main() {}
