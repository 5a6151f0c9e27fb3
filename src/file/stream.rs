//! The chunks: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and
//! its Nonce-Reuse Misuse-Resistance" (2015), over AES-256-GCM. A chunk's nonce is a prefix, its place as 32 bits, and
//! whether it is the last. So one that was changed, moved, left out or added does not open.

use super::{About, CHUNK, KEY_LEN, MAGIC, SEALED_CHUNK};
use crate::prelude::*;
use crate::suite::TAG_LEN;
use crate::{Code, Error, Result};
use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::Aes256Gcm;
use zeroize::{Zeroize, Zeroizing};

/// The prefix of every nonce. It is fixed because the key is not: a key is made for one file, and [`Sealing`] gives
/// each place in it one chunk, so no nonce comes twice under a key.
const NONCE: [u8; 7] = [0; 7];

/// Seals the chunks of one file, in their order.
///
/// ```compile_fail
/// fn twice(sealing: fieldseal::file::Sealing) -> [fieldseal::file::Sealing; 2] { [sealing.clone(), sealing] }
/// ```
pub struct Sealing {
    cipher: EncryptorBE32<Aes256Gcm>,
    is_first: bool,
}

impl Sealing {
    /// Begins a file with a key of its own: 32 uniformly random bytes from a cryptographic source that serve for
    /// nothing else. Gives the JSON text that its token must hold, which is to be sealed as it is.
    ///
    /// Errors: `option-invalid` if a name or a type is empty or has more than 1024 bytes.
    pub fn new(key: &Zeroizing<[u8; KEY_LEN]>, about: &About) -> Result<(Text, Self)> {
        let value = about.value(key)?;
        Ok((value, Self { cipher: EncryptorBE32::new((&**key).into(), &NONCE.into()), is_first: true }))
    }

    /// Seals a chunk that is not the last, in place: [`CHUNK`] bytes become [`SEALED_CHUNK`].
    ///
    /// Errors: `seal-failed` for another length; `file-too-long` behind 256 TiB.
    pub fn next(&mut self, chunk: &mut Vec<u8>) -> Result<()> {
        if chunk.len() != CHUNK {
            return Err(Error::new(Code::SealFailed));
        }
        self.is_first = false;
        let sealed = self.cipher.encrypt_next_in_place(MAGIC.as_bytes(), chunk);
        sealed.map_err(|_| Error::new(Code::FileTooLong))
    }

    /// Seals the last chunk: 1 to [`CHUNK`] bytes, or none if the file is empty.
    ///
    /// Errors: `seal-failed` for another length, so that a file has one spelling.
    pub fn last(self, chunk: &mut Vec<u8>) -> Result<()> {
        let failed = Error::new(Code::SealFailed);
        if chunk.len() > CHUNK || chunk.is_empty() && !self.is_first {
            return Err(failed);
        }
        self.cipher.encrypt_last_in_place(MAGIC.as_bytes(), chunk).map_err(|_| failed)
    }
}

/// Opens the chunks of one file, in their order. What it gives out was sealed, in this place of this file. Only after
/// [`Opening::last`] is it known to be all of it.
pub struct Opening {
    /// `None` after an error: what comes behind a damaged chunk is of no use to anybody.
    cipher: Option<DecryptorBE32<Aes256Gcm>>,
    is_first: bool,
}

impl Opening {
    /// Begins with the value of the file's token, as JSON text.
    ///
    /// Errors: `file-malformed`.
    pub fn new(value: &str) -> Result<(About, Self)> {
        let (about, key) = About::parse(value)?;
        let cipher = Some(DecryptorBE32::new((&*key).into(), &NONCE.into()));
        Ok((about, Self { cipher, is_first: true }))
    }

    /// Opens a chunk behind which there are more bytes, in place: [`SEALED_CHUNK`] bytes become [`CHUNK`].
    ///
    /// Errors: `file-damaged`; then the chunk is emptied, and everything after fails, too.
    pub fn next(&mut self, chunk: &mut Vec<u8>) -> Result<()> {
        let cipher = self.cipher.take().filter(|_| chunk.len() == SEALED_CHUNK);
        let opened = cipher.and_then(|mut cipher| {
            cipher.decrypt_next_in_place(MAGIC.as_bytes(), chunk).ok()?;
            Some(cipher)
        });
        self.is_first = false;
        self.cipher = opened;
        if self.cipher.is_some() { Ok(()) } else { Err(damaged(chunk)) }
    }

    /// Opens the chunk with which the file ends.
    ///
    /// Errors: `file-damaged`; then the chunk is emptied.
    pub fn last(self, chunk: &mut Vec<u8>) -> Result<()> {
        // An empty end behind other chunks would be a second spelling of the same file.
        let shortest = if self.is_first { TAG_LEN } else { TAG_LEN + 1 };
        let fits = (shortest..=SEALED_CHUNK).contains(&chunk.len());
        let opened =
            self.cipher.filter(|_| fits).map(|cipher| cipher.decrypt_last_in_place(MAGIC.as_bytes(), chunk));
        if matches!(opened, Some(Ok(()))) { Ok(()) } else { Err(damaged(chunk)) }
    }
}

/// Nothing of a chunk that does not open is given out.
fn damaged(chunk: &mut Vec<u8>) -> Error {
    chunk.zeroize();
    Error::new(Code::FileDamaged)
}
