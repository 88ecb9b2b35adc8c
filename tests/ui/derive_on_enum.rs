//! A child is a struct.

use supervisor::prelude::*;

#[derive(Child)]
enum Database {
    Local,
    Remote,
}

fn main() {}
