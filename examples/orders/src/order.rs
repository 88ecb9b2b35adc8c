//! An order, and what the service says about orders.

use serde::{Deserialize, Serialize};

/// An order, as a client sends it.
///
/// Invalid values are refused when the request is read, so that no statement of the database fails
/// because of what a client has sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The item that is ordered.
    pub item: Name,
    /// The number of pieces.
    pub quantity: Quantity,
}

/// The name of an order or of an item: 1 to 64 letters, digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let fits = |char: char| char.is_ascii_alphanumeric() || "-_".contains(char);
        if (1..=64).contains(&name.len()) && name.chars().all(fits) {
            Ok(Self(name))
        } else {
            Err("a name has 1 to 64 letters, digits, `-` and `_`")
        }
    }
}

/// A quantity: 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct Quantity(i64);

impl Quantity {
    /// Returns the quantity as a number.
    #[must_use]
    pub fn get(self) -> i64 {
        self.0
    }
}

impl TryFrom<i64> for Quantity {
    type Error = &'static str;

    fn try_from(quantity: i64) -> Result<Self, Self::Error> {
        if (1..=1000).contains(&quantity) {
            Ok(Self(quantity))
        } else {
            Err("a quantity is 1 to 1000")
        }
    }
}

/// The outcome of placing an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The order is stored, and will be shipped.
    New,
    /// The same order was placed before: the client repeats a request that got no answer.
    Again,
    /// Another order has this name.
    Different,
}

/// A stored order, and whether it has been shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The item that is ordered.
    pub item: String,
    /// The number of pieces.
    pub quantity: i64,
    /// `true` if it has been shipped.
    pub shipped: bool,
}

impl Found {
    /// Returns `true` if the client has sent this order.
    #[must_use]
    pub fn is_of(&self, order: &Order) -> bool {
        self.item == order.item.as_str() && self.quantity == order.quantity.get()
    }
}

/// The sums over all orders. Since each order is shipped once, both pairs are equal when all are
/// shipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// The orders that were placed.
    pub orders: i64,
    /// The orders that have been shipped.
    pub shipped: i64,
    /// The pieces in all orders.
    pub pieces_ordered: i64,
    /// The pieces that have left, as the stock counts them.
    pub pieces_shipped: i64,
}
