//! The audit: every decision is on the disk before anything is opened.
//!
//! [`Audit::record`] takes the decisions of a request and gives a [`Permit`] for each grant, after the
//! transaction that holds their records has been committed. A permit comes from nowhere else, so what
//! was opened was recorded:
//!
//! ```
//! use fieldseal_holder::{audit::Audit, error::Result, keystore::KeyStore, policy::Decision};
//!
//! async fn open(audit: &Audit, keys: &KeyStore, decision: Decision) -> Result<()> {
//!     for permit in audit.record(vec![decision]).await?.into_iter().flatten() {
//!         let _ = keys.open(permit);
//!     }
//!     Ok(())
//! }
//! ```
//!
//! To leave the record out does not compile:
//!
//! ```compile_fail,E0308
//! use fieldseal_holder::{keystore::KeyStore, policy::Grant};
//!
//! fn open(keys: &KeyStore, grant: Grant) {
//!     let _ = keys.open(grant);
//! }
//! ```
//!
//! nor does using a permit twice, for it is neither `Clone` nor `Copy`:
//!
//! ```compile_fail,E0382
//! use fieldseal_holder::{audit::Permit, keystore::KeyStore};
//!
//! fn open(keys: &KeyStore, permit: Permit) {
//!     let _ = keys.open(permit);
//!     let _ = keys.open(permit);
//! }
//! ```
//!
//! ```compile_fail,E0308
//! fn copy(permit: &fieldseal_holder::audit::Permit) -> fieldseal_holder::audit::Permit {
//!     permit.clone()
//! }
//! ```
//!
//! nor making one up:
//!
//! ```compile_fail,E0423
//! use fieldseal_holder::{audit::Permit, policy::Grant};
//!
//! fn forge(grant: Grant) -> Permit {
//!     Permit(grant)
//! }
//! ```

mod chain;
mod entry;

pub use crate::store::AuditRow;
pub use entry::{Action, Entry, GRANTED};

use crate::error::{Code, Error, Result};
use crate::policy::{Decision, Grant, Refusal};
use crate::store::{Store, Tx};

/// How many records are read at a time to verify the chain.
const PAGE: u32 = 1000;

/// A grant that is on record: what [`crate::keystore::KeyStore::open`] asks for.
///
/// It carries the token that it was given for, so it opens no other. Only this file makes one.
pub struct Permit(Grant);

impl Permit {
    pub(crate) fn into_grant(self) -> Grant {
        self.0
    }
}

/// The append-only record of decisions.
#[derive(Clone, Debug)]
pub struct Audit {
    store: Store,
}

/// What [`Audit::verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every record is as it was written.
    Intact {
        /// How many records there are.
        records: u64,
        /// The hash of the last one: kept elsewhere, it shows later whether records were cut off.
        head: [u8; 32],
    },
    /// The record at this place, or the place itself, is not what was written.
    Broken {
        /// The first place that does not fit.
        seq: u64,
    },
}

impl Audit {
    /// The audit in this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Records decisions in one transaction, in order, and gives a permit for each grant once they are
    /// on the disk. A token sealed with `once` that has been opened before is refused here, because
    /// only here is it certain that nobody else opens it at the same time.
    ///
    /// Errors: `store-unavailable`; then nothing may be opened.
    pub async fn record(
        &self,
        decisions: Vec<Decision>,
    ) -> Result<Vec<std::result::Result<Permit, Refusal>>> {
        let mut tail = Tail::of(self.store.write().await?).await?;
        let mut decided = Vec::with_capacity(decisions.len());
        for decision in decisions {
            decided.push(tail.record(decision).await?);
        }
        tail.commit().await?;
        // From here on the records are durable, and only now do permits come to be.
        Ok(decided.into_iter().map(|decision| decision.map(Permit)).collect())
    }

    /// Records what came out after a permit was used, such as a token that did not open.
    pub async fn record_outcomes(&self, refusals: &[Refusal]) -> Result<()> {
        if refusals.is_empty() {
            return Ok(());
        }
        let mut tail = Tail::of(self.store.write().await?).await?;
        for refusal in refusals {
            tail.append(refusal.entry()).await?;
        }
        tail.commit().await
    }

    /// The last `limit` records, in order.
    pub async fn last(&self, limit: u32) -> Result<Vec<AuditRow>> {
        self.store.audit_last(limit).await
    }

    /// Recomputes the whole chain.
    pub async fn verify(&self) -> Result<Verdict> {
        let mut head = chain::START;
        let mut records = 0;
        loop {
            let page = self.store.audit_after(records, PAGE).await?;
            if page.is_empty() {
                return Ok(Verdict::Intact { records, head });
            }
            for row in page {
                records += 1;
                if row.seq != records || row.hash != chain::next(&head, row.seq, &row.entry)? {
                    return Ok(Verdict::Broken { seq: records });
                }
                head = row.hash;
            }
        }
    }
}

/// The end of the chain inside a transaction, which keeps everybody else from adding to it.
pub(crate) struct Tail {
    tx: Tx,
    seq: u64,
    head: [u8; 32],
}

impl Tail {
    pub(crate) async fn of(mut tx: Tx) -> Result<Self> {
        let (seq, head) = tx.audit_head().await?.unwrap_or((0, chain::START));
        Ok(Self { tx, seq, head })
    }

    /// Adds a record.
    pub(crate) async fn append(&mut self, entry: &Entry) -> Result<()> {
        let seq = self.seq.checked_add(1).ok_or(Error::new(Code::StoreDamaged))?;
        let hash = chain::next(&self.head, seq, entry)?;
        self.tx.insert_audit(&AuditRow { seq, entry: entry.clone(), hash }).await?;
        (self.seq, self.head) = (seq, hash);
        Ok(())
    }

    async fn record(&mut self, decision: Decision) -> Result<Decision> {
        let grant = match decision {
            Ok(grant) => grant,
            Err(refusal) => {
                self.append(refusal.entry()).await?;
                return Ok(Err(refusal));
            }
        };
        match grant.once_digest() {
            None => self.append(grant.entry()).await?,
            Some(digest) if self.tx.was_opened(digest).await? => {
                let refusal = grant.refuse(Code::TokenAlreadyOpened);
                self.append(refusal.entry()).await?;
                return Ok(Err(refusal));
            }
            Some(_) if !grant.access().spends() => self.append(grant.entry()).await?,
            Some(digest) => {
                self.append(grant.entry()).await?;
                self.tx.insert_opened(digest, self.seq).await?;
            }
        }
        Ok(Ok(grant))
    }

    pub(crate) async fn commit(self) -> Result<()> {
        self.tx.commit().await
    }
}
