//! A buffer for values on their way out.

use std::io::{self, Write};
use zeroize::Zeroizing;

/// Bytes that are wiped when dropped, and also when they move to make room for more: a plain vector
/// that grows leaves what it held behind.
#[derive(Default)]
pub(crate) struct Wiped(Zeroizing<Vec<u8>>);

impl Wiped {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(Zeroizing::new(Vec::with_capacity(capacity)))
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let needed = self.0.len() + bytes.len();
        if needed > self.0.capacity() {
            let mut roomier = Zeroizing::new(Vec::with_capacity(needed.next_power_of_two()));
            roomier.extend_from_slice(&self.0);
            self.0 = roomier;
        }
        self.0.extend_from_slice(bytes);
    }
}

impl Write for Wiped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_pushed_while_it_grows() {
        let mut buffer = Wiped::default();
        for byte in 0..=255 {
            buffer.push(&[byte; 3]);
        }
        let expected: Vec<u8> = (0..=255).flat_map(|byte| [byte; 3]).collect();
        assert_eq!(buffer.as_ref(), expected);
    }
}
