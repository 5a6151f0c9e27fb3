//! What unlocks the keystore: a passphrase, a key file, an HSM through PKCS#11, or a cloud KMS. A file
//! beside this one for each.
//!
//! Every lock gives the key-encryption key. A passphrase and a key file give it for as long as the
//! process runs, for nothing could take them away again. An HSM or a KMS holds another key, which never
//! leaves it and encrypts ours; when it goes away, so do the keys ([`Secret::outside`]).

mod key_file;
mod kms;
mod passphrase;
mod pkcs11;

pub use kms::Kms;
pub use passphrase::Cost;
pub use pkcs11::Hsm;

use super::random;
use crate::error::{Code, Error, Result};
use crate::home;
use crate::store::LockRow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

const KEY_LEN: usize = 32;

/// The key-encryption key: 32 bytes, on the heap, where moving them leaves nothing behind.
pub(super) type Key = Zeroizing<Vec<u8>>;

/// What an HSM and a KMS are told that they encrypt, so that they decrypt nothing else with it.
const CONTEXT: &str = "fieldseal-keyholder-kek-v1";

/// How often an HSM is asked whether it is still there. It is a machine or a card of one's own.
const HSM_INTERVAL: Duration = Duration::from_secs(1);

/// How often a KMS is asked, whose calls cost money.
const KMS_INTERVAL: Duration = Duration::from_secs(30);

/// What unlocks the keystore. It has no `Debug` and no `Clone`, and is wiped on drop.
///
/// ```compile_fail,E0277
/// fn show(secret: &fieldseal_holder::keystore::Secret) { println!("{secret:?}"); }
/// ```
pub struct Secret(Kind);

enum Kind {
    Passphrase(Zeroizing<Vec<u8>>),
    Key(Key),
    Pkcs11(Arc<Hsm>),
    Kms(Arc<Kms>),
}

impl Secret {
    /// A passphrase.
    pub fn passphrase(text: Zeroizing<Vec<u8>>) -> Self {
        Self(Kind::Passphrase(text))
    }

    /// The passphrase in the first line of a file that only its owner can read.
    ///
    /// Errors: `secret-unreadable`, `secret-unsafe`.
    pub fn passphrase_file(path: &Path) -> Result<Self> {
        Ok(Self::passphrase(home::read_secret_line(path)?))
    }

    /// A key file: 32 random bytes in base64url, which only their owner can read.
    ///
    /// Errors: `secret-unreadable`, `secret-unsafe`, `key-file-malformed`.
    pub fn key_file(path: &Path) -> Result<Self> {
        Ok(Self(Kind::Key(key_file::read(path)?)))
    }

    /// Makes a key file.
    ///
    /// Errors: `secret-unwritable`.
    pub fn new_key_file(path: &Path) -> Result<Self> {
        Ok(Self(Kind::Key(key_file::make(path)?)))
    }

    /// An HSM that holds an AES key.
    pub fn pkcs11(hsm: Hsm) -> Self {
        Self(Kind::Pkcs11(Arc::new(hsm)))
    }

    /// A cloud KMS.
    pub fn kms(kms: Kms) -> Self {
        Self(Kind::Kms(Arc::new(kms)))
    }

    /// The same secret once more and how often to ask it, if it is one that can go away.
    pub(super) fn outside(&self) -> Option<(Self, Duration)> {
        match &self.0 {
            Kind::Passphrase(_) | Kind::Key(_) => None,
            Kind::Pkcs11(hsm) => Some((Self(Kind::Pkcs11(Arc::clone(hsm))), HSM_INTERVAL)),
            Kind::Kms(kms) => Some((Self(Kind::Kms(Arc::clone(kms))), KMS_INTERVAL)),
        }
    }
}

/// What a new home keeps so that `secret` unlocks it. An HSM gets its key if it has none yet.
///
/// Errors: `passphrase-short`, and those of the HSM and the KMS.
pub(super) async fn new_row(secret: &Secret, cost: Cost) -> Result<LockRow> {
    match &secret.0 {
        Kind::Passphrase(text) => passphrase::new_row(text, cost),
        Kind::Key(_) => Ok(LockRow::KeyFile),
        Kind::Pkcs11(hsm) => {
            let (nonce, wrapped) = hsm.wrap(new_key()?).await?;
            Ok(LockRow::Pkcs11 { nonce, wrapped })
        }
        Kind::Kms(kms) => Ok(LockRow::Kms { wrapped: kms.wrap(&new_key()?).await? }),
    }
}

fn new_key() -> Result<Key> {
    Ok(Zeroizing::new(random()?.to_vec()))
}

/// The key-encryption key that `secret` gives with what is stored. A wrong passphrase or key file gives
/// a wrong key, which unwraps nothing; an HSM and a KMS say so themselves.
///
/// Errors: `unlock-kind`, `store-damaged`, and those of the HSM and the KMS.
pub(super) async fn key(row: &LockRow, secret: &Secret) -> Result<Key> {
    match (row, &secret.0) {
        (LockRow::KeyFile, Kind::Key(key)) => Ok(key.clone()),
        (LockRow::Passphrase { salt, memory_kib, passes, lanes }, Kind::Passphrase(text)) => {
            let cost = Cost { memory_kib: *memory_kib, passes: *passes, lanes: *lanes };
            passphrase::stretch(text, salt, cost)
        }
        (LockRow::Pkcs11 { nonce, wrapped }, Kind::Pkcs11(hsm)) => hsm.unwrap(nonce, wrapped).await,
        (LockRow::Kms { wrapped }, Kind::Kms(kms)) => kms.unwrap(wrapped).await,
        _ => Err(Error::new(Code::UnlockKind)),
    }
}
