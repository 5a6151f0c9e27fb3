//! `keyholder keys receipt KID | verify FILE`

use crate::cli::{Context, readable};
use crate::error::{Code, Error, Result};
use crate::keystore::{KeyStore, Receipt};
use fieldseal::NumericDate;
use fieldseal::keyset::signed::Signer;
use std::io::Read;
use std::path::{Path, PathBuf};

/// More than any receipt or signer has.
const MAX_FILE: u64 = 64 * 1024;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Args {
    /// The key whose receipt is printed.
    #[arg(required = true, allow_hyphen_values = true)]
    kid: Option<String>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Check a receipt, and print what it says.
    Verify {
        /// The receipt's file.
        file: PathBuf,

        /// The file of the signer that `keys signer` printed, to check it without a key holder.
        #[arg(long, value_name = "FILE")]
        signer: Option<PathBuf>,
    },
}

pub(super) async fn run(context: &Context, args: Args) -> Result<()> {
    match args.command {
        None => {
            let kid = args.kid.unwrap_or_default();
            let row = context.store().await?.key(&kid).await?.ok_or(Error::about(Code::KeyGone, &kid))?;
            let receipt = row.life.receipt.ok_or(Error::about(Code::KeyNotDestroyed, &kid))?;
            context.out.line(&receipt)
        }
        Some(Command::Verify { file, signer }) => {
            let signer = match signer {
                Some(path) => {
                    let signer = Signer::parse(read(&path)?.trim_ascii());
                    signer.map_err(|_| Error::about(Code::SignerInvalid, path.display()))?
                }
                None => KeyStore::signer_of(&context.store().await?).await?,
            };
            let receipt = Receipt::verify(&read(&file)?, &signer)?;
            if context.out.json() {
                return context.out.value(&receipt);
            }
            let Receipt { kid, class, destroyed, due, by, .. } = &receipt;
            let when = readable(NumericDate(*destroyed));
            let due = due.map(|due| format!(", due {}", readable(NumericDate(due)))).unwrap_or_default();
            context.out.line(&format!("{kid} of class {class} was destroyed {when} by {by}{due}."))?;
            if receipt.clock.is_some() {
                context.out.note("That time is of another clock than the machine's, as a test has one.");
            }
            Ok(())
        }
    }
}

fn read(path: &Path) -> Result<String> {
    let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
        .map_err(unreadable)?;
    Ok(text)
}
