//! An order as the shop keeps it and as the console receives it: names and values, uninterpreted.

use serde::{Deserialize, Serialize};

/// One entry of the submitted form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry's name, for a sealed field the name in `data-seal`.
    pub name: String,
    /// What was sent: a token for a sealed field, the text itself for any other.
    pub value: String,
}

/// One order, with its entries in the order in which they were sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's number, which is also the secret part of its address.
    pub id: String,
    /// When the shop stored it, in seconds since 1970.
    pub placed_at: i64,
    /// Everything that the form sent.
    pub entries: Vec<Entry>,
}

/// One line of the list of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The order's number.
    pub id: String,
    /// When the shop stored it, in seconds since 1970.
    pub placed_at: i64,
    /// How many entries it has.
    pub entries: i64,
}

/// The answer of `/orders.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct List {
    /// The newest orders first.
    pub orders: Vec<Summary>,
}
