//! What flows from the input to the output: batches of tokens with what stands around them.

use super::parquet::Columns;
use crate::error::{Code, Result};
use crate::holder::{Outcome, Submission};
use crate::wiped::Wiped;

/// How many tokens are recorded in one transaction and then opened.
pub(super) const TOKENS: usize = 256;

/// The most bytes of input in a batch that may hold fewer tokens, so that memory stays flat when what
/// stands around the tokens is large.
pub(super) const BYTES: u64 = 4 << 20;

/// A token to open, or why it is none.
pub(super) type Submitted = std::result::Result<Submission, Code>;

/// Some records of the input: lines, or rows of a table.
pub(super) struct Batch {
    /// The tokens, in order.
    pub(super) submissions: Vec<Submitted>,
    /// What stands around them.
    pub(super) around: Box<dyn Render>,
    /// The place in the input behind it: bytes of text, rows of Parquet.
    pub(super) end: u64,
}

/// Where batches come from. The same file gives the same batches each time, also from the middle on:
/// a batch that is opened again after an interruption is the same request.
pub(super) trait Source: Send {
    /// Goes on at a place where a batch ended, before anything else is read. Only files can.
    fn go_to(&mut self, place: u64) -> Result<()>;

    /// The next batch; `None` at the end.
    ///
    /// Errors: `input-unreadable`, `table-malformed`.
    fn next(&mut self) -> Result<Option<Batch>>;

    /// The last place, if it is known.
    fn length(&self) -> Option<u64>;
}

/// What stands around the tokens of a batch, and takes their values in.
pub(super) trait Render: Send {
    /// Writes the records with an outcome for each of the batch's tokens.
    fn render(self: Box<Self>, outcomes: Vec<Outcome>) -> Result<Piece>;
}

/// A batch as it goes to the output.
pub(super) enum Piece {
    /// Text.
    Bytes(Wiped),
    /// Columns of Parquet.
    Columns(Columns),
}
