//! Stands in for `systemd.rs` in a build without the feature: nobody is told.

use super::Supervisor;
use crate::error::SupervisorError;

pub(super) struct Manager;

impl Manager {
    pub(super) fn begin(_: &Supervisor) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "the manager of systemd has a state")]
    pub(super) fn up(&self) {}

    #[expect(clippy::unused_self, reason = "the manager of systemd has a state")]
    pub(super) fn stopping(&self) {}

    #[expect(clippy::unused_async, reason = "systemd is waited for")]
    pub(super) async fn over(self, _: Option<&SupervisorError>) {}
}
