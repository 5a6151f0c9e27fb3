//! The journal beside an output, `OUT.progress`: how far it is for certain.
//!
//! Its first line says what is opened, and each further one how far it had come when the output was on the disk. A
//! line that was cut off by an interruption does not count. It is removed when the output is complete.

use super::tally::Tally;
use crate::error::{Code, Error, Result};
use crate::home;
use crate::keystore;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// The form of these lines. A later one is not understood and so not resumed.
const VERSION: u8 = 1;

/// What must be the same for a run to go on.
#[derive(Serialize, Deserialize, PartialEq, Eq)]
pub(super) struct Identity {
    /// The input's fingerprint.
    pub(super) input: String,
    /// The fingerprint of the options that decide what comes out.
    pub(super) options: String,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u8,
    /// Names the run in the requests that it makes.
    job: String,
    #[serde(flatten)]
    identity: Identity,
}

/// How far a run is.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Point {
    /// The number of the next batch.
    pub(super) batch: u64,
    /// The place in the input where it begins.
    pub(super) input: u64,
    /// How far the output is: bytes of text, parts of Parquet.
    pub(super) output: u64,
    /// What came of the batches before.
    pub(super) tally: Tally,
    /// Whether the output is complete, and only the tidying up is left.
    pub(super) complete: bool,
}

/// A journal that is open, and locked for this process.
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    job: String,
}

impl Journal {
    /// The path of the journal of an output.
    pub(super) fn path(out: &Path) -> PathBuf {
        let mut path = out.to_owned().into_os_string();
        path.push(".progress");
        path.into()
    }

    /// Begins one.
    ///
    /// Errors: `output-exists`, `output-failed`, `resume-busy`.
    pub(super) fn begin(out: &Path, identity: Identity) -> Result<Self> {
        let path = Self::path(out);
        let file = home::new_private_file(&path).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Error::about(Code::OutputExists, path.display()),
            _ => Error::about(Code::OutputFailed, path.display()),
        })?;
        lock(&file, &path)?;
        let job = Base64UrlUnpadded::encode_string(&keystore::random()?[..16]);
        let head = Head { version: VERSION, job: job.clone(), identity };
        let mut journal = Self { file, path, job };
        journal.append(&head)?;
        home::sync_directory_of(&journal.path).map_err(|_| journal.failed())?;
        Ok(journal)
    }

    /// Finds the journal of a run that was interrupted, and how far that run was for certain; `None` if there
    /// is no journal.
    ///
    /// Errors: `resume-mismatch`, `resume-busy`, `output-failed`.
    pub(super) fn find(out: &Path, identity: &Identity) -> Result<Option<(Self, Point)>> {
        let path = Self::path(out);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Error::about(Code::OutputFailed, path.display())),
        };
        lock(&file, &path)?;
        let mismatch = || Error::about(Code::ResumeMismatch, path.display());
        let mut lines = BufReader::new(&file);
        let mut line = Vec::new();
        let mut whole = lines.read_until(b'\n', &mut line).map_err(|_| mismatch())? as u64;
        if !line.ends_with(b"\n") && !out.exists() {
            // The interruption came before there was an output: nothing has been opened.
            fs::remove_file(&path).map_err(|_| Error::about(Code::OutputFailed, path.display()))?;
            return Ok(None);
        }
        let head: Head = serde_json::from_slice(&line).map_err(|_| mismatch())?;
        if head.version != VERSION || head.identity != *identity {
            return Err(mismatch());
        }
        let mut point = Point::default();
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).map_err(|_| mismatch())?;
            match serde_json::from_slice(&line) {
                Ok(next) if line.ends_with(b"\n") => point = next,
                _ => break,
            }
            whole += read as u64;
        }
        let mut journal = Self { file, path, job: head.job };
        // The next line must not be added to half a line.
        let cut = journal.file.set_len(whole).and_then(|()| journal.file.seek(SeekFrom::Start(whole)));
        cut.map_err(|_| journal.failed())?;
        Ok(Some((journal, point)))
    }

    /// The name of the request that opens a batch: the same each time.
    pub(super) fn request(job: &str, batch: u64) -> String {
        format!("{job}-{batch}")
    }

    /// The run's name.
    pub(super) fn job(&self) -> &str {
        &self.job
    }

    /// Notes a point, durably. The output must be on the disk that far.
    ///
    /// Errors: `output-failed`.
    pub(super) fn note(&mut self, point: &Point) -> Result<()> {
        self.append(point)
    }

    /// Removes it.
    ///
    /// Errors: `output-failed`.
    pub(super) fn remove(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|_| self.failed())
    }

    fn append(&mut self, line: &impl Serialize) -> Result<()> {
        let mut text = serde_json::to_vec(line).map_err(|_| Error::new(Code::Internal))?;
        text.push(b'\n');
        let written = self.file.write_all(&text).and_then(|()| self.file.sync_data());
        written.map_err(|_| self.failed())
    }

    fn failed(&self) -> Error {
        Error::about(Code::OutputFailed, self.path.display())
    }
}

/// Two runs must not write one output.
fn lock(file: &File, path: &Path) -> Result<()> {
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::about(Code::ResumeBusy, path.display()),
        TryLockError::Error(_) => Error::about(Code::OutputFailed, path.display()),
    })
}
