//! A reply is made by `ask`, not by the program.

use supervisor::prelude::*;

enum Query {
    Get(Reply<u8>),
}

async fn get(address: ChildRef<Query>) {
    let (reply, answer) = Reply::new();
    let _ = address.send(Query::Get(reply)).await;
    answer.await;
}

fn main() {}
