//! A certificate that the client showed in the TLS handshake, which also verified it.

use super::{Proof, Way};
use sha2::{Digest, Sha256};

/// What a certificate proves, by the SHA-256 of its DER. That is what tools print as its fingerprint.
pub fn proof(der: &[u8]) -> Proof {
    of_fingerprint(Sha256::digest(der).into())
}

/// What the certificate of this fingerprint proves.
pub(crate) fn of_fingerprint(hash: [u8; 32]) -> Proof {
    Proof { way: Way::Certificate, hash }
}
