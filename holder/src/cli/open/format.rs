//! The formats of input and output.

use super::batch::Source;
use super::input::Input;
use super::table::Wanted;
use super::{csv, lines, parquet};
use crate::error::{Code, Error, Result};
use crate::wiped::Wiped;
use std::path::Path;

/// A format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A token or an object a line.
    Ndjson,
    /// RFC 4180.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// What the output begins with, or is made with.
pub(super) enum Shape {
    /// Text that begins with this.
    Text(Wiped),
    /// Columns.
    Parquet(Box<parquet::Shape>),
}

impl Format {
    /// The format of that name.
    ///
    /// Errors: `format-unknown`.
    pub(super) fn parse(name: &str) -> Result<Self> {
        match name {
            "ndjson" => Ok(Self::Ndjson),
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Error::about(Code::FormatUnknown, name)),
        }
    }

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// The format that the ends of the files' names tell. What is not known is NDJSON.
    ///
    /// Errors: `format-mixed`.
    pub(super) fn of(input: Option<&Path>, out: Option<&Path>) -> Result<Self> {
        let by_name = |path: Option<&Path>| {
            let ending = path?.extension()?.to_str()?.to_ascii_lowercase();
            match ending.as_str() {
                "jsonl" => Some(Self::Ndjson),
                ending => Self::parse(ending).ok(),
            }
        };
        match (by_name(input), by_name(out)) {
            (Some(input), Some(out)) if input != out => Err(Error::new(Code::FormatMixed)),
            (input, out) => Ok(input.or(out).unwrap_or(Self::Ndjson)),
        }
    }

    /// Begins to read an input.
    ///
    /// Errors: `file-needed`, `input-unreadable`, `table-malformed`, `column-unknown`, `column-taken`.
    pub(super) fn read(self, input: Input, wanted: Wanted) -> Result<(Box<dyn Source>, Shape)> {
        Ok(match (self, input) {
            (Self::Ndjson, input) => {
                (Box::new(lines::Lines::new(input, wanted.defaults)), Shape::Text(Wiped::default()))
            }
            (Self::Csv, input) => {
                let table = csv::Table::open(input, &wanted)?;
                let header = table.header();
                (Box::new(table), Shape::Text(header))
            }
            (Self::Parquet, Input::File(file)) => {
                let table = parquet::Table::open(file, &wanted)?;
                let shape = Shape::Parquet(Box::new(table.shape()?));
                (Box::new(table), shape)
            }
            (Self::Parquet, Input::Stream(_)) => return Err(Error::new(Code::FileNeeded)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_format() {
        let of = |input: Option<&str>, out: Option<&str>| {
            Format::of(input.map(Path::new), out.map(Path::new)).map_err(|error| error.code())
        };
        assert_eq!(of(None, None), Ok(Format::Ndjson));
        assert_eq!(of(Some("tokens"), Some("out")), Ok(Format::Ndjson));
        assert_eq!(of(Some("a.b/t.CSV"), None), Ok(Format::Csv));
        assert_eq!(of(Some("t"), Some("o.parquet")), Ok(Format::Parquet));
        assert_eq!(of(Some("t.jsonl"), Some("o.ndjson")), Ok(Format::Ndjson));
        assert_eq!(of(Some("t.csv"), Some("o.parquet")), Err(Code::FormatMixed));
    }
}
