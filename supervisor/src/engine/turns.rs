//! Who waits for whom: under the group strategies everything for everything, under the others
//! only what is about one child for what that child is doing.

use tokio::time::Instant;

use super::{Answer, Command, Effect, Engine, Event, Key, Mode, Named, Refusal};

/// Something that waits until it can be done.
#[derive(Debug)]
pub(super) enum Turn<C, R> {
    /// A child fell while the supervisor was busy.
    Fallen(Key, u64),
    Retry(Key, u32),
    /// A significant child ended before all children had started.
    SignificantEnded,
    Command(Box<Command<C, R>>),
}

impl<C: Named, R> Engine<C, R> {
    /// Does something now, or when its turn comes.
    pub(super) fn turn(&mut self, now: Instant, turn: Turn<C, R>) {
        if self.is_stopping() {
            return self.drop_turn(turn);
        }
        let starting = matches!(self.mode, Mode::Starting { .. });
        // A child that fails while its siblings start is restarted all the same: they may need it.
        let waits_for_all =
            self.rules.strategy.is_group() || starting && matches!(turn, Turn::Command(_));
        if !waits_for_all {
            self.turn_of_child(now, turn);
        } else if self.is_busy() || !self.turns.is_empty() {
            self.turns.push_back(turn);
        } else {
            self.run(now, turn);
        }
    }

    /// Does something now, or when the child that it is about has settled.
    fn turn_of_child(&mut self, now: Instant, turn: Turn<C, R>) {
        let key = self.key_of(&turn);
        let waits = |key: &Key| self.is_moving(*key) || self.child_turns.contains_key(key);
        match key.filter(waits) {
            Some(key) => self.child_turns.entry(key).or_default().push_back(turn),
            None => self.run(now, turn),
        }
    }

    fn key_of(&mut self, turn: &Turn<C, R>) -> Option<Key> {
        match turn {
            Turn::Fallen(key, _) | Turn::Retry(key, _) => Some(*key),
            Turn::SignificantEnded => None,
            Turn::Command(command) => self.subject(command),
        }
    }

    fn run(&mut self, now: Instant, turn: Turn<C, R>) {
        match turn {
            Turn::Fallen(key, generation) => self.rise(now, key, generation),
            Turn::Retry(key, retry) => self.retry(now, key, retry),
            Turn::SignificantEnded => self.auto_shutdown(now),
            Turn::Command(command) => self.command(now, *command),
        }
    }

    /// Lets what was waiting go on as far as it can.
    pub(super) fn take_turns(&mut self, now: Instant) {
        loop {
            if self.is_stopping() {
                return self.drop_turns();
            }
            if !self.is_busy()
                && let Some(turn) = self.turns.pop_front()
            {
                if self.rules.strategy.is_group() {
                    self.run(now, turn);
                } else {
                    // It has waited for the start; it may have to wait for its child too.
                    self.turn_of_child(now, turn);
                }
                continue;
            }
            let Some(key) = self.settled.pop() else { return };
            self.take_turns_of(now, key);
        }
    }

    fn take_turns_of(&mut self, now: Instant, key: Key) {
        while !self.is_moving(key) && !self.is_stopping() {
            let Some(queue) = self.child_turns.get_mut(&key) else { return };
            match queue.pop_front() {
                Some(turn) if self.key_of(&turn) == Some(key) => self.run(now, turn),
                // The child is gone; its name may be another's by now.
                Some(turn) => self.turn_of_child(now, turn),
                None => {
                    self.child_turns.remove(&key);
                }
            }
        }
    }

    pub(super) fn drop_turns(&mut self) {
        self.settled.clear();
        if self.turns.is_empty() && self.child_turns.is_empty() {
            return;
        }
        let per_child = std::mem::take(&mut self.child_turns).into_values().flatten();
        let turns: Vec<_> = std::mem::take(&mut self.turns).into_iter().chain(per_child).collect();
        turns.into_iter().for_each(|turn| self.drop_turn(turn));
    }

    fn drop_turn(&mut self, turn: Turn<C, R>) {
        if let Turn::Command(command) = turn {
            self.refuse(Event::Command(command));
        }
    }

    /// Answers what comes too late.
    pub(super) fn refuse(&mut self, event: Event<C, R>) {
        if let Event::Command(command) = event {
            let (data, reply) = command.into_parts();
            self.effects.extend(data.into_iter().map(|data| Effect::Refused(Box::new(data))));
            self.answer(reply, Answer::Refused(Refusal::ShuttingDown));
        }
    }

    /// Whether the supervisor as a whole is in the middle of something.
    pub(super) fn is_busy(&self) -> bool {
        match self.mode {
            Mode::Starting { .. } | Mode::Cycling(_) => true,
            _ => self.rules.strategy.is_group() && self.moving > 0,
        }
    }
}
