//! A variable that the closures of two tasks use is cloned for the first.

use supervisor::prelude::*;

async fn poll(_ctx: Context, _url: String, _port: u16) -> ChildResult {
    Ok(())
}

fn main() {
    let url = String::from("http://");
    let port = 80;
    let _ = supervision_tree! {
        one_for_one {
            fast: Always = { let url = url.clone(); move |ctx| poll(ctx, url.clone(), port) },
            slow: Always = move |ctx| poll(ctx, url.clone(), port),
            below: one_for_one { last: Always = move |ctx| poll(ctx, url.clone(), port) },
        }
    };
}
