//! A type that derives `Child` is a struct, not an enum.

use supervisor::prelude::*;

#[derive(Child)]
enum Database {
    Local,
    Remote,
}

fn main() {}
