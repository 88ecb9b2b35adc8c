//! A hand-written `Child` has the handle `ChildRef` for a worker, or `Supervisor` for a tree.

use supervisor::prelude::*;
use supervisor::{specs::Ready, ChildOptions, Tree};

#[derive(Clone)]
struct Shop {
    supervisor: Supervisor,
}

impl Child for Shop {
    type Recipe = Tree<Self>;
    type Handle = Self;
    const OPTIONS: ChildOptions = ChildOptions::new();

    fn spec(name: &str, recipe: Tree<Self>) -> ChildSpec<Ready<Self>> {
        recipe.into_spec(name)
    }
}

fn main() {
    let supervisor = Supervisor::new().build();
    let _ = Shop { supervisor: supervisor.clone() }.supervisor;
}
