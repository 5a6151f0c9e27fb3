//! `keyholder open-file`

mod chunks;
mod container;
mod target;

use super::interruption::interruption;
use super::secret::Unlock;
use super::terms::Terms;
use super::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::holder::Submission;
use crate::keystore::Answer;
use chunks::Work;
use container::Container;
use fieldseal::file::{About, Opening};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use target::Target;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The sealed file; standard input without it, or with '-'.
    #[arg(long = "in", value_name = "FILE")]
    input: Option<PathBuf>,

    /// Write to this new file, which only its owner can read, and which is there once all of it was opened. Without
    /// it, or with '-', it goes to standard output piece by piece: whoever reads it must wait for the end, and for
    /// exit code 0, before they take it for the whole file.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    #[command(flatten)]
    terms: Terms,

    #[command(flatten)]
    unlock: Unlock,
}

/// What was opened, for machines.
#[derive(Serialize)]
struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
    bytes: u64,
    field: &'a str,
    kind: &'a str,
    iss: &'a str,
    iat: u64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    media_type: Option<&'a str>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let named = |path: &'static str| move |given: &&PathBuf| given.as_os_str() != path;
    let input = args.input.as_ref().filter(named("-"));
    let out = args.out.as_ref().filter(named("-"));
    if input.is_none() && std::io::stdin().is_terminal() {
        context.out.note("Reading a sealed file from the terminal. Name one with --in.");
    }
    // Both files first: nobody should type a passphrase, or use up a token that opens once, for nothing.
    let container = Container::open(input.map(PathBuf::as_path))?;
    let target = Target::plan(context.out, out.map(PathBuf::as_path))?;
    let submission = Submission { token: container.token.clone(), expectation: args.terms.expectation() };
    let opener = args.terms.opener(context);
    let holder = context.holder(&args.unlock).await?;
    let answer = match holder.open(opener, args.terms.purpose, None, vec![Ok(submission)]).await?.pop() {
        Some(Ok(answer)) => answer,
        Some(Err(refusal)) => {
            context.out.refusal(refusal.shown());
            return Ok(Done::Found);
        }
        None => return Err(Error::new(Code::Internal)),
    };
    // The token may be whole and hold something else than a file's key.
    let Ok((about, opening)) = Opening::new(answer.value.json()) else {
        context.out.refusal(Code::Core(fieldseal::Code::FileMalformed));
        return Ok(Done::Found);
    };
    let to_stdout = out.is_none();
    match until_interrupted(Work { container, opening, target: target.begin()? }).await {
        Ok(bytes) => {
            tell(context, out.map(PathBuf::as_path), bytes, &about, &answer)?;
            Ok(Done::Well)
        }
        Err(error) if matches!(error.code(), Code::Core(_)) => {
            context.out.refusal(error.code());
            if to_stdout {
                context.out.note("What was written so far was sealed so, but it is not the whole file.");
            }
            Ok(Done::Found)
        }
        Err(error) => Err(error),
    }
}

/// Does the work on a thread of its own, and asks it to stop when somebody asks for that.
async fn until_interrupted(work: Work) -> Result<u64> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    let mut working = tokio::task::spawn_blocking(move || work.carry_out(&asked));
    let done = tokio::select! {
        done = &mut working => done,
        () = interruption() => {
            stop.store(true, Ordering::Relaxed);
            working.await
        }
    };
    done.map_err(|_| Error::new(Code::Internal))?
}

/// Says what was opened: to a machine, or to the person, who is also told what the file was called.
fn tell(context: &Context, file: Option<&Path>, bytes: u64, about: &About, answer: &Answer) -> Result<()> {
    let header = &answer.header;
    let name = about.name.as_ref().map(|name| name.as_str());
    let media_type = about.media_type.as_ref().map(|text| text.as_str());
    if context.out.json() {
        let report = Report {
            file,
            bytes,
            field: &header.field,
            kind: header.kind.as_str(),
            iss: header.iss.as_str(),
            iat: header.iat.0,
            jti: &header.jti,
            sub: header.sub.as_deref(),
            name,
            media_type,
        };
        // The standard output is the file, if there is no other.
        match file {
            Some(_) => context.out.value(&report)?,
            None => context.out.summary(&report),
        }
        return Ok(());
    }
    if let Some(file) = file {
        context.out.line(&format!("Wrote {}: {bytes} bytes.", file.display()))?;
    }
    if let Some(name) = name {
        let media_type = media_type.map(|text| format!(", of the type {text}")).unwrap_or_default();
        context.out.note(&format!("Whoever sealed it called it {name}{media_type}."));
    }
    Ok(())
}
