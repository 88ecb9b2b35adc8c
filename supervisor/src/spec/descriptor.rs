//! The description of a declared tree, as a constant: its shape and its options.
//!
//! Its functions are `#[inline]`, as are those of `deployment`: the compiler evaluates them for constants, and
//! hardly any program calls them when it runs. One that does compiles what it calls; otherwise each build of
//! the library would compile them all.

mod diagram;
mod lease;
mod order;
mod times;

use std::fmt;
use std::time::Duration;

use supervisor_rules::Text;

pub use self::lease::LeaseOptions;
#[cfg(feature = "lease")]
pub(crate) use self::lease::{BALANCER, KEEPER, LEADER};
use self::order::Place;
pub(crate) use self::times::{BUILT_BY_HAND, Part, Unbounded, Why};
use super::rules::{self, GroupStop, GroupStops, Subject};
use super::{AutoShutdown, Budget, ChildOptions, Shutdown, SupervisionStrategy, SupervisorOptions};

/// The description of a child of a declared tree, or of the tree itself.
#[derive(Clone, Copy)]
pub struct TreeDescriptor {
    name: &'static str,
    /// The type as the tree names it; empty for a task or a supervisor in braces.
    type_name: &'static str,
    options: ChildOptions,
    /// The period of a task with `every`.
    every: Option<Duration>,
    /// `None` for a worker.
    inside: Option<Inside>,
    /// Set if only the running program knows the child's `shutdown`.
    unknown_shutdown: bool,
    /// Set if only the running program knows the child's `backoff`.
    unknown_backoff: bool,
    /// Set if only the running program knows the child's own `max_restarts`.
    unknown_limit: bool,
    place: Place,
}

/// The options and the children of a supervisor.
#[derive(Clone, Copy)]
struct Inside {
    supervisor: SupervisorOptions,
    children: &'static [TreeDescriptor],
    /// Set for a singleton, whose children are the keeper and the leader, and for shards, whose children are
    /// one shard for all of them and the child that spreads them.
    lease: Option<LeaseOptions>,
}

impl TreeDescriptor {
    /// Describes a task, or another child without a type.
    #[must_use]
    #[inline]
    pub const fn task(name: &'static str, options: ChildOptions) -> Self {
        Self::child(name, "", options, None)
    }

    /// Describes a child with a type; `tree` is the type's own descriptor, if the type is a tree.
    #[must_use]
    #[inline]
    pub const fn typed(
        name: &'static str,
        type_name: &'static str,
        options: ChildOptions,
        tree: Option<&'static Self>,
    ) -> Self {
        let inside = match tree {
            Some(tree) => tree.inside,
            None => None,
        };
        Self::child(name, type_name, options, inside)
    }

    /// Describes what stands for a type parameter, of which nothing is known.
    #[inline]
    pub(crate) const fn parameter() -> Self {
        Self::child("", "?", ChildOptions::new(), None)
    }

    #[inline]
    pub(crate) const fn is_parameter(&self) -> bool {
        matches!(self.type_name.as_bytes(), b"?")
    }

    /// Describes a supervisor with its children.
    #[must_use]
    #[inline]
    pub const fn supervisor(
        name: &'static str,
        options: ChildOptions,
        supervisor: SupervisorOptions,
        children: &'static [Self],
    ) -> Self {
        let inside = Some(Inside { supervisor, children, lease: None });
        Self::child(name, "", options, inside)
    }

    #[inline]
    const fn child(
        name: &'static str,
        type_name: &'static str,
        options: ChildOptions,
        inside: Option<Inside>,
    ) -> Self {
        let (unknown_shutdown, unknown_backoff, unknown_limit) = (false, false, false);
        let place = Place::NONE;
        Self {
            name,
            type_name,
            options,
            every: None,
            inside,
            unknown_shutdown,
            unknown_backoff,
            unknown_limit,
            place,
        }
    }

    /// Says that only the running program knows how the child is stopped.
    #[must_use]
    #[inline]
    pub const fn with_unknown_shutdown(mut self) -> Self {
        self.unknown_shutdown = true;
        self
    }

