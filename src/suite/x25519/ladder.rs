//! The Montgomery ladder (RFC 7748 section 5), which takes the least to download.

use super::LEN;
use x25519_dalek::x25519;

/// X25519 with the base point (RFC 7748 section 6.1). In the module the ladder serves it too: the curve's other form is no
/// faster without its tables, which would be half of what a page downloads.
#[cfg(target_family = "wasm")]
pub(super) fn multiply_base(scalar: &[u8; LEN]) -> [u8; LEN] {
    x25519(*scalar, x25519_dalek::X25519_BASEPOINT_BYTES)
}

/// X25519 with the base point (RFC 7748 section 6.1).
#[cfg(not(target_family = "wasm"))]
pub(super) fn multiply_base(scalar: &[u8; LEN]) -> [u8; LEN] {
    x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*scalar)).to_bytes()
}

/// Multiples of one point, of which nothing is kept.
pub(super) struct Multiples;

impl Multiples {
    pub(super) const fn new() -> Self {
        Self
    }

    /// X25519 (RFC 7748 section 5) with a public key.
    pub(super) fn multiply(&self, scalar: &[u8; LEN], public: &[u8; LEN]) -> [u8; LEN] {
        x25519(*scalar, *public)
    }
}
