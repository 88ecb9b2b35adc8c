//! The function of a `Blocking` takes a `BlockingContext`, and is not async.

use supervisor::prelude::*;

async fn hash(_ctx: Context<u8>) -> ChildResult {
    Ok(())
}

async fn is_async(_ctx: BlockingContext<u8>) -> ChildResult {
    Ok(())
}

fn right(_ctx: BlockingContext<u8>) -> ChildResult {
    Ok(())
}

supervision_tree! {
    Hashing: one_for_one {
        task: Blocking<u8> = Blocking::new(hash),
        is_async: Blocking<u8> = Blocking::new(is_async),
        right: Blocking<u8> = Blocking::new(right),
        closure: Blocking<u8> = Blocking::new(|mut ctx| {
            while ctx.recv().is_some() {}
            Ok(())
        }),
    }
}

fn main() {
    let _ = Hashing::tree();
}