    /// Says that only the running program knows how long the child's restarts wait.
    #[must_use]
    #[inline]
    pub const fn with_unknown_backoff(mut self) -> Self {
        self.unknown_backoff = true;
        self
    }

    /// Says that only the running program knows how often the child is restarted before it is given
    /// up alone.
    #[must_use]
    #[inline]
    pub const fn with_unknown_limit(mut self) -> Self {
        self.unknown_limit = true;
        self
    }

    /// Makes the task a periodic job, of which only the running program knows the period.
    #[must_use]
    #[inline]
    pub const fn with_unknown_every(mut self) -> Self {
        self.options = self.options.as_periodic();
        self
    }

    /// Makes the task a periodic job with this period.
    #[must_use]
    #[inline]
    pub const fn with_every(mut self, every: Duration) -> Self {
        self.every = Some(every);
        self.options = self.options.as_periodic();
        self
    }

    /// Returns the description to which the index of a child at each level leads.
    ///
    /// # Panics
    ///
    /// If there is no such child; in a constant, that is a compile error.
    #[must_use]
    #[inline]
    pub const fn at(&'static self, mut position: &[usize]) -> &'static Self {
        let mut found = self;
        while let [index, rest @ ..] = position {
            found = &found.children()[*index];
            position = rest;
        }
        found
    }

    /// Returns the longest time that a graceful stop of the children may take.
    #[inline]
    const fn inner_budget(&self) -> Budget {
        if self.is_by_use() {
            return self.longest_path();
        }
        let mut budget = Budget::ZERO;
        let mut rest = self.children();
        // A pool has one child here, its template, whose workers are stopped together, also if their
        // number is fixed.
        while let [child, others @ ..] = rest {
            budget = budget.then(child.budget());
            rest = others;
        }
        budget
    }

    /// Returns the longest time that this child may take to stop.
    #[inline]
    const fn budget(&self) -> Budget {
        if self.unknown_shutdown {
            return Budget::Unbounded;
        }
        match (&self.inside, self.options.shutdown()) {
            (None, Some(shutdown)) => Budget::Unbounded.capped(shutdown),
            (None, None) => Budget::Unbounded.capped(Shutdown::WORKER),
            (Some(_), Some(shutdown)) => self.inner_budget().capped(shutdown),
            (Some(_), None) => self.inner_budget().capped(Shutdown::SUPERVISOR),
        }
    }

    /// Returns the worker at or below this child that may take the longest to stop, with its
    /// budget; `known` if no worker exceeds that budget.
    #[inline]
    const fn longest(&self, known: (&'static str, Budget)) -> (&'static str, Budget) {
        if self.inside.is_none() {
            let own = self.budget();
            return if own.exceeds(known.1) { (self.name, own) } else { known };
        }
        let mut longest = known;
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            longest = child.longest(longest);
            rest = others;
        }
        longest
    }

    /// Returns the name of the child at or below this one, and its option, because of which the
    /// compiler cannot know the budget.
    #[inline]
    const fn unknown_time(&self) -> Option<(&'static str, &'static str)> {
        if self.unknown_shutdown {
            return Some((self.name, "shutdown"));
        }
        // A limit of its own hides what the children need.
        if let (Some(_), Some(Shutdown::BrutalKill | Shutdown::Timeout(_))) =
            (&self.inside, self.options.shutdown())
        {
            return None;
        }
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            if let Some(found) = child.unknown_time() {
                return Some(found);
            }
            rest = others;
        }
        None
    }

    /// Lists the children's budgets as a sum, the largest first; `depth` levels of supervisors are
    /// followed by the sums of their children.
    #[inline]
    const fn sum(&self, mut text: Text, depth: usize) -> Text {
        const SHOWN: usize = 5;
        let children = self.children();
        let mut last = None;
        let mut shown = 0;
        while let Some(index) = next_part(children, last) {
            let child = &children[index];
            let Budget::Bounded(time) = child.budget() else { return text };
            if shown == SHOWN {
                return text.str(" + …");
            }
            let plus = if shown == 0 { "" } else { " + " };
            text = text.str(plus).quoted(child.name).str(" ").duration(time);
            if depth > 0 && child.inside.is_some() && child.options.shutdown().is_none() {
                text = child.sum(text.str(" ("), depth - 1).str(")");
            }
            last = Some(index);
            shown += 1;
        }
        text
    }

