//! The rules that need the options of a child and of its supervisor.
//!
//! A declared tree applies these rules when the compiler evaluates its constants, so that they hold
//! for types of other crates too; a supervisor that is built by hand applies them at run time. The
//! macro also checks the rules that a tree's own tokens can break, and reports them in the same
//! words: those of [`supervisor_rules::wording`].
//!
//! The rules are `const` functions, so that a message is built in a buffer of fixed size.

mod escalation;
mod lease;

use std::time::Duration;

use supervisor_rules::{Text, defaults, wording};

pub(crate) use self::escalation::{GroupStop, GroupStops, group_too_slow};
use self::escalation::{
    backoff_too_slow, backoff_without_restarts, failure_too_slow, restarts_without_end,
};
pub(crate) use self::lease::{
    lease_nested, lease_unbounded, renew_too_long, shards_too_many, ttl_too_short,
};
use super::{
    AutoShutdown, Budget, ChildOptions, HealthPart, Name, RestartPolicy, Shutdown, StartMode,
    SupervisionStrategy, SupervisorOptions,
};

/// A child, with all options that the rules depend on.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// The child's name.
    pub(crate) name: &'a str,
    /// The child's options, with those of its type filled in.
    pub(crate) options: ChildOptions,
    /// Set if a `backoff` exists that only the running program knows.
    pub(crate) unknown_backoff: bool,
    /// Set if the child has a `max_restarts` of its own that only the running program knows.
    pub(crate) unknown_limit: bool,
    /// The `auto_shutdown` of a child that is a supervisor, and the time that its children need to
    /// stop.
    pub(crate) nested: Option<(AutoShutdown, Budget)>,
    /// The options of the child's supervisor.
    pub(crate) supervisor: SupervisorOptions,
}

/// Returns the message for the first rule that a child breaks.
///
/// Only the first is reported: the rules are ordered so that a child that breaks one often breaks
/// later ones as a consequence.
pub(crate) const fn broken(subject: &Subject<'_>) -> Option<Text> {
    macro_rules! first_of {
        ($($rule:ident),+ $(,)?) => {
            $(if let Some(text) = $rule(subject) {
                return Some(text);
            })+
        };
    }
    first_of!(
        value_zero,
        partitions_once,
        once_not_temporary,
        significant_always,
        significant_never,
        significant_temporary,
        backoff_temporary,
        max_restarts_temporary,
        backoff_inverted,
        backoff_too_slow,
        partitions_temporary,
        auto_shutdown_always,
        shutdown_too_short,
        start_periodic,
        start_timeout_alone,
        start_temporary,
        health_temporary,
        drain_of_killed,
        supervisor_as_worker,
    );
    None
}

/// Returns the message for the first rule that a child of a declared tree breaks, and that does not
/// hold for a supervisor that is built by hand.
pub(crate) const fn broken_when_declared(
    subject: &Subject<'_>,
    every: Option<Duration>,
) -> Option<Text> {
    if let Some(Duration::ZERO) = every {
        let fault = wording::value_zero("every");
        return Some(Text::new().quoted(subject.name).str(": ").str(fault.as_str()));
    }
    match restarts_without_end(subject) {
        Some(text) => Some(text),
        None => doubtful(subject),
    }
}

/// Returns the message for the first rule of which a child makes its supervision doubtful: an error
/// in a declared tree, and a warning in the log for a supervisor that is built by hand, since that
/// one may know more than its options say.
pub(crate) const fn doubtful(subject: &Subject<'_>) -> Option<Text> {
    if let Some(text) = backoff_without_restarts(subject) {
        return Some(text);
    }
    match heartbeat_of_program(subject) {
        Some(text) => Some(text),
        None => failure_too_slow(subject),
    }
}

/// Checks that no value is zero where that would mean nothing, or something that has a word.
const fn value_zero(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    let fault = if let Some(Shutdown::Timeout(Duration::ZERO)) = options.shutdown() {
        wording::value_zero_shutdown()
    } else if has_zero_backoff(options) {
        wording::value_zero_backoff()
    } else if options.mailbox() == 0 {
        wording::value_zero_mailbox()
    } else if options.start_timeout().is_zero() {
        wording::value_zero("start_timeout")
    } else if let Some(Duration::ZERO) = options.heartbeat() {
        wording::value_zero("heartbeat")
    } else {
        return None;
    };
    Some(Text::new().quoted(subject.name).str(": ").str(fault.as_str()))
}

