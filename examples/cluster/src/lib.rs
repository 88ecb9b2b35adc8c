//! The parts of the example `cluster`.

#![expect(clippy::doc_markdown, reason = "PostgreSQL is a name")]

mod board;
mod cluster;
mod in_memory;
mod jobs;
mod pages;
mod play;
mod processes;
mod replica;
mod scheduler;
mod tour;

pub use self::cluster::Cluster;
pub use self::play::play;
pub use self::replica::replica;
pub use self::tour::{tour, tour_of};

/// An error of this program.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
