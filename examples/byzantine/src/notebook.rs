//! What a general writes down, and what is therefore still there after it has fallen.

use std::time::Duration;

use crate::hearsay::{Heard, Hearsay, Rules, Said};
use crate::order::Order;
use crate::plan::{Crash, Draft, Moment};
use crate::route::Id;

/// What a general answers to the courier of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It has been read.
    Read,
    /// It had been read before: the sender has fallen in between, and sent it again.
    ReadBefore,
    /// It came after its round, and was not read.
    Late,
}

/// A letter that a general has settled to send.
#[derive(Clone, Debug)]
pub struct Ballot {
    /// The letter; it is never written a second time.
    pub draft: Draft,
    /// Whether the receiver is known to have it.
    pub delivered: bool,
}

/// What a general has done, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Began a life: the number of it, and how the previous one ended by the supervisor's word.
    Woke {
        /// The number of the life.
        life: u64,
        /// How the previous life ended.
        after: Option<String>,
    },
    /// Sent letters: its vote in this round, or the part of it that nobody has confirmed.
    Sent {
        /// How many letters.
        letters: usize,
        /// Whether they had been settled by an earlier life.
        again: bool,
    },
    /// Was late.
    Overslept,
    /// Fell.
    Fell(Crash),
    /// Decided.
    Decided(Order),
}

/// An entry of the diary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, from the beginning of the campaign.
    pub at: Duration,
    /// In, or for, which round; one more than there are, after the last.
    pub round: u8,
    /// What.
    pub deed: Deed,
}

/// How many letters a general was handed, by what it did with them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Letters that it has read.
    pub read: usize,
    /// Letters that came a second time, and said the same.
    pub read_before: usize,
    /// Letters that came too late.
    pub late: usize,
    /// Statements that contradict an earlier one by the same route: double votes.
    pub double_votes: usize,
    /// Statements that were not the sender's to make.
    pub nonsense: usize,
}

/// The memory of a general that no crash can take.
///
/// A life of a general keeps nothing to itself: it writes down what it has heard before it gives
/// the courier a receipt, and what it will say before it says it. So the next life says the same,
/// and a letter that comes twice is counted once: nobody votes twice.
#[derive(Clone, Debug)]
pub struct Notebook {
    hearsay: Hearsay,
    /// By round, from the first; what has been settled is never changed.
    votes: Vec<Option<Vec<Ballot>>>,
    decision: Option<Order>,
    pending: Vec<Crash>,
    counts: Counts,
    diary: Vec<Entry>,
}

impl Notebook {
    /// An empty one, and what fate has in store for its owner.
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

    /// Settles what to say in a round, if no earlier life has; gives the letters that are not
    /// known to have arrived, and whether they had been settled before.
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

    /// A courier has a receipt for the letter of this round to this general.
    pub fn confirm(&mut self, round: u8, to: Id) {
        let ballots = self.votes[usize::from(round) - 1].iter_mut().flatten();
        ballots.filter(|ballot| ballot.draft.to == to).for_each(|ballot| ballot.delivered = true);
    }

    /// Takes the next crash of this kind from what fate has in store.
    pub fn falls(&mut self, round: u8, moment: Moment) -> Option<Crash> {
        let here = |crash: &Crash| {
            crash.moment == moment && (crash.round == round || moment == Moment::Deciding)
        };
        let place = self.pending.iter().position(here)?;
        Some(self.pending.swap_remove(place))
    }

    /// Decides, if no earlier life has; whether this one did.
    pub fn decide(&mut self, own: Order) -> Option<Order> {
        if self.decision.is_some() {
            return None;
        }
        self.decision = Some(self.hearsay.decision(own));
        self.decision
    }

    /// What its owner has heard.
    #[must_use]
    pub fn hearsay(&self) -> &Hearsay {
        &self.hearsay
    }

    /// The letters of a round, if they have been settled.
    #[must_use]
    pub fn vote(&self, round: u8) -> &[Ballot] {
        self.votes[usize::from(round) - 1].as_deref().unwrap_or_default()
    }

    /// What its owner has decided.
    #[must_use]
    pub fn decision(&self) -> Option<Order> {
        self.decision
    }

    /// What became of the letters that it was handed.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// What its owner has done.
    #[must_use]
    pub fn diary(&self) -> &[Entry] {
        &self.diary
    }

    /// How many lives its owner has begun.
    #[must_use]
    pub fn lives(&self) -> usize {
        self.diary.iter().filter(|entry| matches!(entry.deed, Deed::Woke { .. })).count()
    }
}
