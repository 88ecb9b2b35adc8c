//! A type that derives `Child` implements `Worker`.

use supervisor::prelude::*;

#[derive(Child)]
struct Database;

fn main() {}
