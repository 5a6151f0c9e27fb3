//! `keyholder keys receipt KID | verify FILE`

use crate::cli::receipts::{read_file, signer};
use crate::cli::{Context, readable};
use crate::error::{Code, Error, Result};
use crate::keystore::Receipt;
use fieldseal::NumericDate;
use std::path::PathBuf;

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
        Some(Command::Verify { file, signer: by }) => {
            let receipt = Receipt::verify(&read_file(&file)?, &signer(context, by).await?)?;
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
