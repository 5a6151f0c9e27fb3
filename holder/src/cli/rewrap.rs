//! `keyholder rewrap`

use super::open::{TokenFile, actor};
use super::output::error_of;
use super::progress::Progress;
use super::secret::Unlock;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Read tokens from this file: a token a line, or an object with `token` and perhaps `field`, `kind`,
    /// `origin` and `sub`.
    #[arg(long, value_name = "FILE")]
    file: PathBuf,

    /// Write one JSON object a line to this file, in the same order: `token`, its `kid` and `jti`, and
    /// whether it is a new one, or `error`. It must not be there yet.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Why, for the audit.
    #[arg(long)]
    purpose: Option<String>,

    /// Seal again also what was sealed to a key that has been revoked since.
    #[arg(long)]
    revoked: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let mut tokens = TokenFile::open(&args.file)?;
    let failed = |_: io::Error| Error::about(Code::OutputFailed, args.out.display());
    let actor = actor(context, args.revoked);
    let holder = context.holder(&args.unlock).await?;
    let mut out = BufWriter::new(File::create_new(&args.out).map_err(failed)?);
    let mut progress = Progress::new(tokens.length(), 0);
    let (mut moved, mut kept, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut place = 0;
    while let Some((submissions, end)) = tokens.next()? {
        let (before, failures) = (moved + kept, refused);
        for outcome in holder.rewrap(actor.clone(), args.purpose.clone(), None, submissions).await? {
            match &outcome {
                Ok(done) if done.rewrapped => moved += 1,
                Ok(_) => kept += 1,
                Err(_) => refused += 1,
            }
            let written = match outcome {
                Ok(done) => serde_json::to_writer(&mut out, &done),
                Err(refusal) => {
                    let code = refusal.shown();
                    serde_json::to_writer(&mut out, &error_of(code, code.message()))
                }
            };
            written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
        }
        progress.advance(moved + kept - before, refused - failures, end - place);
        place = end;
    }
    progress.finish();
    finish(out, &args.out)?;
    if context.out.json() {
        context.out.value(&json!({ "rewrapped": moved, "current": kept, "refused": refused }))?;
    } else {
        context.out.line(&format!("{moved} sealed again, {kept} current already, {refused} refused"))?;
    }
    Ok(if refused == 0 { Done::Well } else { Done::Found })
}

/// The new tokens are on the disk before anybody is told, who may then destroy the old key.
fn finish(out: BufWriter<File>, path: &Path) -> Result<()> {
    let file = out.into_inner().map_err(io::IntoInnerError::into_error);
    file.and_then(|file| file.sync_all()).map_err(|_| Error::about(Code::OutputFailed, path.display()))
}
