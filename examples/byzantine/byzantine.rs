//! The Byzantine generals: an end-to-end system under a supervision tree.
//!
//! What it shows: a declared tree with a pool of workers that each have one life, and a part that
//! is made at run time, because the number of generals is known only then; generals with typed
//! mailboxes, which crash at any point, are restarted, and continue where they were, so that no
//! vote is lost or cast twice; a tree that ends by itself when its work is done (`auto_shutdown`),
//! or gives up with the cause after too many crashes; and the supervisor's events and statistics,
//! compared with the generals' own records.
//!
//! How to run it: `cargo run --example byzantine -- --generals 7 --traitors 2 --crash 1 --seed 42`.
//! `--help` lists the options. The clock is paused, so a run takes no time, and the same seed gives
//! the same output. With `--web 127.0.0.1:9000`, the campaign runs in real time, and a browser shows
//! the generals' tree, their crashes and their restarts.
//!
//! It prints:
//!
//! ```text
//! 7 generals, OM(2): 3 rounds of letters, 1s each. Seed 42, one_for_one, max_restarts = 3.
//! The commander (0) orders: attack.
//! Traitors: lieutenant_2 (random), lieutenant_4 (random).
//!
//! Round 1: the commander gives its order
//!   0.0s commander              says attack to 1 2 3 4 5 6
//!
//! Round 2: each tells the others what it was told
//!   1.0s lieutenant_1           says attack to 2 3 4 5 6
//!   1.0s lieutenant_2 (traitor) says attack to 3 6, retreat to 1 4 5
//!   1.0s lieutenant_2 (traitor) falls after voting
//!   1.0s lieutenant_2 (traitor) begins life 2, after: panic: struck down in round 2, after voting
//!   1.0s lieutenant_3           says attack to 1 2 4 5 6
//!   1.0s lieutenant_4 (traitor) says attack to 1 5, retreat to 2 3 6
//!   1.0s lieutenant_5           says attack to 1 2 3 4 6
//!   1.0s lieutenant_6           says attack to 1 2 3 4 5
//!
//! Round 3: and what it was told that others were told
//!   2.0s lieutenant_1           passes on what it has heard, in 5 letters
//!   2.0s lieutenant_2 (traitor) lies in 10 of 20 statements, in 5 letters
//!   2.0s lieutenant_3           passes on what it has heard, in 5 letters
//!   2.0s lieutenant_4 (traitor) lies in 11 of 20 statements, in 5 letters
//!   2.0s lieutenant_5           passes on what it has heard, in 5 letters
//!   2.0s lieutenant_6           passes on what it has heard, in 5 letters
//!
//! Decisions
//!   commander              attack
//!   lieutenant_1           attack
//!   lieutenant_2 (traitor) attack
//!   lieutenant_3           attack
//!   lieutenant_4 (traitor) attack
//!   lieutenant_5           attack
//!   lieutenant_6           attack
//!
//! Restarts, as the supervisor tells them
//!   1.0s army/lieutenant_2: ended (life 1): panic: struck down in round 2, after voting
//!   1.0s army/lieutenant_2: restarted (life 2; 2 restarts left)
//!   1 crash, 1 restart: the same by events, by statistics, and by the generals' notebooks
//!
//! Verdict
//!   agreement: yes, the 5 loyal generals all attack
//!   obedience: yes, all of them believe what the loyal commander has said
//!   certain:   yes, it takes 7 generals to bear 2 who fail, and there are 7
//! ```
//!
//! With `--generals 6`, the same command finds a campaign in which the loyal generals do not agree,
//! runs it, prints the letters that caused the disagreement, and ends with exit code 1.

use std::io::{self, stderr, stdout};
use std::process::ExitCode;

fn main() -> io::Result<ExitCode> {
    byzantine::hush_planned_panics();
    let arguments = std::env::args_os().skip(1);
    let code = byzantine::program(arguments, &mut stdout().lock(), &mut stderr().lock())?;
    Ok(ExitCode::from(code as u8))
}
