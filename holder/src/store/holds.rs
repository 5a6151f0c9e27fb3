//! The SQL of holds: what keeps keys from being destroyed. Only the keystore can tell whether a row is one that
//! two people placed.

use super::{Store, Tx, from_db, to_db};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use sqlx::Row;
use sqlx::any::AnyRow;

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HoldRow {
    pub(crate) id: String,
    /// The key that it holds, if it is one.
    pub(crate) kid: Option<String>,
    /// The class whose keys it holds, if it is a class.
    pub(crate) class: Option<Scope>,
    pub(crate) reason: String,
    pub(crate) asked_by: String,
    pub(crate) placed_by: String,
    pub(crate) placed: NumericDate,
    /// How it ended, if it did.
    pub(crate) release: Option<Release>,
    pub(crate) signature: Vec<u8>,
}

/// How a hold ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Release {
    pub(crate) reason: String,
    pub(crate) asked_by: String,
    pub(crate) released_by: String,
    pub(crate) released: NumericDate,
}

impl HoldRow {
    fn read(row: &AnyRow) -> Result<Self> {
        let class: Option<String> = row.try_get("class")?;
        let released: Option<i64> = row.try_get("released")?;
        let release = released.map(|released| {
            Ok::<_, Error>(Release {
                reason: row.try_get("release_reason")?,
                asked_by: row.try_get("release_asked_by")?,
                released_by: row.try_get("released_by")?,
                released: from_db(released),
            })
        });
        Ok(Self {
            id: row.try_get("id")?,
            kid: row.try_get("kid")?,
            class: class
                .map(|class| class.parse().map_err(|_| Error::new(Code::StoreDamaged)))
                .transpose()?,
            reason: row.try_get("reason")?,
            asked_by: row.try_get("asked_by")?,
            placed_by: row.try_get("placed_by")?,
            placed: from_db(row.try_get("placed")?),
            release: release.transpose()?,
            signature: row.try_get("signature")?,
        })
    }
}

const ALL: &str = "SELECT * FROM holds ORDER BY placed, id";

impl Tx {
    /// Every hold, also those that were released, as they are while nobody else can change them.
    pub(crate) async fn holds(&mut self) -> Result<Vec<HoldRow>> {
        let rows = sqlx::query(ALL).fetch_all(&mut *self.0).await?;
        rows.iter().map(HoldRow::read).collect()
    }

    pub(crate) async fn insert_hold(&mut self, hold: &HoldRow) -> Result<()> {
        sqlx::query(
            "INSERT INTO holds (id, kid, class, reason, asked_by, placed_by, placed, signature)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(&hold.id)
        .bind(&hold.kid)
        .bind(hold.class.map(Scope::as_str))
        .bind(&hold.reason)
        .bind(&hold.asked_by)
        .bind(&hold.placed_by)
        .bind(to_db(hold.placed))
        .bind(&hold.signature)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Writes how a hold ended.
    pub(crate) async fn release_hold(&mut self, id: &str, release: &Release, signature: &[u8]) -> Result<()> {
        sqlx::query(
            "UPDATE holds SET release_reason = $2, release_asked_by = $3, released_by = $4, released = $5,
                    signature = $6
             WHERE id = $1",
        )
        .bind(id)
        .bind(&release.reason)
        .bind(&release.asked_by)
        .bind(&release.released_by)
        .bind(to_db(release.released))
        .bind(signature)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Every hold, also those that were released, oldest first.
    pub(crate) async fn holds(&self) -> Result<Vec<HoldRow>> {
        let rows = sqlx::query(ALL).fetch_all(&self.readers).await?;
        rows.iter().map(HoldRow::read).collect()
    }
}
