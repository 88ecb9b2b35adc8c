//! The tests of `supervisor-hyper`, in one program: servers of a tree, and clients.

mod crashes;
mod limits;
mod stop;
mod upgrades;
