//! The algorithm table: one id names the KEM, the KDF, the AEAD and every length.
//!
//! A published key has exactly one algorithm, so the key decides and a page cannot downgrade
//! (`docs/format.md`, "Algorithms").

pub(crate) mod ecdh_es;
pub(crate) mod hpke9;
pub(crate) mod x25519;

use crate::prelude::*;
use crate::{Code, Error, Result};
use alloc::sync::Arc;
use core::str::FromStr;
use zeroize::Zeroizing;

/// A token algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alg {
    /// HPKE Integrated Encryption with MLKEM768-X25519 (0x647a), SHAKE256 (0x0011) and AES-256-GCM
    /// (0x0002): draft-ietf-jose-hpke-encrypt, algorithm HPKE-9 of draft-ietf-jose-hpke-pq-pqt.
    Hpke9,
    /// ECDH-ES in Direct Key Agreement mode with X25519 (RFC 7518 section 4.6, RFC 8037 section 3.2)
    /// and `enc` A256GCM (RFC 7518 section 5.3). Not post-quantum; for keys that must serve every
    /// JOSE library of today.
    EcdhEs,
}

impl Alg {
    /// Every algorithm.
    pub const ALL: [Self; 2] = [Self::Hpke9, Self::EcdhEs];

    /// The JOSE name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hpke9 => "HPKE-9",
            Self::EcdhEs => "ECDH-ES",
        }
    }

    /// The length of a public key in bytes.
    pub const fn public_key_len(self) -> usize {
        match self {
            Self::Hpke9 => hpke9::PUBLIC_KEY_LEN,
            Self::EcdhEs => x25519::LEN,
        }
    }

    /// The length in bytes of what the token carries for the recipient: HPKE `enc`, or the `x` of `epk`.
    pub const fn encapsulated_len(self) -> usize {
        match self {
            Self::Hpke9 => hpke9::ENC_LEN,
            Self::EcdhEs => x25519::LEN,
        }
    }
}

impl FromStr for Alg {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name).ok_or(Error::new(Code::KeyAlgUnknown))
    }
}

/// The length of every AEAD tag in bytes (both algorithms use AES-256-GCM).
pub const TAG_LEN: usize = 16;

/// The length of an AES-GCM nonce in bytes.
pub const NONCE_LEN: usize = 12;

/// A recipient's public key, checked and expanded once, so that a seal pays only for the seal.
/// Copies share what was expanded.
#[derive(Clone)]
pub struct RecipientKey(Arc<Repr>);

enum Repr {
    Hpke9(Box<hpke9::PublicKey>),
    EcdhEs(x25519::Recipient),
}

impl PartialEq for RecipientKey {
    fn eq(&self, other: &Self) -> bool {
        self.alg() == other.alg() && self.as_bytes() == other.as_bytes()
    }
}

impl Eq for RecipientKey {}

impl core::fmt::Debug for RecipientKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The expanded key is kilobytes of coefficients that tell a reader nothing.
        f.debug_tuple("RecipientKey").field(&self.alg()).finish()
    }
}

impl RecipientKey {
    /// Checks a public key. Errors: `key-length`, `key-invalid` (an ML-KEM coefficient out of range,
    /// FIPS 203 section 7.2), `key-low-order` (the X25519 part contributes nothing).
    pub fn parse(alg: Alg, public: &[u8]) -> Result<Self> {
        if public.len() != alg.public_key_len() {
            return Err(Error::new(Code::KeyLength));
        }
        let (_, x25519_part) = public.split_last_chunk().ok_or(Error::new(Code::KeyLength))?;
        if x25519::is_low_order(x25519_part) {
            return Err(Error::new(Code::KeyLowOrder));
        }
        Ok(Self(Arc::new(match alg {
            Alg::Hpke9 => {
                let public = public.try_into().map_err(|_| Error::new(Code::KeyLength))?;
                Repr::Hpke9(Box::new(hpke9::PublicKey::parse(public)?))
            }
            Alg::EcdhEs => Repr::EcdhEs(x25519::Recipient::new(*x25519_part)),
        })))
    }

    /// The key's algorithm.
    pub fn alg(&self) -> Alg {
        match *self.0 {
            Repr::Hpke9(_) => Alg::Hpke9,
            Repr::EcdhEs(_) => Alg::EcdhEs,
        }
    }

    /// The public key's bytes, [`Alg::public_key_len`] of them.
    pub fn as_bytes(&self) -> &[u8] {
        match &*self.0 {
            Repr::Hpke9(key) => key.as_bytes(),
            Repr::EcdhEs(key) => key.as_bytes(),
        }
    }

    /// Does the part of sealing that does not depend on the value: nearly all of the time it takes.
    ///
    /// Errors: `seal-failed`.
    pub fn encapsulate(&self, seed: Seed) -> Result<Encapsulation> {
        Ok(Encapsulation(match &*self.0 {
            Repr::Hpke9(key) => Context::Hpke9(Box::new(hpke9::setup_sender(key, &seed.0)?)),
            Repr::EcdhEs(key) => Context::EcdhEs(ecdh_es::agree(key, &seed.0)?),
        }))
    }
}

/// The random bytes of one encapsulation. It is spent by use: not `Clone`, and taken by value.
pub struct Seed(Zeroizing<[u8; Seed::LEN]>);

impl Seed {
    /// X-Wing takes 64 bytes (32 for ML-KEM, 32 for X25519); ECDH-ES takes 32 and a nonce of 12.
    pub const LEN: usize = 64;

    /// Takes uniformly random bytes.
    pub fn new(bytes: Zeroizing<[u8; Self::LEN]>) -> Self {
        Self(bytes)
    }
}

/// A single-use sender context: one fresh encapsulation, ready to encrypt one value.
///
/// Sealing consumes it, so that two tokens can never share a key and a nonce.
pub struct Encapsulation(Context);

enum Context {
    Hpke9(Box<hpke9::Sender>),
    EcdhEs(ecdh_es::Agreement),
}

/// What an encryption adds to the token beside the protected header.
pub(crate) struct Sealed {
    /// JWE Encrypted Key, as [`Encapsulation::encrypted_key`] gives it.
    pub(crate) encrypted_key: String,
    /// JWE Initialization Vector: empty in Integrated Encryption.
    pub(crate) iv: Vec<u8>,
    /// JWE Ciphertext.
    pub(crate) ciphertext: Vec<u8>,
    /// JWE Authentication Tag: empty in Integrated Encryption, where HPKE's ciphertext ends with it.
    pub(crate) tag: Vec<u8>,
}

impl Encapsulation {
    /// The ephemeral public key for the header's `epk`, where the algorithm has one.
    pub(crate) fn epk(&self) -> Option<&[u8; x25519::LEN]> {
        match &self.0 {
            Context::Hpke9(_) => None,
            Context::EcdhEs(agreement) => Some(agreement.epk()),
        }
    }

    /// JWE Encrypted Key, encoded: HPKE `enc`; empty in Direct Key Agreement.
    pub(crate) fn encrypted_key(&self) -> &str {
        match &self.0 {
            Context::Hpke9(sender) => sender.enc(),
            Context::EcdhEs(_) => "",
        }
    }

    /// Encrypts `plaintext` with the encoded protected header as additional authenticated data.
    pub(crate) fn seal(self, protected: &[u8], plaintext: Zeroizing<Vec<u8>>) -> Result<Sealed> {
        match self.0 {
            Context::Hpke9(sender) => sender.seal(protected, plaintext),
            Context::EcdhEs(agreement) => agreement.seal(protected, plaintext),
        }
    }
}
