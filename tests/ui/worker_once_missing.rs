//! A type that derives `Child` with `once` implements `WorkerOnce`.

use supervisor::prelude::*;

#[derive(Child)]
#[child(restart = Temporary, once)]
struct Session;

fn main() {}
