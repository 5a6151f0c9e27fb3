//! Length hiding: the plaintext is a JSON object padded to a size class (`docs/format.md`, "Padding").

use crate::prelude::*;
use crate::suite::TAG_LEN;
use crate::{Code, Error, Result};
use zeroize::Zeroizing;

const HEAD: &[u8] = b"{\"v\":";
const MIDDLE: &[u8] = b",\"p\":\"";
const TAIL: &[u8] = b"\"}";
const OVERHEAD: usize = HEAD.len() + MIDDLE.len() + TAIL.len();

/// The longest plaintext in bytes: 256 KiB.
pub(crate) const MAX_PLAINTEXT: usize = 256 * 1024;

/// The longest value: its JSON text may have this many bytes (256 KiB less the 13 of the wrapping).
pub const MAX_VALUE_LEN: usize = MAX_PLAINTEXT - OVERHEAD;

/// `{"v":value,"p":"000…"}` of exactly the kind's size class, doubled until the value fits.
///
/// Doubling keeps the number of lengths that a value can show to the logarithm of its own length.
/// Errors: `value-too-long`.
pub(crate) fn plaintext(value: &str, size_class: usize) -> Result<Zeroizing<Vec<u8>>> {
    if value.len() > MAX_VALUE_LEN {
        return Err(Error::new(Code::ValueTooLong));
    }
    let mut size = size_class;
    while size < value.len() + OVERHEAD {
        size *= 2;
    }
    // The final size is known, with room for a tag, so the buffer never moves and leaves no copy of
    // the value behind.
    let mut out = Zeroizing::new(Vec::with_capacity(size + TAG_LEN));
    out.extend_from_slice(HEAD);
    out.extend_from_slice(value.as_bytes());
    out.extend_from_slice(MIDDLE);
    out.resize(size - TAIL.len(), b'0');
    out.extend_from_slice(TAIL);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn lengths_are_size_classes() {
        for len in [2, 10, 51] {
            assert_eq!(plaintext(&"1".repeat(len), 64).map(|p| p.len()), Ok(64));
        }
        assert_eq!(plaintext(&"1".repeat(52), 64).map(|p| p.len()), Ok(128));
        assert_eq!(plaintext(&"1".repeat(MAX_VALUE_LEN), 64).map(|p| p.len()), Ok(MAX_PLAINTEXT));
        assert_eq!(plaintext(&"1".repeat(MAX_VALUE_LEN + 1), 64).err(), Some(Error::new(Code::ValueTooLong)));
    }

    #[test]
    fn the_overhead_is_what_the_message_says() {
        assert!(Code::ValueTooLong.message().contains(&MAX_VALUE_LEN.to_string()));
    }
}
