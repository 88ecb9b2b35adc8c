//! A child borrows nothing.

use supervisor::prelude::*;

#[derive(Child)]
struct Database<'a> {
    url: &'a str,
}

fn main() {}
