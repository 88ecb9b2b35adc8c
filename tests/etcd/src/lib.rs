//! Support for the tests that need a real etcd.

mod cluster;

pub use cluster::{Cluster, with_cluster};
