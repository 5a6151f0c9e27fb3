//! Lists of subjects for the site, which alone knows who they are: CSV for people, NDJSON for machines.

use crate::error::{Code, Error, Result};
use std::borrow::Cow;
use std::path::Path;

/// What a list is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180.
    Csv,
    /// An object of JSON a line, with the columns as members.
    Ndjson,
}

impl Format {
    /// By the end of a file's name: `.csv`, `.ndjson`, `.jsonl` or `.json`.
    ///
    /// Errors: `list-format`.
    pub fn of(path: &Path) -> Result<Self> {
        match path.extension().and_then(|end| end.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("ndjson" | "jsonl" | "json") => Ok(Self::Ndjson),
            _ => Err(Error::about(Code::ListFormat, path.display())),
        }
    }
}

/// Writes rows of text under their columns.
pub fn write_list(format: Format, columns: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>> {
    let internal = || Error::new(Code::Internal);
    match format {
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(columns).map_err(|_| internal())?;
            for row in rows {
                writer
                    .write_record(row.iter().map(|cell| inert(cell).into_owned()))
                    .map_err(|_| internal())?;
            }
            writer.into_inner().map_err(|_| internal())
        }
        Format::Ndjson => {
            let mut out = Vec::new();
            for row in rows {
                let object: serde_json::Map<_, _> = columns
                    .iter()
                    .zip(row)
                    .map(|(column, cell)| ((*column).to_owned(), cell.clone().into()))
                    .collect();
                serde_json::to_writer(&mut out, &object).map_err(|_| internal())?;
                out.push(b'\n');
            }
            Ok(out)
        }
    }
}

/// A cell that a spreadsheet shows and does not calculate. Subjects come from outside. One of letters, digits, `-` and `_`
/// is left as it is, for nothing can be done with that.
fn inert(cell: &str) -> Cow<'_, str> {
    let is_name = cell.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_');
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_name {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_calculates_nothing() {
        let rows: Vec<Vec<String>> =
            ["=1+1", "@SUM(A1)", "-x_y", "a,\"b\""].map(|s| vec![s.to_owned()]).into();
        let csv = String::from_utf8(write_list(Format::Csv, &["subject"], &rows).unwrap()).unwrap();
        assert_eq!(csv, "subject\n'=1+1\n'@SUM(A1)\n-x_y\n\"a,\"\"b\"\"\"\n");
        let json = String::from_utf8(write_list(Format::Ndjson, &["subject"], &rows).unwrap()).unwrap();
        assert!(json.starts_with("{\"subject\":\"=1+1\"}\n"), "machines get it as it is: {json}");
    }
}
