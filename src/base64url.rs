//! BASE64URL as JOSE means it: the URL-safe alphabet without padding (RFC 7515 section 2).
//!
//! Reading is strict. Padding, white space and stray bits after the last byte are errors, so a
//! string of bytes has exactly one spelling and a token cannot be changed without being noticed.

use crate::prelude::*;
use base64ct::{Base64UrlUnpadded, Encoding};

pub(crate) fn encode(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}

/// Appends the bytes that `text` stands for. After an error, `out` holds more than it did.
pub(crate) fn decode_into(text: &str, out: &mut Vec<u8>) -> Option<()> {
    let start = out.len();
    // Four characters are three bytes, and what is left of four is a byte less than it has characters.
    out.resize(start + text.len() / 4 * 3 + (text.len() % 4).saturating_sub(1), 0);
    let decoded = Base64UrlUnpadded::decode(text, out.get_mut(start..)?).ok()?.len();
    out.truncate(start + decoded);
    Some(())
}

/// Whether `text` stands for so many bytes, of which there are 32 at the most.
pub(crate) fn is_of(text: &str, bytes: usize) -> bool {
    Base64UrlUnpadded::decode(text, &mut [0; 32]).is_ok_and(|decoded| decoded.len() == bytes)
}
