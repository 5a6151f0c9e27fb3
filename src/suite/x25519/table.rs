//! Tables of multiples of one point, with which X25519 takes less than half the time.
//!
//! A table takes as long to make as some twenty agreements take without it, so a recipient gets one only when it has
//! been agreed with that often. The arithmetic is that of `curve25519-dalek`, in constant time.

use super::LEN;
use crate::prelude::*;
use core::sync::atomic::{AtomicU8, Ordering};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, X25519_BASEPOINT};
use curve25519_dalek::edwards::{EdwardsBasepointTable, EdwardsPoint};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::traits::BasepointTable;
use once_cell::race::OnceBox;

/// How often a point is multiplied before it gets a table.
const WORTH_A_TABLE: u8 = 16;

/// The base point's, which every ephemeral key is made with.
static BASE: Multiples = Multiples::new();

/// X25519 with the base point (RFC 7748 section 6.1).
pub(super) fn multiply_base(scalar: &[u8; LEN]) -> [u8; LEN] {
    BASE.multiply_point(scalar, &X25519_BASEPOINT, || Some(ED25519_BASEPOINT_POINT))
}

/// Multiples of one point: its table, once there is one, of 30 kilobytes.
pub(super) struct Multiples {
    table: OnceBox<EdwardsBasepointTable>,
    uses: AtomicU8,
}

impl Multiples {
    pub(super) const fn new() -> Self {
        Self { table: OnceBox::new(), uses: AtomicU8::new(0) }
    }

    /// X25519 (RFC 7748 section 5) with the point that the table is of.
    pub(super) fn multiply(&self, scalar: &[u8; LEN], public: &[u8; LEN]) -> [u8; LEN] {
        let point = MontgomeryPoint(*public);
        // The u-coordinate is the same for a point and its negative, so either sign will do. Half of all
        // u-coordinates are those of the curve's twist, which has no other form here.
        self.multiply_point(scalar, &point, || point.to_edwards(0))
    }

    fn multiply_point(
        &self,
        scalar: &[u8; LEN],
        point: &MontgomeryPoint,
        edwards: impl Fn() -> Option<EdwardsPoint>,
    ) -> [u8; LEN] {
        let table = self.table.get().or_else(|| self.make(edwards));
        match table {
            // The clamped scalar is not reduced, so it stays a multiple of the cofactor, and what a point of
            // mixed order adds is gone as it is with the ladder.
            Some(table) => table.mul_base_clamped(*scalar).to_montgomery().0,
            None => point.mul_clamped(*scalar).0,
        }
    }

    fn make(&self, edwards: impl Fn() -> Option<EdwardsPoint>) -> Option<&EdwardsBasepointTable> {
        let uses = self.uses.load(Ordering::Relaxed);
        if uses < WORTH_A_TABLE {
            self.uses.store(uses + 1, Ordering::Relaxed);
            return None;
        }
        let point = edwards()?;
        Some(self.table.get_or_init(|| Box::new(EdwardsBasepointTable::create(&point))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use x25519_dalek::{X25519_BASEPOINT_BYTES, x25519};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Any 32 bytes are a public key: of the curve and of its twist, reduced or not, of mixed order.
        #[test]
        fn gives_what_the_ladder_gives(public: [u8; LEN], scalars: [[u8; LEN]; 24]) {
            let table = Multiples::new();
            for scalar in scalars {
                prop_assert_eq!(table.multiply(&scalar, &public), x25519(scalar, public));
                prop_assert_eq!(multiply_base(&scalar), x25519(scalar, X25519_BASEPOINT_BYTES));
            }
        }
    }

    #[test]
    fn points_of_low_order_stay_zero() {
        for public in super::super::LOW_ORDER {
            let table = Multiples::new();
            for n in 0..24 {
                assert_eq!(table.multiply(&[n; LEN], &public), [0; LEN]);
            }
        }
    }
}
