//! Checking the audit, in the database or in an exported file, and the checkpoints that it is checked against.

use crate::audit::checkpoint;
use crate::audit::{Audit, AuditRow, Check, Signed, Verdict};
use crate::cli::secret::Unlock;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::keystore::KeyStore;
use base64ct::{Base64, Encoding};
use fieldseal::keyset::signed::Signer;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// A checkpoint that was kept elsewhere; may be given several times.
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,

    /// Check an exported audit instead of the database.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// The public key that signed, as `keyholder keys signer` printed it before, instead of the one in the database.
    #[arg(long, value_name = "FILE")]
    signer: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Checkpoint {
    /// Print the last one that was signed, which needs no key, and may not cover the last records.
    #[arg(long)]
    last: bool,

    /// Print the key that checkpoints are verified with, in the form of C2SP signed-note.
    #[arg(long, conflicts_with = "last")]
    verifier_key: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let signer = match &args.signer {
        Some(path) => Signer::parse(read(path)?.trim())?,
        None => KeyStore::signer_of(&context.store().await?).await?,
    };
    let mut checkpoints = Vec::new();
    for path in &args.checkpoints {
        let read = checkpoint::read(&read(path)?, &signer);
        checkpoints.push(read.map_err(|error| Error::about(error.code(), path.display()))?);
    }
    let verdict = match &args.file {
        Some(path) => exported(path, checkpoints)?,
        None => Audit::new(context.store().await?).verify(checkpoints, &signer).await?,
    };
    say(context, &verdict)
}

pub(super) async fn checkpoint(context: &Context, args: Checkpoint) -> Result<Done> {
    let store = context.store().await?;
    if args.verifier_key {
        context.out.line(&checkpoint::verifier_key(&KeyStore::signer_of(&store).await?))?;
        return Ok(Done::Well);
    }
    let note = match args.last {
        true => Audit::new(store).checkpoint().await?.ok_or(Error::new(Code::CheckpointMissing))?,
        false => context.holder(&args.unlock).await?.sign_checkpoint().await?,
    };
    // The note's own line break is its end.
    context.out.line(note.trim_end_matches('\n'))?;
    Ok(Done::Well)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|_| Error::about(Code::InputUnreadable, path.display()))
}

fn exported(path: &Path, checkpoints: Vec<Signed>) -> Result<Verdict> {
    let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
    let mut check = Check::new(checkpoints);
    for line in BufReader::new(File::open(path).map_err(unreadable)?).lines() {
        if !check.take(&AuditRow::from_json(&line.map_err(unreadable)?)?)? {
            break;
        }
    }
    check.end()
}

fn say(context: &Context, verdict: &Verdict) -> Result<Done> {
    let (facts, fault) = match verdict {
        Verdict::Intact { records, root, signed } => {
            let root = Base64::encode_string(root);
            if context.out.json() {
                let facts = json!({ "intact": true, "records": records, "root": root, "signed": signed });
                context.out.value(&facts)?;
            } else {
                context.out.line(&format!("Intact: {records} records, the root of their tree is {root}."))?;
                let later = records - signed;
                if later > 0 {
                    context
                        .out
                        .note(&format!("The last {later} are not covered by a signed checkpoint yet."));
                }
                context.out.note(
                    "Keep `keyholder audit checkpoint` in another place: it shows if records are cut off later.",
                );
            }
            return Ok(Done::Well);
        }
        Verdict::Broken { seq } => (json!({ "intact": false, "record": seq }), format!("record {seq}")),
        Verdict::Rewritten { size } => {
            let fault = format!("the first {size} records are not those of the checkpoint");
            (json!({ "intact": false, "checkpoint": size }), fault)
        }
        Verdict::CutOff { records, size } => {
            let fault = format!("there are {records} records, and there were {size}");
            (json!({ "intact": false, "records": records, "checkpoint": size }), fault)
        }
    };
    if context.out.json() {
        context.out.value(&facts)?;
    }
    context.out.error(&Error::about(Code::AuditBroken, fault));
    Ok(Done::Found)
}
