//! Applies the rules to supervisors and children that are built at run time.
//!
//! One rule is left out: a supervisor may get its significant children later, so that a supervisor
//! without any breaks no rule here.

use std::time::Duration;

use supervisor_rules::{Text, wording};

use super::Body;
use crate::engine::SupervisorRules;
use crate::spec::rules::{
    GroupStops, Subject, broken, doubtful, group_too_slow, supervisor_value_zero,
};
use crate::spec::{
    Budget, ChildOptions, Name, Shutdown, SupervisionStrategy, SupervisorOptions, UnknownOptions,
};

/// Returns the message for the first rule that a child breaks under this supervisor.
pub(crate) fn broken_by(
    name: &Name,
    options: &ChildOptions,
    body: &Body,
    supervisor: &SupervisorRules,
) -> Option<Text> {
    judged(name, options, body, supervisor, broken)
}

/// Returns the message for the first rule because of which the supervision of a child is doubtful.
pub(crate) fn doubtful_by(
    name: &Name,
    options: &ChildOptions,
    body: &Body,
    supervisor: &SupervisorRules,
) -> Option<Text> {
    // Few children have one of these options.
    let is_plain = options.heartbeat().is_none()
        && options.backoff().is_none()
        && !options.has_start_timeout();
    if is_plain {
        return None;
    }
    judged(name, options, body, supervisor, doubtful)
}

fn judged(
    name: &Name,
    options: &ChildOptions,
    body: &Body,
    supervisor: &SupervisorRules,
    judge: fn(&Subject<'_>) -> Option<Text>,
) -> Option<Text> {
    let nested = match body {
        Body::Supervisor { node, .. } => {
            // The children's time matters only if the supervisor has a shutdown time of its own.
            let need = match options.shutdown() {
                Some(Shutdown::Timeout(_)) => node.need(),
                _ => Budget::Unbounded,
            };
            Some((node.rules().auto_shutdown, need))
        }
        Body::Task { .. } => None,
    };
    let supervisor = options_of(supervisor);
    let (options, worker) = (*options, name.number().map(|_| name.to_string()));
    let name = name.as_declared().or(worker.as_deref()).unwrap_or_default();
    judge(&Subject {
        name,
        options,
        unknown_backoff: false,
        unknown_limit: false,
        nested,
        supervisor,
    })
}

/// Returns the message for a group whose children may take so long to stop that a sibling never
/// escalates.
pub(crate) fn doubtful_group<'a>(
    workers: impl Iterator<Item = (&'a Name, &'a ChildOptions)>,
    supervisor: &SupervisorRules,
) -> Option<Text> {
    // By use, children stop together, and their times do not add up.
    if !supervisor.strategy.is_group() || supervisor.order.is_by_use() {
        return None;
    }
    let stops = workers.fold(GroupStops::new(), |stops, (name, options)| {
        let time = match options.shutdown() {
            Some(Shutdown::Timeout(time)) => Some(time),
            _ => None,
        };
        stops.with(name.as_declared().unwrap_or_default(), time)
    });
    group_too_slow(&options_of(supervisor), stops.slowest())
}

/// Returns the message for the first rule that is broken by a supervisor with this number of
/// children, or by the template of its workers.
pub(crate) fn broken_at_build(
    template: Option<&ChildOptions>,
    children: usize,
    rules: &SupervisorRules,
) -> Option<Text> {
    let supervisor = options_of(rules);
    let of_template = template.and_then(|options| {
        broken(&Subject {
            name: "template",
            options: *options,
            unknown_backoff: false,
            unknown_limit: false,
            nested: None,
            supervisor,
        })
    });
    template_count(template.is_some(), children, rules)
        .or(order_of_pool(rules))
        .or(max_children_exceeded(children, rules.max_children))
        .or(supervisor_value_zero(&supervisor, rules.max_children))
        .or(of_template)
}

/// Returns the message for the rule that is broken by a supervisor without room for its children.
fn max_children_exceeded(children: usize, limit: Option<usize>) -> Option<Text> {
    let limit = limit.filter(|limit| children > *limit)?;
    Some(wording::max_children_exceeded(children, limit))
}

/// Returns the message for the rule that is broken by a pool without exactly one template, or by
/// another supervisor with a template.
fn template_count(has_template: bool, children: usize, rules: &SupervisorRules) -> Option<Text> {
    match (rules.strategy, has_template) {
        (SupervisionStrategy::SimpleOneForOne, false) => Some(wording::template_count_missing(
            "; give it one by `with_template` or `build_pool`",
        )),
        (SupervisionStrategy::SimpleOneForOne, true) if children > 0 => {
            Some(wording::template_count_exceeded("with_child"))
        }
        (SupervisionStrategy::SimpleOneForOne, true) | (_, false) => None,
        (strategy, true) => Some(
            Text::new()
                .str("a template belongs on a `simple_one_for_one` supervisor, and this one is ")
                .str(strategy.as_str()),
        ),
    }
}

/// Returns the message for the rule that is broken by a pool with an order.
fn order_of_pool(rules: &SupervisorRules) -> Option<Text> {
    let is_pool = rules.strategy == SupervisionStrategy::SimpleOneForOne;
    (is_pool && rules.order.is_by_use())
        .then(|| Text::new().str("`order` has no meaning on a pool: its workers stop together"))
}

fn options_of(supervisor: &SupervisorRules) -> SupervisorOptions {
    SupervisorOptions {
        strategy: supervisor.strategy,
        order: supervisor.order,
        max_restarts: supervisor.max_restarts,
        restart_window: supervisor.restart_window,
        auto_shutdown: supervisor.auto_shutdown,
        drain: Duration::ZERO,
        kill_grace: supervisor.kill_grace,
        partitions: None,
        unknown: UnknownOptions::default(),
    }
}
