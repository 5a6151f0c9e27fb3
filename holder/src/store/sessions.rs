//! The SQL of sessions.

use super::{Store, Tx, from_db, to_db};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::Row;

/// A session of the console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionRow {
    /// The hash of the cookie.
    pub(crate) id: [u8; 32],
    /// The credential of whoever is logged in.
    pub(crate) name: String,
    pub(crate) created: NumericDate,
    /// When something was last asked.
    pub(crate) used: NumericDate,
    /// When it ends whatever is asked.
    pub(crate) expires: NumericDate,
}

impl Tx {
    /// Adds a session, and removes those whose time is over.
    pub(crate) async fn insert_session(&mut self, session: &SessionRow) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE expires <= $1")
            .bind(to_db(session.created))
            .execute(&mut *self.0)
            .await?;
        sqlx::query("INSERT INTO sessions (id, name, created, used, expires) VALUES ($1, $2, $3, $4, $5)")
            .bind(session.id.as_slice())
            .bind(&session.name)
            .bind(to_db(session.created))
            .bind(to_db(session.used))
            .bind(to_db(session.expires))
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    pub(crate) async fn touch_session(&mut self, id: &[u8; 32], now: NumericDate) -> Result<()> {
        sqlx::query("UPDATE sessions SET used = $1 WHERE id = $2")
            .bind(to_db(now))
            .bind(id.as_slice())
            .execute(&mut *self.0)
            .await?;
        Ok(())
    }

    /// Ends a session. It gives whose it was, if there was one.
    pub(crate) async fn delete_session(&mut self, id: &[u8; 32]) -> Result<Option<String>> {
        let name = sqlx::query_scalar("SELECT name FROM sessions WHERE id = $1")
            .bind(id.as_slice())
            .fetch_optional(&mut *self.0)
            .await?;
        sqlx::query("DELETE FROM sessions WHERE id = $1").bind(id.as_slice()).execute(&mut *self.0).await?;
        Ok(name)
    }
}

impl Store {
    pub(crate) async fn session(&self, id: &[u8; 32]) -> Result<Option<SessionRow>> {
        let row = sqlx::query("SELECT * FROM sessions WHERE id = $1")
            .bind(id.as_slice())
            .fetch_optional(&self.readers)
            .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(SessionRow {
            id: *id,
            name: row.try_get("name")?,
            created: from_db(row.try_get("created")?),
            used: from_db(row.try_get("used")?),
            expires: from_db(row.try_get("expires")?),
        }))
    }
}
