//! Whether children have the same name.

use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::engine::ByNumber;
use crate::path::Name;

/// The positions of names that stand earlier too.
pub(super) fn repeated<'a>(
    names: &(impl ExactSizeIterator<Item = &'a Name> + Clone),
) -> HashSet<usize> {
    if is_ascending(names.clone()) { HashSet::new() } else { repeated_by(&Numbers::new(), names) }
}

/// Whether each is above the one before: most names that stand in large numbers were counted.
fn is_ascending<'a>(mut names: impl Iterator<Item = &'a Name>) -> bool {
    let mut last = None;
    names.all(|name| {
        let number = name.as_number();
        number.is_some() && number > std::mem::replace(&mut last, number)
    })
}

fn repeated_by<'a>(
    numbers: &Numbers,
    names: &(impl ExactSizeIterator<Item = &'a Name> + Clone),
) -> HashSet<usize> {
    // Of numbers, since that is half as large; it is all there is to look at where no two names are
    // the same.
    let mut seen: HashSet<u64, ByNumber> = HashSet::default();
    seen.reserve(names.len());
    let is_repeated = |(at, name): &(usize, &Name)| {
        !seen.insert(numbers.of(name)) && names.clone().take(*at).any(|other| other == *name)
    };
    names.clone().enumerate().filter(is_repeated).map(|(at, _)| at).collect()
}

/// A number for each name.
struct Numbers {
    random: RandomState,
    /// What short names are mixed with, so that nobody can choose them to have the same.
    mixed_with: u128,
}

impl Numbers {
    fn new() -> Self {
        let random = RandomState::new();
        let [low, high] = [0_u8, 1].map(|half| u128::from(random.hash_one(half)));
        let mixed_with = high << 64 | low;
        Self { random, mixed_with }
    }

    fn of(&self, name: &Name) -> u64 {
        let Some(number) = name.as_number() else { return self.random.hash_one(name) };
        // The halves of a product, folded onto each other, have a bit of everything.
        let low = u128::from(u64::MAX);
        let mixed = number ^ self.mixed_with;
        let product = (mixed & low) * (mixed >> 64);
        u64::try_from((product ^ product >> 64) & low).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated_of(texts: &[&str]) -> HashSet<usize> {
        let names: Vec<Name> = texts.iter().map(|text| Name::declared(text)).collect();
        repeated(&names.iter())
    }

    #[test]
    fn names_that_stand_twice_are_found() {
        let long = "a-name-of-more-than-fourteen-bytes";
        let texts = ["a", "b", "ab", "ba", long, "a\0", "aaaaaaaaa", ""];
        assert_eq!(repeated_of(&texts), HashSet::new());
        assert_eq!(repeated_of(&["8", "9", "10", "11", "19", "20", "100"]), HashSet::new());
        assert_eq!(repeated_of(&["8", "9", "10", "10", "11", "9"]), HashSet::from([3, 5]));
        assert_eq!(repeated_of(&["a", long, "b", "a", "a", long]), HashSet::from([3, 4, 5]));
    }

    #[test]
    fn counted_names_are_ascending() {
        let counted: Vec<Name> =
            (0..2000).map(|number| Name::declared(&format!("worker-{number}"))).collect();
        assert!(is_ascending(counted.iter()));
        assert!(!is_ascending(counted.iter().chain(counted.last())));
        assert!(!is_ascending(counted.iter().rev()));
    }

    #[test]
    fn two_names_of_one_number_are_two() {
        let [first, second] = ["123456-a", "123456-b"].map(Name::declared);
        // A product with nothing is nothing.
        let mixed_with = first.as_number().unwrap();
        let numbers = Numbers { mixed_with, ..Numbers::new() };
        assert_eq!([&first, &second].map(|name| numbers.of(name)), [0, 0]);
        let is_repeated = |names: [&Name; 2]| repeated_by(&numbers, &names.into_iter());
        assert_eq!(is_repeated([&first, &second]), HashSet::new());
        assert_eq!(is_repeated([&first, &first]), HashSet::from([1]));
    }
}
