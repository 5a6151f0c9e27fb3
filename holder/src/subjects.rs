//! People whose values can be erased: who is registered, and the end of what they gave.
//!
//! The site's server registers a person under a name that tells nothing and that nobody guesses, and pages seal that
//! person's values to keys that are theirs alone. To erase the person is to destroy the salt that those keys were
//! derived with, after which no copy of a token opens, wherever it lies.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::Erasure;
use crate::policy::Actor;
use crate::retention::hold;
use crate::retirement::check_reason;
use crate::store::{Store, SubjectKeyRow, SubjectRow};
use fieldseal::NumericDate;

/// The most bytes of a name, which are those that a token's `sub` may have.
const MAX_ID_LEN: usize = 256;

/// A registered person and their keys, oldest first.
pub(crate) struct Person {
    pub(crate) row: SubjectRow,
    pub(crate) keys: Vec<SubjectKeyRow>,
    /// Whether a hold seems to keep what was sealed to them. Only the keystore can tell whether it is a real one.
    pub(crate) held: bool,
}

/// A name that a person can be registered under. An address swallows the segments `.` and `..`, so nobody could be
/// asked for, or erased, under these.
///
/// Errors: `subject-invalid`.
pub(crate) fn parse_id(id: &str) -> Result<&str> {
    let fits = (1..=MAX_ID_LEN).contains(&id.len()) && !id.chars().any(char::is_control);
    if fits && !matches!(id, "." | "..") { Ok(id) } else { Err(Error::new(Code::SubjectInvalid)) }
}

impl Holder {
    /// Registers a person. To register somebody twice changes nothing.
    ///
    /// Errors: `subject-invalid`, `subject-erased`, `keys-locked`, `key-damaged`, `store-unavailable`.
    pub(crate) async fn register_subject(&self, id: &str, by: &Actor) -> Result<SubjectRow> {
        parse_id(id)?;
        let now = self.clock().now();
        // Outside the change, because it takes a while and holds up nobody.
        let subject = self.keys().new_subject(id, now)?;
        let keys = self.keys().subject_keys_now(&subject, now).await?;
        let mut tail = Tail::of(self.store().write().await?).await?;
        match tail.tx().subject(id).await? {
            Some(known) if known.erased.is_some() => return Err(Error::about(Code::SubjectErased, id)),
            Some(known) => return Ok(known),
            None => {}
        }
        tail.tx().insert_subject(&subject).await?;
        tail.tx().insert_subject_keys(&keys).await?;
        tail.append(&record(Action::SubjectNew, id, None, by, now))?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(subject)
    }

    /// Erases a person and gives the signed receipt: the wrapped salt is overwritten in the database and in its
    /// journal, and no key of theirs stays in memory. Their name and the thumbprints of their keys stay. To erase
    /// somebody twice gives the same receipt, and looks after the journal again.
    ///
    /// Copies of the database that were made before are out of its reach.
    ///
    /// Errors: `subject-unknown`, `reason-invalid`, `key-held`, `hold-damaged`, `keys-locked`, `store-unavailable`;
    /// `subject-traces` if the journal could not be emptied.
    pub(crate) async fn erase_subject(&self, id: &str, reason: Option<&str>, by: &Actor) -> Result<String> {
        reason.map_or(Ok(()), check_reason)?;
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let subject = tail.tx().subject(id).await?.ok_or(Error::about(Code::SubjectUnknown, id))?;
        let receipt = match subject.receipt {
            Some(receipt) => {
                // The journal cannot be emptied by whoever is still writing.
                drop(tail);
                receipt
            }
            None => {
                let keys = tail.tx().subject_keys(id).await?;
                self.check_holds(&mut tail, &keys).await?;
                let kids = keys.into_iter().map(|key| key.kid).collect();
                let audit = tail.append(&record(Action::SubjectErase, id, reason, by, now))?;
                let receipt = self.keys().sign_receipt(&Erasure {
                    subject: id.to_owned(),
                    created: subject.created.0,
                    erased: now.0,
                    clock: self.clock().ahead(),
                    kids,
                    reason: reason.map(str::to_owned),
                    by: by.name().to_owned(),
                    audit,
                })?;
                let reason = reason.map(str::to_owned);
                let receipt_kept = Some(receipt.clone());
                erase(&mut tail, SubjectRow { erased: Some(now), reason, receipt: receipt_kept, ..subject })
                    .await?;
                tail.commit_signed(Some(self.keys())).await?;
                receipt
            }
        };
        self.keys().forget_subject(id);
        match self.store().forget_erased().await? {
            true => Ok(receipt),
            false => Err(Error::about(Code::SubjectTraces, id)),
        }
    }

    /// A legal hold keeps what was sealed to a key, and so what was sealed to those that were derived from it.
    ///
    /// Errors: `key-held` about the key that is held, `hold-damaged`.
    async fn check_holds(&self, tail: &mut Tail, keys: &[SubjectKeyRow]) -> Result<()> {
        let holds = tail.tx().holds().await?;
        hold::check(self.keys(), &holds)?;
        for key in keys {
            let parent = tail.tx().key(&key.parent).await?;
            // What was destroyed is kept by nobody.
            let parent = parent.filter(|parent| parent.life.destroyed.is_none());
            if parent.is_some_and(|parent| self.keys().is_held(&parent, &holds)) {
                return Err(Error::about(Code::KeyHeld, &key.parent));
            }
        }
        Ok(())
    }
}

/// A person, and what of theirs an erasure ends or has ended.
///
/// Errors: `subject-unknown`, `store-unavailable`.
pub(crate) async fn look_up(store: &Store, id: &str) -> Result<Person> {
    let row = store.subject(id).await?.ok_or(Error::about(Code::SubjectUnknown, id))?;
    let (keys, holds) = (store.subject_keys(id).await?, store.holds().await?);
    let holds = holds.iter().filter(|hold| hold.release.is_none());
    let mut parents = store.keys().await?;
    parents.retain(|key| key.life.destroyed.is_none() && keys.iter().any(|own| own.parent == key.kid));
    let held = holds.into_iter().any(|hold| parents.iter().any(|key| hold.covers(key)));
    Ok(Person { row, keys, held })
}

/// Writes the row of somebody who is erased. The salt is first written over in its place, and only then made
/// empty, so that it does not depend on the database alone that the bytes are gone.
pub(crate) async fn erase(tail: &mut Tail, mut subject: SubjectRow) -> Result<()> {
    subject.salt.fill(0);
    tail.tx().update_subject(&subject).await?;
    subject.salt.clear();
    tail.tx().update_subject(&subject).await
}

pub(crate) fn record(action: Action, id: &str, reason: Option<&str>, by: &Actor, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by.name(), now);
    entry.sub = Some(id.to_owned());
    entry.purpose = reason.map(str::to_owned);
    entry
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_a_token_can_have() {
        for good in ["p", "u-17/ä", &"x".repeat(256)] {
            assert_eq!(parse_id(good).unwrap(), good);
        }
        for bad in ["", ".", "..", "a\nb", "\u{7f}", &"é".repeat(129)] {
            assert_eq!(parse_id(bad).map_err(|error| error.code()), Err(Code::SubjectInvalid), "{bad}");
        }
    }
}
