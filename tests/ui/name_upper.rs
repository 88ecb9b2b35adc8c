//! The name of a child is in lower case.

use supervisor::prelude::*;

supervision_tree! {
    pub Shop: one_for_one {
        Printer: Printer,
        SPARE_PRINTER: Printer,
        _fine: Printer,
    }
}

#[derive(Child, Default)]
struct Printer;

impl Worker for Printer {
    async fn run(&self, _ctx: Context) -> ChildResult {
        Ok(())
    }
}

fn main() {
    let shop = Shop::tree();
    shop.handle().Printer().name();
}
