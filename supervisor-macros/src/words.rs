//! The closed sets of words of the tree language, and the search for the word that a misspelt one
//! was meant to be.

pub(crate) mod elsewhere;

/// A word as written, and its meaning if it is a word of the tree language.
#[derive(Clone)]
pub(crate) struct Word<T> {
    pub(crate) ident: syn::Ident,
    pub(crate) known: Option<T>,
}

/// A closed set of words.
pub(crate) trait Vocabulary: Copy + Sized + 'static {
    /// The meanings of all words.
    const ALL: &'static [Self];

    /// Returns the word.
    fn as_str(self) -> &'static str;

    /// Returns all words.
    fn words() -> Vec<&'static str> {
        let mut words = Vec::new();
        for word in Self::ALL {
            words.push(word.as_str());
        }
        words
    }

    /// Returns the meaning of a word.
    fn parse(text: &str) -> Option<Self> {
        position(&Self::words(), text).map(|at| Self::ALL[at])
    }

    /// Returns the meaning of the word that was probably meant.
    fn nearest(text: &str) -> Option<Self> {
        nearest(text, &Self::words()).and_then(Self::parse)
    }

    /// Lists all words, for a message.
    fn list() -> String {
        list(&Self::words())
    }
}

/// The choice of the children that are restarted when one of them fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
    SimpleOneForOne,
}

impl Strategy {
    /// Returns whether the failure of one child ends its siblings.
    pub(crate) fn is_group(self) -> bool {
        match self {
            Self::OneForAll | Self::RestForOne => true,
            Self::OneForOne | Self::SimpleOneForOne => false,
        }
    }
}

impl Strategy {
    /// Returns the strategy that was probably meant by a word, and how it is written: with the word
    /// misspelt, or with the word of another library.
    pub(crate) fn meant_by(text: &str) -> Option<(Self, &'static str)> {
        let near = || Self::nearest(text).map(|strategy| (strategy, strategy.as_str()));
        elsewhere::strategy(text).or_else(near)
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

/// The condition on which a child is restarted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Policy {
    Always,
    Transient,
    Temporary,
}

impl Policy {
    /// Returns the policy that was meant by a word that is not a policy, and the kind of mistake.
    ///
    /// A type may stand in the same place, and `Transit` and `Arrays` are good names for one. So
    /// only another case, one wrong letter, or a word of another tool counts as a mistake.
    pub(crate) fn meant_by(text: &str) -> Option<(Self, Mistake)> {
        if elsewhere::plain(text) == "permanent" {
            return Some((Self::Always, Mistake::Erlang));
        }
        let near = Self::ALL.iter().copied().find_map(|policy| {
            let word = policy.as_str();
            if text.eq_ignore_ascii_case(word) {
                let is_erlang = policy != Self::Always && text == word.to_lowercase();
                let meant = if is_erlang { Mistake::Erlang } else { Mistake::Case };
                return (text != word).then_some((policy, meant));
            }
            (distance(text, word) == 1).then_some((policy, Mistake::Misspelt))
        });
        if near.is_some() || Self::parse(text).is_some() {
            return near;
        }
        elsewhere::policy(text).map(|policy| (policy, Mistake::Elsewhere))
    }

    /// Returns what happens to a child with this policy, for a message: "a child that is …".
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Always => "always restarted",
            Self::Transient => "restarted after a failure",
            Self::Temporary => "never restarted",
        }
    }

    /// Returns the message for a word that was meant as this policy.
    pub(crate) fn correction(self, written: &str, why: Mistake) -> String {
        let own = self.as_str();
        match why {
            Mistake::Erlang => format!("Erlang's `{written}` is written `{own}`"),
            Mistake::Case => format!("unknown restart policy `{written}`; write `{own}`"),
            Mistake::Misspelt => {
                format!("unknown restart policy `{written}`; did you mean `{own}`?")
            }
            Mistake::Elsewhere => format!(
                "`{written}` is none of the policies {}; a child that is {} is `{own}`",
                Self::list(),
                self.meaning(),
            ),
        }
    }
}

/// The kind of mistake in a word that was meant as a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    /// The word is Erlang's.
    Erlang,
    /// The word differs by its case.
    Case,
    /// The word differs by a letter.
    Misspelt,
    /// The word is that of another tool.
    Elsewhere,
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

/// The condition on which a supervisor ends by itself.
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

/// The order in which the children of a supervisor start and stop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    Declaration,
    ByUse,
}

impl Vocabulary for Order {
    const ALL: &'static [Self] = &[Self::Declaration, Self::ByUse];

    fn as_str(self) -> &'static str {
        match self {
            Self::Declaration => "declaration",
            Self::ByUse => "by_use",
        }
    }
}

/// The consequence of a child that cannot be stopped before its lease ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Overrun {
    Abort,
    Report,
}

impl Vocabulary for Overrun {
    const ALL: &'static [Self] = &[Self::Abort, Self::Report];

    fn as_str(self) -> &'static str {
        match self {
            Self::Abort => "abort",
            Self::Report => "report",
        }
    }
}

fn position(words: &[&str], text: &str) -> Option<usize> {
    words.iter().position(|word| *word == text)
}

/// Returns the word that is nearest to `text`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(text: &str, words: &[&'a str]) -> Option<&'a str> {
    // Case and underscores do not count: `OneForOne` is meant as `one_for_one`.
    let plain = |word: &str| word.to_lowercase().replace('_', "");
    let written = plain(text);
    words
        .iter()
        .map(|word| (distance(&written, &plain(word)), *word))
        .filter(|(distance, word)| *distance <= (word.len() / 3).clamp(1, 4))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Lists words for a message: `` `a`, `b` or `c` ``.
pub(crate) fn list(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Returns the number of insertions, deletions, replacements and swaps of neighbours that lead from
/// one word to the other (the restricted Damerau–Levenshtein distance).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // Three rows of the table of distances between all prefixes suffice: a swap looks two rows
    // back.
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
    use super::{Mistake, Policy, Strategy, Vocabulary, distance};

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
        assert_eq!(Policy::meant_by("Alway"), Some((Policy::Always, Mistake::Misspelt)));
        assert_eq!(Policy::meant_by("transient"), Some((Policy::Transient, Mistake::Erlang)));
        assert_eq!(Policy::meant_by("permanent"), Some((Policy::Always, Mistake::Erlang)));
        assert_eq!(Policy::meant_by("always"), Some((Policy::Always, Mistake::Case)));
        assert_eq!(Policy::meant_by("OnFailure"), Some((Policy::Transient, Mistake::Elsewhere)));
        for name in ["Transit", "Temporal", "Arrays", "Always", "Database"] {
            assert_eq!(Policy::meant_by(name), None, "{name}");
        }
    }
}
