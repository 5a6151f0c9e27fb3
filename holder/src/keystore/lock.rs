//! What unlocks the keystore: a passphrase through Argon2id (RFC 9106), or a key file.

use super::wrap::Kek;
use crate::error::{Code, Error, Result};
use crate::home;
use crate::store::LockRow;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64UrlUnpadded, Encoding};
use std::path::Path;
use zeroize::Zeroizing;

const KEY_LEN: usize = 32;
const SALT_LEN: usize = 16;

/// Length is what makes a passphrase hard to guess (NIST SP 800-63B section 3.1.1); with Argon2id in
/// front of it, twelve characters are the least that is worth having.
const MIN_PASSPHRASE_CHARS: usize = 12;

/// The most memory that a stored lock may ask for: 4 GiB. More is damage, and would end the process.
const MAX_MEMORY_KIB: u32 = 4 * 1024 * 1024;

/// How hard a passphrase is to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// RFC 9106 section 4, the second recommended option: 64 MiB, three passes, four lanes.
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 4 }
    }
}

/// What unlocks the keystore. It has no `Debug` and no `Clone`, and is wiped on drop.
///
/// ```compile_fail,E0277
/// fn show(secret: &fieldseal_holder::keystore::Secret) { println!("{secret:?}"); }
/// ```
pub struct Secret(Kind);

enum Kind {
    Passphrase(Zeroizing<Vec<u8>>),
    Key(Zeroizing<[u8; KEY_LEN]>),
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
        let mut text = home::read_secret_file(path)?;
        let end = text.iter().position(|c| matches!(c, b'\n' | b'\r')).unwrap_or(text.len());
        text.truncate(end);
        Ok(Self::passphrase(text))
    }

    /// A key file: 32 random bytes in base64url, which only their owner can read.
    ///
    /// Errors: `secret-unreadable`, `secret-unsafe`, `key-file-malformed`.
    pub fn key_file(path: &Path) -> Result<Self> {
        let text = home::read_secret_file(path)?;
        let mut key = Zeroizing::new([0; KEY_LEN]);
        match Base64UrlUnpadded::decode(text.trim_ascii(), key.as_mut_slice()) {
            Ok(bytes) if bytes.len() == KEY_LEN => Ok(Self(Kind::Key(key))),
            _ => Err(Error::about(Code::KeyFileMalformed, path.display())),
        }
    }

    /// Makes a key file.
    ///
    /// Errors: `secret-unwritable`.
    pub fn new_key_file(path: &Path) -> Result<Self> {
        let key = super::random()?;
        // Encoded into room of its own size, so that no copy is left behind.
        let mut line = Zeroizing::new([0; 44]);
        Base64UrlUnpadded::encode(key.as_slice(), line.as_mut_slice())
            .map_err(|_| Error::new(Code::Internal))?;
        line[43] = b'\n';
        home::write_secret_file(path, line.as_slice())?;
        Ok(Self(Kind::Key(key)))
    }
}

/// How a home is locked: what is stored about its secret.
pub(super) enum Lock {
    Passphrase { salt: Vec<u8>, cost: Cost },
    KeyFile,
}

impl Lock {
    /// A new lock for `secret`.
    ///
    /// Errors: `passphrase-short`.
    pub(super) fn new(secret: &Secret, cost: Cost) -> Result<Self> {
        let Kind::Passphrase(text) = &secret.0 else {
            return Ok(Self::KeyFile);
        };
        if String::from_utf8_lossy(text).chars().count() < MIN_PASSPHRASE_CHARS {
            return Err(Error::new(Code::PassphraseShort));
        }
        let mut salt = vec![0; SALT_LEN];
        getrandom::fill(&mut salt)
            .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
        Ok(Self::Passphrase { salt, cost })
    }

    /// The key-encryption key that `secret` gives with this lock. A wrong secret gives a wrong key,
    /// which unwraps nothing.
    ///
    /// Errors: `unlock-kind`, `store-damaged`.
    pub(super) fn kek(&self, secret: &Secret) -> Result<Kek> {
        match (self, &secret.0) {
            (Self::KeyFile, Kind::Key(key)) => Ok(Kek::new(key)),
            (Self::Passphrase { salt, cost }, Kind::Passphrase(text)) => {
                Ok(Kek::new(&stretch(text, salt, *cost)?))
            }
            _ => Err(Error::new(Code::UnlockKind)),
        }
    }

    pub(super) fn to_row(&self) -> LockRow {
        match self {
            Self::KeyFile => LockRow::KeyFile,
            Self::Passphrase { salt, cost } => {
                let Cost { memory_kib, passes, lanes } = *cost;
                LockRow::Passphrase { salt: salt.clone(), memory_kib, passes, lanes }
            }
        }
    }

    /// Errors: `store-damaged`.
    pub(super) fn from_row(row: LockRow) -> Result<Self> {
        match row {
            LockRow::KeyFile => Ok(Self::KeyFile),
            LockRow::Passphrase { memory_kib, .. } if memory_kib > MAX_MEMORY_KIB => {
                Err(Error::new(Code::StoreDamaged))
            }
            LockRow::Passphrase { salt, memory_kib, passes, lanes } => {
                Ok(Self::Passphrase { salt, cost: Cost { memory_kib, passes, lanes } })
            }
        }
    }
}

fn stretch(passphrase: &[u8], salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; KEY_LEN]>> {
    let damaged = |_| Error::new(Code::StoreDamaged);
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(KEY_LEN)).map_err(damaged)?;
    let mut key = Zeroizing::new([0; KEY_LEN]);
    // The memory is ours so that it is wiped: the key could be computed from its last blocks.
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(passphrase, salt, key.as_mut_slice(), memory.as_mut_slice())
        .map_err(damaged)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9106 section 5.3, less the secret and the associated data that we do not use, is not among
    /// the published vectors; this one is from the reference implementation's test suite (`test.c`,
    /// Argon2id version 19, t=2, m=2^16 KiB, p=1, "password", "somesalt").
    #[test]
    fn argon2id_is_the_reference_implementations() {
        let cost = Cost { memory_kib: 1 << 16, passes: 2, lanes: 1 };
        let key = stretch(b"password", b"somesalt", cost).unwrap();
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7");
    }

    #[test]
    fn the_default_is_at_least_what_the_rfc_recommends() {
        let Cost { memory_kib, passes, lanes } = Cost::default();
        assert!(memory_kib >= 64 * 1024 && passes >= 3 && lanes >= 4);
    }
}
