//! A task owns everything that it uses.

use supervisor::prelude::*;

fn main() {
    let name = String::from("shop");
    let _tree = supervision_tree! {
        one_for_one {
            worker: Always = |_ctx| async { Ok(println!("{name}")) },
        }
    };
}
