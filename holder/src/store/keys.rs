//! The SQL of key pairs. Private halves pass through here wrapped; only the keystore unwraps them.

use super::{Store, Tx, from_db, to_db, unsigned};
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
    /// When the private half is destroyed, if it ever is by itself.
    pub(crate) destroys: Option<NumericDate>,
    pub(crate) public: Vec<u8>,
    /// Empty if the key was destroyed.
    pub(crate) wrapped: Vec<u8>,
    pub(crate) life: Life,
}

/// What became of a key since it was made.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) revoked: Option<NumericDate>,
    pub(crate) destroyed: Option<NumericDate>,
    /// Why the last of these was done.
    pub(crate) reason: Option<String>,
    /// The signed receipt of the destruction.
    pub(crate) receipt: Option<String>,
}

impl KeyRow {
    fn read(row: &AnyRow) -> Result<Self> {
        let damaged = |_| Error::new(Code::StoreDamaged);
        let time = |name| Ok::<_, Error>(row.try_get::<Option<i64>, _>(name)?.map(from_db));
        Ok(Self {
            kid: row.try_get("kid")?,
            alg: row.try_get::<String, _>("alg")?.parse().map_err(damaged)?,
            scope: row.try_get::<String, _>("class")?.parse().map_err(damaged)?,
            created: from_db(row.try_get("created")?),
            nbf: time("nbf")?,
            exp: time("exp")?,
            destroys: time("destroys")?,
            public: row.try_get("public")?,
            wrapped: row.try_get("wrapped")?,
            life: Life {
                revoked: time("revoked")?,
                destroyed: time("destroyed")?,
                reason: row.try_get("reason")?,
                receipt: row.try_get("receipt")?,
            },
        })
    }
}

impl Tx {
    pub(crate) async fn insert_key(&mut self, key: &KeyRow) -> Result<()> {
        sqlx::query(
            "INSERT INTO keys (kid, alg, class, place, created, nbf, exp, public, wrapped, destroys)
             VALUES ($1, $2, $3, (SELECT coalesce(max(place), 0) + 1 FROM keys), $4, $5, $6, $7, $8, $9)",
        )
        .bind(&key.kid)
        .bind(key.alg.as_str())
        .bind(key.scope.as_str())
        .bind(to_db(key.created))
        .bind(key.nbf.map(to_db))
        .bind(key.exp.map(to_db))
        .bind(&key.public)
        .bind(&key.wrapped)
        .bind(key.destroys.map(to_db))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Writes what can change in the life of a key: its ends, its wrapped half and what became of it.
    pub(crate) async fn update_key(&mut self, key: &KeyRow) -> Result<()> {
        sqlx::query(
            "UPDATE keys SET exp = $2, wrapped = $3, revoked = $4, destroyed = $5, reason = $6, receipt = $7,
                    destroys = $8
             WHERE kid = $1",
        )
        .bind(&key.kid)
        .bind(key.exp.map(to_db))
        .bind(&key.wrapped)
        .bind(key.life.revoked.map(to_db))
        .bind(key.life.destroyed.map(to_db))
        .bind(&key.life.reason)
        .bind(&key.life.receipt)
        .bind(key.destroys.map(to_db))
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// The key of that name, as it is while nobody else can change it.
    pub(crate) async fn key(&mut self, kid: &str) -> Result<Option<KeyRow>> {
        let row = sqlx::query(BY_KID).bind(kid).fetch_optional(&mut *self.0).await?;
        row.as_ref().map(KeyRow::read).transpose()
    }

    /// Every key, oldest first, as they are while nobody else can change them.
    pub(crate) async fn keys(&mut self) -> Result<Vec<KeyRow>> {
        let rows = sqlx::query(ALL).fetch_all(&mut *self.0).await?;
        rows.iter().map(KeyRow::read).collect()
    }
}

const BY_KID: &str = "SELECT * FROM keys WHERE kid = $1";
const ALL: &str = "SELECT * FROM keys ORDER BY place";
/// A key that is asked for to open with, and whether there is any hold to look at, in one question.
const TO_OPEN: &str =
    "SELECT *, (SELECT count(*) FROM holds WHERE released IS NULL) AS holds FROM keys WHERE kid = $1";

impl Store {
    pub(crate) async fn key(&self, kid: &str) -> Result<Option<KeyRow>> {
        let row = sqlx::query(BY_KID).bind(kid).fetch_optional(&self.readers).await?;
        row.as_ref().map(KeyRow::read).transpose()
    }

    /// The key of that name, and how many holds last, whatever they hold.
    pub(crate) async fn key_to_open(&self, kid: &str) -> Result<Option<(KeyRow, u64)>> {
        let row = sqlx::query(TO_OPEN).bind(kid).fetch_optional(&self.readers).await?;
        row.map(|row| Ok((KeyRow::read(&row)?, unsigned(&row, "holds")?))).transpose()
    }

    /// Every key, oldest first.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyRow>> {
        let rows = sqlx::query(ALL).fetch_all(&self.readers).await?;
        rows.iter().map(KeyRow::read).collect()
    }
}
