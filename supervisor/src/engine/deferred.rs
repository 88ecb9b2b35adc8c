//! Work that waits for its turn: under the group strategies all work waits for what the supervisor is
//! doing, under the others only work about one child for what that child is doing.

use std::time::Instant;

use super::{Addition, Answer, Effect, Engine, Event, Key, Mode, Named, Order, Refusal};

/// Work that waits until it can be done.
#[derive(Debug)]
pub(super) enum Deferred<C, R> {
    /// A life ended by itself while the supervisor was busy.
    ExitPending(Key, u64),
    Retry(Key, u32),
    /// A significant child ended before all children had started.
    SignificantEnded,
    Order(Box<Order<R>>),
    Add(Box<Addition<C, R>>),
}

impl<C, R> Deferred<C, R> {
    /// Returns whether a user asked for it, and so waits for an answer.
    fn is_command(&self) -> bool {
        matches!(self, Self::Order(_) | Self::Add(_))
    }
}

impl<C: Named, R> Engine<C, R> {
    /// Does the work now, or when its turn comes.
    pub(super) fn run_or_defer(&mut self, now: Instant, work: Deferred<C, R>) {
        if self.is_stopping() {
            return self.refuse_deferred(work);
        }
        let starting = matches!(self.mode, Mode::Starting { .. });
        // A child that fails while its siblings start is restarted all the same: they may need it.
        let waits_for_all = self.rules.strategy.is_group() || starting && work.is_command();
        if !waits_for_all {
            self.run_or_defer_for_child(now, work);
        } else if self.is_busy() || !self.deferred.is_empty() {
            self.deferred.push_back(work);
        } else {
            self.run(now, work);
        }
    }

    /// Does the work now, or when the child that it is about has settled.
    fn run_or_defer_for_child(&mut self, now: Instant, work: Deferred<C, R>) {
        let key = self.key_of(&work);
        let waits = |key: &Key| self.is_moving(*key) || self.deferred_for.contains_key(key);
        match key.filter(waits) {
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

    fn run(&mut self, now: Instant, work: Deferred<C, R>) {
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

    /// Lets what was waiting go on as far as it can.
    pub(super) fn run_deferred(&mut self, now: Instant) {
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

    fn run_deferred_for(&mut self, now: Instant, key: Key) {
        while !self.is_moving(key) && !self.is_stopping() {
            let Some(queue) = self.deferred_for.get_mut(&key) else { return };
            match queue.pop_front() {
                Some(work) if self.key_of(&work) == Some(key) => self.run(now, work),
                // The child is gone; its name may be another's by now.
                Some(work) => self.run_or_defer_for_child(now, work),
                None => {
                    self.deferred_for.remove(&key);
                }
            }
        }
    }

    pub(super) fn refuse_all_deferred(&mut self) {
        self.settled.clear();
        if self.deferred.is_empty() && self.deferred_for.is_empty() {
            return;
        }
        let per_child = std::mem::take(&mut self.deferred_for).into_values().flatten();
        let all: Vec<_> = std::mem::take(&mut self.deferred).into_iter().chain(per_child).collect();
        all.into_iter().for_each(|work| self.refuse_deferred(work));
    }

    fn refuse_deferred(&mut self, work: Deferred<C, R>) {
        match work {
            Deferred::Order(order) => self.refuse(Event::Order(order)),
            Deferred::Add(addition) => self.refuse_addition(*addition),
            Deferred::ExitPending(..) | Deferred::Retry(..) | Deferred::SignificantEnded => {}
        }
    }

    /// Answers an order that comes too late; other events mean nothing any more.
    pub(super) fn refuse(&mut self, event: Event<R>) {
        if let Event::Order(order) = event {
            self.answer(order.reply, Answer::Refused(Refusal::ShuttingDown));
        }
    }

    pub(super) fn refuse_addition(&mut self, addition: Addition<C, R>) {
        let (data, reply) = match addition {
            Addition::One { data, reply, .. } => (vec![data], reply),
            Addition::Many { workers, reply, .. } => (workers, reply),
        };
        self.effects.extend(data.into_iter().map(|data| Effect::Refused(Box::new(data))));
        self.answer(reply, Answer::Refused(Refusal::ShuttingDown));
    }

    /// Whether the supervisor as a whole is in the middle of something.
    pub(super) fn is_busy(&self) -> bool {
        match self.mode {
            Mode::Starting { .. } | Mode::RestartingGroup(_) => true,
            _ => self.rules.strategy.is_group() && self.moving > 0,
        }
    }
}
