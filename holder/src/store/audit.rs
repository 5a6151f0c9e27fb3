//! The SQL of the audit, and of the tokens that open a single time. Rows are only ever added.

use super::{Store, Tx, from_db, to_db};
use crate::audit::Entry;
use crate::error::{Code, Error, Result};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

/// A record as it is stored: an entry, its place and the hash that chains it to the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// The place, from 1 on without gaps.
    pub seq: u64,
    /// What was decided.
    pub entry: Entry,
    /// SHA-256 over the hash before and this record.
    pub hash: [u8; 32],
}

impl AuditRow {
    fn read(row: &SqliteRow) -> Result<Self> {
        let seq: i64 = row.try_get("seq")?;
        let hash: &[u8] = row.try_get("hash")?;
        Ok(Self {
            seq: u64::try_from(seq).map_err(|_| Error::new(Code::StoreDamaged))?,
            entry: Entry {
                time: from_db(row.try_get("time")?),
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                outcome: row.try_get("outcome")?,
                target: row.try_get("target")?,
                kid: row.try_get("kid")?,
                class: row.try_get("class")?,
                kind: row.try_get("kind")?,
                field: row.try_get("field")?,
                iss: row.try_get("iss")?,
                jti: row.try_get("jti")?,
                sub: row.try_get("sub")?,
                purpose: row.try_get("purpose")?,
                rule: row.try_get("rule")?,
            },
            hash: hash.try_into().map_err(|_| Error::new(Code::StoreDamaged))?,
        })
    }
}

impl Tx {
    /// The place and hash of the last record, if there is one.
    pub(crate) async fn audit_head(&mut self) -> Result<Option<(u64, [u8; 32])>> {
        let row =
            sqlx::query("SELECT * FROM audit ORDER BY seq DESC LIMIT 1").fetch_optional(&mut *self.0).await?;
        let row = row.as_ref().map(AuditRow::read).transpose()?;
        Ok(row.map(|row| (row.seq, row.hash)))
    }

    pub(crate) async fn insert_audit(&mut self, row: &AuditRow) -> Result<()> {
        let entry = &row.entry;
        sqlx::query(
            "INSERT INTO audit (seq, time, actor, action, outcome, target, kid, class, kind, field, iss, jti,
                                sub, purpose, rule, hash)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(i64::try_from(row.seq).map_err(|_| Error::new(Code::StoreDamaged))?)
        .bind(to_db(entry.time))
        .bind(&entry.actor)
        .bind(&entry.action)
        .bind(&entry.outcome)
        .bind(&entry.target)
        .bind(&entry.kid)
        .bind(&entry.class)
        .bind(&entry.kind)
        .bind(&entry.field)
        .bind(&entry.iss)
        .bind(&entry.jti)
        .bind(&entry.sub)
        .bind(&entry.purpose)
        .bind(&entry.rule)
        .bind(row.hash.as_slice())
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Whether a token that opens a single time has been opened.
    pub(crate) async fn was_opened(&mut self, digest: &[u8; 32]) -> Result<bool> {
        let found = sqlx::query("SELECT 1 FROM opened_once WHERE digest = ?")
            .bind(digest.as_slice())
            .fetch_optional(&mut *self.0)
            .await?;
        Ok(found.is_some())
    }

    /// Remembers that a token that opens a single time is opened by the record `seq`.
    pub(crate) async fn insert_opened(&mut self, digest: &[u8; 32], seq: u64) -> Result<()> {
        sqlx::query("INSERT INTO opened_once (digest, seq) VALUES (?, ?)")
            .bind(digest.as_slice())
            .bind(i64::try_from(seq).map_err(|_| Error::new(Code::StoreDamaged))?)
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Up to `limit` records after `seq`, in order.
    pub(crate) async fn audit_after(&self, seq: u64, limit: u32) -> Result<Vec<AuditRow>> {
        let rows = sqlx::query("SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?")
            .bind(i64::try_from(seq).map_err(|_| Error::new(Code::StoreDamaged))?)
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(AuditRow::read).collect()
    }

    /// The last `limit` records, in order.
    pub(crate) async fn audit_last(&self, limit: u32) -> Result<Vec<AuditRow>> {
        let rows = sqlx::query("SELECT * FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT ?) ORDER BY seq")
            .bind(limit)
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(AuditRow::read).collect()
    }
}
