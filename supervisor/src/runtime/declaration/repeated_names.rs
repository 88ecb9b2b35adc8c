//! Finds siblings that have the same name.

use std::collections::HashMap;

use crate::spec::Name;

/// Returns the positions of the names that an earlier sibling has, in order.
pub(super) fn repeated_names<'a>(
    names: &(impl ExactSizeIterator<Item = &'a Name> + Clone),
) -> Vec<usize> {
    if is_ascending(names.clone()) {
        return Vec::new();
    }
    // (A map, not a set: the other code about siblings uses maps of this type, too.)
    let mut seen = HashMap::with_capacity(names.len());
    let repeated = names.clone().enumerate().filter(|(at, name)| seen.insert(*name, *at).is_some());
    repeated.map(|(at, _)| at).collect()
}

/// Returns `true` if each name is above the one before, so that no name repeats and no set is
/// needed. Large numbers of siblings mostly have counted names (`worker-0`, `worker-1`, …), which
/// ascend.
fn is_ascending<'a>(mut names: impl Iterator<Item = &'a Name>) -> bool {
    let mut last = None;
    names.all(|name| {
        let packed = name.packed();
        packed.is_some() && packed > std::mem::replace(&mut last, packed)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated_of(texts: &[&str]) -> Vec<usize> {
        let names: Vec<Name> = texts.iter().map(|text| Name::declared(text)).collect();
        repeated_names(&names.iter())
    }

    #[test]
    fn names_that_stand_twice_are_found() {
        let long = "a-name-of-more-than-fourteen-bytes";
        assert_eq!(repeated_of(&["a", "b", "ab", "ba", long, "a\0", ""]), []);
        assert_eq!(repeated_of(&["8", "9", "10", "11", "19", "20", "100"]), []);
        assert_eq!(repeated_of(&["8", "9", "10", "10", "11", "9"]), [3, 5]);
        assert_eq!(repeated_of(&["a", long, "b", "a", "a", long]), [3, 4, 5]);
    }

    #[test]
    fn counted_names_are_ascending() {
        let counted: Vec<Name> =
            (0..2000).map(|number| Name::declared(&format!("worker-{number}"))).collect();
        assert!(is_ascending(counted.iter()));
        assert!(!is_ascending(counted.iter().chain(counted.last())));
        assert!(!is_ascending(counted.iter().rev()));
    }
}
