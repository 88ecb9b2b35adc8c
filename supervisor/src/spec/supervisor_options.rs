//! The options of a supervisor, for constants.

use std::time::Duration;

use supervisor_rules::defaults;

use super::options::written;
use super::{AutoShutdown, MaxRestarts, Order, SupervisionStrategy};

/// A supervisor's options, for constants; at run time, the supervisor's builder holds them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SupervisorOptions {
    pub(crate) strategy: SupervisionStrategy,
    pub(crate) order: Order,
    pub(crate) max_restarts: MaxRestarts,
    pub(crate) restart_window: Duration,
    pub(crate) auto_shutdown: AutoShutdown,
    /// The time for which the children of a root go on when it is asked to stop.
    pub(crate) drain: Duration,
    pub(crate) kill_grace: Duration,
    /// The number of workers that share the work of a pool, if it is fixed.
    pub(crate) partitions: Option<usize>,
    /// The options that only the running program knows.
    pub(crate) unknown: UnknownOptions,
}

/// The options of a supervisor that a declared tree has as `runtime(…)`: what depends on them is
/// checked when the tree starts, and not when it is compiled.
#[expect(clippy::struct_excessive_bools, reason = "each says it of another option")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct UnknownOptions {
    /// `max_restarts` or `restart_window`.
    pub(crate) intensity: bool,
    pub(crate) partitions: bool,
    pub(crate) drain: bool,
    pub(crate) kill_grace: bool,
}

impl SupervisorOptions {
    /// Creates the default options.
    #[must_use]
    pub const fn new(strategy: SupervisionStrategy) -> Self {
        Self {
            strategy,
            order: Order::Declaration,
            max_restarts: MaxRestarts::AtMost(defaults::MAX_RESTARTS),
            restart_window: defaults::RESTART_WINDOW,
            auto_shutdown: AutoShutdown::Never,
            drain: Duration::ZERO,
            kill_grace: defaults::KILL_GRACE,
            partitions: None,
            unknown: UnknownOptions {
                intensity: false,
                partitions: false,
                drain: false,
                kill_grace: false,
            },
        }
    }

    /// Says that only the running program knows how many restarts are made.
    #[must_use]
    pub const fn with_unknown_max_restarts(mut self) -> Self {
        self.unknown.intensity = true;
        self
    }

    /// Says that only the running program knows the window in which restarts are counted.
    #[must_use]
    pub const fn with_unknown_restart_window(mut self) -> Self {
        self.unknown.intensity = true;
        self
    }

    /// Says that only the running program knows how many workers share the work of a pool.
    #[must_use]
    pub const fn with_unknown_partitions(mut self) -> Self {
        self.unknown.partitions = true;
        self
    }

    /// Says that only the running program knows how long the children of a root go on.
    #[must_use]
    pub const fn with_unknown_drain(mut self) -> Self {
        self.unknown.drain = true;
        self
    }

    /// Says that only the running program knows how long a child that is killed is waited for.
    #[must_use]
    pub const fn with_unknown_kill_grace(mut self) -> Self {
        self.unknown.kill_grace = true;
        self
    }

    /// Sets how long a child that is killed is waited for.
    #[must_use]
    pub const fn with_kill_grace(mut self, kill_grace: Duration) -> Self {
        self.kill_grace = kill_grace;
        self
    }

    /// Sets the order in which the children start and stop.
    #[must_use]
    pub const fn with_order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Sets how many restarts are made within the window.
    #[must_use]
    pub const fn with_max_restarts(mut self, max: MaxRestarts) -> Self {
        self.max_restarts = max;
        self
    }

    /// Sets the window in which restarts are counted.
    #[must_use]
    pub const fn with_restart_window(mut self, window: Duration) -> Self {
        self.restart_window = window;
        self
    }

    /// Sets when the supervisor ends by itself.
    #[must_use]
    pub const fn with_auto_shutdown(mut self, auto: AutoShutdown) -> Self {
        self.auto_shutdown = auto;
        self
    }

    /// Sets how long the children of a root go on when it is asked to stop.
    #[must_use]
    pub const fn with_drain(mut self, time: Duration) -> Self {
        self.drain = time;
        self
    }

    /// Sets how many workers share the work of a pool.
    #[must_use]
    pub const fn with_partitions(mut self, partitions: usize) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// Returns the options that are not the default, in the words of the tree language.
    #[inline]
    pub(crate) fn in_tree_language(&self) -> Vec<String> {
        let default = Self::new(self.strategy);
        let mut said = Vec::new();
        if self.order != default.order {
            said.push(format!("order = {}", self.order));
        }
        if self.max_restarts != default.max_restarts {
            said.push(format!("max_restarts = {}", self.max_restarts));
        }
        if self.restart_window != default.restart_window {
            said.push(format!("restart_window = {}", written(self.restart_window)));
        }
        if self.auto_shutdown != default.auto_shutdown {
            said.push(format!("auto_shutdown = {}", self.auto_shutdown));
        }
        if self.unknown.kill_grace {
            said.push("kill_grace = …".to_owned());
        } else if self.kill_grace != default.kill_grace {
            said.push(format!("kill_grace = {}", written(self.kill_grace)));
        }
        if let Some(partitions) = self.partitions {
            said.push(format!("partitions = {partitions}"));
        }
        if self.unknown.partitions {
            said.push("partitions = …".to_owned());
        }
        said
    }

    /// Returns the option that a root alone has, if it is not the default, in the words of the tree
    /// language.
    #[inline]
    pub(crate) fn of_root_in_tree_language(&self) -> Option<String> {
        if self.unknown.drain {
            return Some("drain = …".to_owned());
        }
        (!self.drain.is_zero()).then(|| format!("drain = {}", written(self.drain)))
    }
}
