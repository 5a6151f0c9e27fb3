//! The SQL of the one row that says how this key holder was made.

use super::{Store, Tx, hash, to_db};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use sqlx::Row;

/// How the home is locked.
pub(crate) enum LockRow {
    Passphrase { salt: Vec<u8>, memory_kib: u32, passes: u32, lanes: u32 },
    KeyFile,
}

/// What `init` decided.
pub(crate) struct Settings {
    pub(crate) lock: LockRow,
    pub(crate) signer_public: [u8; 32],
    pub(crate) signer_wrapped: Vec<u8>,
    pub(crate) fingerprint_wrapped: Vec<u8>,
}

impl Tx {
    /// Whether a key holder was made here before.
    pub(crate) async fn has_settings(&mut self) -> Result<bool> {
        Ok(sqlx::query("SELECT id FROM holder").fetch_optional(&mut *self.0).await?.is_some())
    }

    pub(crate) async fn insert_settings(&mut self, settings: &Settings, now: NumericDate) -> Result<()> {
        let (kind, salt, memory_kib, passes, lanes) = match &settings.lock {
            LockRow::Passphrase { salt, memory_kib, passes, lanes } => (
                "passphrase",
                Some(salt),
                Some(i64::from(*memory_kib)),
                Some(i64::from(*passes)),
                Some(i64::from(*lanes)),
            ),
            LockRow::KeyFile => ("key-file", None, None, None, None),
        };
        sqlx::query(
            "INSERT INTO holder
                (id, created, lock_kind, salt, memory_kib, passes, lanes, signer_public, signer_wrapped,
                 fingerprint_wrapped)
             VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(to_db(now))
        .bind(kind)
        .bind(salt)
        .bind(memory_kib)
        .bind(passes)
        .bind(lanes)
        .bind(settings.signer_public.as_slice())
        .bind(&settings.signer_wrapped)
        .bind(&settings.fingerprint_wrapped)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Errors: `home-missing` if `init` did not finish.
    pub(crate) async fn settings(&self) -> Result<Settings> {
        let row = sqlx::query("SELECT * FROM holder").fetch_optional(&self.readers).await?;
        let row = row.ok_or(Error::new(Code::HomeMissing))?;
        let number = |column| {
            let value: i64 = row.try_get(column)?;
            u32::try_from(value).map_err(|_| Error::new(Code::StoreDamaged))
        };
        let kind: String = row.try_get("lock_kind")?;
        let lock = match kind.as_str() {
            "passphrase" => LockRow::Passphrase {
                salt: row.try_get("salt")?,
                memory_kib: number("memory_kib")?,
                passes: number("passes")?,
                lanes: number("lanes")?,
            },
            _ => LockRow::KeyFile,
        };
        Ok(Settings {
            lock,
            signer_public: hash(&row, "signer_public")?,
            signer_wrapped: row.try_get("signer_wrapped")?,
            fingerprint_wrapped: row.try_get("fingerprint_wrapped")?,
        })
    }
}
