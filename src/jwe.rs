//! The sealed value: a JWE in Compact Serialization (RFC 7516 section 7.1). This is the only file that
//! knows the token's bytes; [`header`] knows its protected header.

mod expect;
pub mod header;

pub use expect::{CLOCK_SKEW, Expect};
pub use header::{Fields, Header};

use crate::pad::MAX_PLAINTEXT;
use crate::prelude::*;
use crate::suite::{Alg, NONCE_LEN, Sealed, TAG_LEN, x25519};
use crate::{Code, Error, Result, base64url};

/// The longest token that is read, in characters: the longest plaintext in BASE64URL, with the
/// encapsulation and the longest header beside it.
pub const MAX_TOKEN_LEN: usize = MAX_PLAINTEXT / 3 * 4 + 32 * 1024;

/// The most characters that the encoded protected header may have.
const MAX_HEADER_LEN: usize = 16 * 1024;

/// A parsed token. Nothing in it is authenticated until it has been opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    protected: String,
    header: Header,
    // Only opening reads the parts; parsing checks them everywhere, so that a page can refuse a token
    // that no key holder would take.
    #[cfg_attr(not(feature = "open"), allow(dead_code))]
    parts: Parts,
}

#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "open"), allow(dead_code))]
pub(crate) struct Parts {
    pub(crate) encrypted_key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
    pub(crate) tag: Vec<u8>,
}

impl Token {
    /// Parses a token strictly: five parts, one spelling of every byte, exact lengths, a header of the
    /// profile and nothing else.
    ///
    /// Errors: `token-malformed`, `token-duplicate-member`, `token-alg-unknown`, `token-low-order`,
    /// `kind-unknown`.
    pub fn parse(text: &str) -> Result<Self> {
        let (protected, parts) = Parts::parse(text)?;
        let header = Header::parse(&base64url::decode(protected).ok_or(Error::new(Code::TokenMalformed))?)?;
        parts.check(header.alg)?;
        Ok(Self { protected: protected.to_owned(), header, parts })
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The protected header by itself, for those who need no more of the token.
    pub fn into_header(self) -> Header {
        self.header
    }

    /// The encoded protected header, whose ASCII is the additional authenticated data.
    #[cfg(feature = "open")]
    pub(crate) fn protected(&self) -> &str {
        &self.protected
    }

    #[cfg(feature = "open")]
    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl core::fmt::Debug for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Token").field("header", &self.header).finish_non_exhaustive()
    }
}

impl Parts {
    /// Splits a compact serialization into the encoded protected header and the decoded rest.
    pub(crate) fn parse(text: &str) -> Result<(&str, Self)> {
        let malformed = Error::new(Code::TokenMalformed);
        if text.len() > MAX_TOKEN_LEN {
            return Err(malformed);
        }
        let mut parts = text.split('.');
        let mut next = || parts.next().ok_or(malformed);
        let protected = next()?;
        let mut decoded = || base64url::decode(next()?).ok_or(malformed);
        let (encrypted_key, iv, ciphertext, tag) = (decoded()?, decoded()?, decoded()?, decoded()?);
        if parts.next().is_some() || protected.is_empty() || protected.len() > MAX_HEADER_LEN {
            return Err(malformed);
        }
        Ok((protected, Self { encrypted_key, iv, ciphertext, tag }))
    }

    /// Checks each part's length against the algorithm.
    pub(crate) fn check(&self, alg: Alg) -> Result<()> {
        let lengths = [self.encrypted_key.len(), self.iv.len(), self.tag.len()];
        let (expected, shortest) = match alg {
            // Integrated Encryption: `iv` and `tag` are empty, and HPKE's ciphertext ends with its tag.
            Alg::Hpke9 => ([alg.encapsulated_len(), 0, 0], TAG_LEN),
            // Direct Key Agreement: the encrypted key is empty.
            Alg::EcdhEs => ([0, NONCE_LEN, TAG_LEN], 0),
        };
        if lengths != expected || self.ciphertext.len() < shortest {
            return Err(Error::new(Code::TokenMalformed));
        }
        let x25519_part = self.encrypted_key.last_chunk().filter(|_| alg == Alg::Hpke9);
        if x25519_part.is_some_and(x25519::is_low_order) {
            return Err(Error::new(Code::TokenLowOrder));
        }
        Ok(())
    }
}

/// Writes a token.
pub(crate) fn emit(protected: &str, sealed: &Sealed) -> String {
    let mut token = protected.to_owned();
    for part in [&sealed.encrypted_key, &sealed.iv, &sealed.ciphertext, &sealed.tag] {
        token.push('.');
        token.push_str(&base64url::encode(part));
    }
    token
}
