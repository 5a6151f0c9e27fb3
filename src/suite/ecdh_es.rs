//! ECDH-ES in Direct Key Agreement mode (RFC 7518 section 4.6) over X25519 (RFC 8037 section 3.2),
//! with the content encrypted by A256GCM (RFC 7518 section 5.3).

use super::{NONCE_LEN, Sealed, Seed, TAG_LEN, x25519};
use crate::prelude::*;
use crate::{Code, Error, Result};
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use sha2::{Digest, Sha256};
#[cfg(feature = "open")]
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The content encryption algorithm's JOSE name.
pub(crate) const ENC: &str = "A256GCM";
const CEK_LEN: usize = 32;

/// One agreement: the ephemeral public key, the content encryption key and a nonce for one use.
pub(crate) struct Agreement {
    epk: [u8; x25519::LEN],
    cek: Zeroizing<[u8; CEK_LEN]>,
    nonce: [u8; NONCE_LEN],
}

pub(crate) fn agree(recipient: &x25519::Recipient, seed: &[u8; Seed::LEN]) -> Result<Agreement> {
    let failed = Error::new(Code::SealFailed);
    let (ephemeral, rest) = seed.split_first_chunk::<{ x25519::LEN }>().ok_or(failed)?;
    let nonce = *rest.first_chunk::<NONCE_LEN>().ok_or(failed)?;
    let ephemeral = x25519::Ephemeral::new(ephemeral);
    let epk = ephemeral.public();
    // RFC 8037 section 3.2 points to RFC 7748 section 6.1: a zero secret is known to everybody. Keys of
    // low order were refused when they were parsed, so this is the second lock.
    let z = ephemeral.agree(recipient).ok_or(failed)?;
    Ok(Agreement { epk, cek: concat_kdf(&z), nonce })
}

/// The Concat KDF of RFC 7518 section 4.6.2 for `enc` A256GCM and no party information: 256 bits are
/// one round of SHA-256.
pub(crate) fn concat_kdf(z: &[u8; x25519::LEN]) -> Zeroizing<[u8; CEK_LEN]> {
    let mut hash = Sha256::new();
    hash.update(1u32.to_be_bytes());
    hash.update(z);
    hash.update((ENC.len() as u32).to_be_bytes());
    hash.update(ENC);
    hash.update(0u32.to_be_bytes()); // PartyUInfo: `apu` is absent.
    hash.update(0u32.to_be_bytes()); // PartyVInfo: `apv` is absent.
    hash.update((CEK_LEN as u32 * 8).to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}

pub(crate) fn cipher(cek: &[u8; CEK_LEN]) -> Aes256Gcm {
    Aes256Gcm::new(cek.into())
}

impl Agreement {
    pub(crate) fn epk(&self) -> &[u8; x25519::LEN] {
        &self.epk
    }

    pub(crate) fn seal(self, aad: &[u8], mut plaintext: Zeroizing<Vec<u8>>) -> Result<Sealed> {
        let nonce = Nonce::from(self.nonce);
        let tag = cipher(&self.cek)
            .encrypt_inout_detached(&nonce, aad, plaintext.as_mut_slice().into())
            .map_err(|_| Error::new(Code::SealFailed))?;
        debug_assert_eq!(tag.len(), TAG_LEN);
        // The buffer now holds ciphertext, so it may leave its wiping shell.
        let ciphertext = core::mem::take(&mut *plaintext);
        Ok(Sealed { encrypted_key: String::new(), iv: self.nonce.to_vec(), ciphertext, tag: tag.to_vec() })
    }
}

/// DeriveKeyPair of DHKEM(X25519, HKDF-SHA256) (RFC 9180 section 7.1.3): ECDH-ES has no derivation of its own, and
/// its keys are the same X25519 scalars. The labels are those of RFC 9180 section 4.
#[cfg(feature = "open")]
pub(crate) fn derive_private_key(ikm: &[u8]) -> Result<StaticSecret> {
    use hkdf::HkdfExtract;
    /// "HPKE-v1", then "KEM" and the KEM's id.
    const LABELED: &[u8] = b"HPKE-v1KEM\x00\x20";
    let mut extract = HkdfExtract::<Sha256>::new(None);
    for part in [LABELED, b"dkp_prk", ikm] {
        extract.input_ikm(part);
    }
    let (_, prk) = extract.finalize();
    let mut scalar = Zeroizing::new([0; x25519::LEN]);
    let length = (x25519::LEN as u16).to_be_bytes();
    prk.expand_multi_info(&[&length, LABELED, b"sk"], scalar.as_mut_slice())
        .map_err(|_| Error::new(Code::KeyInvalid))?;
    Ok(StaticSecret::from(*scalar))
}

/// Opens with the recipient's private key, where the ciphertext lies. If it does not open, what is there is still
/// the ciphertext.
#[cfg(feature = "open")]
pub(crate) fn open_in_place(
    key: &StaticSecret,
    epk: &[u8; x25519::LEN],
    nonce: &[u8],
    aad: &[u8],
    text: &mut [u8],
    tag: &[u8],
) -> Result<()> {
    let failed = Error::new(Code::OpenFailed);
    let nonce: [u8; NONCE_LEN] = nonce.try_into().map_err(|_| failed)?;
    let tag: [u8; TAG_LEN] = tag.try_into().map_err(|_| failed)?;
    let z = key.diffie_hellman(&PublicKey::from(*epk));
    if !z.was_contributory() {
        return Err(failed);
    }
    cipher(&concat_kdf(z.as_bytes()))
        .decrypt_inout_detached(&Nonce::from(nonce), aad, text.into(), &tag.into())
        .map_err(|_| failed)
}
