//! The messages that the macros and the library share, one function each.
//!
//! A function has the name of its rule, or a name that begins with it where one rule has several
//! messages. `name` is the child's; `remedy` says how to correct the mistake, where the tokens of a
//! tree and the calls of a builder differ.

use std::time::Duration;

use crate::lease::{self, Lease};
use crate::{Text, defaults};

/// Says that a duration is zero where zero has no meaning.
#[must_use]
pub const fn value_zero(option: &str) -> Text {
    Text::new().quoted(option).str(" must be longer than zero")
}

/// Says that a mailbox of size zero holds nothing.
#[must_use]
pub const fn value_zero_mailbox() -> Text {
    Text::new().str("`mailbox = 0` leaves room for no message at all")
}

/// Says that a shutdown time of zero has a word.
#[must_use]
pub const fn value_zero_shutdown() -> Text {
    Text::new().str("a shutdown time of zero is written `shutdown = brutal_kill`")
}

/// Says that a backoff of zero is none.
#[must_use]
pub const fn value_zero_backoff() -> Text {
    Text::new().str("a backoff of zero never grows; leave `backoff` out to restart at once")
}

/// Says that a pool for zero workers holds none.
#[must_use]
pub const fn value_zero_max_children() -> Text {
    Text::new().str("`max_children = 0` leaves room for no child at all")
}

/// Says that a pool of zero partitions has no worker.
#[must_use]
pub const fn value_zero_partitions() -> Text {
    Text::new().str("`partitions = 0` leaves no worker at all")
}

/// Says that nothing runs in zero shards.
#[must_use]
pub const fn value_zero_shards() -> Text {
    Text::new().str("`shards = 0` leaves nothing that runs")
}

/// Says that a significant child never ends for good.
#[must_use]
pub const fn significant_always(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Always` restarted, so it cannot be significant; make it `Transient`")
}

/// Says that the supervisor of a significant child does not react to the child's end.
#[must_use]
pub const fn significant_never(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is significant for nothing; its supervisor needs `auto_shutdown = any_significant`")
}

/// Says that a sibling's failure can end a significant child unseen, under a group strategy.
#[must_use]
pub const fn significant_temporary(name: &str, strategy: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Temporary` and significant: under ")
        .quoted(strategy)
        .str(" a sibling can end it unseen; make it `Transient`")
}

/// Says that a child that is never restarted has a backoff.
#[must_use]
pub const fn backoff_temporary(name: &str) -> Text {
    Text::new().quoted(name).str(" is `Temporary`, so its `backoff` is never used; leave it out")
}

/// Says that a child that is never restarted has a limit of restarts.
#[must_use]
pub const fn max_restarts_temporary(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Temporary`, so its `max_restarts` is never used; leave it out")
}

/// Says that a backoff shrinks; `shorter` and `longer` are its ends as they are written.
#[must_use]
pub const fn backoff_inverted(shorter: &str, longer: &str) -> Text {
    Text::new()
        .str("a backoff grows from short to long; write `")
        .str(shorter)
        .str("..")
        .str(longer)
        .str("`")
}

/// Says that a backoff is too slow for a child to exceed `max_restarts` within `restart_window`.
#[must_use]
pub const fn backoff_too_slow(name: &str, max_restarts: u32, restart_window: Duration) -> Text {
    Text::new()
        .quoted(name)
        .str(" cannot fail ")
        .number(max_restarts.saturating_add(1) as u128)
        .str(" times in ")
        .duration(restart_window)
        .str(" with this backoff, so it never escalates; lengthen `restart_window`")
}

/// Says that a nested supervisor would be restarted as soon as it has ended by itself.
#[must_use]
pub const fn auto_shutdown_always(name: &str, remedy: &str) -> Text {
    Text::new().quoted(name).str(" would be restarted after its `auto_shutdown`; ").str(remedy)
}

/// Says that a supervisor waits for significant children and has none; `value` is that of the
/// option `auto_shutdown`.
#[must_use]
pub const fn auto_shutdown_without_significant(value: &str) -> Text {
    Text::new()
        .str("`auto_shutdown = ")
        .str(value)
        .str("` without a significant child; mark one with `significant`")
}

