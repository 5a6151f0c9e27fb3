//! Writes a Parquet file that can be resumed.
//!
//! Nothing can be added to a Parquet file, for its end says where everything is. So each time that what was
//! written is to be durable, it becomes a file of its own with one group of rows, `OUT.part-00000` and so
//! on. In the end their columns are copied into the output as they are, and the parts are removed.

use super::{Columns, Shape};
use crate::cli::open::batch::Piece;
use crate::cli::open::target::Target;
use crate::error::{Code, Error, Result};
use crate::home;
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::ParquetMetaDataReader;
use parquet::file::writer::SerializedFileWriter;
use std::fs::{self, File};
use std::io::BufWriter;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// How many bytes of values make a part, so that memory stays flat.
const FULL: usize = 32 << 20;

/// The parts of an output.
pub(in crate::cli::open) struct Parts {
    out: File,
    path: PathBuf,
    shape: Shape,
    /// What is not in a part yet.
    waiting: Vec<Columns>,
    bytes: usize,
    /// How many parts there are.
    parts: u64,
}

impl Parts {
    /// Goes on after so many parts. `out` is the output, which stays empty until the end.
    pub(in crate::cli::open) fn new(out: File, path: &Path, shape: Shape, parts: u64) -> Self {
        Self { out, path: path.to_owned(), shape, waiting: Vec::new(), bytes: 0, parts }
    }

    fn part(&self, number: u64) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(format!(".part-{number:05}"));
        path.into()
    }

    fn failed(&self) -> Error {
        Error::about(Code::OutputFailed, self.path.display())
    }

    /// Writes what is waiting as one group of rows.
    fn write_part(&self, file: &File) -> Result<()> {
        let failed = |_| self.failed();
        let Shape { schema, properties } = self.shape.clone();
        let mut writer =
            SerializedFileWriter::new(BufWriter::new(file), schema, properties).map_err(failed)?;
        let mut group = writer.next_row_group().map_err(failed)?;
        let mut index = 0;
        while let Some(mut column) = group.next_column().map_err(failed)? {
            for Columns(cells) in &self.waiting {
                cells.get(index).ok_or(Error::new(Code::Internal))?.write(column.untyped())?;
            }
            column.close().map_err(failed)?;
            index += 1;
        }
        group.close().map_err(failed)?;
        writer.close().map_err(failed)?;
        Ok(())
    }

    fn assemble(&mut self) -> parquet::errors::Result<()> {
        self.out.set_len(0)?;
        self.out.seek(SeekFrom::Start(0))?;
        let Shape { schema, properties } = self.shape.clone();
        let mut writer = SerializedFileWriter::new(BufWriter::new(&self.out), schema, properties)?;
        for number in 0..self.parts {
            let part = File::open(self.part(number))?;
            let metadata = ParquetMetaDataReader::new().parse_and_finish(&part)?;
            for rows in metadata.row_groups() {
                let mut group = writer.next_row_group()?;
                for column in rows.columns() {
                    let close = ColumnCloseResult {
                        bytes_written: u64::try_from(column.compressed_size()).unwrap_or_default(),
                        rows_written: u64::try_from(rows.num_rows()).unwrap_or_default(),
                        metadata: column.clone(),
                        bloom_filter: None,
                        column_index: None,
                        offset_index: None,
                    };
                    group.append_column(&part, close)?;
                }
                group.close()?;
            }
        }
        writer.close()?;
        Ok(())
    }
}

impl Target for Parts {
    fn write(&mut self, piece: Piece) -> Result<()> {
        let Piece::Columns(columns) = piece else {
            return Err(Error::new(Code::Internal));
        };
        self.bytes += columns.0.iter().map(|cells| cells.size()).sum::<usize>();
        self.waiting.push(columns);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.bytes >= FULL
    }

    fn sync(&mut self) -> Result<u64> {
        if !self.waiting.is_empty() {
            let path = self.part(self.parts);
            // A part that the journal does not know is of a run that was interrupted while it wrote it.
            let _ = fs::remove_file(&path);
            let file = home::new_private_file(&path).map_err(|_| self.failed())?;
            self.write_part(&file)?;
            file.sync_all().map_err(|_| self.failed())?;
            home::sync_directory_of(&path).map_err(|_| self.failed())?;
            self.waiting.clear();
            self.bytes = 0;
            self.parts += 1;
        }
        Ok(self.parts)
    }

    fn complete(&mut self) -> Result<()> {
        self.assemble().map_err(|_| self.failed())?;
        self.out.sync_all().map_err(|_| self.failed())
    }

    fn clean(&mut self) -> Result<()> {
        // Also the one that an interrupted run may have begun after these.
        for number in 0..=self.parts {
            match fs::remove_file(self.part(number)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(self.failed()),
                _ => {}
            }
        }
        Ok(())
    }
}
