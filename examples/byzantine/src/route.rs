//! Routes: the chain of generals through which an order has come.

use std::fmt;

/// The largest number of generals on a route: one more than the largest number of faulty generals.
const LONGEST: usize = 4;

/// The number of a general. With one commander, the commander is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u8);

impl Id {
    /// Returns the number as an index.
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

/// The chain of generals through which an order has come: the commander first, the teller last.
///
/// An oral message has no signature, so the same order by another route is another statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Route {
    /// The first field, so that shorter routes compare as less.
    length: u8,
    generals: [Id; LONGEST],
}

impl Route {
    /// Creates the route of an order that comes straight from its commander.
    #[must_use]
    pub fn from_commander(commander: Id) -> Self {
        let mut generals = [Id::default(); LONGEST];
        generals[0] = commander;
        Self { length: 1, generals }
    }

    /// Extends the route by this general.
    ///
    /// # Panics
    ///
    /// Panics if the general is on the route already, or if the route has its largest length.
    #[must_use]
    pub fn then(mut self, general: Id) -> Self {
        assert!(!self.passes(general), "a message never comes back: {self}, then {general}");
        self.generals[usize::from(self.length)] = general;
        self.length += 1;
        self
    }

    /// Returns the generals on the route, from the commander on.
    #[must_use]
    pub fn generals(&self) -> &[Id] {
        &self.generals[..usize::from(self.length)]
    }

    /// Returns the number of generals on the route, which is the round in which the message is
    /// sent.
    #[must_use]
    pub fn round(&self) -> u8 {
        self.length
    }

    /// Returns the general that gave the order.
    #[must_use]
    pub fn commander(&self) -> Id {
        self.generals[0]
    }

    /// Returns the last general on the route, which told the order.
    #[must_use]
    pub fn teller(&self) -> Id {
        self.generals[usize::from(self.length) - 1]
    }

    /// Returns `true` if the general is on the route.
    #[must_use]
    pub fn passes(&self, general: Id) -> bool {
        self.generals().contains(&general)
    }
}

/// Writes the route from its end: `3 says that 2 says that 0 says`.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, general) in self.generals().iter().rev().enumerate() {
            write!(f, "{}{general} says", if place == 0 { "" } else { " that " })?;
        }
        Ok(())
    }
}
