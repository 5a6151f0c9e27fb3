//! The SQL of the page origins whose tokens may be opened.

use super::{Store, Tx};
use crate::error::Result;

const ALL: &str = "SELECT origin FROM origins ORDER BY origin";

impl Tx {
    /// Whether it was not there before.
    pub(crate) async fn insert_origin(&mut self, origin: &str) -> Result<bool> {
        let inserted = sqlx::query("INSERT INTO origins (origin) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(origin)
            .execute(&mut *self.0)
            .await?;
        Ok(inserted.rows_affected() > 0)
    }

    /// Whether it was there.
    pub(crate) async fn delete_origin(&mut self, origin: &str) -> Result<bool> {
        let deleted =
            sqlx::query("DELETE FROM origins WHERE origin = $1").bind(origin).execute(&mut *self.0).await?;
        Ok(deleted.rows_affected() > 0)
    }

    /// Every origin, as this change leaves them.
    pub(crate) async fn origins(&mut self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(ALL).fetch_all(&mut *self.0).await?)
    }
}

impl Store {
    /// Every origin, in the order of their letters.
    pub async fn origins(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(ALL).fetch_all(&self.readers).await?)
    }
}