/// Says that a periodic job has an option of children that report when they are ready.
#[must_use]
pub const fn start_periodic(name: &str, option: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is periodic, and has started when its schedule has, so ")
        .quoted(option)
        .str(" has no meaning; leave it out")
}

/// Says that a child has a time limit for being ready and does not report when it is.
#[must_use]
pub const fn start_timeout_alone(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" does not say when it is ready, so `start_timeout` needs `start = notify` too")
}

/// Says that a child that is started once has a start that is tried again.
#[must_use]
pub const fn start_temporary(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Temporary`, so its start is never tried again; make it `Transient`")
}

/// Says that the health of a tree requires a child that may end and stay away.
#[must_use]
pub const fn health_temporary(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Temporary` and may end and stay away, so it cannot be required; ")
        .str("write `health = degrades`")
}

/// Says that a pool has no template to make workers from.
#[must_use]
pub const fn template_count_missing(remedy: &str) -> Text {
    Text::new().str("`simple_one_for_one` needs one template").str(remedy)
}

/// Says that a pool has more than its template; `extra` is the name of the extra child, or of the
/// builder's method that added one.
#[must_use]
pub const fn template_count_exceeded(extra: &str) -> Text {
    Text::new().str("`simple_one_for_one` has one template; ").quoted(extra).str(" is one too many")
}

/// Says that a pool with a fixed number of workers also has a limit on them.
#[must_use]
pub const fn max_children_of_partitions() -> Text {
    Text::new().str(
        "a pool has as many workers as `partitions`, so `max_children` has no meaning; \
         leave it out",
    )
}

/// Says that a supervisor declares more children than it may have.
#[must_use]
pub const fn max_children_exceeded(declared: usize, limit: usize) -> Text {
    Text::new()
        .str("`max_children = ")
        .number(limit as u128)
        .str("` has no room for the ")
        .number(declared as u128)
        .str(" children that are declared")
}

/// Says that the workers of a pool cannot share a value that the first of them consumes.
#[must_use]
pub const fn partitions_once(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" runs `once`, by value, so `partitions` cannot share it; leave `partitions` out")
}

/// Says that a pool has more partitions than a program can use.
#[must_use]
pub const fn partitions_too_many(count: usize) -> Text {
    Text::new()
        .str("`partitions = ")
        .number(count as u128)
        .str("` makes as many tasks, each with a mailbox; write ")
        .number(defaults::MAX_PARTITIONS as u128)
        .str(" at most")
}

/// Says that a worker of a pool with `partitions` is never restarted.
#[must_use]
pub const fn partitions_temporary(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" is `Temporary`: a partition that has ended stays away, and its keys belong to ")
        .str("nobody; make it `Always` or `Transient`")
}

/// Says that a child that fails by its heartbeat never exceeds `max_restarts` within `restart_window`;
/// `time` is that of all failures, with the delays between them.
#[must_use]
pub const fn failure_too_slow(
    name: &str,
    heartbeat: Duration,
    max_restarts: u32,
    time: Duration,
    restart_window: Duration,
) -> Text {
    Text::new()
        .quoted(name)
        .str(" may hang for its `heartbeat = ")
        .duration(heartbeat)
        .str("` each time: with `max_restarts = ")
        .number(max_restarts as u128)
        .str("` that adds up to ")
        .duration(time)
        .str(", longer than `restart_window = ")
        .duration(restart_window)
        .str("`, so it never escalates; write `restart_window = ")
        .duration(time)
        .str("` or more, or shorten `heartbeat`")
}

/// Says that a group restart may take so long that a child never exceeds `max_restarts` within
/// `restart_window`; `each` is the time of one stop of the group and `time` that of all.
#[must_use]
pub const fn group_too_slow(
    name: &str,
    each: Duration,
    max_restarts: u32,
    time: Duration,
    restart_window: Duration,
) -> Text {
    Text::new()
        .str("a restart of this group may wait ")
        .duration(each)
        .str(" for its children to stop, such as ")
        .quoted(name)
        .str(": with `max_restarts = ")
        .number(max_restarts as u128)
        .str("` that adds up to ")
        .duration(time)
        .str(", longer than `restart_window = ")
        .duration(restart_window)
        .str("`, so a child that fails again and again never escalates; write `restart_window = ")
        .duration(time)
        .str("` or more")
}

