//! BASE64URL as JOSE means it: the URL-safe alphabet without padding (RFC 7515 section 2).
//!
//! Reading is strict. Padding, white space and stray bits after the last byte are errors, so a
//! string of bytes has exactly one spelling and a token cannot be changed without being noticed.

use crate::prelude::*;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The characters for bytes that everybody may know.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() / 3 * 4 + 3);
    push(&mut out, bytes);
    // They are ASCII.
    String::from_utf8(out).unwrap_or_default()
}

/// The same for a secret, in a time that does not depend on it.
#[cfg(feature = "file")]
pub(crate) fn encode_secret(bytes: &[u8]) -> Text {
    Text::new(Base64UrlUnpadded::encode_string(bytes))
}

/// Appends the characters for bytes that everybody may know, so that a table may be used.
pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = |bits: u32| ALPHABET[(bits & 63) as usize];
    let mut groups = bytes.chunks_exact(3);
    for group in &mut groups {
        let bits = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        out.extend_from_slice(&[at(bits >> 18), at(bits >> 12), at(bits >> 6), at(bits)]);
    }
    match *groups.remainder() {
        [one] => out.extend_from_slice(&[at(u32::from(one) >> 2), at(u32::from(one) << 4)]),
        [one, two] => {
            let bits = u32::from_be_bytes([0, one, two, 0]);
            out.extend_from_slice(&[at(bits >> 18), at(bits >> 12), at(bits >> 6)]);
        }
        _ => {}
    }
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    decode_into(text, &mut out)?;
    Some(out)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_writes_what_the_library_does() {
        let bytes: Vec<u8> = (0..=255).chain((0..=255).rev()).map(|n: u8| n.wrapping_mul(167)).collect();
        for start in 0..3 {
            for end in start..bytes.len() {
                let part = &bytes[start..end];
                assert_eq!(encode(part), Base64UrlUnpadded::encode_string(part));
                assert_eq!(decode(&encode(part)).as_deref(), Some(part));
            }
        }
    }
}
