//! The options of a child, the same ones wherever they are set: in the tree, in the derive, or
//! with the builder.

use std::time::Duration;

use supervisor_rules::{Text, defaults};

use super::{Backoff, HealthPart, MaxRestarts, RestartPolicy, Shutdown};

/// The moment from which a child counts as started, for which its next sibling waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StartMode {
    /// Started once the child is spawned; it cannot fail to start.
    #[default]
    Spawned,
    /// Started when the child called [`Context::ready`](crate::Context::ready); an error, a panic
    /// or a time-out before that is a failed start, `Ok(())` before that declines the start
    /// (OTP's `ignore`).
    Notify,
    /// Started once the child is spawned, and tried again until it is ready.
    ///
    /// The child calls [`Context::ready`](crate::Context::ready) when it is up. An error, a panic
    /// or a time-out before that is a failed attempt, after which the child is started again:
    /// after its backoff, as often as it takes, and without a restart counted. Nobody waits for
    /// the child meanwhile, and nothing fails because of it; the tree is not ready.
    ///
    /// A nested supervisor with this mode is tried again until all its children have started.
    Retry,
}

/// A child's options, each set or left open.
///
/// An option left open is filled from the next source: the tree's option wins over the derive's,
/// and the derive's over the default. Every method is `const`, so that an expansion can check
/// the options of a type of another crate.
///
/// ```
/// use std::time::Duration;
/// use supervisor::{ChildOptions, RestartPolicy, Shutdown};
///
/// const OPTIONS: ChildOptions = ChildOptions::new()
///     .with_restart_policy(RestartPolicy::Transient)
///     .with_shutdown(Shutdown::Timeout(Duration::from_secs(10)));
///
/// assert_eq!(OPTIONS.restart_policy(), RestartPolicy::Transient);
/// assert!(!OPTIONS.is_significant());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildOptions {
    restart: Option<RestartPolicy>,
    shutdown: Option<Shutdown>,
    backoff: Option<Backoff>,
    max_restarts: Option<MaxRestarts>,
    start: Option<StartMode>,
    start_timeout: Option<Duration>,
    significant: Option<bool>,
    mailbox: Option<usize>,
    heartbeat: Option<Duration>,
    health: Option<HealthPart>,
    drain: Option<bool>,
    histograms: Option<bool>,
    once: bool,
    periodic: bool,
    program: bool,
}

/// `self`'s value if it is set, else `base`'s. (`Option::or` is not `const` yet.)
macro_rules! filled {
    ($self:ident, $base:ident, $field:ident) => {
        match $self.$field {
            Some(value) => Some(value),
            None => $base.$field,
        }
    };
}

impl ChildOptions {
    /// The default of `start_timeout`, the limit for a child with [`StartMode::Notify`] or
    /// [`StartMode::Retry`].
    pub const START_TIMEOUT: Duration = defaults::START_TIMEOUT;
    /// The default of `mailbox`: the number of messages that a mailbox holds.
    pub const MAILBOX: usize = defaults::MAILBOX;

