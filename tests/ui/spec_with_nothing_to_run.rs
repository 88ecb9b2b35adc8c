//! A `ChildSpec` has a task, a worker or a supervisor.

use supervisor::prelude::*;

fn main() {
    let _supervisor = Supervisor::new().with_child(ChildSpec::new("worker")).build();
}
