//! Messages to workers, and the outcomes of requests.

use std::time::Duration;

use supervisor::{Reply, messages::AskError};

use super::timeline::Timeline;

/// The time that the library waits for an answer: longer than any timeline, which has time-outs
/// of its own.
const LONG: Duration = Duration::from_secs(3_600);

/// A message to a worker.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    /// The receiver of the number of the worker's start, unless the worker is to keep it.
    pub(super) reply: Option<Reply<usize>>,
    pub(super) keep: bool,
}

/// A request that is to be made.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) id: String,
    pub(super) to: String,
    pub(super) keep: bool,
    pub(super) within: u32,
}

impl Request {
    /// Makes the request, and returns a line that tells the outcome.
    pub(super) async fn make(self, timeline: Timeline) -> String {
        let Self { id, to, keep, within } = self;
        let Some(address) = timeline.address(&to) else { return format!("{id} not_running") };
        let message = |reply| Message { id: id.clone(), reply: Some(reply), keep };
        let asked = address.ask_within(LONG, message);
        let outcome = tokio::select! {
            biased;
            answer = asked => match answer {
                Ok(start) => format!("answered {to}@{start}"),
                Err(AskError::NotRunning(_) | AskError::Gone(_)) => "not_running".to_owned(),
                Err(AskError::NoReply) => "no_reply".to_owned(),
                Err(other) => other.to_string(),
            },
            () = timeline.sleep(&id, within) => "timeout".to_owned(),
        };
        format!("{id} {outcome}")
    }
}
