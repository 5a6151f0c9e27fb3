//! Sealed files: a token that holds the key of a file, and the file behind it in chunks (`docs/format.md`, "Sealed
//! files").
//!
//! The core does no I/O, so who seals or opens moves the bytes, a chunk at a time, and a file of any length takes the
//! memory of one chunk.
//!
//! ```
//! use fieldseal::file::{About, CHUNK, Sealing, head};
//! # fn example(token_of: impl Fn(&str) -> String, key: zeroize::Zeroizing<[u8; 32]>, file: &[u8]) -> fieldseal::Result<()> {
//! let (value, mut sealing) = Sealing::new(&key, &About::default())?;
//! let mut sealed = head(&token_of(&value)).into_bytes();
//! let mut rest = file;
//! while rest.len() > CHUNK {
//!     let mut chunk = rest[..CHUNK].to_vec();
//!     sealing.next(&mut chunk)?;
//!     sealed.extend(chunk);
//!     rest = &rest[CHUNK..];
//! }
//! let mut chunk = rest.to_vec();
//! sealing.last(&mut chunk)?;
//! sealed.extend(chunk);
//! # Ok(())
//! # }
//! ```

mod stream;
mod value;

pub use stream::{Opening, Sealing};
pub use value::About;

use crate::jwe::MAX_TOKEN_LEN;
use crate::prelude::*;
use crate::suite::TAG_LEN;
use crate::{Code, Error, Result};

/// The first line of a sealed file. It is authenticated with every chunk, so that a file of another version is never
/// read as one of this.
pub const MAGIC: &str = "fieldseal-file-v1\n";

/// The content of every chunk but the last in bytes: 64 KiB, as in age.
pub const CHUNK: usize = 64 * 1024;

/// The same, sealed.
pub const SEALED_CHUNK: usize = CHUNK + TAG_LEN;

/// The longest head in bytes: the first line, and the longest token with its line end.
pub const MAX_HEAD_LEN: usize = MAGIC.len() + MAX_TOKEN_LEN + 1;

/// The length of a file's key in bytes.
pub const KEY_LEN: usize = 32;

/// What stands before the chunks: the first line, and the token on the second.
pub fn head(token: &str) -> String {
    [MAGIC, token, "\n"].concat()
}

/// The head of a sealed file, as far as it can be read without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head<'a> {
    /// The second line, which is yet to be parsed as a token.
    pub token: &'a str,
    /// How long the head is. The first chunk begins here.
    pub len: usize,
}

impl<'a> Head<'a> {
    /// Reads the head from the beginning of a file. `None` if it goes on behind these bytes; [`MAX_HEAD_LEN`] bytes
    /// are always enough.
    ///
    /// Errors: `file-malformed`.
    pub fn parse(start: &'a [u8]) -> Result<Option<Self>> {
        let malformed = Error::new(Code::FileMalformed);
        let Some(rest) = start.strip_prefix(MAGIC.as_bytes()) else {
            return if MAGIC.as_bytes().starts_with(start) { Ok(None) } else { Err(malformed) };
        };
        let rest = &rest[..rest.len().min(MAX_TOKEN_LEN + 1)];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let token = core::str::from_utf8(&rest[..end.unwrap_or(rest.len())]).map_err(|_| malformed)?;
        // What is no token is found before a quarter of a megabyte was read for it.
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(malformed);
        }
        match end {
            Some(end) => Ok(Some(Self { token, len: MAGIC.len() + end + 1 })),
            None if rest.len() > MAX_TOKEN_LEN => Err(malformed),
            None => Ok(None),
        }
    }
}
