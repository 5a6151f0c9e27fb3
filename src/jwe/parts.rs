//! The five parts of a token (RFC 7516 section 7.1), decoded into one piece of memory.

use super::{MAX_HEADER_LEN, MAX_TOKEN_LEN};
use crate::prelude::*;
use crate::suite::{Alg, NONCE_LEN, TAG_LEN, x25519};
use crate::{Code, Error, Result, base64url};

/// How many parts follow the protected header.
const REST: usize = 4;

/// The encoded protected header, and behind it the other parts as bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Parts {
    bytes: Vec<u8>,
    /// Where each part ends, the protected header first.
    ends: [usize; 1 + REST],
}

impl Parts {
    /// Splits a compact serialization, decodes its parts, and gives the protected header's bytes to `read` as well;
    /// they are not kept.
    ///
    /// Errors: `token-malformed`, and those of `read`.
    pub(crate) fn parse<T>(text: &str, read: impl FnOnce(&[u8]) -> Result<T>) -> Result<(Self, T)> {
        let malformed = Error::new(Code::TokenMalformed);
        if text.len() > MAX_TOKEN_LEN {
            return Err(malformed);
        }
        let mut parts = text.split('.');
        let protected = parts.next().ok_or(malformed)?;
        // Room for all of it, decoded, and for the header as it is beside that, so that it never moves.
        let mut bytes = Vec::with_capacity(protected.len() + text.len() / 4 * 3 + 3);
        bytes.extend_from_slice(protected.as_bytes());
        let mut ends = [bytes.len(); 1 + REST];
        for end in &mut ends[1..] {
            base64url::decode_into(parts.next().ok_or(malformed)?, &mut bytes).ok_or(malformed)?;
            *end = bytes.len();
        }
        if parts.next().is_some() || protected.is_empty() || protected.len() > MAX_HEADER_LEN {
            return Err(malformed);
        }
        base64url::decode_into(protected, &mut bytes).ok_or(malformed)?;
        let [.., end] = ends;
        let header = read(bytes.get(end..).unwrap_or_default())?;
        bytes.truncate(end);
        Ok((Self { bytes, ends }, header))
    }

    /// The encoded protected header, whose ASCII is the additional authenticated data.
    pub(crate) fn protected(&self) -> &[u8] {
        self.part(0)
    }

    /// JWE Encrypted Key.
    pub(crate) fn encrypted_key(&self) -> &[u8] {
        self.part(1)
    }

    /// JWE Initialization Vector.
    pub(crate) fn iv(&self) -> &[u8] {
        self.part(2)
    }

    /// JWE Ciphertext.
    pub(crate) fn ciphertext(&self) -> &[u8] {
        self.part(3)
    }

    /// JWE Authentication Tag.
    pub(crate) fn tag(&self) -> &[u8] {
        self.part(4)
    }

    fn part(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        self.bytes.get(start..self.ends[at]).unwrap_or_default()
    }

    /// Checks each part's length against the algorithm.
    ///
    /// Errors: `token-malformed`, `token-low-order`.
    pub(crate) fn check(&self, alg: Alg) -> Result<()> {
        let lengths = [self.encrypted_key(), self.iv(), self.tag()].map(<[u8]>::len);
        let (expected, shortest) = match alg {
            // Integrated Encryption: `iv` and `tag` are empty, and HPKE's ciphertext ends with its tag.
            Alg::Hpke9 => ([alg.encapsulated_len(), 0, 0], TAG_LEN),
            // Direct Key Agreement: the encrypted key is empty.
            Alg::EcdhEs => ([0, NONCE_LEN, TAG_LEN], 0),
        };
        if lengths != expected || self.ciphertext().len() < shortest {
            return Err(Error::new(Code::TokenMalformed));
        }
        let x25519_part = self.encrypted_key().last_chunk().filter(|_| alg == Alg::Hpke9);
        if x25519_part.is_some_and(x25519::is_low_order) {
            return Err(Error::new(Code::TokenLowOrder));
        }
        Ok(())
    }
}