/// Returns `true` if an end of the backoff is zero: delays double, and zero never grows.
const fn has_zero_backoff(options: &ChildOptions) -> bool {
    match options.backoff() {
        Some(backoff) => backoff.min().is_zero() || backoff.max().is_zero(),
        None => false,
    }
}

/// Checks that a supervisor's restart window is not zero, which would hold no restart at all, and
/// that a pool may have at least one worker.
pub(crate) const fn supervisor_value_zero(
    supervisor: &SupervisorOptions,
    max_children: Option<usize>,
) -> Option<Text> {
    if supervisor.restart_window.is_zero() {
        return Some(wording::value_zero("restart_window"));
    }
    if let Some(0) = max_children {
        return Some(wording::value_zero_max_children());
    }
    None
}

/// Checks that a pool with `partitions` has no template that runs once: all of its workers are made
/// from one value, which the first of them would consume.
const fn partitions_once(subject: &Subject<'_>) -> Option<Text> {
    if !subject.options.is_once() || subject.supervisor.partitions.is_none() {
        return None;
    }
    Some(wording::partitions_once(subject.name))
}

/// Checks that a child that runs once, by value, is `Temporary`: there is no second value to
/// restart it with.
const fn once_not_temporary(subject: &Subject<'_>) -> Option<Text> {
    if !subject.options.is_once() || is(subject, RestartPolicy::Temporary) {
        return None;
    }
    Some(
        Text::new()
            .quoted(subject.name)
            .str(" runs `once`, by value, so it cannot be restarted; make it `Temporary`"),
    )
}

/// Checks that a significant child can end for good: it is not `Always`.
const fn significant_always(subject: &Subject<'_>) -> Option<Text> {
    if !subject.options.is_significant() || !is(subject, RestartPolicy::Always) {
        return None;
    }
    Some(wording::significant_always(subject.name))
}

/// Checks that the supervisor of a significant child has `auto_shutdown`.
const fn significant_never(subject: &Subject<'_>) -> Option<Text> {
    let is_never = matches!(subject.supervisor.auto_shutdown, AutoShutdown::Never);
    if !subject.options.is_significant() || !is_never {
        return None;
    }
    Some(wording::significant_never(subject.name))
}

/// Checks that a significant child under a group strategy is not `Temporary`: if it were stopped
/// with a sibling, it would be forgotten without the shutdown that its end stands for (the hole in
/// EEP 56).
const fn significant_temporary(subject: &Subject<'_>) -> Option<Text> {
    let strategy = subject.supervisor.strategy;
    if !subject.options.is_significant()
        || !is(subject, RestartPolicy::Temporary)
        || !strategy.is_group()
    {
        return None;
    }
    Some(wording::significant_temporary(subject.name, strategy.as_str()))
}

/// Checks that a child that is never restarted has no backoff.
const fn backoff_temporary(subject: &Subject<'_>) -> Option<Text> {
    if subject.options.backoff().is_none() || !is(subject, RestartPolicy::Temporary) {
        return None;
    }
    Some(wording::backoff_temporary(subject.name))
}

/// Checks that a child that is never restarted has no limit of restarts.
const fn max_restarts_temporary(subject: &Subject<'_>) -> Option<Text> {
    if subject.options.max_restarts().is_none() || !is(subject, RestartPolicy::Temporary) {
        return None;
    }
    Some(wording::max_restarts_temporary(subject.name))
}

/// Checks that the maximum of a backoff is not below its minimum.
const fn backoff_inverted(subject: &Subject<'_>) -> Option<Text> {
    let Some(backoff) = subject.options.backoff() else { return None };
    if backoff.min().as_nanos() <= backoff.max().as_nanos() {
        return None;
    }
    let (shorter, longer) =
        (Text::new().duration(backoff.max()), Text::new().duration(backoff.min()));
    Some(wording::backoff_inverted(shorter.as_str(), longer.as_str()))
}

/// Checks that a program has no `heartbeat`: it gives no heartbeat, and would be killed each
/// time.
const fn heartbeat_of_program(subject: &Subject<'_>) -> Option<Text> {
    if !subject.options.is_program() || subject.options.heartbeat().is_none() {
        return None;
    }
    Some(
        Text::new()
            .quoted(subject.name)
            .str(" is a program, which gives no heartbeat, so `heartbeat` would kill it each ")
            .str("time; leave it out"),
    )
}

