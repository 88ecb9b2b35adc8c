//! A periodic job has no `start` and no `start_timeout`: it has started when its schedule has.

use supervisor::Periodic;
use supervisor::prelude::*;

use std::time::Duration;

supervision_tree! {
    pub Shop: one_for_one {
        sweep: Always(every = 30s, start = notify),
        typed: one_for_one {
            sweep: Periodic(start = notify) = Periodic::every(PERIOD, self::sweep),
        },
    }
}

supervision_tree! {
    pub Store: one_for_one {
        sweep: Always(every = 30s, start_timeout = 5s),
        typed: one_for_one {
            sweep: Periodic(start_timeout = 5s) = Periodic::every(PERIOD, self::sweep),
        },
    }
}

const PERIOD: Duration = Duration::from_secs(30);

async fn sweep() -> ChildResult {
    Ok(())
}

fn main() {}
