//! ML-KEM-768's encapsulation (FIPS 203 section 7.2).

use super::xwing::{ML_KEM_CIPHERTEXT_LEN, ML_KEM_PUBLIC_LEN, SECRET_LEN};
use zeroize::Zeroizing;

#[cfg(feature = "fast")]
use expanded as implementation;
#[cfg(not(feature = "fast"))]
use small as implementation;

/// The length of the message `m`, which is all the randomness of an encapsulation, in bytes.
pub(super) const MESSAGE_LEN: usize = 32;

/// An encapsulation key that passed its check.
pub(super) struct PublicKey(implementation::PublicKey);

impl PublicKey {
    /// The encapsulation key check of FIPS 203 section 7.2; `None` for a coefficient that is out of range.
    pub(super) fn parse(bytes: &[u8; ML_KEM_PUBLIC_LEN]) -> Option<Self> {
        implementation::parse(bytes).map(Self)
    }

    /// ML-KEM.Encaps_internal (FIPS 203 algorithm 17). Gives the shared secret, and writes the ciphertext.
    pub(super) fn encapsulate(
        &self,
        message: &[u8; MESSAGE_LEN],
        ciphertext: &mut [u8; ML_KEM_CIPHERTEXT_LEN],
    ) -> Zeroizing<[u8; SECRET_LEN]> {
        implementation::encapsulate(&self.0, message, ciphertext)
    }
}

/// The one that takes the least to download. It samples the key's matrix at every encapsulation.
#[cfg(not(feature = "fast"))]
mod small {
    use super::*;
    use ml_kem::ml_kem_768::EncapsulationKey;

    pub(super) type PublicKey = EncapsulationKey;

    pub(super) fn parse(bytes: &[u8; ML_KEM_PUBLIC_LEN]) -> Option<PublicKey> {
        EncapsulationKey::new(bytes.into()).ok()
    }

    pub(super) fn encapsulate(
        key: &PublicKey,
        message: &[u8; MESSAGE_LEN],
        ciphertext: &mut [u8; ML_KEM_CIPHERTEXT_LEN],
    ) -> Zeroizing<[u8; SECRET_LEN]> {
        let (written, secret) = key.encapsulate_deterministic(message.into());
        ciphertext.copy_from_slice(&written);
        Zeroizing::new(secret.0)
    }
}

/// The one that keeps the key's matrix: three to four times as fast, and as much larger.
#[cfg(feature = "fast")]
mod expanded {
    use super::*;
    use crate::prelude::*;
    use libcrux_ml_kem::mlkem768::MlKem768PublicKey;
    use libcrux_ml_kem::mlkem768::portable::{unpacked, validate_public_key};

    /// Four kilobytes and more.
    pub(super) type PublicKey = Box<unpacked::MlKem768PublicKeyUnpacked>;

    pub(super) fn parse(bytes: &[u8; ML_KEM_PUBLIC_LEN]) -> Option<PublicKey> {
        let key = MlKem768PublicKey::from(bytes);
        if !validate_public_key(&key) {
            return None;
        }
        let mut expanded = Box::new(unpacked::init_public_key());
        unpacked::unpacked_public_key(&key, &mut expanded);
        Some(expanded)
    }

    pub(super) fn encapsulate(
        key: &PublicKey,
        message: &[u8; MESSAGE_LEN],
        ciphertext: &mut [u8; ML_KEM_CIPHERTEXT_LEN],
    ) -> Zeroizing<[u8; SECRET_LEN]> {
        let (written, secret) = unpacked::encapsulate(key, *message);
        ciphertext.copy_from_slice(written.as_slice());
        Zeroizing::new(secret)
    }
}
