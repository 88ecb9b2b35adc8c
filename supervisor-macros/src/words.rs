//! The closed sets of words, and what a misspelt one was meant to be.

/// A word of the tree language: as written, and what it means if it is known.
#[derive(Clone)]
pub(crate) struct Word<T> {
    pub(crate) ident: syn::Ident,
    pub(crate) known: Option<T>,
}

/// A closed set of words.
pub(crate) trait Vocabulary: Copy + Sized + 'static {
    /// Every word and its meaning.
    const ALL: &'static [Self];

    /// How it is written.
    fn as_str(self) -> &'static str;

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }

    /// The word that was probably meant.
    fn nearest(text: &str) -> Option<Self> {
        let words = Self::ALL.iter().map(|word| word.as_str());
        nearest(text, words).and_then(Self::parse)
    }

    /// The whole set, for a message.
    fn list() -> String {
        list(Self::ALL.iter().map(|word| word.as_str()))
    }
}

/// Who is restarted with whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
    SimpleOneForOne,
}

impl Strategy {
    /// Whether a failure of one child ends others.
    pub(crate) fn is_group(self) -> bool {
        matches!(self, Self::OneForAll | Self::RestForOne)
    }
}

impl Vocabulary for Strategy {
    const ALL: &'static [Self] =
        &[Self::OneForOne, Self::OneForAll, Self::RestForOne, Self::SimpleOneForOne];

    fn as_str(self) -> &'static str {
        match self {
            Self::OneForOne => "one_for_one",
            Self::OneForAll => "one_for_all",
            Self::RestForOne => "rest_for_one",
            Self::SimpleOneForOne => "simple_one_for_one",
        }
    }
}

/// When a child is restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    Always,
    Transient,
    Temporary,
}

impl Policy {
    /// The word that was meant by one that is not a policy, and why we think so.
    ///
    /// Types stand in the same place, and `Transit` or `Arrays` are good names for them: only
    /// another case, one wrong letter, or another library's word is taken for a mistake.
    pub(crate) fn meant_by(text: &str) -> Option<(Self, Meant)> {
        let foreign = [
            ("permanent", Self::Always, Meant::Erlang),
            ("Permanent", Self::Always, Meant::Erlang),
        ];
        for (word, policy, meant) in foreign {
            if text == word {
                return Some((policy, meant));
            }
        }
        Self::ALL.iter().copied().find_map(|policy| {
            let word = policy.as_str();
            if text.eq_ignore_ascii_case(word) {
                let meant =
                    if text == word.to_lowercase() { Meant::Erlang } else { Meant::Misspelt };
                return (text != word).then_some((policy, meant));
            }
            (distance(text, word) == 1).then_some((policy, Meant::Misspelt))
        })
    }
}

/// Why a word is taken for a mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meant {
    /// It is Erlang's word.
    Erlang,
    /// It differs by a letter or by case.
    Misspelt,
}

impl Vocabulary for Policy {
    const ALL: &'static [Self] = &[Self::Always, Self::Transient, Self::Temporary];

    fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::Transient => "Transient",
            Self::Temporary => "Temporary",
        }
    }
}

/// Whether a supervisor ends when its significant children have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

impl Vocabulary for AutoShutdown {
    const ALL: &'static [Self] = &[Self::Never, Self::AnySignificant, Self::AllSignificant];

    fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::AnySignificant => "any_significant",
            Self::AllSignificant => "all_significant",
        }
    }
}

/// The word of the set that is nearest to `text`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Case and underscores are no difference: `OneForOne` is `one_for_one` to a reader.
    let plain = |word: &str| word.to_lowercase().replace('_', "");
    let written = plain(text);
    words
        .map(|word| (distance(&written, &plain(word)), word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).clamp(1, 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `` `a`, `b` or `c` ``.
pub(crate) fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// How many letters have to be put in, left out, replaced, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Three rows of the table of distances between all prefixes: a swap looks two rows back.
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = last;
        last = row;
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{Meant, Policy, Strategy, Vocabulary, distance};

    #[test]
    fn distances_count_edits_and_swaps() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("Alwasy", "Always"), 1);
        assert_eq!(distance("Always", "Always"), 0);
    }

    #[test]
    fn a_strategy_is_recognised_by_its_sound() {
        assert_eq!(Strategy::nearest("one_for_al"), Some(Strategy::OneForAll));
        assert_eq!(Strategy::nearest("OneForOne"), Some(Strategy::OneForOne));
        assert_eq!(Strategy::nearest("simple_one_for_on"), Some(Strategy::SimpleOneForOne));
        assert_eq!(Strategy::nearest("Database"), None);
    }

    #[test]
    fn a_policy_is_recognised_only_from_very_near() {
        assert_eq!(Policy::meant_by("Alway"), Some((Policy::Always, Meant::Misspelt)));
        assert_eq!(Policy::meant_by("transient"), Some((Policy::Transient, Meant::Erlang)));
        assert_eq!(Policy::meant_by("permanent"), Some((Policy::Always, Meant::Erlang)));
        for name in ["Transit", "Temporal", "Arrays", "Always", "Database"] {
            assert_eq!(Policy::meant_by(name), None, "{name}");
        }
    }
}
