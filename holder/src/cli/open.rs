//! `keyholder open`

use super::lines::{self, Line};
use super::progress::Progress;
use super::secret::Unlock;
use super::{Context, Done, ask};
use crate::answer;
use crate::error::{Code, Error, Result};
use crate::holder::{Holder, Outcome, Submission};
use crate::keystore::Question;
use crate::policy::Expectation;
use crate::wiped::Wiped;
use fieldseal::kind::Kind;
use serde_json::json;
use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

/// How many tokens are recorded in one transaction and then opened.
const BATCH: usize = 256;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The token, whose value is printed. Without one, tokens are read from --file or standard input.
    token: Option<String>,

    /// Read tokens from this file, '-' for standard input: a token a line, or an object with `token`
    /// and perhaps `field`, `kind`, `origin` and `sub`. Prints one JSON object a line, in the same order.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    file: Option<PathBuf>,

    /// The field that it must have been sealed for.
    #[arg(long)]
    field: Option<String>,

    /// The kind of data that it must be.
    #[arg(long, value_parser = Kind::parse)]
    kind: Option<Kind>,

    /// The origin that it must have been sealed on.
    #[arg(long)]
    origin: Option<String>,

    /// The subject that it must have been sealed for: the public name of the person whose value it is.
    #[arg(long)]
    sub: Option<String>,

    /// Why it is opened, for the audit.
    #[arg(long)]
    purpose: Option<String>,

    /// Print masks and hints, such as the last four digits, and not the values.
    #[arg(long)]
    masked: bool,

    #[command(flatten)]
    unlock: Unlock,
}

/// The input of many tokens, and its length if that is known.
pub(super) type Input = (Box<dyn Read + Send>, Option<u64>);

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let expectation = Expectation { field: args.field, kind: args.kind, origin: args.origin, sub: args.sub };
    let token = args.token.filter(|token| token != "-");
    if args.masked {
        let input = token.is_none().then(|| input(args.file)).transpose()?;
        let holder = context.holder(&args.unlock).await?;
        let asked = ask::Asked { expectation, purpose: args.purpose, question: &|| Question::Mask };
        return ask::carry_out(context, &holder, token, input, asked).await;
    }
    match token {
        Some(token) => {
            let holder = context.holder(&args.unlock).await?;
            one(context, &holder, Submission { token, expectation }, args.purpose).await
        }
        None => {
            // The input first: nobody should type a passphrase for a file that is not there.
            let input = input(args.file)?;
            let holder = context.holder(&args.unlock).await?;
            many(context, &holder, input, expectation, args.purpose).await
        }
    }
}

pub(super) fn input(file: Option<PathBuf>) -> Result<Input> {
    let Some(path) = file.filter(|path| path.as_os_str() != "-") else {
        return Ok((Box::new(io::stdin()), None));
    };
    let unreadable = |_| Error::about(Code::InputUnreadable, path.display());
    let file = File::open(&path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let length = metadata.is_file().then_some(metadata.len());
    Ok((Box::new(file), length))
}

async fn one(
    context: &Context,
    holder: &Holder,
    submission: Submission,
    purpose: Option<String>,
) -> Result<Done> {
    let outcomes = holder.open(context.actor.clone(), purpose, vec![Ok(submission)]).await?;
    for outcome in &outcomes {
        match outcome {
            Ok(_) if context.out.json() => {
                let mut out = Wiped::default();
                write(&mut out, outcome)?;
                context.out.lines(out.as_ref())?;
            }
            Ok(answer) => {
                let review = answer.value.review(&answer.header);
                if review.hint_matches == Some(false) {
                    context
                        .out
                        .note("Warning: the token's hint is not what its value gives. Do not go by it.");
                }
                if !review.valid {
                    context.out.note(&format!("Warning: the value is no {}.", answer.header.kind.as_str()));
                }
                match answer.value.text() {
                    Some(text) => context.out.line(&text)?,
                    None => context.out.line(answer.value.json())?,
                }
            }
            Err(refusal) => context.out.refusal(refusal.shown()),
        }
    }
    Ok(if outcomes.iter().all(|outcome| outcome.is_ok()) { Done::Well } else { Done::Found })
}

async fn many(
    context: &Context,
    holder: &Holder,
    (input, length): Input,
    defaults: Expectation,
    purpose: Option<String>,
) -> Result<Done> {
    if length.is_none() && io::stdin().is_terminal() {
        context.out.note("Reading tokens from the terminal, one a line. End with ctrl-d.");
    }
    let mut lines = lines::read(input, defaults);
    let mut progress = Progress::new(length);
    let mut done = Done::Well;
    let mut waiting = Vec::with_capacity(BATCH);
    // What has come so far is a batch: a slow input is answered line by line, a fast one in full batches.
    while lines.recv_many(&mut waiting, BATCH).await > 0 {
        let batch: io::Result<Vec<Line>> = waiting.drain(..).collect();
        let batch = batch.map_err(|_| Error::new(Code::InputUnreadable))?;
        let (tokens, bytes) = (batch.len() as u64, batch.iter().map(|line| line.bytes).sum());
        let submissions = batch.into_iter().map(|line| line.submission).collect();
        let outcomes = holder.open(context.actor.clone(), purpose.clone(), submissions).await?;
        let mut out = Wiped::default();
        for outcome in &outcomes {
            write(&mut out, outcome)?;
            if outcome.is_err() {
                done = Done::Found;
            }
        }
        progress.around(|| context.out.lines(out.as_ref()))?;
        progress.advance(tokens, bytes);
    }
    progress.finish();
    Ok(done)
}

/// Appends an outcome as a line of JSON.
fn write(out: &mut Wiped, outcome: &Outcome) -> Result<()> {
    let written = match outcome {
        Ok(answer) => answer::write(out, answer),
        Err(refusal) => {
            let code = refusal.shown();
            let error = json!({ "error": { "code": code.as_str(), "detail": code.message() } });
            serde_json::to_writer(&mut *out, &error).map_err(io::Error::from)
        }
    };
    written.map_err(|_| Error::new(Code::Internal))?;
    out.push(b"\n");
    Ok(())
}
