//! The plain data of a tree, as it was declared: what the expectations of a case are worked out
//! from.

use std::time::Duration;

use crate::spec::{
    AutoShutdown, Backoff, Budget, MaxRestarts, RestartPolicy, Shutdown, StartMode,
    SupervisionStrategy,
};

/// A child of a tree, or its root, and all below it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "options, each independent of the others")]
pub(super) struct Plan {
    /// The path from the root; the root's own is empty.
    pub(super) path: String,
    pub(super) restart: RestartPolicy,
    pub(super) shutdown: Shutdown,
    pub(super) backoff: Option<Backoff>,
    /// The limit of restarts of its own, and the restarts that count at present.
    pub(super) own_limit: Option<(MaxRestarts, u32)>,
    /// The moment from which the child counts as started. A supervisor that is not tried again reports.
    pub(super) start: StartMode,
    pub(super) start_timeout: Option<Duration>,
    pub(super) heartbeat: Option<Duration>,
    pub(super) significant: bool,
    /// A restart of the supervisor above brings the child back.
    pub(super) declared: bool,
    /// The child runs.
    pub(super) is_up: bool,
    /// The child's value is used up by its life, so that a later one ends at once.
    pub(super) is_once: bool,
    /// A life of the child can be made to hang.
    pub(super) can_hang: bool,
    /// `None` for a worker.
    pub(super) inside: Option<Inside>,
}

/// The options and the children of a supervisor.
#[derive(Clone, Debug)]
pub(super) struct Inside {
    pub(super) strategy: SupervisionStrategy,
    pub(super) max_restarts: MaxRestarts,
    pub(super) restart_window: Duration,
    pub(super) auto_shutdown: AutoShutdown,
    /// The restarts that count at present.
    pub(super) used: u32,
    pub(super) children: Vec<Plan>,
    /// For each child, the indices of the siblings that it uses; `None` in declaration order.
    pub(super) uses: Option<Vec<Vec<usize>>>,
}

impl Plan {
    pub(super) fn children(&self) -> &[Self] {
        self.inside.as_ref().map_or(&[], |inside| &inside.children)
    }

    /// Returns the child at this path, and its siblings with it.
    pub(super) fn find(&self, path: &str) -> Option<(&Self, &Self)> {
        for child in self.children() {
            if child.path == path {
                return Some((child, self));
            }
            if let Some(found) = child.find(path) {
                return Some(found);
            }
        }
        None
    }

    /// Returns `true` if the child at this path is a supervisor.
    pub(super) fn is_supervisor(&self, path: &str) -> bool {
        self.find(path).is_some_and(|(child, _)| child.inside.is_some())
    }

