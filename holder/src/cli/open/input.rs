//! The input: a file, whose length is known and which can be read from the middle on, or a stream.

use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// How much of a file's beginning goes into its fingerprint.
const HEAD: u64 = 64 * 1024;

/// Where tokens are read from.
pub(super) enum Input {
    /// A regular file.
    File(File),
    /// Standard input, a pipe or a device.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a path; `None` is standard input.
    ///
    /// Errors: `input-unreadable`.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self::Stream(Box::new(io::stdin())));
        };
        let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
        let file = File::open(path).map_err(unreadable)?;
        match file.metadata().map_err(unreadable)?.is_file() {
            true => Ok(Self::File(file)),
            false => Ok(Self::Stream(Box::new(file))),
        }
    }

    /// The length of a file in bytes.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::File(file) => file.metadata().ok().map(|metadata| metadata.len()),
            Self::Stream(_) => None,
        }
    }

    /// What tells a file from another, or from what it is after a change: the SHA-256 of its length, the
    /// time of its last change and its beginning.
    ///
    /// Errors: `file-needed`, `input-unreadable`.
    pub(super) fn fingerprint(&self) -> Result<String> {
        let Self::File(file) = self else {
            return Err(Error::new(Code::FileNeeded));
        };
        let digest = || {
            let metadata = file.metadata()?;
            let mut head = vec![0; usize::try_from(HEAD.min(metadata.len())).unwrap_or_default()];
            file.read_exact_at(&mut head, 0)?;
            let mut digest = Sha256::new();
            digest.update(metadata.len().to_be_bytes());
            digest.update(metadata.mtime().to_be_bytes());
            digest.update(metadata.mtime_nsec().to_be_bytes());
            digest.update(&head);
            Ok(Base64UrlUnpadded::encode_string(&digest.finalize()))
        };
        digest().map_err(|_: io::Error| Error::new(Code::InputUnreadable))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Stream(stream) => stream.read(buffer),
        }
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Self::File(file) => file.seek(to),
            Self::Stream(_) => Err(io::ErrorKind::NotSeekable.into()),
        }
    }
}
