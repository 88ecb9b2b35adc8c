//! Who said that who said what.

use std::fmt;

/// How many generals a route can pass: one more than the most traitors.
const LONGEST: usize = 4;

/// A general, by number; the commander of a single order is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u8);

impl Id {
    /// The general as an index.
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The way that an order has come: first its commander, last who told it.
///
/// An oral message has no signature, so that the same order by another route is other news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// First, so that shorter routes are the lesser ones.
    length: u8,
    generals: [Id; LONGEST],
}

impl Route {
    /// An order straight from its commander.
    #[must_use]
    pub fn from_commander(commander: Id) -> Self {
        let mut generals = [Id::default(); LONGEST];
        generals[0] = commander;
        Self { length: 1, generals }
    }

    /// The route, and on from there by this general.
    ///
    /// # Panics
    ///
    /// If the general is on the route already, or the route as long as can be.
    #[must_use]
    pub fn then(mut self, general: Id) -> Self {
        assert!(!self.passes(general), "a message never comes back: {self}, then {general}");
        self.generals[usize::from(self.length)] = general;
        self.length += 1;
        self
    }

    /// The generals on it, from the commander on.
    #[must_use]
    pub fn generals(&self) -> &[Id] {
        &self.generals[..usize::from(self.length)]
    }

    /// How many generals are on it: the number of the round in which the message is sent.
    #[must_use]
    pub fn round(&self) -> u8 {
        self.length
    }

    /// Whose order it is.
    #[must_use]
    pub fn commander(&self) -> Id {
        self.generals[0]
    }

    /// Who told it.
    #[must_use]
    pub fn teller(&self) -> Id {
        self.generals[usize::from(self.length) - 1]
    }

    /// Whether the general is on it.
    #[must_use]
    pub fn passes(&self, general: Id) -> bool {
        self.generals().contains(&general)
    }
}

/// As it is told: `3 says that 2 says that 0 says`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, general) in self.generals().iter().rev().enumerate() {
            write!(f, "{}{general} says", if place == 0 { "" } else { " that " })?;
        }
        Ok(())
    }
}
