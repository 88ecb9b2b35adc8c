//! Support for the tests that need a real etcd.

mod cluster;
mod network;

pub use cluster::{Cluster, with_cluster, with_network};
