//! Where the secret comes from that unlocks the keys: a file, or somebody at a terminal. Never the
//! command line, which other users can see.

use crate::error::{Code, Error, Result};
use crate::keystore::Secret;
use std::io::IsTerminal;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The options of every command that unlocks the keys.
#[derive(clap::Args)]
pub(super) struct Unlock {
    /// The file whose first line is the passphrase.
    #[arg(long, env = "KEYHOLDER_PASSPHRASE_FILE", value_name = "FILE", conflicts_with = "key_file")]
    pub(super) passphrase_file: Option<PathBuf>,

    /// The key file.
    #[arg(long, env = "KEYHOLDER_KEY_FILE", value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

impl Unlock {
    /// The secret from the file that was named, or from the terminal.
    pub(super) fn secret(&self) -> Result<Secret> {
        match (&self.passphrase_file, &self.key_file) {
            (Some(path), _) => Secret::passphrase_file(path),
            (None, Some(path)) => Secret::key_file(path),
            (None, None) => Ok(Secret::passphrase(ask("Passphrase: ")?)),
        }
    }

    /// The secret of a new key holder: a key file that is not there yet is made, and a passphrase is
    /// asked for twice.
    pub(super) fn new_secret(&self) -> Result<Secret> {
        match &self.key_file {
            Some(path) if !path.exists() => Secret::new_key_file(path),
            None if self.passphrase_file.is_none() => {
                let first = ask("New passphrase: ")?;
                let second = ask("The same again: ")?;
                match first == second {
                    true => Ok(Secret::passphrase(first)),
                    false => Err(Error::new(Code::PassphraseMismatch)),
                }
            }
            _ => self.secret(),
        }
    }
}

/// Asks at the terminal, which may be there although the input is a pipe.
fn ask(prompt: &str) -> Result<Zeroizing<Vec<u8>>> {
    if !std::io::stderr().is_terminal() {
        return Err(Error::new(Code::SecretMissing));
    }
    let answer = rpassword::prompt_password(prompt).map_err(|_| Error::new(Code::SecretMissing))?;
    Ok(Zeroizing::new(answer.into_bytes()))
}
