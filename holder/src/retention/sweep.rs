//! The destruction of keys on their date. A running service does it by itself; where none runs, an operator asks.

use super::hold;
use super::plan::Ends;
use crate::audit::Tail;
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::store::KeyRow;
use fieldseal::NumericDate;
use serde::Serialize;
use std::time::Duration;

/// Who destroys keys on their date, as the audit names it. No credential's name has a colon.
const SERVICE: &str = "service:retention";

/// Why, as receipts say it.
const REASON: &str = "retention: its date has come";

/// How often, and how far apart, the journal is tried to be emptied: for two seconds.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// A key that was destroyed on its date.
#[derive(Debug, Serialize)]
pub(crate) struct Destroyed {
    /// The key.
    pub(crate) kid: String,
    /// Its class.
    pub(crate) class: &'static str,
    /// The date that was fixed for it.
    pub(crate) due: u64,
    /// The signed receipt.
    pub(crate) receipt: String,
}

/// What one time through all keys came to.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// The keys that were destroyed.
    pub(crate) destroyed: Vec<Destroyed>,
    /// What kept others from it. They open nothing, and are tried again.
    pub(crate) failed: Vec<Error>,
}

/// What a service remembers from one time to the next.
#[derive(Debug)]
pub(crate) struct Sweep {
    /// When the database's journal was last known to hold nothing of what was destroyed or erased. At first it is not:
    /// a service may have ended, or a request been given up, between an end and the emptying of the journal.
    emptied: NumericDate,
}

impl Default for Sweep {
    fn default() -> Self {
        Self { emptied: NumericDate(0) }
    }
}

impl Holder {
    /// The keys whose date has come and that nothing keeps.
    ///
    /// Errors: `hold-damaged`, `store-unavailable`.
    pub(crate) async fn due(&self) -> Result<Vec<KeyRow>> {
        let now = self.clock().now();
        let mut due = self.store().keys().await?;
        due.retain(|row| row.life.destroyed.is_none() && row.is_over(now));
        if !due.is_empty() {
            let holds = self.store().holds().await?;
            hold::check(self.keys(), &holds)?;
            due.retain(|row| !self.keys().is_held(row, &holds));
        }
        Ok(due)
    }

    /// Destroys the keys whose date has come and that nothing keeps, each with its record and receipt. One that
    /// cannot be does not keep others from it.
    ///
    /// The journal still holds their wrapped halves then: see [`Holder::forget_traces`].
    ///
    /// Errors: `hold-damaged`, `store-unavailable`.
    pub(crate) async fn carry_out_retention(&self, by: &str) -> Result<Swept> {
        let mut swept = Swept::default();
        for row in self.due().await? {
            match self.destroy_due(&row.kid, by).await {
                Ok(destroyed) => swept.destroyed.extend(destroyed),
                Err(error) => swept.failed.push(error),
            }
        }
        Ok(swept)
    }

    /// Takes the halves of destroyed keys and the salts of erased people out of the database's journal.
    ///
    /// Errors: `key-traces`, `store-unavailable`.
    pub(crate) async fn forget_traces(&self) -> Result<()> {
        for _ in 0..TRIES {
            if self.store().forget_deleted().await? && self.store().forget_erased().await? {
                return Ok(());
            }
            // Somebody is reading, or empties it just now, and mostly not for long.
            tokio::time::sleep(BETWEEN_TRIES).await;
        }
        Err(Error::new(Code::KeyTraces))
    }

    /// Does so if anything ended since it was last done, whoever ended it.
    async fn empty_journal(&self, sweep: &mut Sweep) -> Result<()> {
        let now = self.clock().now();
        if self.store().has_ended_since(sweep.emptied).await? {
            self.forget_traces().await?;
            sweep.emptied = now;
        }
        Ok(())
    }

    /// Destroys one of them, if it still is one: another service may have been first, or a hold.
    async fn destroy_due(&self, kid: &str, by: &str) -> Result<Option<Destroyed>> {
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let Some(row) = tail.tx().key(kid).await? else { return Ok(None) };
        let holds = tail.tx().holds().await?;
        hold::check(self.keys(), &holds)?;
        if row.life.destroyed.is_some() || !row.is_over(now) || self.keys().is_held(&row, &holds) {
            return Ok(None);
        }
        // A date that somebody wrote into the database destroys nothing.
        self.keys().check_whole(&row)?;
        let (class, due) = (row.scope.as_str(), row.destroys.unwrap_or(now).0);
        let receipt = self.destroy_row(&mut tail, row, Some(REASON), by).await?;
        tail.commit_signed(Some(self.keys())).await?;
        self.keys().forget(kid);
        Ok(Some(Destroyed { kid: kid.to_owned(), class, due, receipt }))
    }

    /// What a running service does every minute. What fails is tried again the next time.
    pub(crate) async fn sweep_retention(&self, sweep: &mut Sweep) {
        match self.carry_out_retention(SERVICE).await {
            Ok(Swept { destroyed, failed }) => {
                for Destroyed { kid, class, due, .. } in destroyed {
                    tracing::info!(kid, class, due, "a key was destroyed on its date");
                }
                for error in failed {
                    tracing::error!(code = error.code().as_str(), %error, "a key was not destroyed on its date");
                }
            }
            Err(error) => {
                tracing::error!(code = error.code().as_str(), %error, "retention was not carried out");
            }
        }
        if let Err(error) = self.empty_journal(sweep).await {
            tracing::warn!(code = error.code().as_str(), "tried again in a minute");
        }
        match self.ends().await {
            Ok(Ends { destruction, expiry, overdue, held }) => {
                self.metrics().keys_end(destruction, expiry, overdue, held);
            }
            Err(error) => {
                tracing::error!(code = error.code().as_str(), "the ends of keys were not looked at")
            }
        }
    }
}
