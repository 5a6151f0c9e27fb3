//! The SQL of what is counted over the audit.

use super::{Store, from_db, number, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;
use sqlx::Row;
use std::collections::BTreeMap;

/// A day of UTC in seconds.
const DAY: u64 = 24 * 60 * 60;

/// How many times values of a kind were asked for on a day, by one actor and with one outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opens {
    /// When the day began.
    pub day: NumericDate,
    /// Who asked, as the audit names them.
    pub actor: String,
    /// The kind of data; `None` where the token could not be read.
    pub kind: Option<String>,
    /// What came of it.
    pub outcome: String,
    /// How many.
    pub count: u64,
}

impl Store {
    /// The records about opening values from one time up to before another, counted by day, actor, kind and outcome.
    pub(crate) async fn opens(&self, from: NumericDate, to: NumericDate) -> Result<Vec<Opens>> {
        let rows = sqlx::query(
            "SELECT time / $1 * $2 AS day, actor, kind, outcome, count(*) AS opens FROM audit
             WHERE action = 'open' AND time >= $3 AND time < $4
             GROUP BY 1, actor, kind, outcome ORDER BY 1, actor, kind, outcome",
        )
        .bind(number(DAY)?)
        .bind(number(DAY)?)
        .bind(number(from.0)?)
        .bind(number(to.0)?)
        .fetch_all(&self.readers)
        .await?;
        let read = |row: &sqlx::any::AnyRow| {
            Ok(Opens {
                day: from_db(row.try_get("day")?),
                actor: row.try_get("actor")?,
                kind: row.try_get("kind")?,
                outcome: row.try_get("outcome")?,
                count: unsigned(row, "opens")?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// The roles of each credential, in order; none for one that only lists classes.
    pub(crate) async fn roles_by_credential(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let rows = sqlx::query(
            "SELECT credentials.name AS name, role FROM credentials
             LEFT JOIN credential_roles ON credential_roles.name = credentials.name ORDER BY 1, role",
        )
        .fetch_all(&self.readers)
        .await?;
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in &rows {
            let roles = found.entry(row.try_get("name")?).or_default();
            roles.extend(row.try_get::<Option<String>, _>("role")?);
        }
        Ok(found)
    }
}
