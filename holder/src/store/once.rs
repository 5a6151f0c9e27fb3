//! The SQL of tokens that open a single time.

use super::{Tx, from_db, hash, number, places, to_db, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::{AssertSqlSafe, Row};

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
            let statement = format!("SELECT * FROM opened_once WHERE digest IN {}", list(digests.len()));
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

    /// Remembers tokens that are opened by records that are there already.
    pub(crate) async fn insert_opened_once(&mut self, rows: &[OnceRow]) -> Result<()> {
        for rows in rows.chunks(ROWS) {
            let statement = format!(
                "INSERT INTO opened_once (digest, seq, time, actor, request) VALUES {}",
                places(rows.len(), 5)
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

fn list(len: usize) -> String {
    let places: Vec<String> = (1..=len).map(|place| format!("${place}")).collect();
    format!("({})", places.join(","))
}