/// Checks that a worker of a pool with `partitions` is restarted: the keys of one that has ended for
/// good belong to nobody.
const fn partitions_temporary(subject: &Subject<'_>) -> Option<Text> {
    let has_partitions =
        subject.supervisor.partitions.is_some() || subject.supervisor.unknown.partitions;
    if !has_partitions || !is(subject, RestartPolicy::Temporary) || subject.options.is_once() {
        return None;
    }
    Some(wording::partitions_temporary(subject.name))
}

/// Checks that a pool has a partition, and no more of them than a program can use.
pub(crate) const fn partitions_too_many(partitions: usize) -> Option<Text> {
    match partitions {
        0 => Some(wording::value_zero_partitions()),
        count if count > defaults::MAX_PARTITIONS => Some(wording::partitions_too_many(count)),
        _ => None,
    }
}

/// Checks that a nested supervisor that ends by `auto_shutdown` is not `Always`: it would be
/// started again at once.
const fn auto_shutdown_always(subject: &Subject<'_>) -> Option<Text> {
    let ends = match subject.nested {
        Some((auto, _)) => !matches!(auto, AutoShutdown::Never),
        None => false,
    };
    if !ends || !is(subject, RestartPolicy::Always) {
        return None;
    }
    Some(wording::auto_shutdown_always(subject.name, "make it `Transient`"))
}

/// Checks that a nested supervisor has at least the time that its children may need to stop.
///
/// The time that a child with `shutdown = infinity` needs is unknown, so a limit on its supervisor
/// is the author's decision and not a mistake.
const fn shutdown_too_short(subject: &Subject<'_>) -> Option<Text> {
    let Some((_, Budget::Bounded(need))) = subject.nested else { return None };
    let Some(Shutdown::Timeout(time)) = subject.options.shutdown() else { return None };
    if time.as_nanos() >= need.as_nanos() {
        return None;
    }
    Some(
        Text::new()
            .str("the children of ")
            .quoted(subject.name)
            .str(" may need ")
            .duration(need)
            .str(" to stop, longer than its `shutdown = ")
            .duration(time)
            .str("`; give it that time"),
    )
}

/// Checks that a periodic job has no `start` or `start_timeout`: it has started when its schedule
/// has, and never reports.
const fn start_periodic(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    let option = match options.start() {
        _ if !options.is_periodic() => return None,
        StartMode::Notify | StartMode::Retry => "start",
        StartMode::Spawned if options.has_start_timeout() => "start_timeout",
        StartMode::Spawned => return None,
    };
    Some(wording::start_periodic(subject.name, option))
}

/// Checks that a child with `start_timeout` reports when it is ready.
const fn start_timeout_alone(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    if !options.has_start_timeout() || !matches!(options.start(), StartMode::Spawned) {
        return None;
    }
    Some(wording::start_timeout_alone(subject.name))
}

/// Checks that a child whose start is tried again is started more than once.
const fn start_temporary(subject: &Subject<'_>) -> Option<Text> {
    let retries = matches!(subject.options.start(), StartMode::Retry);
    if !retries || !is(subject, RestartPolicy::Temporary) {
        return None;
    }
    Some(wording::start_temporary(subject.name))
}

/// Checks that the tree's health does not require a child that may end and stay away.
const fn health_temporary(subject: &Subject<'_>) -> Option<Text> {
    let is_required = matches!(subject.options.health(), Some(HealthPart::Required));
    if !is_required || !is(subject, RestartPolicy::Temporary) {
        return None;
    }
    Some(wording::health_temporary(subject.name))
}

/// Checks that a child with `drain` is asked to stop: one that is killed receives nothing more.
const fn drain_of_killed(subject: &Subject<'_>) -> Option<Text> {
    let is_killed = matches!(subject.options.shutdown(), Some(Shutdown::BrutalKill));
    if !subject.options.is_drained() || !is_killed {
        return None;
    }
    Some(
        Text::new()
            .quoted(subject.name)
            .str(" is killed when it is stopped, so it receives no message after that; leave `drain` ")
            .str("out, or give it a `shutdown` time"),
    )
}

