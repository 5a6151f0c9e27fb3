//! Orders in SQLite, in one file.

use std::path::Path;

use sqlx::{
    Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteRow},
};

use crate::order::{Entry, Order, Summary};

/// The database of orders.
pub(super) struct Store {
    pool: SqlitePool,
}

impl Store {
    pub(super) async fn open(path: &Path) -> sqlx::Result<Self> {
        let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
        // The reaper of old connections of sqlx 0.9 can loop for ever, so there is none: a file's do not go stale.
        let pool =
            SqlitePoolOptions::new().idle_timeout(None).max_lifetime(None).connect_with(options).await?;
        sqlx::migrate!().run(&pool).await?;
        Ok(Self { pool })
    }

    /// Stores an order and answers its number.
    pub(super) async fn place(&self, entries: &[Entry]) -> sqlx::Result<String> {
        let id = number().map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        let mut transaction = self.pool.begin().await?;
        sqlx::query("INSERT INTO orders (id) VALUES (?)").bind(&id).execute(&mut *transaction).await?;
        for (position, entry) in (0_i64..).zip(entries) {
            sqlx::query("INSERT INTO entries (order_id, position, name, value) VALUES (?, ?, ?, ?)")
                .bind(&id)
                .bind(position)
                .bind(&entry.name)
                .bind(&entry.value)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(id)
    }

    pub(super) async fn order(&self, id: &str) -> sqlx::Result<Option<Order>> {
        let placed_at = sqlx::query_scalar("SELECT placed_at FROM orders WHERE id = ?").bind(id);
        let Some(placed_at) = placed_at.fetch_optional(&self.pool).await? else { return Ok(None) };
        let entries = sqlx::query("SELECT name, value FROM entries WHERE order_id = ? ORDER BY position")
            .bind(id)
            .try_map(|row: SqliteRow| Ok(Entry { name: row.try_get("name")?, value: row.try_get("value")? }))
            .fetch_all(&self.pool)
            .await?;
        Ok(Some(Order { id: id.to_owned(), placed_at, entries }))
    }

    pub(super) async fn newest(&self, limit: i64) -> sqlx::Result<Vec<Summary>> {
        sqlx::query(
            "SELECT id, placed_at, (SELECT count(*) FROM entries WHERE order_id = id) AS entries \
             FROM orders ORDER BY placed_at DESC, rowid DESC LIMIT ?",
        )
        .bind(limit)
        .try_map(|row: SqliteRow| {
            Ok(Summary {
                id: row.try_get("id")?,
                placed_at: row.try_get("placed_at")?,
                entries: row.try_get("entries")?,
            })
        })
        .fetch_all(&self.pool)
        .await
    }
}

/// A number that nobody guesses, since the thank-you page asks for nothing else: 16 letters of 5 bits each.
///
/// The alphabet has 32 letters, so the remainder of a byte favours none; it leaves out those that are taken for a digit.
fn number() -> Result<String, getrandom::Error> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKMNPQRSTVWXYZ0123456789";
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sixteen_letters_and_differ() {
        let (one, other) = (number().expect("randomness"), number().expect("randomness"));
        assert_eq!(one.len(), 16);
        assert_ne!(one, other);
    }
}
