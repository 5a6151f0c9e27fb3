//! CSV (RFC 4180): a header, and rows of which some cells are tokens.

use super::batch::{BYTES, Batch, Piece, Render, Source, TOKENS};
use super::input::Input;
use super::table::{self, SAMPLE, TokenColumn, Wanted};
use crate::error::{Code, Error, Result};
use crate::holder::Outcome;
use crate::wiped::Wiped;
use csv::{ByteRecord, Position, Reader, ReaderBuilder};
use csv_core::WriteResult;
use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The longest row in bytes. A quotation mark that is never closed would else take the rest of the
/// file into memory.
const MAX_ROW: u64 = 16 << 20;

/// Rows, read as they come and never as a whole.
pub(super) struct Table {
    reader: Reader<Fuse>,
    layout: Arc<Layout>,
    header: ByteRecord,
    /// Rows that were looked at to find the columns of tokens, and the places behind them.
    ahead: VecDeque<(ByteRecord, u64)>,
    place: u64,
    length: Option<u64>,
}

struct Layout {
    columns: Vec<TokenColumn>,
    /// How the input ends its lines, and so the output.
    line_end: &'static [u8],
}

impl Table {
    /// Reads the header.
    ///
    /// Errors: `input-unreadable`, `table-malformed`, `column-unknown`, `column-taken`.
    pub(super) fn open(input: Input, wanted: &Wanted) -> Result<Self> {
        let length = input.length();
        let mut input = Fuse { input: BufReader::with_capacity(64 * 1024, input), left: MAX_ROW };
        let first = input.input.fill_buf().map_err(|_| Error::new(Code::InputUnreadable))?;
        let end = first.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        let line_end: &[u8] = if end > 0 && first[end - 1] == b'\r' { b"\r\n" } else { b"\n" };
        let reader = ReaderBuilder::new().has_headers(false).from_reader(input);
        let layout = Arc::new(Layout { columns: Vec::new(), line_end });
        let header = ByteRecord::new();
        let mut table = Self { reader, layout, header, ahead: VecDeque::new(), place: 0, length };
        table.header = table.read()?.map(|(header, _)| header).unwrap_or_default();
        while table.ahead.len() < SAMPLE {
            let Some(row) = table.read()? else { break };
            table.ahead.push_back(row);
        }
        let names: Vec<_> = table.header.iter().map(|name| std::str::from_utf8(name).ok()).collect();
        let sample = &table.ahead;
        let columns = wanted
            .choose(&names, |index| table::are_tokens(sample.iter().filter_map(|(row, _)| row.get(index))))?;
        table.layout = Arc::new(Layout { columns, line_end });
        Ok(table)
    }

    /// The header of the output, as its first line.
    pub(super) fn header(&self) -> Wiped {
        let mut out = Writer::new();
        self.header.iter().for_each(|name| out.field(name));
        self.layout.columns.iter().for_each(|column| out.field(column.errors.as_bytes()));
        out.end(self.layout.line_end);
        out.bytes
    }

    /// The next row and the place behind it.
    fn read(&mut self) -> Result<Option<(ByteRecord, u64)>> {
        let mut row = ByteRecord::new();
        self.reader.get_mut().left = MAX_ROW;
        match self.reader.read_byte_record(&mut row) {
            Ok(true) => Ok(Some((row, self.reader.position().byte()))),
            Ok(false) => Ok(None),
            Err(error) => Err(match error.kind() {
                csv::ErrorKind::Io(error) if error.kind() != io::ErrorKind::InvalidData => {
                    Error::new(Code::InputUnreadable)
                }
                _ => Error::about(Code::TableMalformed, format!("byte {}", self.reader.position().byte())),
            }),
        }
    }
}

