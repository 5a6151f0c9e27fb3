//! The SQL of what values are used for, counted in the database over the whole audit.

use super::{Tx, from_db, number, unsigned};
use crate::audit::{GRANTED, GRANTED_AGAIN};
use crate::error::Result;
use crate::policy::Access;
use fieldseal::NumericDate;
use sqlx::Row;

/// How often one thing was done with the values of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UsageRow {
    pub(crate) origin: String,
    pub(crate) field: String,
    pub(crate) kind: String,
    pub(crate) action: String,
    /// Since the time that was asked for.
    pub(crate) recent: u64,
    /// When for the last time, at any time.
    pub(crate) last: NumericDate,
}

impl Tx {
    /// What was done with the values of each field, but to seal them again: with how many of them since a time, and
    /// when last. It gives a row for each origin, field, kind and action, in that order, however long the audit is.
    pub(crate) async fn usage(&mut self, since: NumericDate) -> Result<Vec<UsageRow>> {
        let rows = sqlx::query(
            "SELECT iss, field, kind, action, COUNT(CASE WHEN time >= $1 THEN 1 END) AS recent, MAX(time) AS last
             FROM audit
             WHERE action IN ($2, $3, $4, $5) AND outcome IN ($6, $7)
               AND iss IS NOT NULL AND field IS NOT NULL AND kind IS NOT NULL
             GROUP BY iss, field, kind, action
             ORDER BY iss, field, kind, action",
        )
        .bind(number(since.0)?)
        .bind(Access::Open.as_str())
        .bind(Access::OpenMasked.as_str())
        .bind(Access::Verify.as_str())
        .bind(Access::Fingerprint.as_str())
        .bind(GRANTED)
        .bind(GRANTED_AGAIN)
        .fetch_all(&mut *self.0)
        .await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(UsageRow {
                origin: row.try_get("iss")?,
                field: row.try_get("field")?,
                kind: row.try_get("kind")?,
                action: row.try_get("action")?,
                recent: unsigned(row, "recent")?,
                last: from_db(row.try_get("last")?),
            })
        };
        rows.iter().map(read).collect()
    }
}
