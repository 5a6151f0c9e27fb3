//! HPKE-9: HPKE base mode (RFC 9180 section 5.1.1) with the KEM MLKEM768-X25519 and the KDF SHAKE256
//! of draft-ietf-hpke-pq, and AES-256-GCM. `info` is empty and `aad` is the encoded protected header
//! (draft-ietf-jose-hpke-encrypt, "Integrated Encryption").

#[cfg(feature = "open")]
pub(crate) mod receiver;
#[cfg(feature = "open")]
mod schedule;
#[cfg_attr(not(feature = "open"), allow(dead_code, reason = "the sender needs the lengths alone"))]
mod xwing;

pub(crate) use xwing::{ENC_LEN, PUBLIC_KEY_LEN};

use super::{Sealed, Seed};
use crate::prelude::*;
use crate::{Code, Error, Result};
use core::convert::Infallible;
use hpke::aead::{AeadCtxS, AesGcm256};
use hpke::kdf::KdfShake256;
use hpke::kem::XWing;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeS, Serializable, setup_sender_with_rng};
use zeroize::Zeroizing;

pub(crate) type PublicKey = <XWing as Kem>::PublicKey;

pub(crate) fn parse_public_key(bytes: &[u8]) -> Result<PublicKey> {
    PublicKey::from_bytes(bytes).map_err(|_| Error::new(Code::KeyInvalid))
}

pub(crate) fn public_key_bytes(key: &PublicKey) -> Vec<u8> {
    key.to_bytes().to_vec()
}

/// A sender context (RFC 9180 section 5.2) with the `enc` that belongs to it.
pub(crate) struct Sender {
    enc: [u8; ENC_LEN],
    context: AeadCtxS<AesGcm256, KdfShake256, XWing>,
}

/// SetupBaseS (RFC 9180 section 5.1.1).
pub(crate) fn setup_sender(key: &PublicKey, seed: &[u8; Seed::LEN]) -> Result<Sender> {
    let mut rng = Once { bytes: seed, taken: 0 };
    let (encapped, context) =
        setup_sender_with_rng::<AesGcm256, KdfShake256, XWing>(&OpModeS::Base, key, b"", &mut rng)
            .map_err(|_| Error::new(Code::SealFailed))?;
    // Less or more than the whole seed would mean that a key was made from bytes we did not choose.
    if rng.taken != Seed::LEN {
        return Err(Error::new(Code::SealFailed));
    }
    let mut enc = [0; ENC_LEN];
    encapped.write_exact(&mut enc);
    Ok(Sender { enc, context })
}

impl Sender {
    /// Seal (RFC 9180 section 5.2) once; the context is gone afterwards.
    pub(crate) fn seal(mut self, aad: &[u8], mut plaintext: Zeroizing<Vec<u8>>) -> Result<Sealed> {
        let tag = self
            .context
            .seal_inout_detached(plaintext.as_mut_slice().into(), aad)
            .map_err(|_| Error::new(Code::SealFailed))?;
        // The buffer now holds ciphertext, so it may leave its wiping shell.
        let mut ciphertext = core::mem::take(&mut *plaintext);
        ciphertext.extend_from_slice(&tag.to_bytes());
        Ok(Sealed { encrypted_key: self.enc.to_vec(), iv: Vec::new(), ciphertext, tag: Vec::new() })
    }
}

/// Gives out the seed's bytes in order, each once, then zeros; `taken` tells when that happened.
struct Once<'a> {
    bytes: &'a [u8; Seed::LEN],
    taken: usize,
}

impl TryRng for Once<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
        for byte in out {
            *byte = self.bytes.get(self.taken).copied().unwrap_or_default();
            self.taken = self.taken.saturating_add(1);
        }
        Ok(())
    }
}

impl TryCryptoRng for Once<'_> {}

#[cfg(all(test, feature = "open"))]
mod tests;
