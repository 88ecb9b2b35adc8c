//! OTP's supervisor in the fewest words: one message after the other, each carried out in full,
//! as `supervisor.erl` does. Written from its source, not from the engine's.

use std::collections::VecDeque;
use std::time::Duration;

use crate::spec::RestartPolicy::{Always, Temporary, Transient};
use crate::spec::SupervisionStrategy::{OneForAll, OneForOne, RestForOne, SimpleOneForOne};
use crate::spec::{AutoShutdown, RestartPolicy, SupervisionStrategy};

/// The outcome of a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Up,
    /// The child comes up, and ends at once by itself.
    Crashes,
    Fails,
    Declines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pid {
    Alive(u32),
    Undefined,
    /// Undefined, but about to be started by the retry of a sibling. (OTP tells the two apart
    /// nowhere; here such a child does not count as ended for `auto_shutdown`.)
    Held,
    Restarting(u32),
}

#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) name: String,
    pub(super) restart: RestartPolicy,
    pub(super) significant: bool,
    /// The outcomes of the child's first starts, in order; later starts succeed.
    pub(super) outcomes: Vec<Outcome>,
    pub(super) starts: u32,
    /// The attempts to start it again that have failed one after the other. (OTP counts them within the
    /// period alone; here they count without it, too.)
    pub(super) failed_starts: usize,
    pub(super) pid: Pid,
}

impl Spec {
    pub(super) fn next_outcome(&mut self) -> Outcome {
        let outcome = self.outcomes.get(self.starts as usize).copied().unwrap_or(Outcome::Up);
        self.starts += 1;
        outcome
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Normal,
    Shutdown,
    Failure,
}

#[derive(Clone, Debug)]
pub(super) enum Message {
    Exit(String, u32, Reason),
    TryAgain(String, u32),
    StartChild(u32, Spec),
    Terminate(u32, String),
    Restart(u32, String),
    Delete(u32, String),
    /// The parent's exit.
    Stop,
}

pub(super) struct Otp {
    strategy: SupervisionStrategy,
    intensity: usize,
    period: Duration,
    auto_shutdown: AutoShutdown,
    pub(super) children: Vec<Spec>,
    pub(super) now: Duration,
    restarts: Vec<Duration>,
    pids: u32,
    retries: u32,
    pub(super) queue: VecDeque<Message>,
    pub(super) acts: Vec<String>,
    pub(super) answers: Vec<(u32, String)>,
    pub(super) ended: Option<String>,
}

impl Otp {
    pub(super) fn new(
        strategy: SupervisionStrategy,
        intensity: usize,
        period: Duration,
        auto_shutdown: AutoShutdown,
        children: Vec<Spec>,
    ) -> Self {
        Self {
            strategy,
            intensity,
            period,
            auto_shutdown,
            children,
            now: Duration::ZERO,
            restarts: Vec::new(),
            pids: 0,
            retries: 0,
            queue: VecDeque::new(),
            acts: Vec::new(),
            answers: Vec::new(),
            ended: None,
        }
    }

    pub(super) fn init(&mut self) {
        for index in 0..self.children.len() {
            if self.start(index) == Outcome::Fails {
                let name = self.children[index].name.clone();
                return self.end(format!("no start, {name}"));
            }
        }
        // A temporary child whose start is ignored is not kept.
        self.children.retain(|child| child.restart != Temporary || is_alive(child));
    }

