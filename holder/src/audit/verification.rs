//! A check of the audit that is kept up while the service runs: it goes on where it stopped, so that it costs what was
//! added and not what there is.
//!
//! A record that was checked is not looked at again by itself. Whoever wants to know of all records as they are now
//! begins anew; a check that is on its way is then carried on, so that asking often does not keep it from its end.

use super::checkpoint::{self, Signed};
use super::{Audit, Check, PAGE, Verdict};
use crate::error::Result;
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;
use tokio::sync::Mutex;

/// How many records are checked at a time: a second's work on a small machine.
const STEP: u64 = 50_000;

/// How far a check is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// How many records there are.
    pub size: u64,
    /// How many of them were checked.
    pub checked: u64,
    /// How many of them a signed checkpoint covers.
    pub signed: u64,
    /// The last checkpoint (C2SP tlog-checkpoint), if one was signed.
    pub checkpoint: Option<String>,
    /// Whether the last checkpoint, if there is one, is signed with the key holder's key.
    pub is_signature_good: bool,
    /// When the check of the first record began.
    pub began: NumericDate,
    /// When this was found.
    pub at: NumericDate,
    /// What is wrong, if anything was found so far: never [`Verdict::Intact`].
    pub fault: Option<Verdict>,
}

impl State {
    /// Whether every record was found as it was written.
    pub fn is_verified(&self) -> bool {
        self.is_signature_good && self.fault.is_none() && self.checked == self.size
    }
}

/// The check, for all who ask.
#[derive(Default)]
pub struct Verification(Mutex<Option<Trail>>);

struct Trail {
    check: Check,
    began: NumericDate,
    /// Whether it has come to the end once.
    is_through: bool,
    fault: Option<Verdict>,
}

impl Trail {
    fn new(now: NumericDate) -> Self {
        Self { check: Check::new(Vec::new()), began: now, is_through: false, fault: None }
    }
}

impl Verification {
    /// Carries the check on by up to 50,000 records, or begins it `anew`.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub async fn advance(
        &self,
        audit: &Audit,
        signer: &Signer,
        anew: bool,
        now: NumericDate,
    ) -> Result<State> {
        let mut slot = self.0.lock().await;
        // The end first: records that are added during the check are no fault.
        let head = audit.store.audit_head().await?;
        let signed = head.checkpoint.as_deref().map(|note| checkpoint::read(note, signer)).transpose();
        let is_signature_good = signed.is_ok();
        let is_over = slot.as_ref().is_none_or(|trail| trail.is_through || trail.fault.is_some());
        if slot.is_none() || anew && is_over {
            *slot = Some(Trail::new(now));
        }
        let trail = slot.get_or_insert_with(|| Trail::new(now));
        if trail.fault.is_none() {
            trail.learn(head.size, signed.unwrap_or(None), now);
            trail.walk(audit, head.size).await?;
            if trail.check.records() >= head.size && trail.fault.is_none() {
                trail.end(head.size, &head.peaks)?;
            }
        }
        Ok(State {
            size: head.size,
            checked: trail.check.records(),
            signed: trail.check.signed(),
            checkpoint: head.checkpoint,
            is_signature_good,
            began: trail.began,
            at: now,
            fault: trail.fault.clone(),
        })
    }
}

impl Trail {
    /// Takes in what the database says of the end.
    fn learn(&mut self, size: u64, signed: Option<Signed>, now: NumericDate) {
        if size < self.check.records() {
            self.fault = Some(Verdict::CutOff { records: size, size: self.check.records() });
        } else if let Some(signed) = signed
            && !self.check.expect(signed.clone())
        {
            // The place that it was signed at is behind, and only a check from the start comes by there again.
            *self = Self { check: Check::new(vec![signed]), ..Self::new(now) };
        }
    }

    /// Checks the next records.
    async fn walk(&mut self, audit: &Audit, size: u64) -> Result<()> {
        let end = size.min(self.check.records() + STEP);
        while self.fault.is_none() && self.check.records() < end {
            let limit = u32::try_from(end - self.check.records()).unwrap_or(PAGE).min(PAGE);
            let page = audit.store.audit_after(self.check.records(), limit).await?;
            if page.is_empty() {
                let records = self.check.records();
                self.fault = match self.check.clone().end()? {
                    Verdict::Intact { .. } => Some(Verdict::CutOff { records, size }),
                    fault => Some(fault),
                };
            }
            for row in &page {
                if !self.check.take(row)? {
                    self.fault = Some(self.check.clone().end()?);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Compares what was found with the end.
    fn end(&mut self, size: u64, peaks: &[u8]) -> Result<()> {
        self.is_through = true;
        self.fault = match self.check.at_end()? {
            Some(fault) => Some(fault),
            None if !self.check.ends_as(size, peaks) => Some(Verdict::Broken { seq: size + 1 }),
            None => None,
        };
        Ok(())
    }
}