impl Source for Table {
    fn go_to(&mut self, place: u64) -> Result<()> {
        self.ahead.clear();
        self.place = place;
        let mut position = Position::new();
        position.set_byte(place);
        self.reader.get_mut().left = MAX_ROW;
        self.reader.seek(position).map_err(|_| Error::new(Code::InputUnreadable))
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        let start = self.place;
        let (mut rows, mut submissions) = (Vec::new(), Vec::with_capacity(TOKENS));
        while submissions.len() < TOKENS && rows.len() < TOKENS && self.place - start < BYTES {
            let row = match self.ahead.pop_front() {
                Some(row) => Some(row),
                None => self.read()?,
            };
            let Some((row, end)) = row else { break };
            let submit = |column: &TokenColumn| table::submit(row.get(column.index)?, column);
            submissions.extend(self.layout.columns.iter().filter_map(submit));
            rows.push(row);
            self.place = end;
        }
        let is_empty = rows.is_empty();
        let around = Box::new(Rows { rows, layout: Arc::clone(&self.layout) });
        Ok((!is_empty).then_some(Batch { submissions, around, end: self.place }))
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}

/// The rows of a batch.
struct Rows {
    rows: Vec<ByteRecord>,
    layout: Arc<Layout>,
}

impl Render for Rows {
    fn render(self: Box<Self>, outcomes: Vec<Outcome>) -> Result<Piece> {
        let mut outcomes = outcomes.into_iter();
        let mut out = Writer::new();
        let mut errors = Vec::new();
        for row in &self.rows {
            let mut columns = self.layout.columns.iter().peekable();
            for (index, cell) in row.iter().enumerate() {
                if columns.next_if(|column| column.index == index).is_none() {
                    out.field(cell);
                    continue;
                }
                let outcome = match cell.is_empty() {
                    true => None,
                    false => Some(table::next(&mut outcomes)?),
                };
                match outcome {
                    Some(Ok(answer)) => {
                        let mut value = Wiped::default();
                        table::write(&mut value, &answer);
                        out.field(value.as_ref());
                        errors.push("");
                    }
                    Some(Err(refusal)) => {
                        out.field(b"");
                        errors.push(refusal.shown().as_str());
                    }
                    None => {
                        out.field(b"");
                        errors.push("");
                    }
                }
            }
            errors.drain(..).for_each(|code| out.field(code.as_bytes()));
            out.end(self.layout.line_end);
        }
        Ok(Piece::Bytes(out.bytes))
    }
}

/// Writes rows into memory that is wiped; the writer of `csv` has a buffer of its own that is not.
struct Writer {
    csv: csv_core::Writer,
    bytes: Wiped,
    room: Box<Zeroizing<[u8; 4096]>>,
    is_first: bool,
}

impl Writer {
    fn new() -> Self {
        let room = Box::new(Zeroizing::new([0; 4096]));
        Self { csv: csv_core::Writer::new(), bytes: Wiped::default(), room, is_first: true }
    }

    fn field(&mut self, mut cell: &[u8]) {
        let room = self.room.as_mut_slice();
        if !std::mem::take(&mut self.is_first) {
            let (_, written) = self.csv.delimiter(room);
            self.bytes.push(&room[..written]);
        }
        loop {
            let (result, read, written) = self.csv.field(cell, room);
            self.bytes.push(&room[..written]);
            cell = &cell[read..];
            if matches!(result, WriteResult::InputEmpty) {
                break;
            }
        }
    }

    fn end(&mut self, line_end: &[u8]) {
        let mut room = [0; 16];
        // It closes what is quoted and then ends the line in its own way, with one byte.
        let (_, written) = self.csv.terminator(&mut room);
        self.bytes.push(&room[..written.saturating_sub(1)]);
        self.bytes.push(line_end);
        self.is_first = true;
    }
}

/// A reader that gives only so much for a row.
struct Fuse {
    input: BufReader<Input>,
    left: u64,
}

impl Read for Fuse {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::InvalidData)?;
        Ok(read)
    }
}

impl Seek for Fuse {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let mut out = Writer::new();
        for row in [&["a", "b,c", "d \"e\"", "f\r\ng", ""][..], &[""], &["é"]] {
            row.iter().for_each(|cell| out.field(cell.as_bytes()));
            out.end(b"\r\n");
        }
        let long = "x\"".repeat(10_000);
        out.field(long.as_bytes());
        out.end(b"\n");
        let text = std::str::from_utf8(out.bytes.as_ref()).unwrap();
        let (short, rest) = text.split_at(text.find('x').unwrap() - 1);
        assert_eq!(short, "a,\"b,c\",\"d \"\"e\"\"\",\"f\r\ng\",\r\n\"\"\r\né\r\n");
        assert_eq!(rest, format!("\"{}\"\n", "x\"\"".repeat(10_000)));
    }
}
