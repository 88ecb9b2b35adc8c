//! Who is measured.

mod floor;
mod hand;
mod ours;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contender::Contender;

/// The name of a contender: what one writes after `--only`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Who {
    Floor,
    Hand,
    Ours,
    OursTyped,
    OursPool,
    OursMacro,
    OursLast,
}

use Who::{Floor, Hand, Ours, OursLast, OursMacro, OursPool, OursTyped};

impl Who {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 7] = [Floor, Hand, Ours, OursTyped, OursPool, OursMacro, OursLast];

    /// As it is written on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Floor => "floor",
            Hand => "hand",
            Ours => "ours",
            OursTyped => "ours-typed",
            OursPool => "ours-pool",
            OursMacro => "ours-macro",
            OursLast => "ours-last",
        }
    }

    /// What it is, in a few words.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Floor => "floor: JoinSet, one shared signal",
            Hand => "a supervisor by hand",
            Ours => "ours: functions, declared",
            OursTyped => "ours: typed children, declared",
            OursPool => "ours: a pool of functions",
            OursMacro => "ours: a pool of typed children in a macro's tree",
            OursLast => "ours: the last under rest_for_one",
        }
    }

    /// Whether it is this library.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Ours | OursTyped | OursPool | OursMacro | OursLast)
    }

    /// What this name stands for on the command line: `ours` is all of ours.
    pub(crate) fn named(name: &str) -> Option<Vec<Self>> {
        if name == "ours" {
            return Some(Self::ALL.into_iter().filter(|who| who.is_ours()).collect());
        }
        Self::ALL.into_iter().find(|who| who.as_str() == name).map(|who| vec![who])
    }

    /// Itself, to be put to work.
    pub(crate) fn contender(self) -> &'static dyn Contender {
        match self {
            Floor => &floor::Floor,
            Hand => &hand::Hand,
            Ours => &ours::declared::Declared,
            OursTyped => &ours::typed::Typed,
            OursPool => &ours::pool::Workers,
            OursMacro => &ours::macros::Macros,
            OursLast => &ours::last::Last,
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
