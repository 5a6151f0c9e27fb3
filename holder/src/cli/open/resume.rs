//! Where the output begins: anew, or where a run that was interrupted is known to have come.

use super::format::Shape;
use super::input::Input;
use super::journal::{Identity, Journal, Point};
use super::parquet::Parts;
use super::target::{Stdout, Target, TextFile};
use crate::cli::output;
use crate::error::{Code, Error, Result};
use crate::home;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// What is going to be written to. Nothing is made yet, so that a wrong passphrase leaves nothing behind.
pub(super) struct Plan {
    place: Place,
    point: Point,
}

enum Place {
    Stdout(output::Output),
    /// A new file, with a journal if the input is a file.
    New(PathBuf, Option<Identity>),
    /// The file of a run that was interrupted.
    Old(PathBuf, Journal),
}

/// An output that is ready.
pub(super) struct Output {
    pub(super) target: Box<dyn Target>,
    pub(super) journal: Option<Journal>,
    pub(super) point: Point,
}

impl Plan {
    /// Prints.
    pub(super) fn print(out: output::Output) -> Self {
        Self { place: Place::Stdout(out), point: Point::default() }
    }

    /// Writes to a file. `choices` are the options that decide what comes out.
    ///
    /// Errors: `output-exists`, `file-needed`, `resume-nothing`, `resume-mismatch`, `resume-busy`.
    pub(super) fn write(out: &Path, input: &Input, resume: bool, choices: &[String]) -> Result<Self> {
        let identity = match input {
            Input::Stream(_) if !resume => None,
            input => Some(Identity { input: input.fingerprint()?, options: fingerprint(choices) }),
        };
        if let (true, Some(identity)) = (resume, &identity) {
            if let Some((journal, point)) = Journal::find(out, identity)? {
                return Ok(Self { place: Place::Old(out.to_owned(), journal), point });
            }
            // The command can be repeated with --resume from the first time on.
            if out.exists() {
                return Err(Error::about(Code::ResumeNothing, out.display()));
            }
        }
        for path in [out, &Journal::path(out)] {
            if path.exists() {
                return Err(Error::about(Code::OutputExists, path.display()));
            }
        }
        Ok(Self { place: Place::New(out.to_owned(), identity), point: Point::default() })
    }

    /// Where it begins.
    pub(super) fn point(&self) -> &Point {
        &self.point
    }

    /// Makes the output, or opens it.
    ///
    /// Errors: `output-exists`, `output-failed`, `resume-mismatch`, `resume-busy`.
    pub(super) fn begin(self, shape: Shape) -> Result<Output> {
        let point = self.point;
        let (file, path, journal) = match self.place {
            Place::Stdout(out) => {
                let mut target: Box<dyn Target> = Box::new(Stdout(out));
                begin_text(target.as_mut(), shape)?;
                return Ok(Output { target, journal: None, point });
            }
            Place::New(path, identity) => {
                // The journal first: an output without one is complete.
                let journal = identity.map(|identity| Journal::begin(&path, identity)).transpose()?;
                (create(&path)?, path, journal)
            }
            Place::Old(path, journal) => (reopen(&path, &point, &shape)?, path, Some(journal)),
        };
        let target: Box<dyn Target> = match shape {
            Shape::Parquet(shape) => Box::new(Parts::new(file, &path, *shape, point.output)),
            Shape::Text(_) => {
                let mut target = TextFile::new(file, &path, point.output)?;
                if point.output == 0 {
                    begin_text(&mut target, shape)?;
                }
                Box::new(target)
            }
        };
        Ok(Output { target, journal, point })
    }
}

fn begin_text(target: &mut dyn Target, shape: Shape) -> Result<()> {
    match shape {
        Shape::Text(header) => target.write(super::batch::Piece::Bytes(header)),
        Shape::Parquet(_) => Err(Error::new(Code::Internal)),
    }
}

fn create(path: &Path) -> Result<File> {
    let file = home::new_private_file(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Error::about(Code::OutputExists, path.display()),
        _ => Error::about(Code::OutputFailed, path.display()),
    })?;
    home::sync_directory_of(path).map_err(|_| Error::about(Code::OutputFailed, path.display()))?;
    Ok(file)
}

/// Opens the output of a run that was interrupted.
fn reopen(path: &Path, point: &Point, shape: &Shape) -> Result<File> {
    let file = match OpenOptions::new().write(true).open(path) {
        Ok(file) => file,
        // The interruption came between the journal and the output.
        Err(error) if error.kind() == io::ErrorKind::NotFound && point.output == 0 => create(path)?,
        Err(_) => return Err(Error::about(Code::ResumeMismatch, path.display())),
    };
    let length = file.metadata().map_err(|_| Error::about(Code::OutputFailed, path.display()))?.len();
    match shape {
        Shape::Text(_) if length < point.output => Err(Error::about(Code::ResumeMismatch, path.display())),
        _ => Ok(file),
    }
}

fn fingerprint(choices: &[String]) -> String {
    let mut digest = Sha256::new();
    for choice in choices {
        digest.update((choice.len() as u64).to_be_bytes());
        digest.update(choice);
    }
    Base64UrlUnpadded::encode_string(&digest.finalize())
}
