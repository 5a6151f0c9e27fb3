//! Where the secret comes from that unlocks the keys: a file, somebody at a terminal, an HSM or a KMS.
//! Never the command line, which other users can see.

use crate::error::{Code, Error, Result};
use crate::home;
use crate::keystore::{Hsm, Kms, Secret};
use std::io::IsTerminal;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The label of the key in an HSM, where no other is named.
const HSM_KEY: &str = "fieldseal-keyholder";

/// The options of every command that unlocks the keys.
#[derive(clap::Args)]
pub(super) struct Unlock {
    /// The file whose first line is the passphrase.
    #[arg(
        long,
        env = "KEYHOLDER_PASSPHRASE_FILE",
        value_name = "FILE",
        conflicts_with_all = ["key_file", "pkcs11_module", "kms_key"]
    )]
    pub(super) passphrase_file: Option<PathBuf>,

    /// The key file.
    #[arg(
        long,
        env = "KEYHOLDER_KEY_FILE",
        value_name = "FILE",
        conflicts_with_all = ["pkcs11_module", "kms_key"]
    )]
    pub(super) key_file: Option<PathBuf>,

    /// The PKCS#11 module of an HSM whose key unlocks the keys.
    #[arg(
        long,
        env = "KEYHOLDER_PKCS11_MODULE",
        value_name = "FILE",
        requires = "pkcs11_token",
        conflicts_with = "kms_key"
    )]
    pkcs11_module: Option<PathBuf>,

    /// The label of the HSM's token.
    #[arg(long, env = "KEYHOLDER_PKCS11_TOKEN", value_name = "LABEL", requires = "pkcs11_module")]
    pkcs11_token: Option<String>,

    /// The label of the AES-256 key in the token. `init` makes it if there is none.
    #[arg(long, env = "KEYHOLDER_PKCS11_KEY", value_name = "LABEL", default_value = HSM_KEY)]
    pkcs11_key: String,

    /// The file whose first line is the token's PIN.
    #[arg(long, env = "KEYHOLDER_PIN_FILE", value_name = "FILE", requires = "pkcs11_module")]
    pin_file: Option<PathBuf>,

    /// The id, ARN or alias (alias/name) of the key in AWS KMS that unlocks the keys.
    #[arg(long, env = "KEYHOLDER_KMS_KEY", value_name = "KEY")]
    kms_key: Option<String>,
}

impl Unlock {
    /// The secret from what was named, or from the terminal.
    pub(super) fn secret(&self) -> Result<Secret> {
        if let Some(path) = &self.passphrase_file {
            return Secret::passphrase_file(path);
        }
        if let Some(path) = &self.key_file {
            return Secret::key_file(path);
        }
        if let Some(outside) = self.outside()? {
            return Ok(outside);
        }
        Ok(Secret::passphrase(ask("Passphrase: ", Code::SecretMissing)?))
    }

    /// The secret of a new key holder: a key file that is not there yet is made, and a passphrase is
    /// asked for twice.
    pub(super) fn new_secret(&self) -> Result<Secret> {
        match &self.key_file {
            Some(path) if !path.exists() => Secret::new_key_file(path),
            None if self.asks_for_passphrase() => {
                let first = ask("New passphrase: ", Code::SecretMissing)?;
                let second = ask("The same again: ", Code::SecretMissing)?;
                match first == second {
                    true => Ok(Secret::passphrase(first)),
                    false => Err(Error::new(Code::PassphraseMismatch)),
                }
            }
            _ => self.secret(),
        }
    }

    /// What must stay there for the keys to be opened, in words.
    pub(super) fn advice(&self) -> &'static str {
        match (&self.pkcs11_module, &self.kms_key) {
            (Some(_), _) => "Without the HSM's key nothing that is sealed to it can be opened, by anyone.",
            (_, Some(_)) => "Without the KMS key nothing that is sealed to it can be opened, by anyone.",
            _ => "Without the passphrase nothing that is sealed to it can be opened, by anyone.",
        }
    }

    fn asks_for_passphrase(&self) -> bool {
        self.passphrase_file.is_none() && self.pkcs11_module.is_none() && self.kms_key.is_none()
    }

    /// The HSM or the KMS, if one was named.
    fn outside(&self) -> Result<Option<Secret>> {
        if let (Some(module), Some(token)) = (&self.pkcs11_module, &self.pkcs11_token) {
            let pin = match &self.pin_file {
                Some(path) => home::read_secret_line(path)?,
                None => ask("PIN: ", Code::PinMissing)?,
            };
            let hsm = Hsm::new(module.clone(), token.clone(), self.pkcs11_key.clone(), pin);
            return Ok(Some(Secret::pkcs11(hsm)));
        }
        Ok(self.kms_key.clone().map(|key| Secret::kms(Kms::new(key))))
    }
}

/// Asks at the terminal, which may be there although the input is a pipe.
fn ask(prompt: &str, missing: Code) -> Result<Zeroizing<Vec<u8>>> {
    if !std::io::stderr().is_terminal() {
        return Err(Error::new(missing));
    }
    let answer = rpassword::prompt_password(prompt).map_err(|_| Error::new(missing))?;
    Ok(Zeroizing::new(answer.into_bytes()))
}
