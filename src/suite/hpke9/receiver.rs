//! The receiver: SetupBaseR and Open (RFC 9180 sections 5.1.1 and 5.2) with a private key that was expanded once.
//! The KEM's own crates expand it at every decapsulation, which is as much work again as all the rest.

use super::schedule::Schedule;
use super::xwing::{self, ENC_LEN, ML_KEM_CIPHERTEXT_LEN, PUBLIC_KEY_LEN, SECRET_LEN};
use crate::prelude::*;
use crate::suite::{TAG_LEN, x25519};
use crate::{Code, Error, Result};
use aes_gcm::aead::AeadInOut;
use ml_kem::kem::{Decapsulate, KeyExport};
use ml_kem::{Ciphertext, MlKem768, ml_kem_768};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

/// The length of X-Wing's private key, a seed, in bytes.
const SEED_LEN: usize = 32;

/// The length of ML-KEM's seed, `d` and `z` (FIPS 203 section 7.1), in bytes.
const ML_KEM_SEED_LEN: usize = 64;

/// A private key, expanded. Both parts are wiped on drop.
pub(crate) struct PrivateKey {
    ml_kem: ml_kem_768::DecapsulationKey,
    x25519: StaticSecret,
    /// The combiner hashes it at every decapsulation.
    x25519_public: PublicKey,
}

/// expandDecapsulationKey (draft-connolly-cfrg-xwing-kem section 5.2).
pub(crate) fn expand(seed: &[u8; SEED_LEN]) -> PrivateKey {
    let mut hash = Shake256::default();
    hash.update(seed);
    let mut expanded = hash.finalize_xof();
    let mut ml_kem_seed = Zeroizing::new([0; ML_KEM_SEED_LEN]);
    let mut scalar = Zeroizing::new([0; x25519::LEN]);
    expanded.read(ml_kem_seed.as_mut_slice());
    expanded.read(scalar.as_mut_slice());
    let x25519 = StaticSecret::from(*scalar);
    PrivateKey {
        ml_kem: ml_kem_768::DecapsulationKey::from_seed((*ml_kem_seed).into()),
        x25519_public: PublicKey::from(&x25519),
        x25519,
    }
}

/// DeriveKeyPair of MLKEM768-X25519 (draft-ietf-hpke-pq): LabeledDerive with the KEM's suite id and the label
/// "DeriveKeyPair". It takes 32 bytes and more.
pub(crate) fn derive_private_key(ikm: &[u8]) -> PrivateKey {
    let mut hash = Shake256::default();
    hash.update(ikm);
    hash.update(b"HPKE-v1KEM\x64\x7a");
    hash.update(b"\x00\x0dDeriveKeyPair");
    hash.update(&(SEED_LEN as u16).to_be_bytes());
    let mut seed = Zeroizing::new([0; SEED_LEN]);
    hash.finalize_xof().read(seed.as_mut_slice());
    expand(&seed)
}

impl PrivateKey {
    /// The public key's bytes.
    pub(crate) fn public(&self) -> Vec<u8> {
        let mut public = Vec::with_capacity(PUBLIC_KEY_LEN);
        public.extend_from_slice(&self.ml_kem.encapsulation_key().to_bytes());
        public.extend_from_slice(self.x25519_public.as_bytes());
        public
    }

    /// Decapsulate (draft-connolly-cfrg-xwing-kem section 5.5). A ciphertext of ML-KEM that was changed gives
    /// another secret (FIPS 203 section 6.3), with which nothing opens.
    pub(super) fn decapsulate(&self, enc: &[u8; ENC_LEN]) -> Option<Zeroizing<[u8; SECRET_LEN]>> {
        let (ml_kem, x25519) = enc.split_first_chunk::<ML_KEM_CIPHERTEXT_LEN>()?;
        let x25519: &[u8; x25519::LEN] = x25519.try_into().ok()?;
        let x25519_secret = self.x25519.diffie_hellman(&PublicKey::from(*x25519));
        // Tokens with such keys were refused when they were read, so this is the second lock.
        if !x25519_secret.was_contributory() {
            return None;
        }
        let ml_kem_secret = Zeroizing::new(self.ml_kem.decapsulate(<&Ciphertext<MlKem768>>::from(ml_kem)).0);
        Some(xwing::combine(&ml_kem_secret, x25519_secret.as_bytes(), x25519, self.x25519_public.as_bytes()))
    }

    /// Opens the one message of the context where it lies: `text`, which its tag follows in HPKE's ciphertext. If it
    /// does not open, what is there is still the ciphertext.
    ///
    /// Errors: `open-failed`.
    pub(crate) fn open_in_place(&self, enc: &[u8], aad: &[u8], text: &mut [u8], tag: &[u8]) -> Result<()> {
        let failed = Error::new(Code::OpenFailed);
        let enc: &[u8; ENC_LEN] = enc.try_into().map_err(|_| failed)?;
        let tag: [u8; TAG_LEN] = tag.try_into().map_err(|_| failed)?;
        let schedule = Schedule::new(&*self.decapsulate(enc).ok_or(failed)?);
        schedule
            .cipher()
            .decrypt_inout_detached(&schedule.nonce(), aad, text.into(), &tag.into())
            .map_err(|_| failed)
    }
}
