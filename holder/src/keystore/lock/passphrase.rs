//! A passphrase, stretched by Argon2id (RFC 9106).

use super::{KEY_LEN, Key};
use crate::error::{Code, Error, Result};
use crate::keystore::random_bytes;
use crate::store::LockRow;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

const SALT_LEN: usize = 16;

/// Length is what makes a passphrase hard to guess (NIST SP 800-63B section 3.1.1); with Argon2id in
/// front of it, twelve characters are the least that is worth having.
const MIN_CHARS: usize = 12;

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

/// What a new home keeps about a passphrase.
///
/// Errors: `passphrase-short`.
pub(super) fn new_row(text: &[u8], cost: Cost) -> Result<LockRow> {
    if String::from_utf8_lossy(text).chars().count() < MIN_CHARS {
        return Err(Error::new(Code::PassphraseShort));
    }
    let Cost { memory_kib, passes, lanes } = cost;
    Ok(LockRow::Passphrase { salt: random_bytes::<SALT_LEN>()?.to_vec(), memory_kib, passes, lanes })
}

/// The key that a passphrase gives.
///
/// Errors: `store-damaged` for a cost or a salt that no home has.
pub(super) fn stretch(text: &[u8], salt: &[u8], cost: Cost) -> Result<Key> {
    let damaged = |_| Error::new(Code::StoreDamaged);
    if cost.memory_kib > MAX_MEMORY_KIB {
        return Err(Error::new(Code::StoreDamaged));
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(KEY_LEN)).map_err(damaged)?;
    let mut key = Zeroizing::new(vec![0; KEY_LEN]);
    // The memory is ours so that it is wiped: the key could be computed from its last blocks.
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(text, salt, key.as_mut_slice(), memory.as_mut_slice())
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

    #[test]
    fn a_stored_cost_cannot_take_all_memory() {
        let cost = Cost { memory_kib: u32::MAX, passes: 1, lanes: 1 };
        assert_eq!(stretch(b"password", b"somesalt", cost).unwrap_err().code(), Code::StoreDamaged);
    }
}
