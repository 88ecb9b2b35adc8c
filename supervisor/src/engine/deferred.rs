//! Deferred work: under the group strategies all work waits until the supervisor is no longer busy;
//! under the other strategies work about one child waits until that child is no longer starting or
//! stopping.

use super::{Addition, Answer, Effect, Engine, Event, Key, Mode, Named, Order, Refusal};
use crate::packed_instant::PackedInstant;

/// A piece of work that waits until it can be done.
#[derive(Debug)]
pub(super) enum Deferred<C, R> {
    /// A life has ended by itself while the supervisor was busy.
    ExitPending(Key, u64),
    Retry(Key, u32),
    /// A significant child has ended while the supervisor was busy.
    SignificantEnded,
    Order(Box<Order<R>>),
    Add(Box<Addition<C, R>>),
}

impl<C, R> Deferred<C, R> {
    /// Returns the child inside which the caller of a command waits for the answer.
    fn caller(&self) -> Option<Key> {
        match self {
            Self::Order(order) => order.caller,
            Self::Add(addition) => match &**addition {
                Addition::One { caller, .. } | Addition::Many { caller, .. } => *caller,
            },
            Self::ExitPending(..) | Self::Retry(..) | Self::SignificantEnded => None,
        }
    }

    /// Returns `true` if the work is a user's command, which waits for an answer.
    fn is_command(&self) -> bool {
        matches!(self, Self::Order(_) | Self::Add(_))
    }
}

impl<C: Named, R> Engine<C, R> {
    /// Does the work now, or defers it while the supervisor or the work's child is busy.
    pub(super) fn run_or_defer(&mut self, now: PackedInstant, work: Deferred<C, R>) {
        if self.is_stopping() {
            return self.refuse_work(work, &Refusal::ShuttingDown);
        }
        let starting = matches!(self.mode, Mode::Starting);
        // A child that fails while its siblings start is restarted at once: the siblings may need
        // it to start.
        let waits_for_all = self.rules.strategy.is_group() || starting && work.is_command();
        if !waits_for_all {
            self.run_or_defer_for_child(now, work);
        } else if self.is_busy() || !self.deferred.is_empty() {
            if work.caller().is_some_and(|caller| self.is_moving(caller)) {
                return self.refuse_work(work, &Refusal::FromInside);
            }
            self.deferred.push_back(work);
        } else {
            self.run(now, work);
        }
    }

    /// Does the work now, or defers it until its child is no longer starting or stopping.
    fn run_or_defer_for_child(&mut self, now: PackedInstant, work: Deferred<C, R>) {
        let key = self.key_of(&work);
        let waits = |key: &Key| self.is_moving(*key) || self.deferred_for.contains_key(key);
        match key.filter(waits) {
            Some(key) if work.caller() == Some(key) && self.is_moving(key) => {
                self.refuse_work(work, &Refusal::FromInside);
            }
            Some(key) => self.deferred_for.entry(key).or_default().push_back(work),
            None => self.run(now, work),
        }
    }

    fn key_of(&mut self, work: &Deferred<C, R>) -> Option<Key> {
        match work {
            Deferred::ExitPending(key, _) | Deferred::Retry(key, _) => Some(*key),
            Deferred::SignificantEnded => None,
            Deferred::Order(order) => self.resolve(&order.subject),
            Deferred::Add(addition) => match &**addition {
                Addition::One { data, .. } => self.children.find(data.name()),
                Addition::Many { .. } => None,
            },
        }
    }

    fn run(&mut self, now: PackedInstant, work: Deferred<C, R>) {
        match work {
            Deferred::ExitPending(key, generation) => {
                self.handle_deferred_exit(now, key, generation);
            }
            Deferred::Retry(key, retry) => self.retry(now, key, retry),
            Deferred::SignificantEnded => self.auto_shutdown(now),
            Deferred::Order(order) => self.carry_out(now, *order),
            Deferred::Add(addition) => self.bring_in(now, *addition),
        }
    }

    /// Does deferred work as far as it can be done now.
    pub(super) fn run_deferred(&mut self, now: PackedInstant) {
        loop {
            if self.is_stopping() {
                return self.refuse_all_deferred();
            }
            if !self.is_busy()
                && let Some(work) = self.deferred.pop_front()
            {
                if self.rules.strategy.is_group() {
                    self.run(now, work);
                } else {
                    // The work has waited for the start; it may have to wait for its child too.
                    self.run_or_defer_for_child(now, work);
                }
                continue;
            }
            let Some(key) = self.settled.pop() else { return };
            self.run_deferred_for(now, key);
        }
    }

