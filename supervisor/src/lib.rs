//! Supervision trees for tokio.
