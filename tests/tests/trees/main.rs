//! Trees that are declared in the macro, and children that are derived: what they expand to does what it says.

mod auto_traits;
mod child_by_hand;
mod deployment;
mod own_traits;
mod tree_budget;
mod tree_dynamic;
mod tree_forms;
mod tree_hygiene;
mod tree_kinds;
mod tree_leases;
mod tree_pools;
mod tree_shards;
mod tree_siblings;
mod tree_values;