/// Says that a child names siblings to be started after, under a supervisor with another order.
#[must_use]
pub const fn after_without_order(name: &str) -> Text {
    Text::new()
        .quoted(name)
        .str(" has `after`, which has a meaning only under a supervisor with `order = by_use`")
}

/// Says that a child is to be started after a sibling that is declared later.
#[must_use]
pub const fn after_later(name: &str, sibling: &str) -> Text {
    Text::new().quoted(sibling).str(" is declared later; move it above ").quoted(name)
}

/// Says that a child is to be started after a sibling that does not exist.
#[must_use]
pub const fn after_unknown(name: &str, sibling: &str) -> Text {
    Text::new().quoted(name).str(" is to start after ").quoted(sibling).str(", which is no sibling")
}

/// Says that a lease is divided into more shards than its engine can bear.
#[must_use]
pub const fn shards_too_many(count: usize) -> Text {
    Text::new()
        .str("`shards = ")
        .number(count as u128)
        .str("` makes as many leases, each of which is renewed by a request of its own; write ")
        .number(defaults::MAX_SHARDS as u128)
        .str(" at most")
}

/// Says that a shard would end by itself.
#[must_use]
pub const fn auto_shutdown_of_shards() -> Text {
    Text::new().str(
        "a shard runs in some replica for ever, so `auto_shutdown` has no meaning beside `shards`; leave it out",
    )
}

/// Says that a lease may end before the children that it guards have stopped.
#[must_use]
pub const fn ttl_too_short(lease: &Lease) -> Text {
    Text::new()
        .str("a lease of ")
        .duration(lease.ttl)
        .str(" may end before its children: ")
        .duration(lease.budget)
        .str(" to stop them + ")
        .duration(lease.kill_grace)
        .str(" kill_grace + ")
        .duration(lease.renew)
        .str(" renew + ")
        .duration(lease::MARGIN)
        .str(" margin = ")
        .duration(lease.need())
        .str(", and ")
        .duration(lease.certain())
        .str(" of the lease are certain (")
        .number(lease::DRIFT_PERCENT as u128)
        .str(" % is left for clocks that drift); a ttl of ")
        .duration(lease.enough())
        .str(" is enough")
}

/// Says that a lease ends before it is renewed for the first time.
#[must_use]
pub const fn renew_too_long(ttl: Duration, renew: Duration) -> Text {
    Text::new()
        .str("a lease of ")
        .duration(ttl)
        .str(" that is renewed every ")
        .duration(renew)
        .str(" ends before its first renewal; `renew` is a sixth to a third of `ttl`, and ")
        .duration(defaults::LEASE_RENEW)
        .str(" if it is not set")
}

/// Says that a child, which a lease guards, may take any time to stop; `name` is empty if it is
/// unknown which.
#[must_use]
pub const fn lease_unbounded(name: &str) -> Text {
    let text = if name.is_empty() { Text::new().str("a child") } else { Text::new().quoted(name) };
    text.str(
        " may take any time to stop, and no lease lasts that long; give it a `shutdown` time, or ",
    )
    .str("one for all to the supervisor with the lease")
}

/// Says that a supervisor with a lease is below another one.
#[must_use]
pub const fn lease_nested(name: &str) -> Text {
    let text = Text::new();
    let text = if name.is_empty() { text.str("a supervisor") } else { text.quoted(name) };
    text.str(
        " has a lease, below a supervisor that has one; one lease guards all below it, so leave ",
    )
    .str("this one out")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::backoff_too_slow;

    #[test]
    fn a_limit_is_exceeded_by_one_failure_more() {
        let text = backoff_too_slow("db", 3, Duration::from_secs(60));
        assert!(text.as_str().starts_with("`db` cannot fail 4 times in 1m with"), "{text}");
        let text = backoff_too_slow("db", u32::MAX, Duration::from_secs(1));
        assert!(text.as_str().contains("fail 4294967295 times"), "{text}");
    }
}
