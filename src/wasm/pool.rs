//! The sealer as a page holds it: with random bytes, a clock, and a pool of encapsulations made ahead of
//! time.

use super::{entropy, now};
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
    pub(super) fn new(sealer: Sealer) -> Self {
        Self { sealer, pool: RefCell::default() }
    }

    pub(super) fn check(&self, kind: Kind) -> Result<()> {
        self.sealer.check(kind, now())
    }

    pub(super) fn seal_json(&self, value: &str, options: &SealOptions) -> Result<String> {
        let now = now();
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

    /// Fills the pool by one.
    pub(super) fn prepare(&self, kind: Kind) -> Result<()> {
        let mut pool = self.pool.borrow_mut();
        if pool.len() < CAPACITY {
            pool.push(self.sealer.prepare(kind, now(), entropy()?)?);
        }
        Ok(())
    }

    pub(super) fn prepared(&self) -> usize {
        self.pool.borrow().len()
    }

    pub(super) fn wipe(&self) {
        self.pool.borrow_mut().clear();
    }

    /// One that was prepared for the key of the day, or one made on the spot.
    fn take(&self, kind: Kind, now: NumericDate) -> Result<Prepared> {
        let kid = self.sealer.keys().choose(kind.class(), now)?.kid();
        let mut pool = self.pool.borrow_mut();
        match pool.iter().position(|ready| ready.kid() == kid) {
            Some(at) => Ok(pool.swap_remove(at)),
            None => self.sealer.prepare(kind, now, entropy()?),
        }
    }
}
