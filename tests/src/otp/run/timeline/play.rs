//! Performs a timeline.

use std::time::Duration;

use supervisor::testing;
use tokio::{task::JoinHandle, time};

use super::{
    super::{
        Run,
        actions::Action as Call,
        message::{Message, Request},
        recorder::Order,
    },
    Phase, Timeline,
};
use crate::otp::{
    scenario::{Action, End, Timed},
    trace::Reply,
};

impl Timeline {
    /// Returns the tick of the next timer. The timers of lives that have ended are void.
    fn next(&self) -> Option<u32> {
        let mut state = self.state();
        state.timers.retain(|_, sleeper| !sleeper.is_closed());
        state.timers.first_key_value().map(|((at, ..), _)| *at)
    }

    /// Moves the clock, and wakes the first sleeper that is due then.
    fn wake_at(&self, now: u32) {
        let mut state = self.state();
        state.now = now;
        if let Some(first) = state.timers.first_entry()
            && first.key().0 == now
        {
            let _ = first.remove().send(());
        }
    }

    fn move_to(&self, now: u32) {
        self.state().now = now;
    }

    fn now(&self) -> u32 {
        self.state().now
    }

    fn take_said(&self) -> Vec<String> {
        let mut state = self.state();
        let said = std::mem::take(&mut state.said);
        let is_told = |by: &Option<(String, u64)>| {
            by.as_ref().is_none_or(|(path, incarnation)| state.is_up(path, *incarnation))
        };
        let told = said.into_iter().filter(|said| is_told(&said.by));
        let mut lines: Vec<String> = told.map(|said| said.line).collect();
        lines.sort();
        lines
    }

    /// Has the life at a path make a request, if it is up.
    fn request(&self, from: &str, request: Request) {
        if let Some(life) = self.state().lives.get(from)
            && life.phase == Phase::Up
        {
            let _ = life.requests.send(request);
        }
    }
}

impl Run {
    /// Performs a timeline, from the start of the tree on, which has been asked for.
    pub(in crate::otp::run) async fn play(&self, timeline: &[Timed]) -> Vec<String> {
        let mut actions: Vec<(usize, &Timed)> = timeline.iter().enumerate().collect();
        actions.sort_by_key(|(_, timed)| timed.at);
        let mut actions = actions.into_iter().peekable();
        let mut replies = Vec::new();
        let mut lines = self.progress().await;
        let clock = &self.recorder.timeline;
        loop {
            let timer = clock.next();
            let is_next = |timed: &Timed| timer.is_none_or(|timer| timed.at < timer);
            if let Some((index, timed)) = actions.next_if(|(_, timed)| is_next(timed)) {
                clock.move_to(timed.at);
                if let Some(reply) = self.act(&format!("#{}", index + 1), &timed.action) {
                    replies.push((index + 1, reply));
                }
            } else if let Some(timer) = timer {
                clock.wake_at(timer);
            } else {
                break;
            }
            lines.extend(self.progress().await);
        }
        replies.sort_by_key(|(number, _)| *number);
        for (number, reply) in replies {
            if reply.is_finished()
                && let Ok(reply) = reply.await
            {
                lines.extend(shown(&reply).map(|reply| format!("#{number} {reply}")));
            }
        }
        lines
    }

    /// Lets everything come of what was done, at this tick.
    async fn progress(&self) -> Vec<String> {
        let mut last = None;
        loop {
            // The clock moves when no task can run; see `quiet`.
            time::sleep(Duration::from_millis(1)).await;
            let now = self.recorder.changes();
            if last.replace(now) == Some(now) {
                break;
            }
        }
        let timeline = &self.recorder.timeline;
        let now = timeline.now();
        let events = self.recorder.take_events().into_iter();
        events.chain(timeline.take_said()).map(|line| format!("{now} {line}")).collect()
    }

    /// Begins an action; returns the task that will have the reply to a command.
    fn act(&self, id: &str, action: &Action) -> Option<JoinHandle<Reply>> {
        let timeline = self.recorder.timeline.clone();
        let id = id.to_owned();
        match action {
            Action::Ask { from, to, keep, within } => {
                let request = Request { id, to: to.clone(), keep: *keep, within: *within };
                match from {
                    Some(from) => timeline.request(from, request),
                    None => {
                        tokio::spawn(async move {
                            let line = request.make(timeline.clone()).await;
                            timeline.say(line);
                        });
                    }
                }
            }
            Action::Send { to } => {
                let Some(address) = timeline.address(to) else {
                    timeline.say(format!("{id} refused"));
                    return None;
                };
                tokio::spawn(async move {
                    let message = Message { id: id.clone(), reply: None, keep: false };
                    if address.send(message).await.is_err() {
                        timeline.say(format!("{id} refused"));
                    }
                });
            }
            Action::Kill { child } => self.kill(id, child),
            Action::End { child, how } => self.end(child, *how),
            Action::Shutdown {} => {
                if self.recorder.is_supervisor_running("") {
                    self.root.request_shutdown();
                }
            }
            command => {
                let command = command.command()?;
                match Call::of(&command, &self.recorder, &self.handles) {
                    Call::Ask(call) => return Some(tokio::spawn(call)),
                    Call::Answered(_) => {}
                }
            }
        }
        None
    }

    fn kill(&self, id: String, child: &str) {
        let timeline = self.recorder.timeline.clone();
        let life = timeline.state().lives.get(child).map(|life| life.address.clone());
        let (root, child) = (self.root.clone(), child.to_owned());
        tokio::spawn(async move {
            let killed = match life {
                Some(life) => life.kill().await.is_ok(),
                None => testing::kill(&root, &child).await.is_ok(),
            };
            if killed {
                timeline.say(format!("{id} killed"));
            }
        });
    }

    fn end(&self, child: &str, how: End) {
        let phase = self.recorder.timeline.state().lives.get(child).map(|life| life.phase);
        if phase == Some(Phase::Up)
            && let Some(Order::ByItself(order)) = self.recorder.order(child, how)
        {
            let _ = order.send(how);
        }
    }
}

/// Returns the reply to a command as a line shows it.
fn shown(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Ok(what) => Some(format!("ok {}", what.as_str()?)),
        Reply::Error(what) => Some(format!("error {what}")),
        Reply::Skipped(_) | Reply::Each(_) => None,
    }
}
