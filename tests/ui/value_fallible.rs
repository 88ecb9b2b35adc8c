//! The value of a child in a tree with a name neither fails nor waits.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        reader: Reader = Reader::open("a")?,
        other: Reader = connect().await,
        task: Always = { if false { return broken(); } self::task },
        fine: Reader = Reader::open("a").unwrap_or_else(|error| return error),
        last: Always = |_| async { Reader::open("a").map_err(|_| "no")?; Ok(()) },
    }
}

#[derive(Child)]
struct Reader;

impl Reader {
    fn open(_path: &str) -> Result<Self, Self> {
        Ok(Self)
    }
}

impl Worker for Reader {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

async fn connect() -> Reader {
    Reader
}

async fn task(_ctx: Context) -> ChildResult {
    Ok(())
}

fn main() {}
