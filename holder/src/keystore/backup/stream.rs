//! Encryption in chunks: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár 2015) over
//! AES-256-GCM. What is read was written, in that order and up to its end; a chunk that is changed, moved
//! or missing is an error of kind `InvalidData`, and nothing of it is given out.

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::Aes256Gcm;
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// The plaintext of a chunk in bytes.
const CHUNK: usize = 64 * 1024;
const TAG_LEN: usize = 16;
/// The prefix of every nonce; the counter and the mark of the last chunk follow. It is fixed because the
/// key is not: each backup has one of its own, and no other use for it.
const NONCE: [u8; 7] = [0; 7];

/// Encrypts what is written. Without [`Writer::finish`] the stream has no end, and will not be read.
pub(crate) struct Writer<W> {
    out: W,
    cipher: EncryptorBE32<Aes256Gcm>,
    header: Vec<u8>,
    chunk: Zeroizing<Vec<u8>>,
}

impl<W: Write> Writer<W> {
    /// The header is authenticated with every chunk.
    pub(super) fn new(out: W, key: &Zeroizing<[u8; 32]>, header: &[u8]) -> Self {
        let cipher = EncryptorBE32::new((&**key).into(), &NONCE.into());
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK + TAG_LEN));
        Self { out, cipher, header: header.to_vec(), chunk }
    }

    /// Writes the last chunk, and gives back what everything went to.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        let sealed = self.cipher.encrypt_last_in_place(&self.header, &mut *self.chunk);
        sealed.map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        self.out.write_all(&self.chunk)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits for more, because the last one is encrypted otherwise.
        if self.chunk.len() == CHUNK && !bytes.is_empty() {
            let sealed = self.cipher.encrypt_next_in_place(&self.header, &mut *self.chunk);
            sealed.map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
            self.out.write_all(&self.chunk)?;
            self.chunk.clear();
        }
        let taken = bytes.len().min(CHUNK - self.chunk.len());
        self.chunk.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Decrypts what is read.
pub(crate) struct Reader<R> {
    input: R,
    /// `None` after the last chunk.
    cipher: Option<DecryptorBE32<Aes256Gcm>>,
    header: Vec<u8>,
    chunk: Zeroizing<Vec<u8>>,
    given: usize,
    /// The bytes after the chunk, which tell whether it is the last.
    ahead: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub(super) fn new(input: R, key: &Zeroizing<[u8; 32]>, header: &[u8]) -> Self {
        let cipher = Some(DecryptorBE32::new((&**key).into(), &NONCE.into()));
        let chunk = Zeroizing::new(Vec::with_capacity(CHUNK + TAG_LEN));
        Self { input, cipher, header: header.to_vec(), chunk, given: 0, ahead: Vec::new() }
    }

    /// Decrypts the next chunk. The input ends with it if nothing comes after it.
    fn next(&mut self) -> io::Result<()> {
        let Some(mut cipher) = self.cipher.take() else {
            return Ok(());
        };
        self.given = 0;
        self.chunk.clear();
        self.chunk.extend_from_slice(&self.ahead);
        self.ahead.clear();
        let wanted = (CHUNK + TAG_LEN - self.chunk.len()) as u64;
        (&mut self.input).take(wanted).read_to_end(&mut self.chunk)?;
        (&mut self.input).take(1).read_to_end(&mut self.ahead)?;
        let opened = if self.ahead.is_empty() {
            cipher.decrypt_last_in_place(&self.header, &mut *self.chunk)
        } else {
            let opened = cipher.decrypt_next_in_place(&self.header, &mut *self.chunk);
            self.cipher = Some(cipher);
            opened
        };
        opened.map_err(|_| {
            self.chunk.clear();
            self.cipher = None;
            io::Error::from(io::ErrorKind::InvalidData)
        })
    }
}

impl<R: Read> Read for Reader<R> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        if self.given == self.chunk.len() && self.cipher.is_some() {
            self.next()?;
        }
        let rest = &self.chunk[self.given..];
        let taken = rest.len().min(bytes.len());
        bytes[..taken].copy_from_slice(&rest[..taken]);
        self.given += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Zeroizing<[u8; 32]> {
        Zeroizing::new([byte; 32])
    }

    fn written(content: &[u8]) -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), &key(1), b"header");
        writer.write_all(content).unwrap();
        writer.finish().unwrap()
    }

    fn read(stream: &[u8], with: u8, header: &[u8]) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        Reader::new(stream, &key(with), header).read_to_end(&mut content)?;
        Ok(content)
    }

    #[test]
    fn what_was_written_is_read() {
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
            let content: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            let stream = written(&content);
            assert_eq!(stream.len(), len + TAG_LEN * len.div_ceil(CHUNK).max(1));
            assert!(read(&stream, 1, b"header").unwrap() == content, "{len}");
        }
    }

    #[test]
    fn nothing_can_be_changed_moved_or_cut() {
        let content = vec![7; 2 * CHUNK + 9];
        let stream = written(&content);
        let sealed = CHUNK + TAG_LEN;
        let refused = |stream: &[u8]| {
            assert_eq!(read(stream, 1, b"header").unwrap_err().kind(), io::ErrorKind::InvalidData);
        };
        for at in [0, CHUNK, sealed - 1, sealed, 2 * sealed, stream.len() - 1] {
            let mut changed = stream.clone();
            changed[at] ^= 1;
            refused(&changed);
        }
        for end in [0, 1, 15, 16, sealed, 2 * sealed, stream.len() - 1] {
            refused(&stream[..end]);
        }
        let (first, rest) = stream.split_at(sealed);
        let (second, last) = rest.split_at(sealed);
        refused(&[second, first, last].concat());
        refused(&[first, last].concat());
        refused(&[first, second, last, last].concat());
        refused(&[first, second, last, b"x"].concat());
        assert!(read(&stream, 2, b"header").is_err() && read(&stream, 1, b"other").is_err());
    }
}
