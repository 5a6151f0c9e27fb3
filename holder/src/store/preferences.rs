//! The SQL of what an operator sets while the key holder lives: texts by name.

use super::{Store, Tx};
use crate::error::Result;
use sqlx::Row;

const BY_NAME: &str = "SELECT value FROM settings WHERE name = $1";

impl Store {
    /// The value of that name, if one was set.
    pub(crate) async fn preference(&self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query(BY_NAME).bind(name).fetch_optional(&self.readers).await?;
        row.map(|row| Ok(row.try_get("value")?)).transpose()
    }
}

impl Tx {
    /// The value of that name, if one was set.
    pub(crate) async fn preference(&mut self, name: &str) -> Result<Option<String>> {
        let row = sqlx::query(BY_NAME).bind(name).fetch_optional(&mut *self.0).await?;
        row.map(|row| Ok(row.try_get("value")?)).transpose()
    }

    /// The value of that name, which nobody else changes until this commits: writing the row as it is
    /// takes its lock also where a transaction does not lock the whole database.
    pub(crate) async fn hold_preference(&mut self, name: &str) -> Result<Option<String>> {
        sqlx::query("UPDATE settings SET value = value WHERE name = $1")
            .bind(name)
            .execute(&mut *self.0)
            .await?;
        self.preference(name).await
    }

    pub(crate) async fn set_preference(&mut self, name: &str, value: &str) -> Result<()> {
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
