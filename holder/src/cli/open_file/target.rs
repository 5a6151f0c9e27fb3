//! Where an opened file goes: standard output, or a new private file that gets its name when it is whole.

use crate::cli::output::Output;
use crate::error::{Code, Error, Result};
use crate::home;
use base64ct::{Base64UrlUnpadded, Encoding};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What is going to be written to. Nothing is made yet, so that a wrong passphrase leaves nothing behind.
pub(super) enum Target {
    Stdout(Output),
    File(PathBuf),
}

impl Target {
    /// Errors: `output-terminal`, `file-exists`.
    pub(super) fn plan(out: Output, path: Option<&Path>) -> Result<Self> {
        match path {
            Some(path) if path.symlink_metadata().is_ok() => Err(exists(path)),
            Some(path) => Ok(Self::File(path.to_owned())),
            // What is in a file could give a terminal orders.
            None if out.is_terminal() => Err(Error::new(Code::OutputTerminal)),
            None => Ok(Self::Stdout(out)),
        }
    }

    /// Errors: `output-failed`.
    pub(super) fn begin(self) -> Result<Begun> {
        match self {
            Self::Stdout(out) => Ok(Begun::Stdout(out)),
            Self::File(path) => Partial::begin(path).map(Begun::File),
        }
    }
}

/// A target that is written to.
pub(super) enum Begun {
    Stdout(Output),
    File(Partial),
}

impl Begun {
    /// Errors: `output-failed`, `output-closed`.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Stdout(out) => out.bytes(bytes),
            Self::File(partial) => partial.file.write_all(bytes).map_err(|_| failed(&partial.path)),
        }
    }

    /// Errors: `output-failed`, `file-exists`.
    pub(super) fn complete(self) -> Result<()> {
        match self {
            Self::Stdout(_) => Ok(()),
            Self::File(partial) => partial.complete(),
        }
    }
}

/// A file that has not got its name yet. Unless it is completed it is removed.
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    temporary: PathBuf,
}

impl Partial {
    fn begin(path: PathBuf) -> Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|_| failed(&path))?;
        let mut name = path.file_name().ok_or(failed(&path))?.to_owned();
        name.push(format!(".{}.part", Base64UrlUnpadded::encode_string(&random)));
        // Beside the place where it belongs, and so on the same disk.
        let temporary = path.with_file_name(name);
        let file = home::new_private_file(&temporary).map_err(|_| failed(&path))?;
        Ok(Self { file, path, temporary })
    }

    /// Gives it its name, if nobody has taken that in the meantime, when all of it is on the disk.
    fn complete(self) -> Result<()> {
        let named = || {
            self.file.sync_all()?;
            // A link is refused where there is a file, and a renamed file would replace it.
            match fs::hard_link(&self.temporary, &self.path) {
                Err(error) if is_unsupported(&error) => self.rename()?,
                linked => linked?,
            }
            home::sync_directory_of(&self.path)
        };
        named().map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => exists(&self.path),
            _ => failed(&self.path),
        })
    }

    /// For file systems without links.
    fn rename(&self) -> io::Result<()> {
        match self.path.symlink_metadata() {
            Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Err(_) => fs::rename(&self.temporary, &self.path),
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Best effort: it is gone already, or the error that led here is the one to tell.
        let _ = fs::remove_file(&self.temporary);
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

fn failed(path: &Path) -> Error {
    Error::about(Code::OutputFailed, path.display())
}

fn exists(path: &Path) -> Error {
    Error::about(Code::FileExists, path.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn begun(path: &Path) -> Begun {
        Target::plan(Output::new(true), Some(path)).unwrap().begin().unwrap()
    }

    #[test]
    fn a_file_is_there_when_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scan.pdf");
        let count = || fs::read_dir(dir.path()).unwrap().count();
        let mut target = begun(&path);
        target.write(b"half").unwrap();
        assert!(!path.exists() && count() == 1);
        drop(target);
        assert_eq!(count(), 0);

        let mut target = begun(&path);
        target.write(b"whole").unwrap();
        target.complete().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(count(), 1);
    }

    #[test]
    fn no_file_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scan.pdf");
        // One that comes before, and one that comes while it is written.
        let target = begun(&path);
        fs::write(&path, "another").unwrap();
        assert_eq!(target.complete().unwrap_err().code(), Code::FileExists);
        assert!(
            matches!(Target::plan(Output::new(true), Some(&path)), Err(e) if e.code() == Code::FileExists)
        );
        assert_eq!(fs::read(&path).unwrap(), b"another");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
