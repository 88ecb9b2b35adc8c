//! The trees of a module have different names.

use supervisor::prelude::*;

supervision_tree! {
    Shop: one_for_one {
        worker: Always,
    }
}

supervision_tree! {
    pub Shop: one_for_all {
        worker: Transient,
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

mod other {
    use supervisor::prelude::*;

    supervision_tree! {
        pub Shop: one_for_one {
            worker: Always = super::worker,
        }
    }
}

fn main() {
    let _ = (Shop::tree(), other::Shop::tree());
}
