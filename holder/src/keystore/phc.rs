//! Whether a password is the one of a stored hash: Argon2id (RFC 9106) in the PHC string format
//! (<https://github.com/P-H-C/phc-string-format>).

use super::{Cost, random_bytes};
use crate::error::{Code, Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64ct::{Base64Unpadded, Encoding};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What a hash may ask for: it comes from outside, and decides how much memory and time are taken.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 16;
const MAX_BYTES: usize = 64;

/// How many comparisons may wait. Each holds up a thread that opens tokens, too.
const MAX_WAITING: usize = 8;

/// A password's hash. It has no `Debug`: whoever has it can guess at the password.
pub struct PasswordHash {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl PasswordHash {
    /// Reads `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, with at most 256 MiB, 16 passes and 16 lanes, 8 to 64
    /// bytes of salt and 16 to 64 bytes of hash.
    ///
    /// Errors: `hash-malformed`.
    pub fn parse(text: &str) -> Result<Self> {
        Self::read(text).ok_or(Error::new(Code::HashMalformed))
    }

    fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let (params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut members = params.split(',');
        let mut number = |name: &str| members.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (memory, passes, lanes) = (number("m=")?, number("t=")?, number("p=")?);
        let is_all = parts.next().is_none() && members.next().is_none();
        let is_bearable = memory <= MAX_MEMORY_KIB && passes <= MAX_PASSES && lanes <= MAX_LANES;
        let decode = |text: &str, least: usize| {
            let bytes = Base64Unpadded::decode_vec(text).ok()?;
            (least..=MAX_BYTES).contains(&bytes.len()).then_some(bytes)
        };
        let (salt, hash) = (decode(salt, 8)?, decode(hash, 16)?);
        let params = Params::new(memory, passes, lanes, Some(hash.len())).ok()?;
        (is_all && is_bearable).then_some(Self { params, salt, hash })
    }

    /// Whether this is the hash of that password.
    fn is_of(&self, password: &[u8]) -> Result<bool> {
        let hash = stretch(&self.params, password, &self.salt, self.hash.len())?;
        Ok(hash.ct_eq(&self.hash).into())
    }

    /// A new hash of a password, as text, as hard to try as the passphrase of a new key holder.
    fn of(password: &[u8]) -> Result<String> {
        let internal = |_| Error::new(Code::Internal);
        let Cost { memory_kib, passes, lanes } = Cost::default();
        let params = Params::new(memory_kib, passes, lanes, Some(NEW_LEN)).map_err(internal)?;
        let salt = random_bytes::<NEW_SALT_LEN>()?;
        let hash = stretch(&params, password, &salt, NEW_LEN)?;
        let (salt, hash) = (Base64Unpadded::encode_string(&salt), Base64Unpadded::encode_string(&hash));
        Ok(format!("$argon2id$v=19$m={memory_kib},t={passes},p={lanes}${salt}${hash}"))
    }
}

/// The lengths of new hashes and their salts, in bytes (RFC 9106 section 4).
const NEW_LEN: usize = 32;
const NEW_SALT_LEN: usize = 16;

fn stretch(params: &Params, password: &[u8], salt: &[u8], length: usize) -> Result<Zeroizing<Vec<u8>>> {
    let mut hash = Zeroizing::new(vec![0; length]);
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, &mut hash, memory.as_mut_slice())
        .map_err(|_| Error::new(Code::Internal))?;
    Ok(hash)
}

/// The hash of no passphrase that anybody has. To compare with it takes as long as with a real one.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The passphrases of people who log in: made and compared one at a time, beside the threads that answer requests.
#[derive(Clone, Default)]
pub(crate) struct Passphrases(Arc<Turn>);

impl Passphrases {
    /// Whether a passphrase is the one of a stored hash. Where there is none, it takes as long to find that it is not.
    ///
    /// Errors: `hashes-busy`, `store-damaged`.
    pub(crate) async fn compare(&self, stored: Option<&str>, passphrase: &Zeroizing<String>) -> Result<bool> {
        let is_somebodys = stored.is_some();
        let hash =
            PasswordHash::parse(stored.unwrap_or(OF_NOBODY)).map_err(|_| Error::new(Code::StoreDamaged))?;
        let (turn, passphrase) = (Arc::clone(&self.0), passphrase.clone());
        let compare = move || turn.compare(&hash, passphrase.as_bytes());
        let compared = tokio::task::spawn_blocking(compare).await;
        Ok(compared.map_err(|_| Error::new(Code::Internal))?? && is_somebodys)
    }

    /// What is kept of a new passphrase.
    ///
    /// Errors: `hashes-busy`, `randomness-unavailable`.
    pub(crate) async fn hash(&self, passphrase: &Zeroizing<String>) -> Result<String> {
        let (turn, passphrase) = (Arc::clone(&self.0), passphrase.clone());
        let make = move || turn.take(|| PasswordHash::of(passphrase.as_bytes()));
        tokio::task::spawn_blocking(make).await.map_err(|_| Error::new(Code::Internal))?
    }
}

/// One comparison at a time, so that the memory that they take is that of one.
#[derive(Default)]
pub(super) struct Turn {
    waiting: AtomicUsize,
    turn: Mutex<()>,
}

impl Turn {
    /// Errors: `hashes-busy`.
    pub(super) fn compare(&self, hash: &PasswordHash, password: &[u8]) -> Result<bool> {
        self.take(|| hash.is_of(password))
    }

    /// Errors: `hashes-busy`.
    fn take<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let done = match self.waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING {
            true => {
                let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
                work()
            }
            false => Err(Error::new(Code::HashesBusy)),
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the reference implementation's test suite (`test.c`).
    const REFERENCE: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    #[test]
    fn tells_the_password_of_a_hash() {
        let hash = PasswordHash::parse(REFERENCE).unwrap();
        let turn = Turn::default();
        assert!(turn.compare(&hash, b"password").unwrap());
        assert!(!turn.compare(&hash, b"Password").unwrap());
    }

    #[tokio::test]
    async fn a_new_hash_is_of_its_passphrase_and_nobody_has_the_one_of_nobody() {
        let (passphrases, text) = (Passphrases::default(), |text: &str| Zeroizing::new(text.to_owned()));
        let stored = passphrases.hash(&text("correct horse")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=65536,t=3,p=4$"));
        assert!(passphrases.compare(Some(&stored), &text("correct horse")).await.unwrap());
        assert!(!passphrases.compare(Some(&stored), &text("correct house")).await.unwrap());
        assert!(!passphrases.compare(None, &text("correct horse")).await.unwrap());
        assert_ne!(passphrases.hash(&text("correct horse")).await.unwrap(), stored);
    }

    #[test]
    fn hashes_with_one_fault_each() {
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("v=19", "v=16"),
            ("v=19$", ""),
            ("m=65536", "m=262145"),
            ("m=65536", "m=-1"),
            ("m=65536", "m=1"),
            ("t=2", "t=17"),
            ("t=2", "t=0"),
            ("p=1", "p=17"),
            ("p=1", "p=1,keyid=x"),
            ("m=65536,t=2", "t=2,m=65536"),
            ("c29tZXNhbHQ", "c29t"),
            ("c29tZXNhbHQ", "c29tZXNhbHQ="),
            ("PPc", "PPd"),
            ("$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", ""),
            ("PPc", "PPc$"),
        ] {
            let text = REFERENCE.replacen(from, to, 1);
            assert_ne!(text, REFERENCE, "{from}");
            assert!(PasswordHash::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn there_are_not_too_many_that_wait() {
        let turn = Turn { waiting: AtomicUsize::new(MAX_WAITING), turn: Mutex::new(()) };
        let hash = PasswordHash::parse(REFERENCE).unwrap();
        assert_eq!(turn.compare(&hash, b"password").unwrap_err().code(), Code::HashesBusy);
        turn.waiting.store(MAX_WAITING - 1, Ordering::Relaxed);
        assert!(turn.compare(&hash, b"password").unwrap());
        assert_eq!(turn.waiting.load(Ordering::Relaxed), MAX_WAITING - 1);
    }
}
