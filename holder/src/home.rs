//! The key holder's directory: who can reach it, and how a private file is made and read.

use crate::error::{Code, Error, Result};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The rights of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// A secret file is a line; what is longer is some other file, named by mistake.
const MAX_SECRET_LEN: u64 = 4096;

/// The directory that holds the database.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

impl Home {
    /// Makes the directory and an empty database file, both for their owner alone.
    ///
    /// Errors: `home-exists`, `home-unsafe`, `store-unavailable`.
    pub fn create(dir: &Path) -> Result<Self> {
        let unavailable = |_| Error::about(Code::StoreUnavailable, dir.display());
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(unavailable)?;
        let home = Self(dir.to_owned());
        home.check_directory()?;
        // The file is made here and not by SQLite, which would give it the rights of the umask. The
        // files that SQLite puts beside it get the same rights as this one.
        match new_private_file(&home.database()) {
            Ok(_) => Ok(home),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                Err(Error::about(Code::HomeExists, dir.display()))
            }
            Err(error) => Err(unavailable(error)),
        }
    }

    /// Finds the directory of a key holder that was made before.
    ///
    /// Errors: `home-missing`, `home-unsafe`.
    pub fn find(dir: &Path) -> Result<Self> {
        let home = Self(dir.to_owned());
        let Ok(database) = home.database().metadata() else {
            return Err(Error::about(Code::HomeMissing, dir.display()));
        };
        home.check_directory()?;
        if database.mode() & OTHERS != 0 {
            return Err(Error::about(Code::HomeUnsafe, home.database().display()));
        }
        Ok(home)
    }

    /// Whoever may write to the directory can swap the database, whatever the rights of the file. Whoever
    /// may only look into it can wait for a file that was put there with too many rights, such as a copy.
    fn check_directory(&self) -> Result<()> {
        let unavailable = |_| Error::about(Code::StoreUnavailable, self.0.display());
        match self.0.metadata().map_err(unavailable)?.mode() & OTHERS {
            0 => Ok(()),
            _ => Err(Error::about(Code::HomeUnsafe, self.0.display())),
        }
    }

    /// Waits until the directory, with the name of the new database in it, is on the disk.
    ///
    /// Errors: `store-unavailable`.
    pub fn sync(&self) -> Result<()> {
        sync_directory(&self.0).map_err(|_| Error::about(Code::StoreUnavailable, self.0.display()))
    }

    /// Takes back what [`Home::create`] made, after a later step failed.
    pub fn abandon(self) {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let mut path = self.database().into_os_string();
            path.push(suffix);
            // Best effort: the error that led here is the one to tell.
            let _ = std::fs::remove_file(path);
        }
        let _ = std::fs::remove_dir(&self.0);
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.0.join("keyholder.db")
    }

    /// Whether `path` is inside this directory.
    pub fn contains(&self, path: &Path) -> bool {
        match (self.0.canonicalize(), path.canonicalize()) {
            (Ok(dir), Ok(path)) => path.starts_with(dir),
            _ => false,
        }
    }
}

/// Makes a file that only its owner can read, and fails if there is one.
pub(crate) fn new_private_file(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Writes a new private file and waits until it is on the disk.
///
/// Errors: `secret-unwritable`, also if there is a file already.
pub(crate) fn write_secret_file(path: &Path, content: &[u8]) -> Result<()> {
    let write = || {
        let mut file = new_private_file(path)?;
        file.write_all(content)?;
        file.sync_all()?;
        sync_directory_of(path)
    };
    write().map_err(|_| Error::about(Code::SecretUnwritable, path.display()))
}

/// A new file is only there after a power cut if its directory is on the disk, too.
fn sync_directory(dir: &Path) -> std::io::Result<()> {
    File::open(dir)?.sync_all()
}

/// The same for the directory that a file is in.
pub(crate) fn sync_directory_of(file: &Path) -> std::io::Result<()> {
    sync_directory(file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")))
}

/// Reads a file that holds a secret, if only its owner can.
///
/// Errors: `secret-unreadable`, `secret-unsafe`.
pub(crate) fn read_secret_file(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let unreadable = |_| Error::about(Code::SecretUnreadable, path.display());
    let file = File::open(path).map_err(unreadable)?;
    // Asked of the open file, so that nothing can be swapped in between.
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.mode() & OTHERS != 0 {
        return Err(Error::about(Code::SecretUnsafe, path.display()));
    }
    if metadata.len() > MAX_SECRET_LEN {
        return Err(Error::about(Code::SecretUnreadable, path.display()));
    }
    // Room for all of it from the start: a vector that grows leaves copies behind.
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_SECRET_LEN as usize + 1));
    file.take(MAX_SECRET_LEN).read_to_end(&mut content).map_err(unreadable)?;
    Ok(content)
}
