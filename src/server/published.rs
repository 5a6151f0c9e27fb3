//! The published keys, and those whose last tokens are still under way.

use crate::jwe::Header;
use crate::keyset::{Jwk, KeySet};
use crate::prelude::*;
use crate::{Code, Error, NumericDate, Result};

/// What tokens may have been sealed to.
#[derive(Clone, Debug, Default)]
pub(super) struct Published {
    set: Option<KeySet>,
    /// Keys that ended, and that the key holder therefore no longer publishes.
    ended: Vec<Jwk>,
}

impl Published {
    pub(super) fn replace(&mut self, set: KeySet, max_age: u64, now: NumericDate) {
        // The oldest token that is taken was sealed `max_age` ago.
        let is_awaited = |key: &&Jwk| key.exp().is_some_and(|exp| exp <= now && now <= exp.plus(max_age));
        let before = self.set.iter().flat_map(KeySet::keys).chain(&self.ended);
        let ended = before.filter(is_awaited).filter(|key| set.get(key.kid()).is_none()).cloned().collect();
        *self = Self { set: Some(set), ended };
    }

    /// Whether a token was sealed to a published key that serves its class, while that key was valid.
    ///
    /// A page reads one clock for the choice of the key and for `iat`, so no skew is allowed for.
    ///
    /// Errors: `keys-unavailable`, `keyset-expired`, `token-unknown-key`, `token-wrong-key`.
    pub(super) fn check(&self, header: &Header, now: NumericDate) -> Result<()> {
        let set = self.set.as_ref().ok_or(Error::new(Code::KeysUnavailable))?;
        if set.is_expired(now) {
            return Err(Error::new(Code::KeysetExpired));
        }
        let ended = || self.ended.iter().find(|key| key.kid() == header.kid);
        let unknown = Error::new(Code::TokenUnknownKey);
        let key = set.get(&header.kid).or_else(ended).ok_or(unknown)?;
        if key.alg() != header.alg {
            return Err(Error::new(Code::TokenWrongKey));
        }
        // A key for every class may have sealed this one before the class got a key of its own, so the
        // sealer's choice is not repeated here.
        if !key.scope().covers(header.kind.class()) || key.check_validity(header.iat).is_err() {
            return Err(unknown);
        }
        Ok(())
    }
}
