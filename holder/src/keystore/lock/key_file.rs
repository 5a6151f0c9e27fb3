//! A key file: 32 random bytes in base64url, which only their owner can read.

use super::{KEY_LEN, Key};
use crate::error::{Code, Error, Result};
use crate::home;
use base64ct::{Base64UrlUnpadded, Encoding};
use std::path::Path;
use zeroize::Zeroizing;

/// Errors: `secret-unreadable`, `secret-unsafe`, `key-file-malformed`.
pub(super) fn read(path: &Path) -> Result<Key> {
    let text = home::read_secret_file(path)?;
    let mut key = Zeroizing::new(vec![0; KEY_LEN]);
    match Base64UrlUnpadded::decode(text.trim_ascii(), key.as_mut_slice()) {
        Ok(bytes) if bytes.len() == KEY_LEN => Ok(key),
        _ => Err(Error::about(Code::KeyFileMalformed, path.display())),
    }
}

/// Makes one.
///
/// Errors: `secret-unwritable`.
pub(super) fn make(path: &Path) -> Result<Key> {
    let key = super::new_key()?;
    // Encoded into room of its own size, so that no copy is left behind.
    let mut line = Zeroizing::new([0; 44]);
    Base64UrlUnpadded::encode(key.as_slice(), line.as_mut_slice()).map_err(|_| Error::new(Code::Internal))?;
    line[43] = b'\n';
    home::write_secret_file(path, line.as_slice())?;
    Ok(key)
}
