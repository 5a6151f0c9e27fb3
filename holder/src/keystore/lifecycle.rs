//! The life of a key: what state it is in, and what changes about it after it was made.
//!
//! A key is active, and published; then it is retired, when its `exp` has come, and still opens. It may
//! be revoked at any time, which ends both but for those with leave, and destroyed, which nobody undoes.

use super::KeyStore;
use super::keyring::{Keyring, Unlocked};
use super::wrap::Label;
use crate::error::{Error, Result};
use crate::store::KeyRow;
use fieldseal::NumericDate;
use std::sync::Arc;

/// What may be done with a key at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyState {
    /// It is published, and opens.
    Active,
    /// It opens.
    Retired,
    /// It opens for those with leave for it.
    Revoked,
    /// There is no private half any more.
    Destroyed,
}

impl KeyState {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::Destroyed => "destroyed",
        }
    }
}

impl KeyRow {
    pub(crate) fn state(&self, now: NumericDate) -> KeyState {
        match (self.life.destroyed, self.life.revoked, self.exp) {
            (Some(_), ..) => KeyState::Destroyed,
            (None, Some(_), _) => KeyState::Revoked,
            (None, None, Some(exp)) if now >= exp => KeyState::Retired,
            (None, None, _) => KeyState::Active,
        }
    }

    /// Whether the date has come on which it is destroyed.
    pub(crate) fn is_over(&self, now: NumericDate) -> bool {
        self.destroys.is_some_and(|destroys| now >= destroys)
    }
}

impl KeyStore {
    /// The key with an earlier end. What is authenticated with the wrapped half says when the key ends,
    /// so it is wrapped anew.
    ///
    /// Errors: `keys-locked`, `key-damaged`.
    pub(crate) fn ending(&self, row: KeyRow, exp: NumericDate) -> Result<KeyRow> {
        self.changed(row, |row| row.exp = Some(exp))
    }

    /// The key revoked. Its wrapped half unwraps only with the revocation.
    ///
    /// Errors: `keys-locked`, `key-damaged`.
    pub(crate) fn revoking(&self, row: KeyRow, reason: &str, now: NumericDate) -> Result<KeyRow> {
        self.changed(row, |row| {
            row.life.revoked = Some(now);
            row.life.reason = Some(reason.to_owned());
        })
    }

    /// The key with an earlier date of its destruction, or with one where it had none.
    ///
    /// Errors: `keys-locked`, `key-damaged`.
    pub(crate) fn destroying(&self, row: KeyRow, destroys: NumericDate) -> Result<KeyRow> {
        self.changed(row, |row| row.destroys = Some(destroys))
    }

    /// Whether the row of a key is the one that was made here, its dates with it. Nothing is destroyed by a date
    /// that somebody else wrote into the database.
    ///
    /// Errors: `keys-locked`, `key-damaged`.
    pub(crate) fn check_whole(&self, row: &KeyRow) -> Result<()> {
        let whole = self.unlocked()?.load(row.clone());
        whole.map(|_| ()).map_err(|code| Error::about(code, &row.kid))
    }

    fn changed(&self, mut row: KeyRow, change: impl FnOnce(&mut KeyRow)) -> Result<KeyRow> {
        let ring = self.unlocked()?;
        let before = Label::key(&row);
        change(&mut row);
        row.wrapped = ring.wrap_again((&before, &row.wrapped), &Label::key(&row), None)?;
        Ok(row)
    }

    /// The unlocked keys that are published, in their order.
    pub(super) async fn active(&self, ring: &Keyring, now: NumericDate) -> Result<Vec<Arc<Unlocked>>> {
        let mut keys = Vec::new();
        for row in self.store.keys().await? {
            match row.state(now) {
                KeyState::Active => {}
                KeyState::Destroyed => {
                    ring.forget(&row.kid);
                    continue;
                }
                KeyState::Retired | KeyState::Revoked => continue,
            }
            let kid = row.kid.clone();
            match ring.load(row) {
                Ok(key) => keys.push(key),
                Err(code) => tracing::error!(%kid, code = code.as_str(), "a key is left out of the set"),
            }
        }
        Ok(keys)
    }

    /// Wipes the unlocked key of that name. Locked keys are wiped already.
    pub(crate) fn forget(&self, kid: &str) {
        if let Ok(ring) = self.unlocked() {
            ring.forget(kid);
        }
    }

    /// Wipes the unlocked keys that were destroyed by another process, asked for or not, and those of people who
    /// were erased.
    ///
    /// Errors: `store-unavailable`.
    pub(crate) async fn forget_destroyed(&self) -> Result<()> {
        for row in self.store.keys().await? {
            if row.life.destroyed.is_some() {
                self.forget(&row.kid);
            }
        }
        self.forget_erased().await
    }
}
