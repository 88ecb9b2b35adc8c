//! A child's type exists.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        db: Databse,
        sessions: simple_one_for_one { session: Sesion },
    }
}

fn main() {
    let _ = Shop::tree();
}
