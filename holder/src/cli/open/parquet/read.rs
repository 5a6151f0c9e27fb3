//! Reads a Parquet file in batches of rows.

use super::Columns;
use super::shape::Shape;
use super::values::{Cells, malformed};
use crate::cli::open::batch::{self, BYTES, Batch, Piece, Render, Source, TOKENS};
use crate::cli::open::table::{self, SAMPLE, TokenColumn, Wanted};
use crate::error::{Code, Error, Result};
use crate::holder::Outcome;
use crate::wiped::Wiped;
use parquet::basic::Type as Physical;
use parquet::column::reader::ColumnReader;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::schema::types::SchemaDescriptor;
use std::fs::File;
use std::sync::Arc;

/// A Parquet file.
pub(in crate::cli::open) struct Table {
    file: SerializedFileReader<File>,
    columns: Arc<Vec<TokenColumn>>,
    /// The rows of a batch.
    rows: u64,
    /// The group of rows to open next, and the columns of the one that is open.
    next_group: usize,
    open: Vec<ColumnReader>,
    /// How many rows of it are left.
    left: u64,
    place: u64,
    length: u64,
}

impl Table {
    /// Errors: `table-malformed`, `column-unknown`, `column-taken`.
    pub(in crate::cli::open) fn open(file: File, wanted: &Wanted) -> Result<Self> {
        let file = SerializedFileReader::new(file).map_err(malformed)?;
        let metadata = file.metadata();
        let count = |rows: i64| u64::try_from(rows).map_err(|_| Error::new(Code::TableMalformed));
        let (mut length, mut bytes) = (0, 0);
        for group in metadata.row_groups() {
            length += count(group.num_rows())?;
            bytes += count(group.total_byte_size())?;
        }
        let schema = metadata.file_metadata().schema_descr();
        let columns = wanted.choose(&names(schema), |index| holds_tokens(&file, index))?;
        // As many as make a full batch of tokens, and fewer if rows are large.
        let rows = (TOKENS as u64 / columns.len() as u64).min(BYTES / (bytes / length.max(1)).max(1)).max(1);
        let columns = Arc::new(columns);
        Ok(Self { file, columns, rows, next_group: 0, open: Vec::new(), left: 0, place: 0, length })
    }

    /// The shape of the output.
    pub(in crate::cli::open) fn shape(&self) -> Result<Shape> {
        Shape::new(self.file.metadata().file_metadata(), &self.columns)
    }

    /// Opens the next group of rows; `false` if there is none.
    fn open_group(&mut self) -> Result<bool> {
        if self.next_group >= self.file.num_row_groups() {
            return Ok(false);
        }
        let group = self.file.get_row_group(self.next_group).map_err(malformed)?;
        let open = (0..group.num_columns()).map(|index| group.get_column_reader(index).map_err(malformed));
        self.open = open.collect::<Result<_>>()?;
        self.left = u64::try_from(group.metadata().num_rows()).unwrap_or_default();
        self.next_group += 1;
        Ok(true)
    }
}

/// The names of the columns that can hold tokens: text, not repeated, and not part of another.
fn names(schema: &SchemaDescriptor) -> Vec<Option<&str>> {
    let name = |column: &parquet::schema::types::ColumnDescriptor| {
        column.path().parts().len() == 1
            && column.max_rep_level() == 0
            && column.physical_type() == Physical::BYTE_ARRAY
    };
    schema.columns().iter().map(|column| name(column).then_some(column.name())).collect()
}

fn holds_tokens(file: &SerializedFileReader<File>, index: usize) -> bool {
    if file.num_row_groups() == 0 {
        return false;
    }
    let sample = || {
        let group = file.get_row_group(0).map_err(malformed)?;
        let rows = usize::try_from(group.metadata().num_rows()).unwrap_or_default().min(SAMPLE);
        Cells::read(&mut group.get_column_reader(index).map_err(malformed)?, rows)
    };
    sample().is_ok_and(|cells: Cells| table::are_tokens(cells.as_texts().into_iter().flatten()))
}

impl Source for Table {
    fn go_to(&mut self, place: u64) -> Result<()> {
        self.place = place;
        let mut to_skip = place;
        while to_skip > 0 {
            if !self.open_group()? {
                return Err(Error::new(Code::TableMalformed));
            }
            let here = to_skip.min(self.left);
            if here < self.left {
                for column in &mut self.open {
                    Cells::skip(column, usize::try_from(here).unwrap_or_default())?;
                }
            }
            self.left -= here;
            to_skip -= here;
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        while self.left == 0 {
            if !self.open_group()? {
                return Ok(None);
            }
        }
        let rows = self.rows.min(self.left);
        let rows = usize::try_from(rows).map_err(|_| Error::new(Code::TableMalformed))?;
        let cells: Vec<_> =
            self.open.iter_mut().map(|column| Cells::read(column, rows)).collect::<Result<_>>()?;
        self.left -= rows as u64;
        self.place += rows as u64;
        // Row by row, as in the other formats.
        let texts: Vec<_> =
            self.columns.iter().map(|column| (column, cells[column.index].as_texts())).collect();
        let submissions: Vec<batch::Submitted> = (0..rows)
            .flat_map(|row| {
                texts.iter().filter_map(move |(column, texts)| table::submit((*texts.get(row)?)?, column))
            })
            .collect();
        let around = Box::new(Slice { cells, columns: Arc::clone(&self.columns), rows });
        Ok(Some(Batch { submissions, around, end: self.place }))
    }

    fn length(&self) -> Option<u64> {
        Some(self.length)
    }
}

/// The rows of a batch.
struct Slice {
    cells: Vec<Cells>,
    columns: Arc<Vec<TokenColumn>>,
    rows: usize,
}

/// A cell of a column of tokens, and the cell of its error.
type Opened = (Option<Wiped>, Option<Wiped>);

impl Render for Slice {
    fn render(mut self: Box<Self>, outcomes: Vec<Outcome>) -> Result<Piece> {
        let mut outcomes = outcomes.into_iter();
        let mut opened: Vec<Vec<Opened>> =
            self.columns.iter().map(|_| Vec::with_capacity(self.rows)).collect();
        let texts: Vec<_> = self.columns.iter().map(|column| self.cells[column.index].as_texts()).collect();
        for row in 0..self.rows {
            for (texts, opened) in texts.iter().zip(&mut opened) {
                opened.push(match texts.get(row).copied().flatten() {
                    // An empty text stays as it is, as a missing one does.
                    Some(b"") => (Some(Wiped::default()), None),
                    None => (None, None),
                    Some(_) => match table::next(&mut outcomes)? {
                        Ok(answer) => {
                            let mut value = Wiped::default();
                            table::write(&mut value, &answer);
                            (Some(value), None)
                        }
                        Err(refusal) => {
                            let mut code = Wiped::default();
                            code.push(refusal.shown().as_str().as_bytes());
                            (None, Some(code))
                        }
                    },
                });
            }
        }
        let mut errors = Vec::new();
        for (column, opened) in self.columns.iter().zip(opened) {
            let (values, codes): (Vec<_>, Vec<_>) = opened.into_iter().unzip();
            self.cells[column.index] = Cells::texts(values.into_iter());
            errors.push(Cells::texts(codes.into_iter()));
        }
        self.cells.extend(errors);
        Ok(Piece::Columns(Columns(self.cells)))
    }
}
