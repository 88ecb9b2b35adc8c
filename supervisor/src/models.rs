//! Models: small programs over the core, each of which runs under many schedules.
//!
//! A model is a test. A scheduler decides at each lock, atomic access, spawn and wake-up which
//! thread goes on ([`crate::sync`]), and the model holds what must be true in every order: its doc
//! comment says what. A schedule in which no thread can go on, while one still waits, is a failure
//! too, and so are a value that outlives its tree and a task that outlives its supervisor
//! ([`check`]).
//!
//! `bash .ci/models` runs them, and `CONTRIBUTING.md` says how a failure is replayed. The folder
//! `mutations` has faults that the models must find.

mod adoption;
mod check;
mod dead_letters;
mod inbox;
mod life;
mod life_tasks;
mod mailbox;
mod requests;
mod runtime_end;
mod shutdown;
mod stage;
mod subscriptions;
mod trees;
