//! A type with parameters that derives `Child` implements `Worker`.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        cache: Cache<u64> = Cache(5),
    }
}

#[derive(Child)]
struct Cache<T>(T);

fn main() {}
