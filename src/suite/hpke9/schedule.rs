//! HPKE's key schedule for the one suite and the one mode that tokens use: base mode, with `info` and `psk` empty.
//! SHAKE256 is a one-stage KDF, so the schedule is one call of it (draft-ietf-hpke-hpke section 5.1,
//! `CombineSecrets_OneStage`).

use super::xwing::SECRET_LEN;
use crate::suite::NONCE_LEN;
use aes_gcm::aead::Nonce;
use aes_gcm::{Aes256Gcm, KeyInit};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use zeroize::Zeroizing;

/// Nk of AES-256-GCM in bytes (RFC 9180 section 7.3).
const KEY_LEN: usize = 32;

/// Nh of SHAKE256 in bytes (draft-ietf-hpke-pq): the length of the exporter secret. Tokens export nothing, but
/// the derivation counts it.
const EXPORTER_LEN: usize = 64;

/// RFC 9180 section 5.1: "HPKE", then the KEM MLKEM768-X25519, the KDF SHAKE256 and the AEAD AES-256-GCM.
const SUITE_ID: &[u8; 10] = b"HPKE\x64\x7a\x00\x11\x00\x02";

/// The key and the nonce of a context's first message. The context of a token has no second one, so there is no
/// sequence number that could be counted wrongly. Wiped on drop; neither `Clone` nor `Debug`.
pub(crate) struct Schedule {
    key: Zeroizing<[u8; KEY_LEN]>,
    base_nonce: Zeroizing<[u8; NONCE_LEN]>,
}

impl Schedule {
    /// `KeySchedule` of the KEM's shared secret (draft-ietf-hpke-hpke section 5.1).
    pub(crate) fn new(shared_secret: &[u8; SECRET_LEN]) -> Self {
        let mut hash = Shake256::default();
        // The secrets: the empty `psk` and the shared secret, each after its length.
        hash.update(&[0, 0]);
        hash.update(&(SECRET_LEN as u16).to_be_bytes());
        hash.update(shared_secret);
        // LabeledDerive (draft-ietf-hpke-hpke section 4).
        hash.update(b"HPKE-v1");
        hash.update(SUITE_ID);
        hash.update(b"\x00\x06secret");
        hash.update(&((KEY_LEN + NONCE_LEN + EXPORTER_LEN) as u16).to_be_bytes());
        // The context: `mode_base`, then the empty `psk_id` and the empty `info`, each after its length.
        hash.update(&[0; 5]);
        let mut derived = hash.finalize_xof();
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let mut base_nonce = Zeroizing::new([0; NONCE_LEN]);
        derived.read(key.as_mut_slice());
        derived.read(base_nonce.as_mut_slice());
        Self { key, base_nonce }
    }

    /// AES-256-GCM with the context's key.
    pub(crate) fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }

    /// The nonce of the first message, which is `base_nonce`: its sequence number is 0 (RFC 9180 section 5.2).
    pub(crate) fn nonce(&self) -> Nonce<Aes256Gcm> {
        (*self.base_nonce).into()
    }
}
