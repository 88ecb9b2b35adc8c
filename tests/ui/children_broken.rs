//! Each broken child gives one error, and the other children are still declared.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        a:
        b: Always,
        c,
        d: Always = ,
        e: Transient<Database,
        f: Always
        g: Always;
        h: Database { url: 5 },
        i: Database::new(5),
        j: worker,
        k: &Database,
        l: |ctx| worker(ctx),
        m: Transient one_for_one { worker: Always },
        n: Always { worker: Always },
        o: { worker: Always },
        p: Transient<Database(shutdown = 5s)>,
    }
}

#[derive(Child)]
struct Database;

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn a(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn b(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn f(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn g(_ctx: Context) -> ChildResult {
    Ok(())
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {
    let _ = async {
        let shop = Shop::start().await?;
        shop.a().send(5).await?;
        shop.b().send(()).await?;
        shop.h().path();
        shop.o().worker().path();
        ChildResult::Ok(())
    };
}
