//! Which names a supervisor's declaration has already.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::engine::ByNumber;
use crate::path::Name;

/// The names of siblings, as numbers: a set of those is half as large, and is all there is to look at
/// as long as no two are the same.
pub(super) struct Names {
    random: RandomState,
    /// What short names are mixed with, so that nobody can choose them to be the same.
    mixed_with: [u64; 2],
    seen: HashSet<u64, ByNumber>,
}

impl Names {
    pub(super) fn with_room_for(names: usize) -> Self {
        let random = RandomState::new();
        let mixed_with = [random.hash_one(0_u8), random.hash_one(1_u8)];
        let seen = HashSet::with_capacity_and_hasher(names, ByNumber::default());
        Self { random, mixed_with, seen }
    }

    /// Whether it is not among those that were asked for before, which are also the `earlier` ones.
    pub(super) fn is_new<'a, I>(&mut self, name: &Name, earlier: impl FnOnce() -> I) -> bool
    where
        I: Iterator<Item = &'a Name>,
    {
        let number = match name.as_words() {
            Some(words) => mix(words, self.mixed_with),
            None => self.random.hash_one(name),
        };
        self.seen.insert(number) || earlier().all(|other| other != name)
    }
}

/// The halves of a product, folded onto each other, have a bit of everything.
fn mix([first, second]: [u64; 2], [left, right]: [u64; 2]) -> u64 {
    let product = u128::from(first ^ left) * u128::from(second ^ right);
    let [low, high] = [product, product >> 64].map(|half| half & u128::from(u64::MAX));
    u64::try_from(low ^ high).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once() {
        let texts =
            ["a", "b", "ab", "ba", "a-name-of-more-than-fourteen-bytes", "a\0", "aaaaaaaaa"];
        let all: Vec<Name> = texts.into_iter().map(Name::declared).collect();
        let mut names = Names::with_room_for(2);
        for (at, name) in all.iter().enumerate() {
            assert!(names.is_new(name, || all[..at].iter()), "{name}");
        }
        for name in &all {
            assert!(!names.is_new(name, || all.iter()), "{name}");
        }
    }

    #[test]
    fn two_names_of_one_number_are_two() {
        let [first, second] = ["12345678", "87654321"].map(Name::declared);
        // A product with nothing is nothing.
        let mixed_with = first.as_words().unwrap();
        let mut names = Names { mixed_with, ..Names::with_room_for(2) };
        let numbers = [&first, &second].map(|name| mix(name.as_words().unwrap(), mixed_with));
        assert_eq!(numbers, [0, 0]);
        assert!(names.is_new(&first, || [].iter()));
        assert!(names.is_new(&second, || [&first].into_iter()));
    }
}