    /// Returns the longest time that a graceful shutdown of this tree may take, with its drain;
    /// `None` if there is no bound.
    #[must_use]
    #[inline]
    pub const fn shutdown_budget(&self) -> Option<Duration> {
        self.drain().then(self.inner_budget()).bound()
    }

    /// Returns the time for which the children of this tree go on when it is asked to stop as a root.
    #[inline]
    const fn drain(&self) -> Budget {
        match &self.inside {
            Some(inside) if inside.supervisor.unknown.drain => Budget::Unbounded,
            Some(inside) => Budget::Bounded(inside.supervisor.drain),
            None => Budget::ZERO,
        }
    }

    /// Returns the number of children declared below this one, at all levels.
    ///
    /// A pool's workers come and go, and are counted only if their number is fixed; shards are counted if
    /// the compiler knows their number.
    #[must_use]
    #[inline]
    pub const fn count(&self) -> usize {
        let mut count = 0;
        if let Some(inside) = &self.inside {
            if self.is_pool() {
                return match inside.supervisor.partitions {
                    Some(partitions) => partitions,
                    None => 0,
                };
            }
            let mut rest = inside.children;
            if let (Some(shards), [shard, others @ ..]) = (self.shard_count(), rest) {
                count += shards * (1 + shard.count());
                rest = others;
            }
            while let [child, others @ ..] = rest {
                count += 1 + child.count();
                rest = others;
            }
        }
        count
    }

    /// Returns `true` if a direct child is significant.
    #[inline]
    const fn has_significant_child(&self) -> bool {
        let mut rest = self.children();
        while let [child, others @ ..] = rest {
            if child.options.is_significant() {
                return true;
            }
            rest = others;
        }
        false
    }

    #[inline]
    const fn is_pool(&self) -> bool {
        match &self.inside {
            Some(inside) => {
                matches!(inside.supervisor.strategy, SupervisionStrategy::SimpleOneForOne)
            }
            None => false,
        }
    }

    #[inline]
    const fn auto_shutdown(&self) -> AutoShutdown {
        match &self.inside {
            Some(inside) => inside.supervisor.auto_shutdown,
            None => AutoShutdown::Never,
        }
    }

