//! `keyholder subject receipt ID | --verify FILE`

use crate::cli::receipts::{read_file, signer};
use crate::cli::{Context, readable};
use crate::error::{Code, Error, Result};
use crate::keystore::Erasure;
use crate::subjects::look_up;
use fieldseal::NumericDate;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The person whose receipt is printed.
    #[arg(required_unless_present = "verify", conflicts_with = "verify", allow_hyphen_values = true)]
    id: Option<String>,

    /// Check the receipt in this file, and print what it says.
    #[arg(long, value_name = "FILE")]
    verify: Option<PathBuf>,

    /// The file of the signer that `keys signer` printed, to check it without a key holder.
    #[arg(long, value_name = "FILE", requires = "verify")]
    signer: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<()> {
    let Some(file) = args.verify else {
        let id = args.id.unwrap_or_default();
        let person = look_up(&context.store().await?, &id).await?;
        let receipt = person.row.receipt.ok_or(Error::about(Code::SubjectNotErased, &id))?;
        return context.out.line(&receipt);
    };
    let signer = signer(context, args.signer).await?;
    let erasure = Erasure::verify(&read_file(&file)?, &signer)?;
    if context.out.json() {
        return context.out.value(&erasure);
    }
    let Erasure { subject, erased, kids, by, .. } = &erasure;
    let when = readable(NumericDate(*erased));
    context.out.line(&format!("{subject}, who had {} keys, was erased {when} by {by}.", kids.len()))
}
