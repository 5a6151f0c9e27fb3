//! The end of a key: revoked, when what is sealed to it must not be opened any more, or destroyed, when
//! it must never be again.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::{KeyState, Receipt};
use crate::policy::Actor;
use crate::retention::hold;
use crate::store::KeyRow;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;

/// The most characters of a reason.
const MAX_REASON_LEN: usize = 200;

impl Holder {
    /// Revokes a key: it is published no more, and what was sealed to it opens only for those with leave
    /// for that. To revoke it twice changes nothing. It gives the class that has no key to seal to any more,
    /// if it was the last.
    ///
    /// Errors: `reason-invalid`, `key-gone`, `key-destroyed`, `key-damaged`, `store-unavailable`.
    pub async fn revoke_key(&self, kid: &str, reason: &str, by: &Actor) -> Result<Option<Scope>> {
        check_reason(reason)?;
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let row = tail.tx().key(kid).await?.ok_or(Error::about(Code::KeyGone, kid))?;
        if row.life.destroyed.is_some() {
            return Err(Error::about(Code::KeyDestroyed, kid));
        }
        if row.life.revoked.is_some() {
            return Ok(None);
        }
        let row = self.keys().revoking(row, reason, now)?;
        tail.append(&record(Action::KeyRevoke, &row, Some(reason), by.name(), now))?;
        tail.tx().update_key(&row).await?;
        let keys = tail.tx().keys().await?;
        let is_left = |key: &KeyRow| key.scope == row.scope && key.state(now) == KeyState::Active;
        let bereft = (!keys.iter().any(is_left)).then_some(row.scope);
        tail.commit_signed(Some(self.keys())).await?;
        Ok(bereft)
    }

    /// Destroys a key and gives the signed receipt: the wrapped private half is overwritten in the
    /// database and in its journal. What is public about the key stays. To destroy it twice gives the
    /// same receipt, and looks after the journal again.
    ///
    /// Copies of the database that were made before are out of its reach.
    ///
    /// Errors: `reason-invalid`, `key-gone`, `key-held`, `hold-damaged`, `store-unavailable`; `key-traces` if the
    /// journal could not be emptied.
    pub async fn destroy_key(&self, kid: &str, reason: Option<&str>, by: &Actor) -> Result<String> {
        reason.map_or(Ok(()), check_reason)?;
        let mut tail = Tail::of(self.store().write().await?).await?;
        let mut row = tail.tx().key(kid).await?.ok_or(Error::about(Code::KeyGone, kid))?;
        let receipt = match row.life.receipt.take() {
            Some(receipt) => {
                // The journal cannot be emptied by whoever is still writing.
                drop(tail);
                receipt
            }
            None => {
                let holds = tail.tx().holds().await?;
                hold::check(self.keys(), &holds)?;
                if self.keys().is_held(&row, &holds) {
                    return Err(Error::about(Code::KeyHeld, kid));
                }
                let receipt = self.destroy_row(&mut tail, row, reason, by.name()).await?;
                tail.commit_signed(Some(self.keys())).await?;
                receipt
            }
        };
        self.keys().forget(kid);
        match self.store().forget_deleted().await? {
            true => Ok(receipt),
            false => Err(Error::about(Code::KeyTraces, kid)),
        }
    }

    /// Destroys a key that was not yet, inside a change to the database, with its record, and gives the receipt.
    pub(crate) async fn destroy_row(
        &self,
        tail: &mut Tail,
        mut row: KeyRow,
        reason: Option<&str>,
        by: &str,
    ) -> Result<String> {
        let now = self.clock().now();
        let seq = tail.append(&record(Action::KeyDestroy, &row, reason, by, now))?;
        let receipt = self.keys().sign_receipt(&Receipt {
            kid: row.kid.clone(),
            alg: row.alg.as_str().to_owned(),
            class: row.scope.as_str().to_owned(),
            created: row.created.0,
            destroyed: now.0,
            due: row.destroys.map(|date| date.0),
            clock: self.clock().ahead(),
            reason: reason.map(str::to_owned),
            by: by.to_owned(),
            audit: Some(seq),
        })?;
        row.life.destroyed = Some(now);
        row.life.reason = reason.map(str::to_owned).or(row.life.reason);
        row.life.receipt = Some(receipt.clone());
        destroy(tail, row).await?;
        Ok(receipt)
    }
}

/// Writes the row of a destroyed key. Its wrapped half is first written over in its place, and only
/// then made empty, so that it does not depend on the database alone that the bytes are gone.
pub(crate) async fn destroy(tail: &mut Tail, mut row: KeyRow) -> Result<()> {
    row.wrapped.fill(0);
    tail.tx().update_key(&row).await?;
    row.wrapped.clear();
    tail.tx().update_key(&row).await
}

fn record(action: Action, row: &KeyRow, reason: Option<&str>, by: &str, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by, now);
    entry.kid = Some(row.kid.clone());
    entry.class = Some(row.scope.as_str().to_owned());
    entry.purpose = reason.map(str::to_owned);
    entry
}

/// Errors: `reason-invalid`.
pub(crate) fn check_reason(reason: &str) -> Result<()> {
    let fits = (1..=MAX_REASON_LEN).contains(&reason.chars().count());
    match fits && !reason.chars().any(char::is_control) {
        true => Ok(()),
        false => Err(Error::new(Code::ReasonInvalid)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_line_of_text() {
        assert!(check_reason("leaked with a laptop").is_ok() && check_reason(&"é".repeat(200)).is_ok());
        for bad in ["", "two\nlines", &"é".repeat(201)] {
            assert_eq!(check_reason(bad).map_err(|error| error.code()), Err(Code::ReasonInvalid));
        }
    }
}