    /// Handles the messages in the mailbox.
    pub(super) fn run(&mut self) {
        while let Some(message) = self.queue.pop_front() {
            if self.ended.is_some() {
                match message {
                    Message::StartChild(call, _)
                    | Message::Terminate(call, _)
                    | Message::Restart(call, _)
                    | Message::Delete(call, _) => self.answer(call, "refused, ShuttingDown"),
                    Message::Exit(..) | Message::TryAgain(..) | Message::Stop => {}
                }
                continue;
            }
            match message {
                Message::Exit(name, pid, reason) => {
                    if let Some(index) = self.find(&name)
                        && self.children[index].pid == Pid::Alive(pid)
                    {
                        self.children[index].pid = Pid::Undefined;
                        self.do_restart(index, reason);
                    }
                }
                Message::TryAgain(name, retry) => {
                    if let Some(index) = self.find(&name)
                        && self.children[index].pid == Pid::Restarting(retry)
                    {
                        self.restart(index);
                    }
                }
                Message::StartChild(call, spec) => self.start_child(call, spec),
                Message::Terminate(call, name) => self.terminate_child(call, &name),
                Message::Restart(call, name) => self.restart_child(call, &name),
                Message::Delete(call, name) => self.delete_child(call, &name),
                Message::Stop => self.end("shutdown".to_owned()),
            }
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.children.iter().position(|child| child.name == name)
    }

    fn is_simple(&self) -> bool {
        self.strategy == SimpleOneForOne
    }

    fn answer(&mut self, call: u32, answer: &str) {
        self.answers.push((call, answer.to_owned()));
    }

    fn start(&mut self, index: usize) -> Outcome {
        self.pids += 1;
        let child = &mut self.children[index];
        self.acts.push(format!("spawn {}", child.name));
        let outcome = child.next_outcome();
        if outcome != Outcome::Fails {
            child.failed_starts = 0;
        }
        match outcome {
            Outcome::Crashes => {
                let name = child.name.clone();
                self.queue.push_back(Message::Exit(name, self.pids, Reason::Failure));
                child.pid = Pid::Alive(self.pids);
                Outcome::Up
            }
            Outcome::Up => {
                child.pid = Pid::Alive(self.pids);
                Outcome::Up
            }
            without => {
                child.pid = Pid::Undefined;
                without
            }
        }
    }

    fn stop(&mut self, index: usize) {
        if is_alive(&self.children[index]) {
            self.acts.push(format!("ask {}", self.children[index].name));
            self.children[index].pid = Pid::Undefined;
        }
    }

    fn end(&mut self, how: String) {
        let mut order: Vec<usize> = (0..self.children.len()).collect();
        if !self.is_simple() {
            order.reverse();
        }
        order.into_iter().for_each(|index| self.stop(index));
        self.ended = Some(how);
    }

    fn do_restart(&mut self, index: usize, reason: Reason) {
        let child = &self.children[index];
        let significant = child.significant;
        match (child.restart, reason) {
            (Always, _) | (Transient, Reason::Failure) => return self.restart(index),
            (Transient, _) if !self.is_simple() => {}
            (Transient | Temporary, _) => {
                self.children.remove(index);
            }
        }
        let blocks = |child: &Spec| child.significant && child.pid != Pid::Undefined;
        let over = match self.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::AnySignificant => true,
            AutoShutdown::AllSignificant => !self.children.iter().any(blocks),
        };
        if significant && over {
            self.end("shutdown".to_owned());
        }
    }

    fn add_restart(&mut self) -> bool {
        let (now, period) = (self.now, self.period);
        self.restarts.retain(|&at| now.saturating_sub(at) <= period);
        self.restarts.push(now);
        self.restarts.len() <= self.intensity
    }

    fn restart(&mut self, index: usize) {
        if !self.add_restart() || self.children[index].failed_starts >= self.intensity {
            let name = self.children[index].name.clone();
            self.children[index].pid = Pid::Undefined;
            return self.end(format!("gave up, {name}"));
        }
        let first = match self.strategy {
            OneForOne | SimpleOneForOne => {
                match self.start(index) {
                    Outcome::Fails => self.try_again(index),
                    // (OTP 25 keeps a pool's child without a pid here, and crashes because of it.)
                    Outcome::Declines if self.is_simple() => {
                        self.children.remove(index);
                    }
                    Outcome::Up | Outcome::Crashes | Outcome::Declines => {}
                }
                return;
            }
            RestForOne => index,
            OneForAll => 0,
        };
        let name = self.children[index].name.clone();
        for sibling in (first..self.children.len()).rev() {
            self.stop(sibling);
        }
        let mut position = 0;
        self.children.retain(|child| {
            position += 1;
            position <= first || child.restart != Temporary || child.name == name
        });
        for sibling in first..self.children.len() {
            if self.start(sibling) == Outcome::Fails {
                self.try_again(sibling);
                self.children[sibling + 1..].iter_mut().for_each(|later| later.pid = Pid::Held);
                return;
            }
        }
    }

