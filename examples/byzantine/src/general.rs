//! A general: the actor that runs the algorithm, with a mailbox, a clock, and planned crashes.

use std::sync::Arc;

use supervisor::prelude::*;
use tokio::time::{Instant, sleep_until};

use crate::courier::{Courier, Letter};
use crate::field::Field;
use crate::notebook::Deed;
use crate::plan::{DELAY, Draft, Manner, Moment};
use crate::route::Id;

/// A general. Its knowledge is in its notebook, so a new life continues where the last one crashed.
#[derive(Child, Debug)]
#[child(restart = Transient, message = Letter)]
pub struct General {
    pub(crate) field: Arc<Field>,
    pub(crate) id: Id,
    pub(crate) couriers: Pool<Courier>,
}

/// Tells whether the general goes on, or stops at its supervisor's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    GoOn,
    Stop,
}

impl Worker for General {
    async fn run(&self, mut ctx: Context<Letter>) -> ChildResult {
        // The campaign begins with the first general's first life.
        let _ = self.field.begins();
        let (life, after) = (ctx.incarnation(), ctx.last_exit().map(|reason| reason.to_string()));
        self.note(self.field.round(), Deed::Woke { life, after });
        for round in self.field.round()..=self.field.plan().rules.rounds() {
            self.may_fall(round, Moment::BeforeVoting)?;
            if self.field.plan().is_slow(self.id, round)
                && self.oversleep(&ctx, round).await == Word::Stop
            {
                return Ok(());
            }
            self.vote(&ctx, round).await?;
            if self.listen(&mut ctx, round).await? == Word::Stop {
                return Ok(());
            }
        }
        self.decide()
    }
}

impl General {
    /// Sends the letters of this round, at most one to each other general.
    async fn vote(&self, ctx: &Context<Letter>, round: u8) -> ChildResult {
        let plan = self.field.plan();
        let (drafts, again) = self
            .field
            .notebook(self.id)
            .settle(round, |hearsay| plan.letters(self.id, hearsay, round));
        if !drafts.is_empty() {
            self.note(round, Deed::Sent { letters: drafts.len(), again });
        }
        let (first, rest) = drafts.split_at(drafts.len() / 2);
        self.send(ctx, round, first).await?;
        self.may_fall(round, Moment::WhileVoting)?;
        self.send(ctx, round, rest).await?;
        self.may_fall(round, Moment::AfterVoting)
    }

    /// Gives each letter to a courier.
    async fn send(&self, ctx: &Context<Letter>, round: u8, drafts: &[Draft]) -> ChildResult {
        let path = ctx.path();
        let army = path.as_str().rsplit_once('/').map_or("", |(army, _)| army);
        let mut couriers = Vec::with_capacity(drafts.len());
        for draft in drafts {
            // Some of the others are declared later, so a general cannot be given all addresses.
            let name = self.field.plan().name(draft.to);
            let to = ctx.lookup(format!("{army}/{name}").trim_start_matches('/')).await?;
            let (field, draft) = (Arc::clone(&self.field), draft.clone());
            couriers.push(Courier { field, from: self.id, round, draft, to });
        }
        self.couriers.add_workers(couriers).await?;
        Ok(())
    }

    /// Reads letters until the round is over. A general whose letter comes later has said nothing.
    async fn listen(&self, ctx: &mut Context<Letter>, round: u8) -> Result<Word, ChildError> {
        let end = self.field.start_of(round + 1);
        loop {
            tokio::select! {
                // The clock comes first: a letter that arrives after the end is read in the next
                // round.
                biased;
                () = sleep_until(end) => return Ok(Word::GoOn),
                letter = ctx.recv() => match letter {
                    Some(letter) => self.read(letter)?,
                    None => return Ok(Word::Stop),
                },
            }
        }
    }

    fn read(&self, letter: Letter) -> ChildResult {
        let Letter { from, round, said, receipt } = letter;
        self.may_fall(round, Moment::LetterInHand)?;
        let late = self.field.is_over(round);
        // Write the letter down first, so that the receipt is true even after a crash.
        let read = self.field.notebook(self.id).read(from, &said, late);
        let _ = receipt.send(read);
        Ok(())
    }

    async fn oversleep(&self, ctx: &Context<Letter>, round: u8) -> Word {
        self.note(round, Deed::Overslept);
        let wakes: Instant = self.field.start_of(round) + DELAY;
        tokio::select! {
            biased;
            () = ctx.shutdown_requested() => Word::Stop,
            () = sleep_until(wakes) => Word::GoOn,
        }
    }

    fn decide(&self) -> ChildResult {
        let decision = self.field.notebook(self.id).decide(self.field.plan().opinion(self.id));
        if let Some(order) = decision {
            self.note(self.field.round(), Deed::Decided(order));
        }
        self.may_fall(self.field.round(), Moment::Deciding)
    }

    /// Crashes, if the plan has a crash for this moment.
    fn may_fall(&self, round: u8, moment: Moment) -> ChildResult {
        let Some(crash) = self.field.notebook(self.id).falls(round, moment) else { return Ok(()) };
        self.note(round, Deed::Fell(crash));
        match crash.manner {
            Manner::Error => Err(crash.last_words().into()),
            Manner::Panic => panic!("{}", crash.last_words()),
        }
    }

    fn note(&self, round: u8, deed: Deed) {
        self.field.notebook(self.id).note(self.field.elapsed(), round, deed);
    }
}
