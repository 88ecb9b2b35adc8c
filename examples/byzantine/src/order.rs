//! The order on which the generals must agree.

use std::fmt;
use std::ops::Not;
use std::str::FromStr;

/// An order, or an opinion on what the order should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// The default, which a general assumes when another general says nothing.
    #[default]
    Retreat,
    /// The other order.
    Attack,
}

impl Order {
    /// Both orders.
    pub const ALL: [Self; 2] = [Self::Attack, Self::Retreat];

    /// Returns the order with more than half of the votes, or the default if there is none.
    ///
    /// ```
    /// use byzantine::Order::{self, Attack, Retreat};
    ///
    /// assert_eq!(Order::majority([Attack, Retreat, Attack]), Attack);
    /// assert_eq!(Order::majority([Attack, Retreat]), Retreat);
    /// ```
    #[must_use]
    pub fn majority(orders: impl IntoIterator<Item = Self>) -> Self {
        let balance: i32 =
            orders.into_iter().map(|order| if order == Self::Attack { 1 } else { -1 }).sum();
        if balance > 0 { Self::Attack } else { Self::default() }
    }
}

impl Not for Order {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::Attack => Self::Retreat,
            Self::Retreat => Self::Attack,
        }
    }
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Attack => "attack",
            Self::Retreat => "retreat",
        })
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "attack" => Ok(Self::Attack),
            "retreat" => Ok(Self::Retreat),
            _ => Err(format!("`{text}` is no order; an order is `attack` or `retreat`")),
        }
    }
}
