//! Retention: data is ended by destroying the key that it was sealed to. A key is made for a time, and the date of
//! its destruction is fixed with it, authenticated with its private half and published.
//!
//! [`policy`] says for how long data is kept, [`defaults`] what holds where nobody said, [`plan`] what ends when,
//! [`sweep`] carries it out, [`hold`] is how two people stop it, and [`shorten`] how it comes sooner.

pub(crate) mod defaults;
pub(crate) mod hold;
pub(crate) mod plan;
pub(crate) mod policy;
mod shorten;
mod sweep;

pub(crate) use policy::RetentionPolicy;
pub(crate) use shorten::{Sooner, Which};
pub(crate) use sweep::Sweep;

/// A day, in seconds.
pub(crate) const DAY: u64 = 24 * 60 * 60;
