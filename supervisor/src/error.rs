//! errors
/// errors
#[derive(Debug)]
pub enum SupervisorError {}
impl std::fmt::Display for SupervisorError { fn fmt(&self, _f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) } }
impl std::error::Error for SupervisorError {}
