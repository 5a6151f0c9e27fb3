//! The sealed value: a JWE in Compact Serialization (RFC 7516 section 7.1). This is the only file that
//! knows the token's bytes; [`header`] knows its protected header.

mod expect;
pub mod header;
#[cfg_attr(not(feature = "open"), allow(dead_code, reason = "only opening reads the parts"))]
mod parts;

pub use expect::{CLOCK_SKEW, Expect};
pub use header::{Fields, Header};
pub(crate) use parts::Parts;

use crate::pad::MAX_PLAINTEXT;
use crate::prelude::*;
use crate::suite::{Encapsulation, NONCE_LEN, TAG_LEN};
use crate::{Code, Error, Result, base64url};
use zeroize::Zeroizing;

/// The longest token that is read, in characters: the longest plaintext in BASE64URL, with the
/// encapsulation and the longest header beside it.
pub const MAX_TOKEN_LEN: usize = MAX_PLAINTEXT / 3 * 4 + 32 * 1024;

/// The most characters that the encoded protected header may have.
const MAX_HEADER_LEN: usize = 16 * 1024;

/// A parsed token. Nothing in it is authenticated until it has been opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    header: Header,
    // Only opening reads the parts; parsing checks them everywhere, so that a page can refuse a token
    // that no key holder would take.
    #[cfg_attr(not(feature = "open"), allow(dead_code))]
    parts: Parts,
}

impl Token {
    /// Parses a token strictly: five parts, one spelling of every byte, exact lengths, a header of the
    /// profile and nothing else.
    ///
    /// Errors: `token-malformed`, `token-duplicate-member`, `token-alg-unknown`, `token-low-order`,
    /// `kind-unknown`.
    pub fn parse(text: &str) -> Result<Self> {
        let (parts, header) = Parts::parse(text, Header::parse)?;
        parts.check(header.alg)?;
        Ok(Self { header, parts })
    }

    /// The protected header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The protected header by itself, for those who need no more of the token.
    pub fn into_header(self) -> Header {
        self.header
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

/// Writes a token: encrypts a plaintext, with the encoded header as additional authenticated data.
pub(crate) fn write(
    header: &str,
    encapsulation: Encapsulation,
    plaintext: Zeroizing<Vec<u8>>,
) -> Result<String> {
    let bytes = header.len() + NONCE_LEN + plaintext.len() + TAG_LEN;
    // Room for all of it, so that nothing is copied: four dots, and four ends that are not a multiple of three.
    let mut token = Vec::with_capacity(encapsulation.encrypted_key().len() + bytes * 4 / 3 + 12);
    base64url::push(&mut token, header.as_bytes());
    let sealed = encapsulation.seal(&token, plaintext)?;
    token.push(b'.');
    token.extend_from_slice(sealed.encrypted_key.as_bytes());
    for part in [&sealed.iv, &sealed.ciphertext, &sealed.tag] {
        token.push(b'.');
        base64url::push(&mut token, part);
    }
    // BASE64URL is ASCII.
    String::from_utf8(token).map_err(|_| Error::new(Code::SealFailed))
}
