//! node
#[derive(Debug)]
pub(crate) struct Node;
