//! The notebook of a general: the state that survives the general's crashes.

use std::time::Duration;

use crate::hearsay::{Heard, Hearsay, Rules, Said};
use crate::order::Order;
use crate::plan::{Crash, Draft, Moment};
use crate::route::Id;

/// A general's reply to the courier of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The letter was read.
    Read,
    /// The letter was read before: it was delivered again, for example after a crash of its sender.
    ReadBefore,
    /// The letter came after its round, and was not read.
    Late,
}

/// A letter that a general has decided to send.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// The letter. It is never written a second time.
    pub draft: Draft,
    /// `true` if a receipt has confirmed the delivery.
    pub delivered: bool,
}

/// An action of a general, as it records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Began a life.
    Woke {
        /// The number of the life.
        life: u64,
        /// The exit reason of the previous life, by the supervisor.
        after: Option<String>,
    },
    /// Sent the letters of this round, or those that are not confirmed yet.
    Sent {
        /// The number of letters.
        letters: usize,
        /// `true` if an earlier life had decided to send them.
        again: bool,
    },
    /// Was late.
    Overslept,
    /// Crashed.
    Fell(Crash),
    /// Decided.
    Decided(Order),
}

/// An entry of the diary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The time since the beginning of the campaign.
    pub at: Duration,
    /// The round that the entry belongs to. After the last round, it is one more than the last.
    pub round: u8,
    /// The action.
    pub deed: Deed,
}

/// Counts of the letters and statements that were delivered to a general.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters that the general has read.
    pub read: usize,
    /// Letters that came a second time, and said the same.
    pub read_before: usize,
    /// Letters that came too late.
    pub late: usize,
    /// Statements that contradict an earlier one by the same route: double votes.
    pub double_votes: usize,
    /// Statements that the sender cannot make, or that this general cannot receive.
    pub nonsense: usize,
}

/// The memory of a general, which survives crashes.
///
/// A life of a general keeps no state of its own. It writes down a letter before it gives the
/// courier a receipt, and it writes down its own statements before it sends them. So the next life
/// says the same, and a letter that comes twice is counted once: no general votes twice.
#[derive(Clone, Debug)]
pub struct Notebook {
    hearsay: Hearsay,
    /// The letters of each round, from the first. Once set, they never change.
    votes: Vec<Option<Vec<Ballot>>>,
    decision: Option<Order>,
    pending: Vec<Crash>,
    counts: Counts,
    diary: Vec<Entry>,
}

impl Notebook {
    /// Creates an empty notebook. It also holds the planned crashes of its owner.
    #[must_use]
    pub fn new(rules: Rules, owner: Id, crashes: &[Crash]) -> Self {
        Self {
            hearsay: Hearsay::new(rules, owner),
            votes: vec![None; usize::from(rules.rounds())],
            decision: None,
            pending: crashes.iter().copied().filter(|crash| crash.general == owner).collect(),
            counts: Counts::default(),
            diary: Vec::new(),
        }
    }

    /// Writes into the diary.
    pub fn note(&mut self, at: Duration, round: u8, deed: Deed) {
        self.diary.push(Entry { at, round, deed });
    }

    /// Reads a letter, unless its round is over.
    pub fn read(&mut self, from: Id, said: &[Said], late: bool) -> Receipt {
        if late {
            self.counts.late += 1;
            return Receipt::Late;
        }
        let mut known = !said.is_empty();
        for &statement in said {
            let heard = self.hearsay.hear(from, statement);
            known &= heard == Heard::Again;
            match heard {
                Heard::Counted | Heard::Again => {}
                Heard::Contradiction => self.counts.double_votes += 1,
                Heard::Nonsense => self.counts.nonsense += 1,
            }
        }
        if known {
            self.counts.read_before += 1;
            return Receipt::ReadBefore;
        }
        self.counts.read += 1;
        Receipt::Read
    }

    /// Decides on the letters of a round, unless an earlier life has. Returns the letters that are
    /// not confirmed, and `true` if an earlier life had decided on them.
    pub fn settle(
        &mut self,
        round: u8,
        write: impl FnOnce(&Hearsay) -> Vec<Draft>,
    ) -> (Vec<Draft>, bool) {
        let vote = &mut self.votes[usize::from(round) - 1];
        let again = vote.is_some();
        let ballots = vote.get_or_insert_with(|| {
            let letters = write(&self.hearsay).into_iter();
            letters.map(|draft| Ballot { draft, delivered: false }).collect()
        });
        let open = ballots.iter().filter(|ballot| !ballot.delivered);
        (open.map(|ballot| ballot.draft.clone()).collect(), again)
    }

    /// Marks the letter of this round to this general as delivered.
    pub fn confirm(&mut self, round: u8, to: Id) {
        let ballots = self.votes[usize::from(round) - 1].iter_mut().flatten();
        ballots.filter(|ballot| ballot.draft.to == to).for_each(|ballot| ballot.delivered = true);
    }

    /// Takes a planned crash for this moment, if there is one.
    pub fn falls(&mut self, round: u8, moment: Moment) -> Option<Crash> {
        let here = |crash: &Crash| {
            crash.moment == moment && (crash.round == round || moment == Moment::Deciding)
        };
        let place = self.pending.iter().position(here)?;
        Some(self.pending.swap_remove(place))
    }

    /// Decides, and returns the decision; `None` if an earlier life has decided.
    pub fn decide(&mut self, own: Order) -> Option<Order> {
        if self.decision.is_some() {
            return None;
        }
        self.decision = Some(self.hearsay.decision(own));
        self.decision
    }

    /// Returns the statements that the owner has heard.
    #[must_use]
    pub fn hearsay(&self) -> &Hearsay {
        &self.hearsay
    }

    /// Returns the letters of a round. There are none before the owner has decided on them.
    #[must_use]
    pub fn vote(&self, round: u8) -> &[Ballot] {
        self.votes[usize::from(round) - 1].as_deref().unwrap_or_default()
    }

    /// Returns the owner's decision.
    #[must_use]
    pub fn decision(&self) -> Option<Order> {
        self.decision
    }

    /// Returns the counts of the letters that were delivered to the owner.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns the owner's actions, in order.
    #[must_use]
    pub fn diary(&self) -> &[Entry] {
        &self.diary
    }

    /// Returns the number of lives that the owner has begun.
    #[must_use]
    pub fn lives(&self) -> usize {
        self.diary.iter().filter(|entry| matches!(entry.deed, Deed::Woke { .. })).count()
    }
}
