//! The SQL of the one row that says how this key holder was made.

use super::{Store, Tx, hash, to_db};
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use serde::{Deserialize, Serialize};
use sqlx::Row;

/// How the home is locked: what is stored about what unlocks it, never that itself.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum LockRow {
    /// Argon2id (RFC 9106). The cost is kept so that later homes may use a higher one.
    Passphrase {
        #[serde(with = "base64url")]
        salt: Vec<u8>,
        memory_kib: u32,
        passes: u32,
        lanes: u32,
    },
    /// The file is the key, so there is nothing to keep.
    KeyFile,
    /// The key, encrypted by one that stays in an HSM.
    Pkcs11 {
        #[serde(with = "base64url")]
        nonce: Vec<u8>,
        #[serde(with = "base64url")]
        wrapped: Vec<u8>,
    },
    /// The key, encrypted by one that stays in a KMS.
    Kms {
        #[serde(with = "base64url")]
        wrapped: Vec<u8>,
    },
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
        let lock = serde_json::to_string(&settings.lock).map_err(|_| Error::new(Code::Internal))?;
        sqlx::query(
            "INSERT INTO holder (id, created, lock, signer_public, signer_wrapped, fingerprint_wrapped)
             VALUES (1, $1, $2, $3, $4, $5)",
        )
        .bind(to_db(now))
        .bind(lock)
        .bind(settings.signer_public.as_slice())
        .bind(&settings.signer_wrapped)
        .bind(&settings.fingerprint_wrapped)
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }
}

impl Store {
    /// Errors: `home-missing` if `init` did not finish, `store-damaged`.
    pub(crate) async fn settings(&self) -> Result<Settings> {
        let row = sqlx::query("SELECT * FROM holder").fetch_optional(&self.readers).await?;
        let row = row.ok_or(Error::new(Code::HomeMissing))?;
        let lock: String = row.try_get("lock")?;
        let lock = serde_json::from_str(&lock).map_err(|_| Error::new(Code::StoreDamaged))?;
        Ok(Settings {
            lock,
            signer_public: hash(&row, "signer_public")?,
            signer_wrapped: row.try_get("signer_wrapped")?,
            fingerprint_wrapped: row.try_get("fingerprint_wrapped")?,
        })
    }
}

/// Bytes in JSON: base64url without padding (RFC 4648 section 5), as JOSE writes them.
mod base64url {
    use base64ct::{Base64UrlUnpadded, Encoding};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::borrow::Cow;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Base64UrlUnpadded::encode_string(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        Base64UrlUnpadded::decode_vec(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Homes live for years: what one version wrote, all later ones read.
    #[test]
    fn a_lock_is_json_and_its_form_stays() {
        let bytes = || vec![0xfb, 0xff, 1];
        for (row, text) in [
            (LockRow::KeyFile, r#"{"kind":"key-file"}"#),
            (
                LockRow::Passphrase { salt: bytes(), memory_kib: 65536, passes: 3, lanes: 4 },
                r#"{"kind":"passphrase","salt":"-_8B","memory_kib":65536,"passes":3,"lanes":4}"#,
            ),
            (
                LockRow::Pkcs11 { nonce: bytes(), wrapped: bytes() },
                r#"{"kind":"pkcs11","nonce":"-_8B","wrapped":"-_8B"}"#,
            ),
            (LockRow::Kms { wrapped: bytes() }, r#"{"kind":"kms","wrapped":"-_8B"}"#),
        ] {
            assert_eq!(serde_json::to_string(&row).unwrap(), text);
            let read: LockRow = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), text);
        }
        for damaged in [
            "",
            "{}",
            r#"{"kind":"none"}"#,
            r#"{"kind":"kms"}"#,
            r#"{"kind":"kms","wrapped":"-_8B="}"#,
            r#"{"kind":"kms","wrapped":"-_8B","more":1}"#,
        ] {
            assert!(serde_json::from_str::<LockRow>(damaged).is_err(), "{damaged}");
        }
    }
}
