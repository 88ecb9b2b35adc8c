//! Draws the results.

mod bars;
mod lines;
mod scale;
mod svg;

use std::fs;
use std::io;
use std::path::Path;

use crate::contenders::Who;
use crate::results::Results;

/// Draws the results into this folder: `table.svg`, and `against-n.svg` if there is a sweep.
pub(crate) fn write(results: &Results, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join("table.svg"), bars::draw(results))?;
    if !results.sweep.is_empty() {
        fs::write(folder.join("against-n.svg"), lines::draw(results))?;
    }
    Ok(())
}

/// Returns a contender's color: blue for this library, grey for tokio by hand.
fn color(who: Who) -> &'static str {
    match who {
        Who::Floor => "#9a9a9a",
        Who::InOrder => "#777777",
        Who::Hand => "#555555",
        Who::Ours => "#0b5cad",
        Who::OursTyped => "#2f7fd1",
        Who::OursPool => "#63a6e8",
        Who::OursMacro => "#9cc8f5",
        Who::OursLast => "#1a8f9c",
        Who::OursByUse => "#58b5a0",
        Who::Kameo => "#c2571a",
        Who::Ractor => "#b3261e",
        Who::TaskSupervisor => "#7a8b1f",
        Who::AshFlare => "#8d5fb0",
        Who::Erlang => "#a5104f",
    }
}
