//! X25519 (RFC 7748): the sender's side, and public keys that must not be used.

#[cfg(not(feature = "fast"))]
mod ladder;
#[cfg(feature = "fast")]
mod table;

#[cfg(not(feature = "fast"))]
use ladder as arithmetic;
#[cfg(feature = "fast")]
use table as arithmetic;

use zeroize::Zeroizing;

/// The length of public and private keys in bytes.
pub(crate) const LEN: usize = 32;

const P_MINUS_1: [u8; LEN] = p_plus(-1);
const P: [u8; LEN] = p_plus(0);
const P_PLUS_1: [u8; LEN] = p_plus(1);

/// 2^255 - 19 + `n`, little endian.
const fn p_plus(n: i8) -> [u8; LEN] {
    let mut bytes = [0xff; LEN];
    bytes[0] = (0xed_i16 + n as i16) as u8;
    bytes[31] = 0x7f;
    bytes
}

/// The u-coordinates of low order on Curve25519 and its twist, with their encodings that are not
/// reduced: 0 and 1, the two of order eight, -1, and p and p + 1 again as 0 and 1. The list is that
/// of D. J. Bernstein, "Curve25519: new Diffie-Hellman speed records", section 3, as kept at
/// cr.yp.to/ecdh.html; a test compares it with what the scalar multiplication does.
const LOW_ORDER: [[u8; LEN]; 7] = [
    [0; LEN],
    {
        let mut one = [0; LEN];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
        0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04,
        0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    P_MINUS_1,
    P,
    P_PLUS_1,
];

/// Whether a shared secret with this public key would be zero whatever the private key is.
///
/// X-Wing's final rule for such keys is unsettled, so neither side accepts them. Public keys are not
/// secret, so the comparison need not take constant time.
pub(crate) fn is_low_order(public: &[u8; LEN]) -> bool {
    let mut u = *public;
    // RFC 7748 section 5: implementations ignore the most significant bit.
    u[LEN - 1] &= 0x7f;
    LOW_ORDER.contains(&u)
}

/// A recipient's public key.
pub(crate) struct Recipient {
    public: [u8; LEN],
    multiples: arithmetic::Multiples,
}

impl Recipient {
    pub(crate) fn new(public: [u8; LEN]) -> Self {
        Self { public, multiples: arithmetic::Multiples::new() }
    }

    pub(crate) fn as_bytes(&self) -> &[u8; LEN] {
        &self.public
    }
}

/// The private key of one agreement. It is spent by use: not `Clone`, and wiped on drop.
pub(crate) struct Ephemeral(Zeroizing<[u8; LEN]>);

impl Ephemeral {
    pub(crate) fn new(random: &[u8; LEN]) -> Self {
        Self(Zeroizing::new(*random))
    }

    /// Its public key (RFC 7748 section 6.1).
    pub(crate) fn public(&self) -> [u8; LEN] {
        arithmetic::multiply_base(&self.0)
    }

    /// The shared secret; `None` for a zero one (RFC 7748 section 6.1, in constant time).
    pub(crate) fn agree(self, recipient: &Recipient) -> Option<Zeroizing<[u8; LEN]>> {
        let secret = Zeroizing::new(recipient.multiples.multiply(&self.0, &recipient.public));
        let any = secret.iter().fold(0, |any, byte| any | byte);
        (any != 0).then_some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use x25519_dalek::{PublicKey, StaticSecret};

    fn contributes(public: [u8; LEN]) -> bool {
        StaticSecret::from([0x42; LEN]).diffie_hellman(&PublicKey::from(public)).was_contributory()
    }

    #[test]
    fn the_list_is_what_the_curve_does() {
        for mut point in LOW_ORDER {
            assert!(is_low_order(&point) && !contributes(point));
            point[LEN - 1] |= 0x80;
            assert!(is_low_order(&point) && !contributes(point));
        }
        // The neighbours of every listed point, and the base point, are all of high order.
        for point in LOW_ORDER {
            for delta in 0..64u8 {
                let mut near = point;
                near[0] = near[0].wrapping_add(delta);
                assert_eq!(is_low_order(&near), !contributes(near));
            }
        }
        let mut base = [0; LEN];
        base[0] = 9;
        assert!(!is_low_order(&base) && contributes(base));
    }
}
