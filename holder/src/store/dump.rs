//! All rows of the database, one by one, for a copy that is not tied to the kind of database.

use super::{Database, Ending, Store, Tx};
use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, Column, Row, TypeInfo, ValueRef};
use std::collections::BTreeMap;

/// Every table, those first that others refer to.
pub(crate) const TABLES: [&str; 25] = [
    "holder",
    "settings",
    "origins",
    "keys",
    "credentials",
    "credential_roles",
    "credential_use",
    "credential_classes",
    "console_users",
    "console_keys",
    "audit",
    "audit_head",
    "opened_once",
    "rewrapped_once",
    "approvals",
    "incidents",
    "incident_steps",
    "frozen",
    "holds",
    "decoys",
    "decoy_alarms",
    "subject_requests",
    "subject_flags",
    "subjects",
    "subject_keys",
];

/// What no copy has, because a key holder that is recovered must not take up again what ended since: whoever was
/// logged in, and logins that were half done.
#[cfg(test)]
const LEFT_OUT: [&str; 2] = ["console_steps", "sessions"];

/// A row by the names of its columns. What is NULL is left out.
pub(crate) type Cells = BTreeMap<String, Cell>;

/// What a column holds.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Cell {
    Integer(i64),
    Text(String),
    Bytes {
        #[serde(with = "base64url")]
        bytes: Vec<u8>,
    },
}

mod base64url {
    use super::{Base64UrlUnpadded, Encoding};
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Base64UrlUnpadded::encode_string(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        Base64UrlUnpadded::decode_vec(&text).map_err(serde::de::Error::custom)
    }
}

impl Store {
    /// A view of the database that stays as it is while others write. Nothing is written through it.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let ending = Ending { database: self.database.clone(), is_committed: false };
        let mut tx = Tx(self.readers.acquire().await?, ending);
        let begin: &[&'static str] = match self.database {
            Database::Sqlite(_) => &["BEGIN"],
            // A copy may take longer than any request.
            Database::Postgres => &[
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                "SET LOCAL statement_timeout = 0",
                "SET LOCAL idle_in_transaction_session_timeout = 0",
            ],
        };
        for statement in begin {
            sqlx::query(*statement).execute(&mut *tx.0).await?;
        }
        Ok(tx)
    }
}

impl Tx {
    /// Hands every row of one of [`TABLES`] to `each`, in no certain order but the audit's, whose records
    /// can only be put back in theirs.
    pub(crate) async fn for_each_row(
        &mut self,
        table: &'static str,
        mut each: impl FnMut(Cells) -> Result<()>,
    ) -> Result<()> {
        let order = if table == "audit" { " ORDER BY seq" } else { "" };
        let statement = AssertSqlSafe(format!("SELECT * FROM {table}{order}"));
        let mut rows = sqlx::query(statement).fetch(&mut *self.0);
        while let Some(row) = rows.try_next().await? {
            let mut cells = Cells::new();
            for (at, column) in row.columns().iter().enumerate() {
                let value = row.try_get_raw(at)?;
                if value.is_null() {
                    continue;
                }
                let cell = match value.type_info().name() {
                    "SMALLINT" | "INTEGER" | "BIGINT" => Cell::Integer(row.try_get(at)?),
                    "TEXT" => Cell::Text(row.try_get(at)?),
                    "BLOB" => Cell::Bytes { bytes: row.try_get(at)? },
                    _ => return Err(Error::new(Code::StoreDamaged)),
                };
                cells.insert(column.name().to_owned(), cell);
            }
            each(cells)?;
        }
        Ok(())
    }

    /// Empties the tables that a new database is not born empty with.
    pub(crate) async fn clear_first_rows(&mut self) -> Result<()> {
        sqlx::query("DELETE FROM settings").execute(&mut *self.0).await?;
        sqlx::query("DELETE FROM audit_head").execute(&mut *self.0).await?;
        Ok(())
    }

    /// Puts a row of one of [`TABLES`] back.
    ///
    /// Errors: `backup-damaged` if it is no such row.
    pub(crate) async fn insert_cells(&mut self, table: &str, cells: Cells) -> Result<()> {
        let is_name = |name: &String| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
        if !TABLES.contains(&table) || cells.is_empty() || !cells.keys().all(is_name) {
            return Err(Error::new(Code::BackupDamaged));
        }
        let names: Vec<_> = cells.keys().map(String::as_str).collect();
        let places: Vec<_> = (1..=names.len()).map(|n| format!("${n}")).collect();
        // The names were looked at, and the values are bound.
        let statement = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), places.join(", "));
        let mut query = sqlx::query(AssertSqlSafe(statement));
        for cell in cells.into_values() {
            query = match cell {
                Cell::Integer(number) => query.bind(number),
                Cell::Text(text) => query.bind(text),
                Cell::Bytes { bytes } => query.bind(bytes),
            };
        }
        query.execute(&mut *self.0).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who adds a table decides here whether a copy has it.
    #[tokio::test]
    async fn every_table_is_in_a_copy() {
        let dir = tempfile::tempdir().unwrap();
        let home = crate::home::Home::create(&dir.path().join("home")).unwrap();
        let store = Store::open(&crate::store::Location::File(home.database())).await.unwrap();
        let rows = sqlx::query(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('_sqlx_migrations') ORDER BY name",
        );
        let rows = rows.fetch_all(&store.readers).await.unwrap();
        let mut known = [&TABLES[..], &LEFT_OUT].concat();
        known.sort_unstable();
        assert_eq!(rows.iter().map(|row| row.get::<&str, _>(0)).collect::<Vec<_>>(), known);
    }
}