    fn try_again(&mut self, index: usize) {
        self.retries += 1;
        self.children[index].failed_starts += 1;
        self.children[index].pid = Pid::Restarting(self.retries);
        self.queue.push_back(Message::TryAgain(self.children[index].name.clone(), self.retries));
    }

    fn start_child(&mut self, call: u32, spec: Spec) {
        if let Some(index) = self.find(&spec.name) {
            let alive = is_alive(&self.children[index]);
            let refusal = if alive { "AlreadyStarted" } else { "AlreadyPresent" };
            return self.answer(call, &format!("refused, {refusal}"));
        }
        let index = self.children.len();
        let keeps_ignored = spec.restart != Temporary && !self.is_simple();
        self.children.push(spec);
        let answer = match self.start(index) {
            Outcome::Up | Outcome::Crashes => "done",
            Outcome::Fails => {
                self.children.pop();
                "refused, StartFailed"
            }
            Outcome::Declines => {
                if !keeps_ignored {
                    self.children.pop();
                }
                "declined"
            }
        };
        self.answer(call, answer);
    }

    fn terminate_child(&mut self, call: u32, name: &str) {
        let Some(index) = self.find(name) else {
            let refusal = if self.is_simple() { "SimpleOneForOne" } else { "NotFound" };
            return self.answer(call, &format!("refused, {refusal}"));
        };
        self.stop(index);
        self.children[index].pid = Pid::Undefined;
        if self.children[index].restart == Temporary || self.is_simple() {
            self.children.remove(index);
        }
        // Children that only this child's retry would have started are down from now on.
        let mut comes_back = self.strategy == OneForAll && self.children.iter().any(is_restarting);
        for child in &mut self.children {
            comes_back = comes_back || is_restarting(child);
            if !comes_back && child.pid == Pid::Held {
                child.pid = Pid::Undefined;
            }
        }
        self.answer(call, "done");
    }

    fn restart_child(&mut self, call: u32, name: &str) {
        let Some(index) = self.down(call, name) else { return };
        let answer = match self.start(index) {
            Outcome::Up | Outcome::Crashes => "done",
            Outcome::Fails => "refused, StartFailed",
            Outcome::Declines => "declined",
        };
        self.answer(call, answer);
    }

    fn delete_child(&mut self, call: u32, name: &str) {
        if let Some(index) = self.down(call, name) {
            self.children.remove(index);
            self.answer(call, "done");
        }
    }

    /// Returns the index of a child that has no life; answers with a refusal if there is none.
    fn down(&mut self, call: u32, name: &str) -> Option<usize> {
        let refusal = if self.is_simple() {
            "SimpleOneForOne"
        } else {
            match self.find(name).map(|index| (index, self.children[index].pid)) {
                None => "NotFound",
                Some((_, Pid::Alive(_))) => "Running",
                Some((_, Pid::Restarting(_))) => "Restarting",
                Some((index, Pid::Undefined | Pid::Held)) => return Some(index),
            }
        };
        self.answer(call, &format!("refused, {refusal}"));
        None
    }
}

fn is_alive(child: &Spec) -> bool {
    matches!(child.pid, Pid::Alive(_))
}

fn is_restarting(child: &Spec) -> bool {
    matches!(child.pid, Pid::Restarting(_))
}
