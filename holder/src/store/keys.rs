//! The SQL of key pairs. Private halves pass through here wrapped; only the keystore unwraps them.

use super::{Store, Tx, from_db, to_db};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::suite::Alg;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A stored key pair.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyRow {
    pub(crate) kid: String,
    pub(crate) alg: Alg,
    pub(crate) scope: Scope,
    pub(crate) created: NumericDate,
    pub(crate) nbf: Option<NumericDate>,
    pub(crate) exp: Option<NumericDate>,
    pub(crate) public: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

impl KeyRow {
    fn read(row: &AnyRow) -> Result<Self> {
        let damaged = |_| Error::new(Code::StoreDamaged);
        Ok(Self {
            kid: row.try_get("kid")?,
            alg: row.try_get::<String, _>("alg")?.parse().map_err(damaged)?,
            scope: row.try_get::<String, _>("class")?.parse().map_err(damaged)?,
            created: from_db(row.try_get("created")?),
            nbf: row.try_get::<Option<i64>, _>("nbf")?.map(from_db),
            exp: row.try_get::<Option<i64>, _>("exp")?.map(from_db),
            public: row.try_get("public")?,
            wrapped: row.try_get("wrapped")?,
        })
    }
}

impl Tx {
    pub(crate) async fn insert_key(&mut self, key: &KeyRow) -> Result<()> {
        sqlx::query(
            "INSERT INTO keys (kid, alg, class, place, created, nbf, exp, public, wrapped)
             VALUES ($1, $2, $3, (SELECT coalesce(max(place), 0) + 1 FROM keys), $4, $5, $6, $7, $8)",
        )
        .bind(&key.kid)
        .bind(key.alg.as_str())
        .bind(key.scope.as_str())
        .bind(to_db(key.created))
        .bind(key.nbf.map(to_db))
        .bind(key.exp.map(to_db))
        .bind(&key.public)
        .bind(&key.wrapped)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

impl Store {
    pub(crate) async fn key(&self, kid: &str) -> Result<Option<KeyRow>> {
        let row =
            sqlx::query("SELECT * FROM keys WHERE kid = $1").bind(kid).fetch_optional(&self.readers).await?;
        row.as_ref().map(KeyRow::read).transpose()
    }

    /// Every key, oldest first.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyRow>> {
        let rows = sqlx::query("SELECT * FROM keys ORDER BY place").fetch_all(&self.readers).await?;
        rows.iter().map(KeyRow::read).collect()
    }
}
