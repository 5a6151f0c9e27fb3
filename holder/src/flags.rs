//! What people say about the use of their values: it is noted, on record, and counts for every request that begins
//! after that, at all replicas, because the rules are told what the database holds at that moment.
//!
//! A flag is of a subject, whatever tokens there are of theirs and whatever those say. A later token in which the person
//! consents again does not end it, for a page could seal one unasked: somebody with leave for that lifts it.

use crate::audit::{Action, Entry, Sign, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::policy::{Actor, Duty, Flag};
pub use crate::store::FlagRow;
use crate::store::Store;
use crate::subjects::parse_id;
use fieldseal::NumericDate;
use std::net::IpAddr;

/// The most flags of one person. Every decision about a value of theirs looks at all of them.
pub const MAX_FLAGS: usize = 64;

/// What is to change for one person.
#[derive(Debug, Default)]
pub struct Change {
    /// The flags to set. One that is set already stays as it is.
    pub set: Vec<Flag>,
    /// The flags to lift. One that is not set stays so.
    pub lift: Vec<Flag>,
}

/// Changes the flags of a subject, all of them or none, each with a record, and gives those that are set then.
///
/// Errors: `subject-invalid`, `flags-many`, `store-unavailable`.
pub async fn change(
    store: &Store,
    subject: &str,
    change: &Change,
    by: &Actor,
    now: NumericDate,
) -> Result<Vec<FlagRow>> {
    change_signed(store, None, subject, change, by, now).await
}

async fn change_signed(
    store: &Store,
    signer: Option<&dyn Sign>,
    subject: &str,
    change: &Change,
    by: &Actor,
    now: NumericDate,
) -> Result<Vec<FlagRow>> {
    parse_id(subject)?;
    let mut tail = Tail::of(store.write().await?).await?;
    for flag in &change.set {
        let row = FlagRow { flag: flag.clone(), time: now, actor: by.name().to_owned() };
        if tail.tx().insert_flag(subject, &row).await? {
            tail.append(&record(Action::SubjectFlag, subject, flag, by, now))?;
        }
    }
    for flag in &change.lift {
        if tail.tx().delete_flag(subject, flag).await? {
            tail.append(&record(Action::SubjectUnflag, subject, flag, by, now))?;
        }
    }
    let flags = tail.tx().flags_of(subject).await?;
    if flags.len() > MAX_FLAGS {
        return Err(Error::new(Code::FlagsMany));
    }
    tail.commit_signed(signer).await?;
    Ok(flags)
}

/// The flags of a subject.
///
/// Errors: `subject-invalid`, `store-unavailable`.
pub async fn of(store: &Store, subject: &str) -> Result<Vec<FlagRow>> {
    parse_id(subject)?;
    store.flags_of(subject).await
}

impl Holder {
    /// Changes the flags of a subject for somebody who has leave to set them, or to lift them.
    ///
    /// Errors: those of [`change`] and of [`Holder::may`].
    pub async fn change_flags(
        &self,
        actor: &Actor,
        address: Option<IpAddr>,
        subject: &str,
        change: &Change,
    ) -> Result<Vec<FlagRow>> {
        if !change.set.is_empty() || change.lift.is_empty() {
            self.may(actor, address, Duty::SubjectsFlag).await?;
        }
        if !change.lift.is_empty() {
            self.may(actor, address, Duty::SubjectsUnflag).await?;
        }
        let now = self.clock().now();
        change_signed(self.store(), Some(self.keys()), subject, change, actor, now).await
    }

    /// The flags of a subject, for somebody who has leave to set them.
    ///
    /// Errors: those of [`of`] and of [`Holder::may`].
    pub async fn flags_of(
        &self,
        actor: &Actor,
        address: Option<IpAddr>,
        subject: &str,
    ) -> Result<Vec<FlagRow>> {
        self.may(actor, address, Duty::SubjectsFlag).await?;
        of(self.store(), subject).await
    }
}

fn record(action: Action, subject: &str, flag: &Flag, by: &Actor, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by.name(), now);
    entry.target = Some(flag.name().to_owned());
    entry.sub = Some(subject.to_owned());
    entry.purpose = flag.purpose().map(str::to_owned);
    entry
}
