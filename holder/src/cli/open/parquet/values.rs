//! A column's cells as Parquet keeps them: values, and levels that say where a value is missing or repeated.

use crate::error::{Code, Error, Result};
use crate::wiped::Wiped;
use bytes::Bytes;
use parquet::column::reader::ColumnReader;
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray, Int96};

/// Some rows of a column.
pub(super) struct Cells {
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Values,
}

macro_rules! types {
    ($($name:ident($native:ty), $reader:ident, $writer:ident;)*) => {
        enum Values {
            $($name(Vec<$native>),)*
        }

        impl Cells {
            /// Reads so many rows, or those that are left.
            ///
            /// Errors: `table-malformed`, also if there are fewer.
            pub(super) fn read(column: &mut ColumnReader, rows: usize) -> Result<Self> {
                let (mut definition, mut repetition) = (Vec::new(), Vec::new());
                let (values, read) = match column {
                    $(ColumnReader::$reader(column) => {
                        let mut values = Vec::new();
                        let read = column
                            .read_records(rows, Some(&mut definition), Some(&mut repetition), &mut values)
                            .map_err(malformed)?;
                        (Values::$name(values), read.0)
                    })*
                };
                match read == rows {
                    true => Ok(Self { definition, repetition, values }),
                    false => Err(Error::new(Code::TableMalformed)),
                }
            }

            /// Leaves so many rows out.
            pub(super) fn skip(column: &mut ColumnReader, rows: usize) -> Result<()> {
                let skipped = match column {
                    $(ColumnReader::$reader(column) => column.skip_records(rows),)*
                };
                match skipped.map_err(malformed)? == rows {
                    true => Ok(()),
                    false => Err(Error::new(Code::TableMalformed)),
                }
            }

            /// Adds them to a column of the same type.
            pub(super) fn write(&self, column: &mut ColumnWriter<'_>) -> Result<()> {
                let definition = Some(self.definition.as_slice()).filter(|levels| !levels.is_empty());
                let repetition = Some(self.repetition.as_slice()).filter(|levels| !levels.is_empty());
                let written = match (&self.values, column) {
                    $((Values::$name(values), ColumnWriter::$writer(column)) => {
                        column.write_batch(values, definition, repetition)
                    })*
                    _ => return Err(Error::new(Code::Internal)),
                };
                written.map(drop).map_err(|_| Error::new(Code::OutputFailed))
            }
        }
    };
}

types! {
    Bool(bool), BoolColumnReader, BoolColumnWriter;
    Int32(i32), Int32ColumnReader, Int32ColumnWriter;
    Int64(i64), Int64ColumnReader, Int64ColumnWriter;
    Int96(Int96), Int96ColumnReader, Int96ColumnWriter;
    Float(f32), FloatColumnReader, FloatColumnWriter;
    Double(f64), DoubleColumnReader, DoubleColumnWriter;
    Bytes(ByteArray), ByteArrayColumnReader, ByteArrayColumnWriter;
    Fixed(FixedLenByteArray), FixedLenByteArrayColumnReader, FixedLenByteArrayColumnWriter;
}

impl Cells {
    /// Cells of an optional column of text.
    pub(super) fn texts(cells: impl Iterator<Item = Option<Wiped>>) -> Self {
        let (mut definition, mut values) = (Vec::new(), Vec::new());
        for cell in cells {
            definition.push(i16::from(cell.is_some()));
            // The column keeps the memory that is wiped, and no copy.
            values.extend(cell.map(|cell| ByteArray::from(Bytes::from_owner(cell))));
        }
        Self { definition, repetition: Vec::new(), values: Values::Bytes(values) }
    }

    /// The cells of a column of text that is not repeated, `None` where there is none.
    pub(super) fn as_texts(&self) -> Vec<Option<&[u8]>> {
        let Values::Bytes(values) = &self.values else {
            return Vec::new();
        };
        let mut values = values.iter().map(ByteArray::data);
        match self.definition.is_empty() {
            true => values.map(Some).collect(),
            false => {
                self.definition.iter().map(|level| if *level > 0 { values.next() } else { None }).collect()
            }
        }
    }

    /// How much memory the values take, about.
    pub(super) fn size(&self) -> usize {
        match &self.values {
            Values::Bool(values) => values.len(),
            Values::Int32(values) => values.len() * 4,
            Values::Int64(values) => values.len() * 8,
            Values::Int96(values) => values.len() * 12,
            Values::Float(values) => values.len() * 4,
            Values::Double(values) => values.len() * 8,
            Values::Bytes(values) => values.iter().map(|value| value.len() + size_of::<ByteArray>()).sum(),
            Values::Fixed(values) => values.iter().map(|value| value.len() + size_of::<ByteArray>()).sum(),
        }
    }
}

/// What the library says of a file may quote it, so its words go no further.
pub(super) fn malformed(_: parquet::errors::ParquetError) -> Error {
    Error::new(Code::TableMalformed)
}
