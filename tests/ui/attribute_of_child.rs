//! A child has no attributes for types or functions, and no options as attributes.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        #[derive(Clone)]
        worker: Always,
        #[child(shutdown = 10s)]
        printer: Printer,
        #[restart = "Transient"]
        spare: Printer,
        #[cfg_attr(unix, cfg(windows))]
        other: Printer,
        #[cfg_attr(unix, doc = "Prints.")]
        #[test]
        last: Printer,
    }
}

async fn worker(_ctx: Context) -> ChildResult {
    Ok(())
}

#[derive(Child, Default)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {}
