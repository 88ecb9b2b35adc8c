//! The value of a child does not use the child, which is not there yet.

use supervisor::prelude::*;

#[derive(Child)]
#[child(message = u32)]
struct Ring {
    next: ChildRef<u32>,
}

impl Worker for Ring {
    async fn run(&self, ctx: Context<u32>) -> ChildResult {
        assert_eq!(ctx.address().path(), ctx.path());
        Ok(self.next.send(1).await?)
    }
}

supervision_tree! {
    pub Rings: one_for_one {
        ring: Ring = Ring { next: ring.clone() },
    }
}

fn main() {
    let _ = Rings::tree();
}
