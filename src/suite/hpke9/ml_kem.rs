//! ML-KEM-768's encapsulation (FIPS 203 section 7.2).

use super::xwing::{ML_KEM_CIPHERTEXT_LEN, ML_KEM_PUBLIC_LEN, SECRET_LEN};
use ml_kem::ml_kem_768::EncapsulationKey;
use zeroize::Zeroizing;

/// The length of the message `m`, which is all the randomness of an encapsulation, in bytes.
pub(super) const MESSAGE_LEN: usize = 32;

/// An encapsulation key that passed its check.
pub(super) struct PublicKey(EncapsulationKey);

impl PublicKey {
    /// The encapsulation key check of FIPS 203 section 7.2; `None` for a coefficient that is out of range.
    pub(super) fn parse(bytes: &[u8; ML_KEM_PUBLIC_LEN]) -> Option<Self> {
        EncapsulationKey::new(bytes.into()).ok().map(Self)
    }

    /// ML-KEM.Encaps_internal (FIPS 203 algorithm 17). Gives the shared secret, and writes the ciphertext.
    pub(super) fn encapsulate(
        &self,
        message: &[u8; MESSAGE_LEN],
        ciphertext: &mut [u8; ML_KEM_CIPHERTEXT_LEN],
    ) -> Zeroizing<[u8; SECRET_LEN]> {
        let (written, secret) = self.0.encapsulate_deterministic(message.into());
        ciphertext.copy_from_slice(&written);
        Zeroizing::new(secret.0)
    }
}
