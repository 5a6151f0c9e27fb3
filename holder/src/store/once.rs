//! The SQL of tokens that open a single time.

use super::{Tx, from_db, hash, number, to_db, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::{AssertSqlSafe, Row};
use std::collections::HashMap;

/// How many digests one statement asks for or inserts.
const ROWS: usize = 64;

/// A token that has been opened, and by whom.
#[derive(Clone, Debug)]
pub(crate) struct OnceRow {
    pub(crate) digest: [u8; 32],
    /// The record that it was opened by.
    pub(crate) seq: u64,
    pub(crate) time: NumericDate,
    pub(crate) actor: String,
    /// The name that the one who asked gave to the request.
    pub(crate) request: Option<String>,
}

impl Tx {
    /// Those of the digests that have been opened.
    pub(crate) async fn opened_once(&mut self, digests: &[[u8; 32]]) -> Result<Vec<OnceRow>> {
        let mut found = Vec::new();
        for digests in digests.chunks(ROWS) {
            let statement = format!(
                "SELECT * FROM opened_once WHERE digest IN {}",
                self.1.database.places(1, digests.len())
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for digest in digests {
                query = query.bind(digest.as_slice());
            }
            for row in query.fetch_all(&mut *self.0).await? {
                found.push(OnceRow {
                    digest: hash(&row, "digest")?,
                    seq: unsigned(&row, "seq")?,
                    time: from_db(row.try_get("time")?),
                    actor: row.try_get("actor")?,
                    request: row.try_get("request")?,
                });
            }
        }
        Ok(found)
    }

    /// Those of the digests whose tokens were sealed again from others, each with that of the first.
    pub(crate) async fn once_roots(&mut self, digests: &[[u8; 32]]) -> Result<HashMap<[u8; 32], [u8; 32]>> {
        let mut found = HashMap::new();
        for digests in digests.chunks(ROWS) {
            let places = self.1.database.places(1, digests.len());
            let statement = format!("SELECT digest, root FROM rewrapped_once WHERE digest IN {places}");
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for digest in digests {
                query = query.bind(digest.as_slice());
            }
            for row in query.fetch_all(&mut *self.0).await? {
                found.insert(hash(&row, "digest")?, hash(&row, "root")?);
            }
        }
        Ok(found)
    }

    /// Remembers pairs of a new token and the one that it was sealed again from.
    pub(crate) async fn insert_rewrapped(&mut self, pairs: &[([u8; 32], [u8; 32])]) -> Result<()> {
        let olds: Vec<_> = pairs.iter().map(|(_, old)| *old).collect();
        let roots = self.once_roots(&olds).await?;
        for pairs in pairs.chunks(ROWS) {
            let statement = format!(
                "INSERT INTO rewrapped_once (digest, root) VALUES {}",
                self.1.database.places(pairs.len(), 2)
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for (new, old) in pairs {
                let root = roots.get(old).unwrap_or(old);
                query = query.bind(new.as_slice()).bind(root.as_slice());
            }
            query.execute(&mut *self.0).await?;
        }
        Ok(())
    }

    /// Remembers tokens that are opened by records that are there already.
    pub(crate) async fn insert_opened_once(&mut self, rows: &[OnceRow]) -> Result<()> {
        for rows in rows.chunks(ROWS) {
            let statement = format!(
                "INSERT INTO opened_once (digest, seq, time, actor, request) VALUES {}",
                self.1.database.places(rows.len(), 5)
            );
            let mut query = sqlx::query(AssertSqlSafe(statement));
            for row in rows {
                query = query
                    .bind(row.digest.as_slice())
                    .bind(number(row.seq)?)
                    .bind(to_db(row.time))
                    .bind(&row.actor)
                    .bind(&row.request);
            }
            query.execute(&mut *self.0).await?;
        }
        Ok(())
    }
}
