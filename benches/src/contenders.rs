//! The contenders, by their names.

pub(crate) mod erlang;
mod floor;
mod hand;
mod in_order;
mod ours;
#[cfg(feature = "peers")]
mod peers;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::contender::Contender;

/// The name of a contender: an argument of `--only`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&str")]
pub(crate) enum Who {
    Floor,
    InOrder,
    Hand,
    Ours,
    OursTyped,
    OursPool,
    OursMacro,
    OursLast,
    OursByUse,
    Kameo,
    Ractor,
    TaskSupervisor,
    AshFlare,
    Erlang,
}

/// The place where a contender does its jobs.
pub(crate) enum AtWork {
    /// In this process.
    Here(&'static dyn Contender),
    /// In a process of Erlang.
    Erlang,
    /// Nowhere: the contender was not compiled in.
    #[cfg(not(feature = "peers"))]
    Missing,
}

use Who::{
    AshFlare, Erlang, Floor, Hand, InOrder, Kameo, Ours, OursByUse, OursLast, OursMacro, OursPool,
    OursTyped, Ractor, TaskSupervisor,
};

impl Who {
    /// All contenders, in the order of the table.
    pub(crate) const ALL: [Self; 14] = [
        Floor,
        InOrder,
        Hand,
        Ours,
        OursTyped,
        OursPool,
        OursMacro,
        OursLast,
        OursByUse,
        Kameo,
        Ractor,
        TaskSupervisor,
        AshFlare,
        Erlang,
    ];

    /// Returns the contender's name on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Floor => "floor",
            InOrder => "in-order",
            Hand => "hand",
            Ours => "ours",
            OursTyped => "ours-typed",
            OursPool => "ours-pool",
            OursMacro => "ours-macro",
            OursLast => "ours-last",
            OursByUse => "ours-by-use",
            Kameo => "kameo",
            Ractor => "ractor",
            TaskSupervisor => "task-supervisor",
            AshFlare => "ash-flare",
            Erlang => "erlang",
        }
    }

    /// Describes the contender in a few words.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Floor => "floor: JoinSet, one shared signal",
            InOrder => "a signal and a JoinHandle each, one after the other",
            Hand => "a supervisor by hand",
            Ours => "ours: functions, declared",
            OursTyped => "ours: typed children, declared",
            OursPool => "ours: a pool of functions",
            OursMacro => "ours: a pool of typed children in a macro's tree",
            OursLast => "ours: the last under rest_for_one",
            OursByUse => "ours: functions, declared, in the order of use",
            Kameo => "kameo 0.22",
            Ractor => "ractor 0.16 with ractor-supervisor 0.2",
            TaskSupervisor => "task-supervisor 0.5",
            AshFlare => "ash-flare 3.0",
            Erlang => "Erlang/OTP, one_for_one",
        }
    }

    /// Returns `true` if the contender is this library.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, Ours | OursTyped | OursPool | OursMacro | OursLast | OursByUse)
    }

    /// Returns the contenders that a name on the command line stands for: `ours` is all of ours.
    pub(crate) fn named(name: &str) -> Option<Vec<Self>> {
        if name == "ours" {
            return Some(Self::ALL.into_iter().filter(|who| who.is_ours()).collect());
        }
        Self::ALL.into_iter().find(|who| who.as_str() == name).map(|who| vec![who])
    }

    /// Returns the contender itself, or the place where it runs.
    pub(crate) fn at_work(self) -> AtWork {
        AtWork::Here(match self {
            Floor => &floor::Floor,
            InOrder => &in_order::InOrder,
            Hand => &hand::Hand,
            Ours => &ours::declared::Declared,
            OursTyped => &ours::typed::Typed,
            OursPool => &ours::pool::Workers,
            OursMacro => &ours::macros::Macros,
            OursLast => &ours::last::Last,
            OursByUse => &ours::by_use::ByUse,
            #[cfg(feature = "peers")]
            Kameo => &peers::kameo::Kameo,
            #[cfg(feature = "peers")]
            Ractor => &peers::ractor::Ractor,
            #[cfg(feature = "peers")]
            TaskSupervisor => &peers::task_supervisor::TaskSupervisor,
            #[cfg(feature = "peers")]
            AshFlare => &peers::ash_flare::AshFlare,
            #[cfg(not(feature = "peers"))]
            Kameo | Ractor | TaskSupervisor | AshFlare => return AtWork::Missing,
            Erlang => return AtWork::Erlang,
        })
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Who> for &str {
    fn from(who: Who) -> Self {
        who.as_str()
    }
}

impl TryFrom<String> for Who {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|who| who.as_str() == name);
        known.ok_or_else(|| format!("no contender is called {name}"))
    }
}
