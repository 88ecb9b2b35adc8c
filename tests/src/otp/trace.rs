//! The trace of a scenario: a line for the state of the tree after each step.
//!
//! The Erlang program prints the same lines: same fields, same order. A life is written
//! `path@2`, the second start at this path in this scenario, whether or not the first start
//! succeeded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line of a trace.
///
/// Of the workers and supervisors, a line has only those that differ from the line before. The
/// last line is that of the step in which the root ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTrace {
    /// The scenario's name.
    pub scenario: String,
    /// The number of the step; 0 is the start of the tree.
    pub step: usize,
    /// The reply to the operation.
    pub reply: Reply,
    /// The happenings of a timeline: `3 start a@2` and the like, as in `events`; `3 #1 got a@2`,
    /// receipt of a message; `3 #1 answered a@2`, and other outcomes of an ask, as its asker sees
    /// them. At last, the replies to commands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<String>,
    /// Erlang only: the tick from which on the timelines cannot be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut: Option<u32>,
    /// Starts and stops, in order: `start a@2`, `fail a@2`, `decline a@2`, `stop a@1 failed`.
    ///
    /// A supervisor's start stands after those of its children, its stop after their stops.
    /// Workers of a pool that are stopped together stop in no order: a run of stops below one
    /// pool is listed by worker number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// The workers that run, sorted by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Vec<String>>,
    /// The supervisors that have changed, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub supervisors: BTreeMap<String, View>,
}

/// The reply to an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// `"started"`, `"declined"`, `"done"`, or the result of a query.
    Ok(Value),
    /// The name of the error's variant.
    Error(String),
    /// The step had nothing to act on, and was not performed.
    Skipped(String),
    /// The replies to steps at once.
    Each(Vec<Reply>),
}

/// A supervisor's own account of its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum View {
    /// The supervisor runs.
    Alive {
        /// The children, newest first, as OTP lists them; workers of a pool by number.
        which_children: Vec<String>,
        /// The numbers of specs, active children, supervisors and workers.
        count_children: [usize; 4],
    },
    /// The supervisor ran, and has ended.
    Ended {
        /// The class of its exit: `shutdown`, `escalated` or `failed`.
        ended: String,
    },
}

/// Sorts each run of stops below one pool by the workers' numbers.
pub fn order_pool_stops(events: &mut [String]) {
    let mut rest = events;
    while let Some(first) = rest.first() {
        let pool = stop_in_pool(first).map(|(pool, _)| pool.to_owned());
        let run = match &pool {
            None => 1,
            Some(pool) => {
                let is_other = |event: &String| stop_in_pool(event).is_none_or(|(p, _)| p != pool);
                rest.iter().position(is_other).unwrap_or(rest.len())
            }
        };
        let (stops, others) = rest.split_at_mut(run);
        stops.sort_by_key(|event| stop_in_pool(event).map(|(_, number)| number));
        rest = others;
    }
}

/// Returns the pool and the number of the worker at or below which a life stopped.
fn stop_in_pool(event: &str) -> Option<(&str, u64)> {
    let (pool, below) = event.strip_prefix("stop ")?.split_once('#')?;
    let digits = below.find(|c: char| !c.is_ascii_digit())?;
    Some((pool, below[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::order_pool_stops;

    #[test]
    fn stops_of_one_pool_are_ordered_by_number() {
        let mut events = [
            "stop p/#2@1 shutdown",
            "stop p/#10/a@1 shutdown",
            "stop p/#10@1 shutdown",
            "stop p/#1@1 killed",
            "start p/#1@2",
            "stop q/#9@1 shutdown",
            "stop p/#1@2 shutdown",
            "stop a@1 failed",
        ]
        .map(String::from);
        order_pool_stops(&mut events);
        assert_eq!(
            events,
            [
                "stop p/#1@1 killed",
                "stop p/#2@1 shutdown",
                "stop p/#10/a@1 shutdown",
                "stop p/#10@1 shutdown",
                "start p/#1@2",
                "stop q/#9@1 shutdown",
                "stop p/#1@2 shutdown",
                "stop a@1 failed",
            ]
        );
    }
}
