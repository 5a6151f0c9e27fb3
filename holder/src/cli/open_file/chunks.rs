//! Chunk by chunk from the sealed file to the target: whatever its length, two chunks are in memory.

use super::container::Container;
use super::target::Begun;
use crate::cli::progress::Bytes;
use crate::error::{Code, Error, Result};
use fieldseal::file::{Opening, SEALED_CHUNK};
use std::io::{self, Read};
use std::mem::swap;
use std::sync::atomic::{AtomicBool, Ordering};
use zeroize::Zeroizing;

/// A file that may be opened, and what it is written to.
pub(super) struct Work {
    pub(super) container: Container,
    pub(super) opening: Opening,
    pub(super) target: Begun,
}

impl Work {
    /// Opens all of it and gives its length in bytes. If this fails, no new file is left behind.
    ///
    /// Errors: `file-damaged`, `input-unreadable`, `output-failed`, `output-closed`, `file-exists`, `open-interrupted`.
    pub(super) fn carry_out(self, stop: &AtomicBool) -> Result<u64> {
        let Self { mut container, mut opening, mut target } = self;
        let mut progress = Bytes::new(container.length);
        let (mut chunk, mut ahead) = (buffer(), buffer());
        let mut written = 0;
        fill(&mut container.chunks, &mut chunk)?;
        loop {
            if stop.load(Ordering::Relaxed) {
                return Err(Error::new(Code::OpenInterrupted));
            }
            // Only what comes after a chunk tells whether it is the last.
            fill(&mut container.chunks, &mut ahead)?;
            let sealed = chunk.len() as u64;
            if ahead.is_empty() {
                opening.last(&mut chunk)?;
                target.write(&chunk)?;
                target.complete()?;
                return Ok(written + chunk.len() as u64);
            }
            opening.next(&mut chunk)?;
            target.write(&chunk)?;
            written += chunk.len() as u64;
            progress.advance(sealed);
            swap(&mut chunk, &mut ahead);
        }
    }
}

fn buffer() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::with_capacity(SEALED_CHUNK))
}

/// Reads the next chunk: all of it, unless the input ends.
fn fill(input: &mut dyn Read, chunk: &mut Vec<u8>) -> Result<()> {
    // As long as the buffer is, so that it never moves.
    chunk.resize(SEALED_CHUNK, 0);
    let mut length = 0;
    while length < SEALED_CHUNK {
        match input.read(&mut chunk[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Error::new(Code::InputUnreadable)),
        }
    }
    chunk.truncate(length);
    Ok(())
}