    /// Creates options that are all left open.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            restart: None,
            shutdown: None,
            backoff: None,
            max_restarts: None,
            start: None,
            start_timeout: None,
            significant: None,
            mailbox: None,
            heartbeat: None,
            health: None,
            drain: None,
            histograms: None,
            once: false,
            periodic: false,
            program: false,
        }
    }

    /// Returns these options, with those that are left open taken from `base`.
    ///
    /// Options with `Temporary` take no backoff, no limit of restarts and no required health from the
    /// base, and `Notify` in the place of `Retry`: they have no use for these, and the base may have
    /// them for other policies.
    #[must_use]
    pub const fn or(self, base: Self) -> Self {
        Self {
            restart: filled!(self, base, restart),
            shutdown: filled!(self, base, shutdown),
            backoff: match self.restart {
                Some(RestartPolicy::Temporary) => self.backoff,
                _ => filled!(self, base, backoff),
            },
            max_restarts: match self.restart {
                Some(RestartPolicy::Temporary) => self.max_restarts,
                _ => filled!(self, base, max_restarts),
            },
            start: match (self.restart, self.start, base.start) {
                (Some(RestartPolicy::Temporary), None, Some(StartMode::Retry)) => {
                    Some(StartMode::Notify)
                }
                _ => filled!(self, base, start),
            },
            start_timeout: filled!(self, base, start_timeout),
            significant: filled!(self, base, significant),
            mailbox: filled!(self, base, mailbox),
            heartbeat: filled!(self, base, heartbeat),
            health: match (self.restart, self.health, base.health) {
                (Some(RestartPolicy::Temporary), None, Some(HealthPart::Required)) => None,
                _ => filled!(self, base, health),
            },
            drain: filled!(self, base, drain),
            histograms: filled!(self, base, histograms),
            once: self.once || base.once,
            periodic: self.periodic || base.periodic,
            program: self.program || base.program,
        }
    }

    /// Sets when the child is restarted.
    #[must_use]
    pub const fn with_restart_policy(mut self, policy: RestartPolicy) -> Self {
        self.restart = Some(policy);
        self
    }

    /// Sets how the child is stopped.
    #[must_use]
    pub const fn with_shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Sets how long the child's restarts wait.
    #[must_use]
    pub const fn with_backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// Sets how often the child is restarted within its supervisor's window before it is given up
    /// alone.
    #[must_use]
    pub const fn with_max_restarts(mut self, max: MaxRestarts) -> Self {
        self.max_restarts = Some(max);
        self
    }

    /// Sets whether the next sibling waits until the child is ready.
    #[must_use]
    pub const fn with_start(mut self, start: StartMode) -> Self {
        self.start = Some(start);
        self
    }

    /// Sets how long the child may take until it is ready, with [`StartMode::Notify`] and
    /// [`StartMode::Retry`].
    #[must_use]
    pub const fn with_start_timeout(mut self, timeout: Duration) -> Self {
        self.start_timeout = Some(timeout);
        self
    }

    /// Sets whether the child's end counts for its supervisor's `auto_shutdown`.
    #[must_use]
    pub const fn with_significant(mut self, significant: bool) -> Self {
        self.significant = Some(significant);
        self
    }

    /// Sets whether the child measures how long its messages wait and are handled.
    #[must_use]
    pub const fn with_histograms(mut self, histograms: bool) -> Self {
        self.histograms = Some(histograms);
        self
    }

    /// Sets how many messages the child's mailbox holds.
    #[must_use]
    pub const fn with_mailbox(mut self, capacity: usize) -> Self {
        self.mailbox = Some(capacity);
        self
    }

    /// Sets how long the child may give no heartbeat before it is considered hung and killed.
    #[must_use]
    pub const fn with_heartbeat(mut self, every: Duration) -> Self {
        self.heartbeat = Some(every);
        self
    }

    /// Sets the part that the child has in the health of its tree.
    #[must_use]
    pub const fn with_health(mut self, part: HealthPart) -> Self {
        self.health = Some(part);
        self
    }

    /// Sets whether the child receives the messages that are queued when it is stopped for good.
    #[must_use]
    pub const fn with_drain(mut self, drain: bool) -> Self {
        self.drain = Some(drain);
        self
    }

    /// Gives the child one life only: it implements [`WorkerOnce`](crate::WorkerOnce).
    #[must_use]
    pub const fn with_once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Marks the child as a [`Periodic`](crate::Periodic) job.
    pub(crate) const fn as_periodic(mut self) -> Self {
        self.periodic = true;
        self
    }

    /// Marks the child as a [`Program`](crate::Program), which gives no heartbeat.
    #[cfg(all(feature = "process", unix))]
    pub(crate) const fn as_program(mut self) -> Self {
        self.program = true;
        self
    }

    /// Returns the options that are set, but for the policy, in the words of the tree language.
    #[inline]
    pub(crate) fn in_tree_language(&self) -> Vec<String> {
        let mut said = Vec::new();
        let mut say = |key: &str, value: String| said.push(format!("{key} = {value}"));
        match self.shutdown {
            Some(Shutdown::Timeout(time)) => say("shutdown", written(time)),
            Some(other) => say("shutdown", other.to_string()),
            None => {}
        }
        if let Some(backoff) = self.backoff {
            let (min, max) = (written(backoff.min()), written(backoff.max()));
            say("backoff", if min == max { min } else { format!("{min}..{max}") });
        }
        if let Some(max) = self.max_restarts {
            say("max_restarts", max.to_string());
        }
        match self.start() {
            StartMode::Spawned => {}
            StartMode::Notify => say("start", "notify".to_owned()),
            StartMode::Retry => say("start", "retry".to_owned()),
        }
        if let Some(timeout) = self.start_timeout {
            say("start_timeout", written(timeout));
        }
        if let Some(every) = self.heartbeat {
            say("heartbeat", written(every));
        }
        if let Some(part) = self.health {
            say("health", part.to_string());
        }
        if self.is_significant() {
            said.push("significant".to_owned());
        }
        if self.is_drained() {
            said.push("drain".to_owned());
        }
        said
    }

    /// Returns when the child is restarted.
    #[must_use]
    pub const fn restart_policy(&self) -> RestartPolicy {
        match self.restart {
            Some(policy) => policy,
            None => RestartPolicy::Always,
        }
    }

    /// Returns how the child is stopped, if that is set; the default depends on the child's kind.
    #[must_use]
    pub const fn shutdown(&self) -> Option<Shutdown> {
        self.shutdown
    }

    /// Returns how long the child's restarts wait; `None` if they do not.
    #[must_use]
    pub const fn backoff(&self) -> Option<Backoff> {
        self.backoff
    }

    /// Returns how often the child is restarted within its supervisor's window before it is given up
    /// alone; `None` if its restarts count as those of its supervisor.
    #[must_use]
    pub const fn max_restarts(&self) -> Option<MaxRestarts> {
        self.max_restarts
    }

    /// Returns whether the next sibling waits until the child is ready.
    #[must_use]
    pub const fn start(&self) -> StartMode {
        match self.start {
            Some(start) => start,
            None => StartMode::Spawned,
        }
    }

    /// Returns how long the child may take until it is ready.
    #[must_use]
    pub const fn start_timeout(&self) -> Duration {
        match self.start_timeout {
            Some(timeout) => timeout,
            None => Self::START_TIMEOUT,
        }
    }

    pub(crate) const fn is_periodic(&self) -> bool {
        self.periodic
    }

    pub(crate) const fn is_program(&self) -> bool {
        self.program
    }

    pub(crate) const fn has_start_timeout(&self) -> bool {
        self.start_timeout.is_some()
    }

    /// Returns `true` if the child's end counts for its supervisor's `auto_shutdown`.
    #[must_use]
    pub const fn is_significant(&self) -> bool {
        matches!(self.significant, Some(true))
    }

    pub(crate) const fn sets_histograms(&self) -> bool {
        self.histograms.is_some()
    }

    /// Returns `true` if the child measures how long its messages wait and are handled.
    #[must_use]
    pub const fn has_histograms(&self) -> bool {
        matches!(self.histograms, Some(true))
    }

    pub(crate) const fn sets_mailbox(&self) -> bool {
        self.mailbox.is_some()
    }

    /// Returns how many messages the child's mailbox holds.
    #[must_use]
    pub const fn mailbox(&self) -> usize {
        match self.mailbox {
            Some(capacity) => capacity,
            None => Self::MAILBOX,
        }
    }

    /// Returns how long the child may give no heartbeat; `None` if there is no limit.
    #[must_use]
    pub const fn heartbeat(&self) -> Option<Duration> {
        self.heartbeat
    }

    /// Returns the part that the child has in the health of its tree, if it is set; the default
    /// depends on the child's policy.
    #[must_use]
    pub const fn health(&self) -> Option<HealthPart> {
        self.health
    }

    /// Returns `true` if the child receives the messages that are queued when it is stopped for good.
    #[must_use]
    pub const fn is_drained(&self) -> bool {
        matches!(self.drain, Some(true))
    }

    /// Returns `true` if the child has one life only.
    #[must_use]
    pub const fn is_once(&self) -> bool {
        self.once
    }
}

/// Returns a duration as the tree language writes it.
pub(crate) fn written(time: Duration) -> String {
    Text::new().duration(time).to_string()
}