    /// Fails the build if the child breaks a rule under this supervisor.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check(&self, supervisor: &SupervisorOptions) {
        let mut options = self.options;
        let nested = match (&self.inside, self.lease()) {
            // The `shutdown` of a singleton is that of the children which its lease guards.
            (_, Some((_, leader))) => {
                if let Some(shutdown) = leader.options.shutdown() {
                    options = options.with_shutdown(shutdown);
                }
                Some((leader.auto_shutdown(), leader.inner_budget()))
            }
            (Some(_), None) => Some((self.auto_shutdown(), self.inner_budget())),
            (None, None) => None,
        };
        let subject = Subject {
            name: self.name,
            options,
            unknown_backoff: self.unknown_backoff,
            unknown_limit: self.unknown_limit,
            nested,
            supervisor: *supervisor,
        };
        let text = match rules::broken(&subject) {
            Some(text) => Some(text),
            None => rules::broken_when_declared(&subject, self.every),
        };
        if let Some(text) = text {
            panic!("{}", text.as_str());
        }
    }

    /// Fails the build if this supervisor breaks a rule of its own; `max_children` is that of a
    /// pool, if it is a constant.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_supervisor(&self, max_children: Option<usize>) {
        let Some(inside) = &self.inside else { return };
        let broken = match rules::supervisor_value_zero(&inside.supervisor, max_children) {
            Some(text) => Some(text),
            None => match inside.supervisor.partitions {
                Some(partitions) => rules::partitions_too_many(partitions),
                None => rules::group_too_slow(&inside.supervisor, self.slowest_group()),
            },
        };
        if let Some(text) = broken {
            panic!("{}", text.as_str());
        }
    }

    /// Returns the child with the longest `shutdown` that is set among those that a group restart
    /// stops for a sibling, and the time that all of them may take.
    #[inline]
    const fn slowest_group(&self) -> Option<GroupStop<'static>> {
        if self.is_by_use() {
            // Children stop together, and their times do not add up.
            return None;
        }
        let children = self.children();
        let mut stops = GroupStops::new();
        let mut rest = children;
        while let [child, others @ ..] = rest {
            let time = match (
                child.inside.is_some() || child.unknown_shutdown,
                child.options.shutdown(),
            ) {
                (false, Some(Shutdown::Timeout(time))) => Some(time),
                _ => None,
            };
            stops = stops.with(child.name, time);
            rest = others;
        }
        stops.slowest()
    }

    /// Fails the build if this supervisor waits for significant children and has none.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_auto_shutdown(&self) {
        let Some(inside) = &self.inside else { return };
        let significant = self.has_significant_child();
        if let Some(text) =
            rules::auto_shutdown_without_significant(&inside.supervisor, significant)
        {
            panic!("{}", text.as_str());
        }
    }

    /// Fails the build if the tree may take longer to stop than `within`.
    ///
    /// # Panics
    ///
    /// With the rule's message; in a constant, that is a compile error.
    #[track_caller]
    #[inline]
    pub const fn check_budget(&self, within: Duration) {
        let broken = match self.drain().then(self.inner_budget()) {
            // The sum is put into words only if it exceeds the limit.
            Budget::Bounded(time) if time.as_nanos() <= within.as_nanos() => None,
            Budget::Bounded(time) => match rules::budget_exceeded(time, within) {
                Some(text) => Some(self.budget_in_words(&text, within)),
                None => None,
            },
            Budget::Unbounded => Some(match (self.drain(), self.unknown_time()) {
                (Budget::Unbounded, _) => rules::budget_unknown(within, "", "drain"),
                (_, Some((name, option))) => rules::budget_unknown(within, name, option),
                (_, None) => rules::budget_unbounded(within, self.longest(("", Budget::ZERO)).0),
            }),
        };
        if let Some(text) = broken {
            panic!("{}", text.as_str());
        }
    }

    /// Appends the times that add up to the budget to a message.
    #[inline]
    const fn budget_in_words(&self, message: &Text, within: Duration) -> Text {
        let (mut text, mut left) = (*message, within);
        if let Budget::Bounded(time) = self.drain()
            && !time.is_zero()
        {
            let rest = self.inner_budget().exceeds(Budget::ZERO);
            text = text.quoted("drain").str(" ").duration(time).str(if rest { " + " } else { "" });
            left = within.saturating_sub(time);
        }
        if self.is_by_use() { self.path_in_words(&text, left) } else { self.sum(text, 2) }
    }

    #[inline]
    const fn children(&self) -> &'static [Self] {
        match &self.inside {
            Some(inside) => inside.children,
            None => &[],
        }
    }
}

/// Returns the child that follows `last` in the order of falling budgets; the first one without
/// `last`, and `None` if the remaining children take no time.
#[inline]
const fn next_part(children: &[TreeDescriptor], last: Option<usize>) -> Option<usize> {
    let mut found: Option<usize> = None;
    let mut index = 0;
    while index < children.len() {
        let is_next = match last {
            Some(last) => takes_less(children, index, last),
            None => true,
        };
        let is_most = match found {
            Some(found) => takes_less(children, found, index),
            None => true,
        };
        if is_next && is_most && children[index].budget().exceeds(Budget::ZERO) {
            found = Some(index);
        }
        index += 1;
    }
    found
}

/// Returns `true` if the child at `one` takes less time than the child at `other`, or as much and
/// is declared later.
#[inline]
const fn takes_less(children: &[TreeDescriptor], one: usize, other: usize) -> bool {
    let (this, that) = (children[one].budget(), children[other].budget());
    that.exceeds(this) || (!this.exceeds(that) && one > other)
}

impl fmt::Debug for TreeDescriptor {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TreeDescriptor").field("name", &self.name).finish_non_exhaustive()
    }
}