    fn run_deferred_for(&mut self, now: PackedInstant, key: Key) {
        while !self.is_moving(key) && !self.is_stopping() {
            let Some(queue) = self.deferred_for.get_mut(&key) else { return };
            match queue.pop_front() {
                Some(work) if self.key_of(&work) == Some(key) => self.run(now, work),
                // The child is forgotten; another child may have its name by now.
                Some(work) => self.run_or_defer_for_child(now, work),
                None => {
                    self.deferred_for.remove(&key);
                }
            }
        }
    }

    /// Refuses the deferred commands whose callers wait inside a child that begins to start or stop:
    /// the supervisor now waits for that child, and so for the callers.
    pub(super) fn refuse_deferred_of_caller(&mut self, key: Key) {
        while let Some(at) = self.deferred.iter().position(|work| work.caller() == Some(key)) {
            if let Some(work) = self.deferred.remove(at) {
                self.refuse_work(work, &Refusal::FromInside);
            }
        }
    }

    /// Turns deferred terminations into waits for the end of the life, since the stop that a user
    /// has asked for overtakes them and ends that life too. (OTP carries out what came before the
    /// shutdown. A supervisor that gives up answers nothing more, there as here.)
    pub(super) fn await_ends_of_deferred(&mut self) {
        for work in self.take_all_deferred() {
            match work {
                Deferred::Order(order) if order.verb.terminates() => self.await_end(*order),
                other => self.deferred.push_back(other),
            }
        }
    }

    /// Carries out the terminations of a child that wait for the first start of all children, since the
    /// child has ended meanwhile: it stays down. Returns `false` if there are none.
    pub(super) fn terminate_as_deferred(&mut self, now: PackedInstant, key: Key) -> bool {
        if self.deferred.is_empty() {
            return false;
        }
        let mut is_ended = false;
        for work in std::mem::take(&mut self.deferred) {
            match work {
                Deferred::Order(order)
                    if order.verb.terminates() && self.resolve(&order.subject) == Some(key) =>
                {
                    is_ended = true;
                    self.terminate(now, key, order.reply);
                }
                other => self.deferred.push_back(other),
            }
        }
        is_ended
    }

    /// Has the caller of a termination wait for the end of the child's life, if there is one.
    fn await_end(&mut self, order: Order<R>) {
        let key = self.resolve(&order.subject);
        match key.and_then(|key| Some((key, self.children.get(key)?.state.has_life()))) {
            Some((key, true)) => self.awaited_ends.push((key, order.reply)),
            Some((_, false)) => self.answer(order.reply, Answer::Done),
            None => self.answer(order.reply, Answer::Refused(Refusal::NotFound)),
        }
    }

    pub(super) fn refuse_all_deferred(&mut self) {
        self.settled.clear();
        // This runs at the end of each turn while the supervisor stops, mostly for nothing.
        if self.deferred.is_empty() && self.deferred_for.is_empty() {
            return;
        }
        for work in self.take_all_deferred() {
            self.refuse_work(work, &Refusal::ShuttingDown);
        }
    }

    /// Takes out all deferred work: first the work that waits for the supervisor as a whole.
    fn take_all_deferred(&mut self) -> impl Iterator<Item = Deferred<C, R>> + use<C, R> {
        let per_child = std::mem::take(&mut self.deferred_for).into_values().flatten();
        std::mem::take(&mut self.deferred).into_iter().chain(per_child)
    }

    /// Refuses a command; other work has no effect any more.
    fn refuse_work(&mut self, work: Deferred<C, R>, refusal: &Refusal) {
        match work {
            Deferred::Order(order) => self.answer(order.reply, Answer::Refused(refusal.clone())),
            Deferred::Add(addition) => self.refuse_addition(*addition, refusal),
            Deferred::ExitPending(..) | Deferred::Retry(..) | Deferred::SignificantEnded => {}
        }
    }

    /// Refuses an order that comes too late; ignores other events, which have no effect any more.
    pub(super) fn refuse(&mut self, event: Event<R>) {
        if let Event::Order(order) = event {
            self.answer(order.reply, Answer::Refused(Refusal::ShuttingDown));
        }
    }

    pub(super) fn refuse_addition(&mut self, addition: Addition<C, R>, refusal: &Refusal) {
        let (data, reply) = match addition {
            Addition::One { data, reply, .. } => (vec![data], reply),
            Addition::Many { workers, reply, .. } => (workers, reply),
        };
        self.effects.extend(data.into_iter().map(|data| Effect::Refused(Box::new(data))));
        self.answer(reply, Answer::Refused(refusal.clone()));
    }

    /// Returns `true` if the supervisor starts its children or restarts a group, or if any child is
    /// starting or stopping under a group strategy.
    pub(super) fn is_busy(&self) -> bool {
        match self.mode {
            Mode::Starting | Mode::RestartingGroup(_) => true,
            _ => self.rules.strategy.is_group() && self.moving > 0,
        }
    }
}
