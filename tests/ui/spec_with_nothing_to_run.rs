//! A spec has something to run.

use supervisor::prelude::*;

fn main() {
    let _supervisor = Supervisor::new().with_child(ChildSpec::new("worker")).build();
}
