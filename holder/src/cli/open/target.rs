//! The output: standard output, or a private file that can be resumed.

use super::batch::Piece;
use crate::cli::output::Output;
use crate::error::{Code, Error, Result};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Where the batches go, in the order of the input.
pub(super) trait Target: Send {
    /// Adds a batch.
    ///
    /// Errors: `output-failed`, `output-closed`.
    fn write(&mut self, piece: Piece) -> Result<()>;

    /// Whether it should be made durable now, because no more fits into memory.
    fn is_full(&self) -> bool {
        false
    }

    /// Makes all that was added durable, and says how far the output is.
    fn sync(&mut self) -> Result<u64>;

    /// Brings the output into its last form, durably.
    fn complete(&mut self) -> Result<()> {
        Ok(())
    }

    /// Removes what was only needed until then.
    fn clean(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Standard output.
pub(super) struct Stdout(pub(super) Output);

impl Target for Stdout {
    fn write(&mut self, piece: Piece) -> Result<()> {
        match piece {
            Piece::Bytes(bytes) => self.0.lines(bytes.as_ref()),
            Piece::Columns(_) => Err(Error::new(Code::Internal)),
        }
    }

    fn sync(&mut self) -> Result<u64> {
        Ok(0)
    }
}

/// A file of text.
pub(super) struct TextFile {
    file: File,
    path: PathBuf,
    length: u64,
}

impl TextFile {
    /// Goes on at this length. What is behind it was written before an interruption and is not known to be
    /// whole.
    ///
    /// Errors: `output-failed`.
    pub(super) fn new(mut file: File, path: &Path, length: u64) -> Result<Self> {
        let cut = file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
        cut.map_err(|_| Error::about(Code::OutputFailed, path.display()))?;
        Ok(Self { file, path: path.to_owned(), length })
    }
}

impl Target for TextFile {
    fn write(&mut self, piece: Piece) -> Result<()> {
        let Piece::Bytes(bytes) = piece else {
            return Err(Error::new(Code::Internal));
        };
        let bytes = bytes.as_ref();
        self.file.write_all(bytes).map_err(|_| Error::about(Code::OutputFailed, self.path.display()))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<u64> {
        self.file.sync_data().map_err(|_| Error::about(Code::OutputFailed, self.path.display()))?;
        Ok(self.length)
    }
}
