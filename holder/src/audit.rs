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

pub mod checkpoint;
mod entry;
mod leaf;
mod quota;
mod tail;
mod tree;
mod verification;
mod verify;
mod watch;
mod writer;

pub use crate::store::{AuditFilter, AuditRow, Side};
pub(crate) use checkpoint::Sign;
pub use checkpoint::Signed;
pub use entry::{Action, Entry, GRANTED, GRANTED_AGAIN};
pub(crate) use tail::Tail;
pub use verification::{State, Verification};
pub use verify::{Check, Verdict};

use crate::error::Result;
use crate::metrics::Metrics;
use crate::policy::{Decision, Grant, Refusal};
use crate::store::Store;
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;
use std::net::IpAddr;
use std::sync::Arc;
use writer::Writer;

/// How many records are read at a time.
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
#[derive(Clone)]
pub struct Audit {
    store: Store,
    writer: Arc<Writer>,
}

impl Audit {
    /// The audit in this store, to read from and to add to.
    pub fn new(store: Store) -> Self {
        Self { writer: Arc::new(Writer::new(store.clone(), None, Metrics::default())), store }
    }

    /// The same, with a key that signs its end whenever records are added.
    pub(crate) fn signed(store: Store, signer: Arc<dyn Sign>, metrics: Metrics) -> Self {
        Self { writer: Arc::new(Writer::new(store.clone(), Some(signer), metrics)), store }
    }

    /// Records the decisions of a request, in order, and gives a permit for each grant once they are on the
    /// disk. What is recorded may be a refusal where a grant was asked for: a token sealed with `once` that
    /// has been opened before, a quota that is spent, or a decoy.
    ///
    /// Errors: `store-unavailable`, `store-damaged`; then nothing may be opened.
    pub async fn record(
        &self,
        decisions: Vec<Decision>,
    ) -> Result<Vec<std::result::Result<Permit, Refusal>>> {
        self.record_from(None, decisions).await
    }

    /// The same for a request from this address, which no record has: it is told with the alarm of a decoy.
    pub(crate) async fn record_from(
        &self,
        address: Option<IpAddr>,
        decisions: Vec<Decision>,
    ) -> Result<Vec<std::result::Result<Permit, Refusal>>> {
        let decided = self.writer.write(address, decisions).await?;
        // From here on the records are durable, and only now do permits come to be.
        Ok(decided.into_iter().map(|decision| decision.map(Permit)).collect())
    }

    /// Whether records can be written.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub async fn check(&self, now: NumericDate) -> Result<()> {
        self.writer.check(now).await
    }

    /// Records what came out after a permit was used, such as a token that did not open.
    pub async fn record_outcomes(&self, refusals: Vec<Refusal>) -> Result<()> {
        if !refusals.is_empty() {
            self.writer.write(None, refusals.into_iter().map(Err).collect()).await?;
        }
        Ok(())
    }

    /// Waits until a decoy raised an alarm in this process.
    pub(crate) async fn alarmed(&self) {
        self.writer.alarmed().await;
    }

    /// The last `limit` records, in order.
    pub async fn last(&self, limit: u32) -> Result<Vec<AuditRow>> {
        self.store.audit_last(limit).await
    }

    /// Up to `limit` records after the place `seq` that pass the filter, in order.
    pub async fn query(&self, filter: &AuditFilter, seq: u64, limit: u32) -> Result<Vec<AuditRow>> {
        self.store.audit_filtered(filter, seq, limit).await
    }

    /// Up to `limit` records on a side of a place that pass the filter, those next to the place first.
    pub async fn page(&self, filter: &AuditFilter, side: Side, limit: u32) -> Result<Vec<AuditRow>> {
        self.store.audit_page(filter, side, None, limit).await
    }

    /// How many records there are.
    pub async fn size(&self) -> Result<u64> {
        Ok(self.store.audit_head().await?.size)
    }

    /// The last signed checkpoint, if there is one.
    pub async fn checkpoint(&self) -> Result<Option<String>> {
        Ok(self.store.audit_head().await?.checkpoint)
    }

    /// Signs the end as it is now.
    ///
    /// Errors: `keys-locked` if the signing key is not there.
    pub(crate) async fn sign(&self, by: &dyn Sign) -> Result<String> {
        let tail = Tail::of(self.store.write().await?).await?;
        tail.commit_signed(Some(by)).await?;
        self.checkpoint().await?.ok_or(crate::error::Code::KeysLocked.into())
    }

    /// Checks every record against the checkpoints that are given and the one that is stored.
    ///
    /// Errors: `checkpoint-invalid` if the stored one is not signed by `signer`.
    pub async fn verify(&self, mut checkpoints: Vec<Signed>, signer: &Signer) -> Result<Verdict> {
        // The end first: records that are added during the check are no fault.
        let head = self.store.audit_head().await?;
        if let Some(note) = &head.checkpoint {
            checkpoints.push(checkpoint::read(note, signer)?);
        }
        let mut check = Check::new(checkpoints);
        while check.records() < head.size {
            let limit = u64::from(PAGE).min(head.size - check.records());
            let page = self.store.audit_after(check.records(), u32::try_from(limit).unwrap_or(PAGE)).await?;
            for row in &page {
                if !check.take(row)? {
                    return check.end();
                }
            }
            if page.is_empty() {
                break;
            }
        }
        let records = check.records();
        let is_whole = check.ends_as(head.size, &head.peaks);
        match check.end()? {
            Verdict::Intact { .. } if !is_whole => Ok(Verdict::Broken { seq: records + 1 }),
            verdict => Ok(verdict),
        }
    }
}