    /// Returns `true` if nothing waits until the child at this path is up: it, or a supervisor
    /// above it, has `start = retry`.
    pub(super) fn comes_up_alone(&self, path: &str) -> bool {
        let is_above = |child: &&Self| {
            let below = path.strip_prefix(child.path.as_str());
            below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let Some(child) = self.children().iter().find(is_above) else { return false };
        child.start == StartMode::Retry || child.comes_up_alone(path)
    }

    /// Returns `true` if these siblings are workers of a pool, which are stopped together.
    pub(super) fn stops_together(&self, siblings: &[String]) -> bool {
        let above = siblings.first().and_then(|path| self.find(path)).map(|(_, above)| above);
        above.is_some_and(Self::is_pool)
    }

    /// Returns `true` if a supervisor here or below starts and stops its children by use.
    pub(super) fn has_uses(&self) -> bool {
        self.uses().is_some() || self.children().iter().any(Self::has_uses)
    }

    fn uses(&self) -> Option<&Vec<Vec<usize>>> {
        self.inside.as_ref()?.uses.as_ref()
    }

    /// Returns a child and a sibling that it uses, if the child stands before that sibling in this
    /// list. Children that stand there more than once are left out.
    pub(super) fn misplaced(&self, paths: &[&str]) -> Option<(&str, &str)> {
        let place = |path: &str| {
            let mut places = paths.iter().enumerate().filter(|(_, other)| **other == path);
            let first = places.next().map(|(place, _)| place);
            first.filter(|_| places.next().is_none())
        };
        let children = self.children();
        for (child, uses) in children.iter().zip(self.uses().into_iter().flatten()) {
            for used in uses.iter().filter_map(|index| children.get(*index)) {
                if let (Some(user), Some(before)) = (place(&child.path), place(&used.path))
                    && user < before
                {
                    return Some((&child.path, &used.path));
                }
            }
        }
        children.iter().find_map(|child| child.misplaced(paths))
    }

    /// Returns `true` if this is the supervisor of a pool.
    fn is_pool(&self) -> bool {
        let strategy = self.inside.as_ref().map(|inside| inside.strategy);
        strategy == Some(SupervisionStrategy::SimpleOneForOne)
    }

    /// Returns all below this child, each before its own children.
    pub(super) fn all_below(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        for child in self.children() {
            all.push(child);
            all.extend(child.all_below());
        }
        all
    }

    /// Returns the sibling that a case restarts: one that is up, and that its policy restarts.
    pub(super) fn sibling_of(&self, path: &str) -> Option<&Self> {
        let (_, above) = self.find(path)?;
        let restarts = |child: &&Self| {
            child.path != path && child.is_up && child.restart != RestartPolicy::Temporary
        };
        above.children().iter().find(restarts)
    }

    /// Returns the longest time that a graceful stop of all below may take.
    pub(super) fn stop_budget(&self) -> Budget {
        let all = self.children().iter().map(Self::own_stop_budget);
        // The workers of a pool are stopped together.
        if self.is_pool() {
            return all.fold(Budget::ZERO, |longest, budget| match (longest, budget) {
                (Budget::Bounded(one), Budget::Bounded(other)) => Budget::Bounded(one.max(other)),
                _ => Budget::Unbounded,
            });
        }
        // (By use it may be shorter: this is a limit.)
        all.fold(Budget::ZERO, Budget::then)
    }

    fn own_stop_budget(&self) -> Budget {
        let need = if self.inside.is_some() { self.stop_budget() } else { Budget::Unbounded };
        need.capped(self.shutdown)
    }

    /// Returns the time that the tree may need to recover: the delays of restarts, the limits of
    /// starts and heartbeats, and the time that children may take to stop.
    pub(super) fn recovery_limit(&self, stated: Duration) -> Duration {
        let mut limit = stated;
        for child in self.all_below() {
            // A case has at most two failures of a child, and a start that fails.
            let delays = child.backoff.map_or(Duration::ZERO, |backoff| {
                (0..3).map(|attempt| backoff.longest_delay(attempt)).sum()
            });
            limit = limit
                .saturating_add(delays)
                .saturating_add(child.start_timeout.unwrap_or_default())
                .saturating_add(child.heartbeat.unwrap_or_default().saturating_mul(2));
        }
        match self.stop_budget() {
            Budget::Bounded(time) => limit.saturating_add(time.saturating_mul(2)),
            Budget::Unbounded => limit,
        }
    }

    /// Returns `true` if a delay of a restart may be longer than a restart window.
    pub(super) fn may_outlast_a_window(&self) -> bool {
        let below = self.all_below();
        let inside = std::iter::once(self).chain(below.iter().copied());
        let window = inside.filter_map(|child| child.inside.as_ref()).map(|i| i.restart_window);
        let Some(window) = window.min() else { return false };
        let delays = below.iter().filter_map(|child| child.backoff);
        delays.map(|backoff| backoff.longest_delay(1)).any(|delay| delay > window)
            || below.iter().filter_map(|child| child.heartbeat).any(|time| time >= window)
            || matches!(self.stop_budget(), Budget::Bounded(time) if time > window)
            || self.stop_budget() == Budget::Unbounded
    }
}
