//! The Byzantine generals: an end-to-end system under a supervision tree.
//!
//! What it shows: a declared tree with a pool of workers that live once, and a part that is made at
//! run time, since nobody knows how many generals there will be; generals with typed mailboxes, who
//! crash at any point, are restarted and go on where they were, without a vote lost or cast twice;
//! a tree that ends by itself when its work is done (`auto_shutdown`), or gives up with the cause
//! when there are too many crashes; and the supervisor's events and statistics beside the
//! generals' own account of it all.
//!
//! How to run it: `cargo run --example byzantine -- --generals 7 --traitors 2 --crash 1 --seed 42`;
//! `--help` lists the options. The clock is paused, so that it takes no time, and the same seed
//! gives the same output.
//!
//! What to expect:
//!
//! ```text
//! OUTPUT
//! ```
//!
//! With `--generals 3`, the same command finds a campaign in which the loyal generals do not agree,
//! runs it, shows the letters that did it, and ends with exit code 1.

use std::io::{self, stderr, stdout};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    byzantine::hush_planned_panics();
    let arguments = std::env::args_os().skip(1);
    let code = byzantine::program(arguments, &mut stdout().lock(), &mut stderr().lock())?;
    Ok(ExitCode::from(code as u8))
}
