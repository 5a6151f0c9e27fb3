//! `keyholder rewrap`

use super::lines::{self, Line};
use super::progress::Progress;
use super::secret::Unlock;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::policy::Expectation;
use serde_json::json;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// How many tokens are recorded in one transaction and then sealed again.
const BATCH: usize = 256;

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
    let unreadable = |_| Error::about(Code::InputUnreadable, args.file.display());
    let input = File::open(&args.file).map_err(unreadable)?;
    let length = input.metadata().map_err(unreadable)?.len();
    let failed = |_: io::Error| Error::about(Code::OutputFailed, args.out.display());
    let actor = context.actor.clone();
    let actor = if args.revoked { actor.with_revoked() } else { actor };
    let holder = context.holder(&args.unlock).await?;
    let mut out = BufWriter::new(File::create_new(&args.out).map_err(failed)?);
    let mut lines = lines::read(input, Expectation::default());
    let mut progress = Progress::new(Some(length));
    let (mut moved, mut kept, mut refused) = (0_u64, 0_u64, 0_u64);
    let mut waiting = Vec::with_capacity(BATCH);
    while lines.recv_many(&mut waiting, BATCH).await > 0 {
        let batch: io::Result<Vec<Line>> = waiting.drain(..).collect();
        let batch = batch.map_err(unreadable)?;
        let (tokens, bytes) = (batch.len() as u64, batch.iter().map(|line| line.bytes).sum());
        let submissions = batch.into_iter().map(|line| line.submission).collect();
        for outcome in holder.rewrap(actor.clone(), args.purpose.clone(), submissions).await? {
            match &outcome {
                Ok(done) if done.rewrapped => moved += 1,
                Ok(_) => kept += 1,
                Err(_) => refused += 1,
            }
            let written = match outcome {
                Ok(done) => serde_json::to_writer(&mut out, &done),
                Err(refusal) => {
                    let code = refusal.shown();
                    let error = json!({ "error": { "code": code.as_str(), "detail": code.message() } });
                    serde_json::to_writer(&mut out, &error)
                }
            };
            written.map_err(io::Error::from).and_then(|()| out.write_all(b"\n")).map_err(failed)?;
        }
        progress.advance(tokens, bytes);
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
