//! A type that derives `Child` has no lifetime parameter, because a child borrows nothing.

use supervisor::prelude::*;

#[derive(Child)]
struct Database<'a> {
    url: &'a str,
}

fn main() {}
