//! The SQL of how many values each credential has had opened.

use super::{Tx, number, to_db, unsigned};
use crate::error::Result;
use fieldseal::NumericDate;

impl Tx {
    /// How many values have been opened in the span that began at `start`.
    pub(crate) async fn used(&mut self, name: &str, span: &str, start: NumericDate) -> Result<u64> {
        let row = sqlx::query("SELECT used FROM credential_use WHERE name = $1 AND span = $2 AND start = $3")
            .bind(name)
            .bind(span)
            .bind(to_db(start))
            .fetch_optional(&mut *self.0)
            .await?;
        row.as_ref().map_or(Ok(0), |row| unsigned(row, "used"))
    }

    /// Remembers it. An earlier span is forgotten.
    pub(crate) async fn set_used(
        &mut self,
        name: &str,
        span: &str,
        start: NumericDate,
        used: u64,
    ) -> Result<()> {
        sqlx::query(
            "INSERT INTO credential_use (name, span, start, used) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name, span) DO UPDATE SET start = excluded.start, used = excluded.used",
        )
        .bind(name)
        .bind(span)
        .bind(to_db(start))
        .bind(number(used)?)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}
