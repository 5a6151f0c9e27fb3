//! What the plan is made of besides code: duties with their sources, notices, advice. It is built in, and an
//! operator can put files of their own in its place, because laws and organisations change more often than
//! programs do.

mod files;

use crate::error::{Code, Error, Result};
use crate::home;
use files::FILES;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The most bytes of one file.
const MAX_LEN: u64 = 1024 * 1024;

/// The files, by their names, with slashes between folders.
pub struct Library(BTreeMap<String, String>);

impl Library {
    /// The files that are built in.
    pub fn built_in() -> Self {
        Self(FILES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
    }

    /// The files that are built in, with those of a directory in the place of the ones of the same name, or beside
    /// them. A name that nothing would read is an error: a misspelled file that is silently left out could hide a
    /// duty.
    ///
    /// Errors: `incident-data-unreadable`, `incident-data-invalid`.
    pub fn open(dir: Option<&Path>) -> Result<Self> {
        let mut library = Self::built_in();
        if let Some(dir) = dir {
            for (name, path) in listed(dir)? {
                let text = read(&path)?;
                library.0.insert(name, text);
            }
        }
        Ok(library)
    }

    /// Writes the files to a directory, to be amended there, and gives how many there are.
    ///
    /// Errors: `file-exists` if one of them is there already, `output-failed`.
    pub fn write(&self, dir: &Path) -> Result<usize> {
        for (name, text) in &self.0 {
            let path = dir.join(name);
            let failed = |_| Error::about(Code::OutputFailed, path.display());
            fs::create_dir_all(path.parent().unwrap_or(dir)).map_err(failed)?;
            write_new(&path, text.as_bytes())?;
        }
        Ok(self.0.len())
    }

    /// The text of a file.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names of the files in a folder.
    pub(super) fn folder<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .keys()
            .map(String::as_str)
            .filter(move |name| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
    }

    /// A file of JSON. Errors: `incident-data-invalid`.
    pub(super) fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let text = self.text(name).ok_or_else(|| invalid(name, "there is no such file"))?;
        serde_json::from_str(text).map_err(|error| invalid(name, error))
    }
}

/// An error in a file of the data. Whoever reads it owns the file.
pub(super) fn invalid(name: &str, what: impl std::fmt::Display) -> Error {
    Error::about(Code::IncidentDataInvalid, format_args!("{name}: {what}"))
}

/// Writes a new file that only its owner can read, and waits until it is on the disk.
///
/// Errors: `file-exists`, `output-failed`.
pub fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    use std::io::Write;
    let write = || {
        let mut file = home::new_private_file(path)?;
        file.write_all(content)?;
        file.sync_all()?;
        home::sync_directory_of(path)
    };
    write().map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => Error::about(Code::FileExists, path.display()),
        _ => Error::about(Code::OutputFailed, path.display()),
    })
}

/// The files of a directory and of the folders in it, by their names. What begins with a dot and what explains the
/// rest are not looked at.
fn listed(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for (name, path) in entries(dir)? {
        if path.is_dir() {
            for (inner, path) in entries(&path)? {
                found.push((format!("{name}/{inner}"), path));
            }
        } else {
            found.push((name, path));
        }
    }
    match found.iter().find(|(name, _)| !is_read(name)) {
        Some((name, _)) => Err(invalid(name, "nothing reads a file of this name")),
        None => Ok(found),
    }
}

fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let unreadable = || Error::about(Code::IncidentDataUnreadable, dir.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(|_| unreadable())? {
        let path = entry.map_err(|_| unreadable())?.path();
        let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(unreadable)?.to_owned();
        if !name.starts_with('.') && name != "README.md" {
            found.push((name, path));
        }
    }
    Ok(found)
}

/// Whether something reads a file of this name.
fn is_read(name: &str) -> bool {
    match name.split_once('/') {
        None => FILES.iter().any(|(known, _)| *known == name),
        Some(("duties", file)) => file.ends_with(".json"),
        Some(("words", file)) => file.strip_suffix(".json").is_some_and(super::notices::is_language),
        Some(("notices", file)) => {
            file.strip_suffix(".txt").and_then(|stem| stem.split_once('.')).is_some_and(|(audience, lang)| {
                audience.parse::<super::notices::Audience>().is_ok() && super::notices::is_language(lang)
            })
        }
        Some(_) => false,
    }
}

fn read(path: &Path) -> Result<String> {
    let unreadable = || Error::about(Code::IncidentDataUnreadable, path.display());
    if fs::metadata(path).map_err(|_| unreadable())?.len() > MAX_LEN {
        return Err(unreadable());
    }
    fs::read_to_string(path).map_err(|_| unreadable())
}
