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
