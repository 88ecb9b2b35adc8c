//! A child uses only siblings that are declared before it.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        mailer: Mailer = Mailer::new(db.clone()),
        sub: one_for_one {
            other: Mailer = Mailer::new(sub.worker().clone()),
            worker: Always,
        },
        db: Always,
    }
}

#[derive(Child)]
struct Mailer(ChildRef);

impl Mailer {
    fn new(db: ChildRef) -> Self {
        Self(db)
    }
}

impl Worker for Mailer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        self.0.send(()).await?;
        Ok(())
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn db(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
