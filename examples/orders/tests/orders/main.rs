//! The tests of the service, in one program; but for the fault matrix, which looks at the whole process.

mod deployment;
mod limits;
#[cfg(unix)]
mod outage;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod service;
