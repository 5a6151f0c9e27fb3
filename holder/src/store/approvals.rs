//! The SQL of requests that wait for a second person.

use super::{Store, Tx, from_db, hash, number, to_db, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A request that takes a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Its name.
    pub id: String,
    /// Who asked.
    pub actor: String,
    /// What for.
    pub action: String,
    /// What it is about, where that is no token: `key` or `class` and its name, or the id of a hold.
    pub target: Option<String>,
    /// Why.
    pub purpose: Option<String>,
    /// SHA-256 over who asked, what for, why, and the tokens.
    pub(crate) digest: [u8; 32],
    /// How many values.
    pub count: u64,
    /// When it was asked.
    pub created: NumericDate,
    /// Until when it can be approved and used.
    pub expires: NumericDate,
    /// Who approved it, if somebody did.
    pub approved_by: Option<String>,
    /// When it was used, if it was.
    pub used_at: Option<NumericDate>,
}

impl Approval {
    fn read(row: &AnyRow) -> Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            target: row.try_get("target")?,
            purpose: row.try_get("purpose")?,
            digest: hash(row, "digest")?,
            count: unsigned(row, "count")?,
            created: from_db(row.try_get("created")?),
            expires: from_db(row.try_get("expires")?),
            approved_by: row.try_get("approved_by")?,
            used_at: row.try_get::<Option<i64>, _>("used_at")?.map(from_db),
        })
    }
}

impl Tx {
    /// Adds a request.
    pub(crate) async fn insert_approval(&mut self, approval: &Approval) -> Result<()> {
        sqlx::query(
            "INSERT INTO approvals (id, actor, action, purpose, digest, count, created, expires, target)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(&approval.id)
        .bind(&approval.actor)
        .bind(&approval.action)
        .bind(&approval.purpose)
        .bind(approval.digest.as_slice())
        .bind(number(approval.count)?)
        .bind(to_db(approval.created))
        .bind(to_db(approval.expires))
        .bind(&approval.target)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Removes those that are of no use any more. What became of them is in the audit.
    pub(crate) async fn delete_expired_approvals(&mut self, now: NumericDate) -> Result<()> {
        sqlx::query("DELETE FROM approvals WHERE expires <= $1")
            .bind(to_db(now))
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// How many of somebody's requests are not used yet.
    pub(crate) async fn count_approvals(&mut self, actor: &str) -> Result<u64> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM approvals WHERE actor = $1 AND used_at IS NULL")
                .bind(actor)
                .fetch_one(&mut *self.0)
                .await?;
        Ok(count.unsigned_abs())
    }

    /// The request of that digest which is not used yet, if there is one.
    pub(crate) async fn approval_of(&mut self, digest: &[u8; 32]) -> Result<Option<String>> {
        let found = sqlx::query_scalar("SELECT id FROM approvals WHERE digest = $1 AND used_at IS NULL")
            .bind(digest.as_slice())
            .fetch_optional(&mut *self.0)
            .await?;
        Ok(found)
    }

    /// The request of that id.
    pub(crate) async fn approval(&mut self, id: &str) -> Result<Option<Approval>> {
        let row = sqlx::query("SELECT * FROM approvals WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map(Approval::read).transpose()
    }

    /// Writes down who approved it. The first one stays.
    pub(crate) async fn approve(&mut self, id: &str, by: &str, now: NumericDate) -> Result<()> {
        sqlx::query(
            "UPDATE approvals SET approved_by = $1, approved_at = $2 WHERE id = $3 AND approved_by IS NULL",
        )
        .bind(by)
        .bind(to_db(now))
        .bind(id)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Uses an approval up, if it was given for this digest and was not used yet. Gives whether it was.
    pub(crate) async fn spend_approval(
        &mut self,
        id: &str,
        digest: &[u8; 32],
        now: NumericDate,
    ) -> Result<bool> {
        let spent = sqlx::query(
            "UPDATE approvals SET used_at = $1
             WHERE id = $2 AND digest = $3 AND approved_by IS NOT NULL AND used_at IS NULL AND expires > $4",
        )
        .bind(to_db(now))
        .bind(id)
        .bind(digest.as_slice())
        .bind(to_db(now))
        .execute(&mut *self.0)
        .await?;
        Ok(spent.rows_affected() == 1)
    }
}

impl Store {
    /// The requests that have not expired, oldest first, up to `limit`.
    pub(crate) async fn approvals(&self, now: NumericDate, limit: u32) -> Result<Vec<Approval>> {
        let rows = sqlx::query("SELECT * FROM approvals WHERE expires > $1 ORDER BY created, id LIMIT $2")
            .bind(to_db(now))
            .bind(i64::from(limit))
            .fetch_all(&self.readers)
            .await?;
        rows.iter().map(Approval::read).collect()
    }
}
