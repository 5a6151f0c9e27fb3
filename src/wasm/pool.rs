//! The sealer as a page holds it: with random bytes, a clock, and a pool of encapsulations made ahead of
//! time.

use super::{entropy, now};
use crate::ascii::words;
use crate::form::{self, FormField};
use crate::kind::{Class, Kind};
use crate::prelude::*;
use crate::sealer::{Prepared, SealOptions, Sealer};
use crate::{NumericDate, Result};
use core::cell::RefCell;

/// More than any form's fields; past it, nothing more is prepared.
const CAPACITY: usize = 64;

pub(super) struct PooledSealer {
    sealer: Sealer,
    /// An entry leaves by value and sealing consumes it, so none serves twice.
    pool: RefCell<Vec<Prepared>>,
}

impl PooledSealer {
    /// A sealer, and what has been prepared for it already.
    pub(super) fn new(sealer: Sealer, ready: Option<Prepared>) -> Self {
        Self { sealer, pool: RefCell::new(Vec::from_iter(ready)) }
    }

    pub(super) fn check(&self, kind: Kind, now: NumericDate) -> Result<()> {
        self.sealer.check(kind, now)
    }

    pub(super) fn seal_json(&self, value: &str, options: &SealOptions, now: NumericDate) -> Result<String> {
        self.sealer.seal_prepared(value, options, now, self.take(options.kind, now)?)
    }

    /// Seals a form's fields, and gives each token to `put`. The template's kind is that of each token in turn.
    pub(super) fn seal_form(
        &self,
        fields: &[FormField],
        template: &mut SealOptions,
        mut put: impl FnMut(Class, String),
    ) -> Result<()> {
        let now = now();
        for class in Class::ALL {
            if let Some(kind) = form::kind_of(class, fields)? {
                template.kind = kind;
                put(class, self.sealer.seal_class(fields, template, now, &mut |kind| self.take(kind, now))?);
            }
        }
        Ok(())
    }

    /// Makes one more for values of these kinds, which have spaces between: for the first value that nothing in the pool
    /// would serve. Gives whether one was made.
    ///
    /// What serves none of the values is wiped: a form has become smaller, or another key has taken over. A kind that
    /// cannot be sealed is passed over, because what is wrong with it shows when the form is submitted.
    pub(super) fn prepare(&self, kinds: &str) -> bool {
        let now = now();
        let Some(kind) = self.keep(kinds, now) else { return false };
        // Only now, as making random bytes runs JavaScript, which may come back here.
        let made = entropy().and_then(|entropy| self.sealer.prepare(kind, now, entropy));
        made.map(|ready| self.pool.borrow_mut().push(ready)).is_ok()
    }

    /// Keeps one for each of the values, as far as there is one, and gives the first kind that is short of one.
    fn keep(&self, kinds: &str, now: NumericDate) -> Option<Kind> {
        let mut pool = self.pool.borrow_mut();
        let (mut kept, mut short) = (0, None);
        for kind in words(kinds, b" ") {
            let Ok(kind) = Kind::parse(kind) else { continue };
            let Ok(key) = self.sealer.keys().choose(kind.class(), now) else { continue };
            // What is kept is moved to the front.
            match pool.iter().skip(kept).position(|ready| ready.kid() == key.kid()) {
                Some(at) => {
                    pool.swap(kept, kept + at);
                    kept += 1;
                }
                None => short = short.or(Some(kind)),
            }
        }
        pool.truncate(kept);
        short.filter(|_| kept < CAPACITY)
    }

    /// How many values would be served. What no value can be sealed with any more is wiped and not counted.
    pub(super) fn prepared(&self) -> usize {
        let now = now();
        let mut pool = self.pool.borrow_mut();
        pool.retain(|ready| {
            let serves =
                |class| self.sealer.keys().choose(class, now).is_ok_and(|key| key.kid() == ready.kid());
            Class::ALL.into_iter().any(serves)
        });
        pool.len()
    }

    pub(super) fn wipe(&self) {
        self.pool.borrow_mut().clear();
    }

    /// One that was prepared for the key of the day, or one made on the spot.
    fn take(&self, kind: Kind, now: NumericDate) -> Result<Prepared> {
        let kid = self.sealer.keys().choose(kind.class(), now)?.kid();
        let ready = {
            let mut pool = self.pool.borrow_mut();
            pool.iter().position(|ready| ready.kid() == kid).map(|at| pool.swap_remove(at))
        };
        ready.map_or_else(|| self.sealer.prepare(kind, now, entropy()?), Ok)
    }
}
