//! The sealed file: a file, whose length is known, or a stream.

use crate::error::{Code, Error, Result};
use fieldseal::file::{Head, MAGIC, MAX_HEAD_LEN};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::Path;

/// How much is read to begin with: the two lines of most files fit.
const START: usize = 8 * 1024;

/// A sealed file whose head was read.
pub(super) struct Container {
    /// The token in its head, which is yet to be parsed.
    pub(super) token: String,
    /// What comes after the head.
    pub(super) chunks: Box<dyn Read + Send>,
    /// How long that is, if it is known.
    pub(super) length: Option<u64>,
}

impl Container {
    /// Opens a path, or standard input.
    ///
    /// Errors: `input-unreadable`, `file-malformed`.
    pub(super) fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Self::read(Box::new(io::stdin()), None);
        };
        let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
        let file = File::open(path).map_err(unreadable)?;
        let metadata = file.metadata().map_err(unreadable)?;
        let length = metadata.is_file().then_some(metadata.len());
        // A directory opens, too, and is only found out by reading.
        Self::read(Box::new(file), length).map_err(|error| match error.code() {
            Code::InputUnreadable => Error::about(Code::InputUnreadable, path.display()),
            _ => error,
        })
    }

    fn read(input: Box<dyn Read + Send>, length: Option<u64>) -> Result<Self> {
        let unreadable = |_| Error::new(Code::InputUnreadable);
        let mut input = BufReader::with_capacity(START, input);
        let mut start = Vec::new();
        // The two lines, and never more of what has none.
        for most in [MAGIC.len(), MAX_HEAD_LEN - MAGIC.len()] {
            (&mut input).take(most as u64).read_until(b'\n', &mut start).map_err(unreadable)?;
            Head::parse(&start)?;
        }
        let head = Head::parse(&start)?.ok_or(Error::new(Code::Core(fieldseal::Code::FileMalformed)))?;
        let length = length.map(|length| length.saturating_sub(head.len as u64));
        let token = head.token.to_owned();
        // What is in the buffer first. The rest is read without it, a chunk at a time.
        let ahead = Cursor::new(input.buffer().to_vec());
        Ok(Self { token, chunks: Box::new(ahead.chain(input.into_inner())), length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldseal::file::head;

    fn read(bytes: &[u8]) -> std::result::Result<(String, Vec<u8>), &'static str> {
        let input = Box::new(Cursor::new(bytes.to_vec()));
        let mut container = Container::read(input, None).map_err(|error| error.code().as_str())?;
        let mut chunks = Vec::new();
        container.chunks.read_to_end(&mut chunks).unwrap();
        Ok((container.token, chunks))
    }

    #[test]
    fn the_chunks_begin_behind_the_second_line() {
        let long = "a".repeat(3 * START);
        let chunks = [b"\nchunks\n".to_vec(), vec![0; 3 * START]].concat();
        for token in ["a.b.c", &long] {
            let file = [head(token).as_bytes(), &chunks].concat();
            assert_eq!(read(&file), Ok((token.to_owned(), chunks.clone())));
        }
    }

    #[test]
    fn what_is_no_sealed_file_is_not_read_on() {
        let endless = [MAGIC.as_bytes(), &vec![b'a'; 2 * MAX_HEAD_LEN]].concat();
        for file in [&b""[..], b"PK\x03\x04", &MAGIC.as_bytes()[..9], MAGIC.as_bytes(), &endless] {
            assert_eq!(read(file), Err("file-malformed"));
        }
    }
}
