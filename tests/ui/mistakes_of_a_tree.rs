//! A tree with five mistakes gives five errors in one build, and the code around it gives none.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop(config: &str): one_for_al(max_restart = 5) {
        db: Database(shutdown = 5) = Database::new(config),
        mailer: Alway<Mailer> = Mailer(cache.clone()),
        cache: Transient(significant),
    }
}

#[derive(Child)]
struct Database;

impl Database {
    fn new(_url: &str) -> Self {
        Self
    }
}

impl Worker for Database {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

#[derive(Child)]
struct Mailer(ChildRef);

impl Worker for Mailer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        self.0.send(()).await?;
        Ok(())
    }
}

async fn cache(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {
    let _ = async {
        let shop = Shop::start("db://").await?;
        shop.db().send(()).await?;
        shop.mailer().send(()).await?;
        shop.cache().send(()).await?;
        ChildResult::Ok(())
    };
}