/// Checks that a supervisor has no `start = notify`, no `heartbeat`, no `mailbox`, no `drain`
/// and no `histograms`: it has started when its children have, gives no heartbeat, and receives
/// no messages.
const fn supervisor_as_worker(subject: &Subject<'_>) -> Option<Text> {
    let options = &subject.options;
    let option = match options.start() {
        _ if subject.nested.is_none() => return None,
        StartMode::Notify => "`start = notify`",
        StartMode::Retry if options.has_start_timeout() => "`start_timeout`",
        StartMode::Spawned | StartMode::Retry if options.heartbeat().is_some() => "`heartbeat`",
        StartMode::Spawned | StartMode::Retry if options.sets_mailbox() => "`mailbox`",
        StartMode::Spawned | StartMode::Retry if options.is_drained() => "`drain`",
        StartMode::Spawned | StartMode::Retry if options.has_histograms() => "`histograms`",
        StartMode::Spawned | StartMode::Retry => return None,
    };
    let text = Text::new().quoted(subject.name);
    Some(text.str(" is a supervisor, on which ").str(option).str(" has no meaning; leave it out"))
}

/// Checks that a supervisor with `auto_shutdown` has a significant child.
pub(crate) const fn auto_shutdown_without_significant(
    supervisor: &SupervisorOptions,
    has_significant: bool,
) -> Option<Text> {
    if has_significant || matches!(supervisor.auto_shutdown, AutoShutdown::Never) {
        return None;
    }
    Some(wording::auto_shutdown_without_significant(supervisor.auto_shutdown.as_str()))
}

/// Checks that a tree stops within its `shutdown_within`.
///
/// The times that add up to the budget follow the message.
pub(crate) const fn budget_exceeded(budget: Duration, within: Duration) -> Option<Text> {
    if budget.as_nanos() <= within.as_nanos() {
        return None;
    }
    Some(
        Text::new()
            .str("the worst-case shutdown is ")
            .duration(budget)
            .str(", longer than `shutdown_within = ")
            .duration(within)
            .str("`; allow ")
            .duration(budget)
            .str(", or shorten the `shutdown` of a child, which is 5s if it has none: "),
    )
}

/// Returns the message for a tree with `shutdown_within` and an option of a child, on which the
/// worst-case shutdown depends, that only the running program knows.
pub(crate) const fn budget_unknown(within: Duration, name: &str, option: &str) -> Text {
    let text = Text::new()
        .str("the worst-case shutdown is unknown to the compiler, so `shutdown_within = ")
        .duration(within)
        .str("` cannot be checked: the `")
        .str(option)
        .str("` of ");
    let text = if name.is_empty() { text.str("the tree") } else { text.quoted(name) };
    text.str(" is `runtime(…)`; write a literal or a constant")
}

/// Returns the message for a tree with `shutdown_within` and a worker, `endless`, that may take any
/// time to stop.
pub(crate) const fn budget_unbounded(within: Duration, endless: &str) -> Text {
    Text::new()
        .str("the worst-case shutdown has no bound, unlike `shutdown_within = ")
        .duration(within)
        .str("`; ")
        .quoted(endless)
        .str(" has `shutdown = infinity`")
}

/// Returns the message for the first rule that a pool with a fixed number of workers breaks.
pub(crate) fn broken_partitions(
    name: &Name,
    template: &ChildOptions,
    partitions: usize,
    max_children: Option<usize>,
) -> Option<Text> {
    let is_temporary = matches!(template.restart_policy(), RestartPolicy::Temporary);
    match max_children {
        _ if partitions_too_many(partitions).is_some() => partitions_too_many(partitions),
        Some(_) => Some(wording::max_children_of_partitions()),
        None if template.is_once() => Some(wording::partitions_once(&name.to_string())),
        None if is_temporary => Some(wording::partitions_temporary(&name.to_string())),
        None => None,
    }
}

/// Returns `true` if the child has this restart policy.
const fn is(subject: &Subject<'_>, policy: RestartPolicy) -> bool {
    subject.options.restart_policy() as u8 == policy as u8
}

/// Checks that `simple_one_for_one` is not a group strategy: a pool's workers are restarted one by
/// one.
const _: () = assert!(!SupervisionStrategy::SimpleOneForOne.is_group());
