//! HPKE-9: HPKE base mode (RFC 9180 section 5.1.1) with the KEM MLKEM768-X25519 and the KDF SHAKE256
//! of draft-ietf-hpke-pq, and AES-256-GCM. `info` is empty and `aad` is the encoded protected header
//! (draft-ietf-jose-hpke-encrypt, "Integrated Encryption").
//!
//! It is composed here of its primitives, because whole implementations of HPKE expand a key anew at every
//! use. The tests hold both sides against one of those, and against the published vectors.

mod ml_kem;
#[cfg(feature = "open")]
pub(crate) mod receiver;
mod schedule;
mod sender;
mod xwing;

pub(crate) use sender::{PublicKey, Sender, setup_sender};
pub(crate) use xwing::{ENC_LEN, PUBLIC_KEY_LEN};

#[cfg(all(test, feature = "open"))]
mod tests;
