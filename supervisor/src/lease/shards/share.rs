//! Decides which shards a replica may hold: its fair share, moved as little as possible. Pure code.

use std::collections::BTreeSet;

/// The names of the leases of a set of shards: `jobs/7` of the shard 7, and `jobs/member/2` of the
/// replica that has the place 2 among the members.
#[derive(Clone, Debug)]
pub(super) struct Names {
    lease: String,
}

const MEMBER: &str = "member/";

impl Names {
    pub(super) fn new(lease: &str) -> Self {
        Self { lease: lease.to_owned() }
    }

    /// Returns what all names begin with.
    pub(super) fn prefix(&self) -> String {
        format!("{}/", self.lease)
    }

    pub(super) fn shard(&self, shard: usize) -> String {
        format!("{}/{shard}", self.lease)
    }

    pub(super) fn member(&self, place: usize) -> String {
        format!("{}/{MEMBER}{place}", self.lease)
    }
}

/// The leases of a set of shards that are held, by whichever replica.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// The places of the members.
    pub(super) members: BTreeSet<usize>,
    pub(super) shards: BTreeSet<usize>,
}

impl Held {
    /// Reads the names; those of other leases are ignored.
    pub(super) fn read<'a>(names: &Names, held: impl IntoIterator<Item = &'a str>) -> Self {
        let prefix = names.prefix();
        let mut this = Self::default();
        for name in held {
            let Some(rest) = name.strip_prefix(&prefix) else { continue };
            let (set, digits) = match rest.strip_prefix(MEMBER) {
                Some(place) => (&mut this.members, place),
                None => (&mut this.shards, rest),
            };
            // `+7` and `07` are other names.
            let number = digits.parse::<usize>().ok().filter(|it| it.to_string() == digits);
            set.extend(number);
        }
        this
    }

    /// Returns the lowest place that no member has.
    pub(super) fn free_place(&self) -> usize {
        let taken = self.members.iter().enumerate().take_while(|(at, place)| at == *place);
        taken.count()
    }
}

/// One shard, from the point of view of this replica.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Own {
    /// This replica runs it.
    pub(super) runs: bool,
    /// This replica may acquire it.
    pub(super) is_permitted: bool,
}

/// The decision about the shards of one replica.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decision {
    /// For each shard, whether this replica may hold it.
    pub(super) permits: Vec<bool>,
    /// `true` if this replica has fewer shards than its share, and no more are free: other replicas are
    /// about to give some up.
    pub(super) is_short: bool,
}

/// Decides which of the shards the replica at this place may hold.
///
/// Each replica computes the shares for itself, from the same list of members: all have the same number
/// of shards, and the first of them one more until none is left. A replica with more than its share
/// gives up the last ones; one with fewer acquires some that are free. Nothing else moves. A list that is
/// out of date makes the shares uneven for a while; that no shard runs twice is for its lease to see to.
pub(super) fn decide(own: &[Own], held: &Held, place: usize) -> Decision {
    let mut members = held.members.clone();
    members.insert(place);
    let rank = members.range(..place).count();
    let share = own.len() / members.len() + usize::from(rank < own.len() % members.len());

    let mut permits = vec![false; own.len()];
    let mut has = 0;
    for (permit, shard) in permits.iter_mut().zip(own) {
        *permit = shard.runs && has < share;
        has += usize::from(*permit);
    }
    // Each replica begins elsewhere, so that few ask for the same one.
    let begin = own.len() * rank / members.len();
    let (first, last) = (begin..own.len(), 0..begin);
    let mut free: Vec<usize> = first
        .chain(last)
        .filter(|shard| !own[*shard].runs && !held.shards.contains(shard))
        .collect();
    // Those that are being acquired come first.
    free.sort_by_key(|shard| !own[*shard].is_permitted);
    for shard in free {
        if has == share {
            break;
        }
        permits[shard] = true;
        has += 1;
    }
    Decision { permits, is_short: has < share }
}

#[cfg(test)]
mod tests;
