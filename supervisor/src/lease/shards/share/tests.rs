use super::*;

fn names() -> Names {
    Names::new("jobs")
}

/// Replicas that decide and act one after the other, on one engine.
struct World {
    shards: usize,
    /// The place of each replica, and the shards that it runs.
    replicas: Vec<(usize, BTreeSet<usize>)>,
    moved: usize,
}

impl World {
    fn held(&self) -> Held {
        let members = self.replicas.iter().map(|(place, _)| *place).collect();
        let shards = self.replicas.iter().flat_map(|(_, runs)| runs.iter().copied()).collect();
        Held { members, shards }
    }

    fn join(&mut self) {
        let place = self.held().free_place();
        self.replicas.push((place, BTreeSet::new()));
    }

    /// Lets each replica decide and act until nothing moves.
    fn settle(&mut self) {
        for _ in 0..1_000 {
            let mut is_calm = true;
            for at in 0..self.replicas.len() {
                let held = self.held();
                let (place, runs) = &mut self.replicas[at];
                let own: Vec<_> = (0..self.shards)
                    .map(|shard| Own { runs: runs.contains(&shard), is_permitted: false })
                    .collect();
                let permits = decide(&own, &held, *place).permits;
                let now: BTreeSet<_> = (0..self.shards).filter(|shard| permits[*shard]).collect();
                is_calm &= now == *runs;
                self.moved += now.difference(runs).count();
                *runs = now;
            }
            if is_calm {
                return;
            }
        }
        panic!("the shards do not come to rest");
    }

    fn check(&self) {
        let mut seen = BTreeSet::new();
        for (place, runs) in &self.replicas {
            let fair = self.shards / self.replicas.len();
            assert!((fair..=fair + 1).contains(&runs.len()), "place {place} has {}", runs.len());
            for shard in runs {
                assert!(seen.insert(*shard), "shard {shard} runs twice");
            }
        }
        assert_eq!(seen.len(), self.shards, "each shard runs");
    }
}

#[test]
fn shares_are_within_one_of_even_through_joins_and_leaves() {
    for shards in [1, 2, 3, 7, 64, 100] {
        let mut world = World { shards, replicas: Vec::new(), moved: 0 };
        for step in 0..40_usize {
            if world.replicas.len() < 2 || step.wrapping_mul(7) % 5 < 3 {
                world.join();
            } else {
                let leaving = step.wrapping_mul(13) % world.replicas.len();
                world.replicas.remove(leaving);
            }
            world.settle();
            world.check();
        }
    }
}

#[test]
fn a_join_moves_no_more_than_the_share_of_the_new_one() {
    let mut world = World { shards: 64, replicas: Vec::new(), moved: 0 };
    world.join();
    world.settle();
    for members in 2..10 {
        world.moved = 0;
        world.join();
        world.settle();
        world.check();
        // What moves beyond the share of the new one evens out the remainder of the division.
        assert!(world.moved <= 64 / members + 1, "{} moved to {members} members", world.moved);
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    let names = names();
    let held = [names.shard(7), names.member(2), "jobs/x".into(), "jobs/07".into()];
    let held =
        Held::read(&names, held.iter().map(String::as_str).chain(["jobs-2/1", "jobs/member/x"]));
    assert_eq!(held, Held { members: [2].into(), shards: [7].into() });
    assert_eq!(held.free_place(), 0);
    assert_eq!(Held { members: [0, 1, 3].into(), ..Held::default() }.free_place(), 2);
}

#[test]
fn a_replica_that_waits_for_others_is_short() {
    let held = Held { members: [0, 1].into(), shards: (0..4).collect() };
    let own = [Own::default(); 4];
    assert_eq!(decide(&own, &held, 1), Decision { permits: vec![false; 4], is_short: true });
    let held = Held { members: [0].into(), shards: [0, 1].into() };
    // Its own place is not in the list yet.
    let decision = decide(&own, &held, 1);
    assert_eq!((decision.permits, decision.is_short), (vec![false, false, true, true], false));
}

#[test]
fn a_shard_that_is_being_acquired_is_preferred() {
    let held = Held { members: [0, 1].into(), shards: BTreeSet::new() };
    let mut own = [Own::default(); 4];
    (own[1].is_permitted, own[3].is_permitted) = (true, true);
    assert_eq!(decide(&own, &held, 0).permits, [false, true, false, true]);
}
