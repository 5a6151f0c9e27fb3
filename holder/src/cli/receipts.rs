//! `keyholder receipts export`, and what all commands about receipts share.

use super::audit::time;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::keystore::KeyStore;
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;
use std::io::Read;
use std::path::{Path, PathBuf};

/// More than any receipt or signer has.
const MAX_FILE: u64 = 512 * 1024;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the receipts of destroyed keys and erased people, one a line, for `backup restore --receipts`.
    Export {
        /// Of what ended from this time on, such as 2026-11-24 or 2026-11-24T08:00:00Z. Without it, all.
        #[arg(long, value_name = "TIME", value_parser = time)]
        since: Option<u64>,
    },
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let Command::Export { since } = command;
    let since = NumericDate(since.unwrap_or_default());
    let receipts = context.store().await?.receipts_since(since).await?;
    receipts.iter().try_for_each(|receipt| context.out.line(receipt))?;
    if receipts.is_empty() {
        context.out.note("Nothing was destroyed or erased since.");
    }
    Ok(Done::Well)
}

/// The signer in a file that `keys signer` printed, or the key holder's own.
pub(super) async fn signer(context: &Context, file: Option<PathBuf>) -> Result<Signer> {
    match file {
        Some(path) => {
            let signer = Signer::parse(read_file(&path)?.trim_ascii());
            signer.map_err(|_| Error::about(Code::SignerInvalid, path.display()))
        }
        None => KeyStore::signer_of(&context.store().await?).await,
    }
}

/// A small file of text.
pub(super) fn read_file(path: &Path) -> Result<String> {
    let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        .map_err(unreadable)?;
    Ok(text)
}

/// The receipts in these files, and in the files of these directories: one a line.
pub(super) fn read_all(paths: &[PathBuf]) -> Result<Vec<String>> {
    let mut receipts = Vec::new();
    for path in paths {
        let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
        let mut files = vec![path.clone()];
        if path.is_dir() {
            let entries = std::fs::read_dir(path).map_err(unreadable)?;
            let entries: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
            files = entries.map_err(unreadable)?;
            files.retain(|file| file.is_file());
            files.sort();
        }
        for file in files {
            let text = std::fs::read_to_string(&file)
                .map_err(|_| Error::about(Code::InputUnreadable, file.display()))?;
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            receipts.extend(lines.map(str::to_owned));
        }
    }
    Ok(receipts)
}
