//! The sender: SetupBaseS and Seal (RFC 9180 sections 5.1.1 and 5.2) for one message.

use super::ml_kem;
use super::schedule::Schedule;
use super::xwing::{self, ENC_LEN, ML_KEM_CIPHERTEXT_LEN, ML_KEM_PUBLIC_LEN, PUBLIC_KEY_LEN, SECRET_LEN};
use crate::prelude::*;
use crate::suite::{Sealed, Seed, x25519};
use crate::{Code, Error, Result, base64url};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{AeadInOut, Nonce};
use zeroize::Zeroizing;

/// A public key, read once, so that a seal pays only for the seal.
pub(crate) struct PublicKey {
    ml_kem: ml_kem::PublicKey,
    x25519: x25519::Recipient,
    bytes: [u8; PUBLIC_KEY_LEN],
}

impl PublicKey {
    /// Errors: `key-invalid` for a coefficient of ML-KEM that is out of range (FIPS 203 section 7.2).
    pub(crate) fn parse(bytes: &[u8; PUBLIC_KEY_LEN]) -> Result<Self> {
        let failed = Error::new(Code::KeyInvalid);
        let (ml_kem, x25519) = bytes.split_first_chunk::<ML_KEM_PUBLIC_LEN>().ok_or(failed)?;
        let x25519: &[u8; x25519::LEN] = x25519.try_into().map_err(|_| failed)?;
        Ok(Self {
            ml_kem: ml_kem::PublicKey::parse(ml_kem).ok_or(failed)?,
            x25519: x25519::Recipient::new(*x25519),
            bytes: *bytes,
        })
    }

    pub(crate) fn as_bytes(&self) -> &[u8; PUBLIC_KEY_LEN] {
        &self.bytes
    }

    /// EncapsulateDerand (draft-connolly-cfrg-xwing-kem section 5.4.1): the first half of the randomness is
    /// ML-KEM's, the second is the ephemeral X25519 key. Writes the ciphertext into `enc`.
    fn encapsulate(
        &self,
        seed: &[u8; Seed::LEN],
        enc: &mut [u8; ENC_LEN],
    ) -> Result<Zeroizing<[u8; SECRET_LEN]>> {
        let failed = Error::new(Code::SealFailed);
        let (message, ephemeral) = seed.split_first_chunk::<{ ml_kem::MESSAGE_LEN }>().ok_or(failed)?;
        let ephemeral = x25519::Ephemeral::new(ephemeral.try_into().map_err(|_| failed)?);
        let (ml_kem_enc, x25519_enc) = enc.split_first_chunk_mut::<ML_KEM_CIPHERTEXT_LEN>().ok_or(failed)?;
        let ml_kem_secret = self.ml_kem.encapsulate(message, ml_kem_enc);
        let x25519_public = ephemeral.public();
        x25519_enc.copy_from_slice(&x25519_public);
        // A zero secret is known to everybody. Keys of low order were refused when they were parsed, so this is
        // the second lock.
        let x25519_secret = ephemeral.agree(&self.x25519).ok_or(failed)?;
        Ok(xwing::combine(&ml_kem_secret, &x25519_secret, &x25519_public, self.x25519.as_bytes()))
    }
}

/// A sender context (RFC 9180 section 5.2) with the `enc` that belongs to it. What does not depend on the message is
/// done: `enc` is encoded, and the cipher has its round keys, which it wipes on drop.
pub(crate) struct Sender {
    enc: String,
    cipher: Aes256Gcm,
    nonce: Nonce<Aes256Gcm>,
}

/// SetupBaseS (RFC 9180 section 5.1.1).
pub(crate) fn setup_sender(key: &PublicKey, seed: &[u8; Seed::LEN]) -> Result<Sender> {
    let mut enc = [0; ENC_LEN];
    let secret = key.encapsulate(seed, &mut enc)?;
    let schedule = Schedule::new(&secret);
    Ok(Sender { enc: base64url::encode(&enc), cipher: schedule.cipher(), nonce: schedule.nonce() })
}

impl Sender {
    pub(crate) fn enc(&self) -> &str {
        &self.enc
    }

    /// Seal (RFC 9180 section 5.2) once; the context is gone afterwards.
    pub(crate) fn seal(self, aad: &[u8], mut plaintext: Zeroizing<Vec<u8>>) -> Result<Sealed> {
        let tag = self
            .cipher
            .encrypt_inout_detached(&self.nonce, aad, plaintext.as_mut_slice().into())
            .map_err(|_| Error::new(Code::SealFailed))?;
        // The buffer now holds ciphertext, so it may leave its wiping shell.
        let mut ciphertext = core::mem::take(&mut *plaintext);
        ciphertext.extend_from_slice(&tag);
        Ok(Sealed { encrypted_key: self.enc, iv: Vec::new(), ciphertext, tag: Vec::new() })
    }
}
