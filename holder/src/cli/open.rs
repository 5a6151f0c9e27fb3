//! `keyholder open`

mod batch;
mod bulk;
mod csv;
mod format;
mod input;
mod journal;
mod lines;
mod parquet;
mod resume;
mod table;
mod tally;
mod target;
mod writer;

use super::progress::Progress;
use super::secret::Unlock;
use super::terms::Terms;
use super::{Context, Done, ask};
use crate::error::{Code, Error, Result};
use crate::holder::{Holder, Submission};
use crate::keystore::Question;
use crate::policy::{Actor, Expectation};
use crate::wiped::Wiped;
use batch::{Source, Submitted};
use format::Format;
use input::Input;
pub(super) use lines::{Lines, write_line};
use resume::{Output, Plan};
use serde::Serialize;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use table::Wanted;

#[derive(clap::Args)]
pub(super) struct Args {
    /// The token, whose value is printed. Without one, tokens are read from --file or standard input.
    token: Option<String>,

    /// Read tokens from this file, '-' for standard input: a token a line, or an object with `token`
    /// and perhaps `field`, `kind`, `origin` and `sub`. Prints one JSON object a line, in the same order. Tables
    /// are read as --format says.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    file: Option<PathBuf>,

    /// Write to this new file, which only its owner can read, instead of printing.
    #[arg(long, value_name = "FILE", conflicts_with = "token")]
    out: Option<PathBuf>,

    /// The format of input and output: ndjson, csv or parquet. Without it, the names of the files tell. A table
    /// comes back as it is, with values in the place of tokens: a string as its text, everything else as JSON. A
    /// token that is not opened leaves its cell empty, and the reason is in a further column, `<column>_error`.
    /// Values are written as people typed them: a spreadsheet may take one that begins with '=' for a formula.
    #[arg(long, value_name = "FORMAT", conflicts_with = "token")]
    format: Option<String>,

    /// A column of a table that holds tokens, 'token' if none is named; 'auto' for every column whose first
    /// cells are tokens.
    #[arg(long = "column", value_name = "NAME", conflicts_with = "token")]
    columns: Vec<String>,

    /// A column's tokens must have been sealed for a field of the column's name.
    #[arg(long, conflicts_with_all = ["token", "field"])]
    field_is_column: bool,

    /// Go on after an interruption, where the output is known to be whole. Give the same options as before.
    #[arg(long, requires = "out", requires = "file")]
    resume: bool,

    /// How often the output is put on the disk, in seconds; what comes after is opened again after an
    /// interruption.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, requires = "out")]
    sync_every: u64,

    #[command(flatten)]
    terms: Terms,

    /// Print masks and hints, such as the last four digits, and not the values.
    #[arg(long, conflicts_with_all = ["out", "format", "columns", "field_is_column", "resume", "frozen"])]
    masked: bool,

    #[command(flatten)]
    unlock: Unlock,
}

/// The tokens of a file, in batches, for another command that takes them.
pub(super) struct TokenFile(Box<dyn Source>);

impl TokenFile {
    /// Errors: `input-unreadable`.
    pub(super) fn open(path: &Path) -> Result<Self> {
        Ok(Self(Box::new(Lines::new(Input::open(Some(path))?, Expectation::default()))))
    }

    /// A file of any format that this command reads: the end of its name tells, and a table has tokens in the
    /// columns of these names.
    ///
    /// Errors: `input-unreadable`, `file-needed`, `table-malformed`, `column-unknown`, `column-taken`.
    pub(super) fn of_any(path: &Path, columns: &[String]) -> Result<Self> {
        let format = Format::of(Some(path), None)?;
        let wanted =
            Wanted { names: columns.to_vec(), field_is_column: false, defaults: Expectation::default() };
        let (source, _) = format.read(Input::open(Some(path))?, wanted)?;
        Ok(Self(source))
    }

    /// The next tokens, and the place behind them; `None` at the end.
    ///
    /// Errors: `input-unreadable`.
    pub(super) fn next(&mut self) -> Result<Option<(Vec<batch::Submitted>, u64)>> {
        Ok(self.0.next()?.map(|batch| (batch.submissions, batch.end)))
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// All tokens of a file of any format, for another command that takes them; '-' is standard input.
///
/// Errors: those of [`Format::of`], [`Format::read`] and of reading.
pub(super) fn all_of(path: &Path, columns: &[String]) -> Result<Vec<Submitted>> {
    let path = Some(path).filter(|path| path.as_os_str() != "-");
    let wanted = Wanted { names: columns.to_vec(), field_is_column: false, defaults: Expectation::default() };
    let (mut source, _) = Format::of(path, None)?.read(Input::open(path)?, wanted)?;
    let mut all = Vec::new();
    while let Some(batch) = source.next()? {
        all.extend(batch.submissions);
    }
    Ok(all)
}

/// Who opens: whoever runs the command, with leave for revoked keys if that was said.
pub(super) fn actor(context: &Context, revoked: bool) -> Actor {
    let actor = context.actor.clone();
    if revoked { actor.with_revoked() } else { actor }
}

/// How opening in bulk ended, for machines.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    tally: &'a tally::Tally,
    /// How long it took, without the time before an interruption.
    seconds: f64,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    if args.masked {
        return masked(context, args).await;
    }
    let opener = args.terms.opener(context);
    match args.token.as_deref().filter(|token| *token != "-") {
        Some(token) => {
            let expectation = args.terms.expectation();
            let submission = Submission { token: token.to_owned(), expectation };
            let holder = context.holder(&args.unlock).await?;
            one(context, &holder, opener, submission, args.terms.purpose).await
        }
        None => many(context, args).await,
    }
}

async fn masked(context: &Context, args: Args) -> Result<Done> {
    let expectation = args.terms.expectation();
    let tokens = Tokens::of(args.token, args.file.as_deref(), expectation)?;
    let holder = context.holder(&args.unlock).await?;
    ask::carry_out(context, &holder, tokens, args.terms.purpose, &|| Question::Mask).await
}

/// Tokens about which something else is asked than to open them: one, or the lines of an input.
pub(super) enum Tokens {
    /// The only one.
    One(Box<Submission>),
    /// A token a line, or an object with `token`.
    Lines(Box<Lines>),
}

impl Tokens {
    /// Errors: `input-unreadable`.
    pub(super) fn of(token: Option<String>, file: Option<&Path>, expectation: Expectation) -> Result<Self> {
        Ok(match token.filter(|token| token != "-") {
            Some(token) => Self::One(Box::new(Submission { token, expectation })),
            None => {
                let input = Input::open(file.filter(|path| path.as_os_str() != "-"))?;
                Self::Lines(Box::new(Lines::new(input, expectation)))
            }
        })
    }
}

/// The next tokens of an input, read on a thread that may wait for them. None at the end.
///
/// Errors: `input-unreadable`.
pub(super) async fn next(mut lines: Box<Lines>) -> Result<(Box<Lines>, Vec<Submitted>)> {
    let read = move || lines.next().map(|batch| (lines, batch.map(|batch| batch.submissions)));
    let read = tokio::task::spawn_blocking(read).await;
    let (lines, submissions) = read.map_err(|_| Error::new(Code::Internal))??;
    Ok((lines, submissions.unwrap_or_default()))
}

async fn one(
    context: &Context,
    holder: &Holder,
    actor: Actor,
    submission: Submission,
    purpose: Option<String>,
) -> Result<Done> {
    let outcomes = holder.open(actor, purpose, None, vec![Ok(submission)]).await?;
    for outcome in &outcomes {
        match outcome {
            Ok(_) if context.out.json() => {
                let mut out = Wiped::default();
                lines::write(&mut out, outcome)?;
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

/// Opens all tokens of an input.
async fn many(context: &Context, args: Args) -> Result<Done> {
    // The input first: nobody should type a passphrase for a file that is not there.
    let file = args.file.as_deref().filter(|path| path.as_os_str() != "-");
    let opener = args.terms.opener(context);
    let format = match &args.format {
        Some(name) => Format::parse(name)?,
        None => Format::of(file, args.out.as_deref())?,
    };
    if format == Format::Parquet && args.out.is_none() {
        return Err(Error::new(Code::FileNeeded));
    }
    if format == Format::Ndjson && (args.field_is_column || !args.columns.is_empty()) {
        // Not to look at what was asked for would be to open more than that.
        return Err(Error::about(Code::ColumnUnknown, "ndjson has no columns"));
    }
    let input = Input::open(file)?;
    let plan = match &args.out {
        None => Plan::print(context.out),
        Some(out) => Plan::write(out, &input, args.resume, &args.choices(format))?,
    };
    if matches!(input, Input::Stream(_)) && io::stdin().is_terminal() {
        context.out.note("Reading tokens from the terminal, one a line. End with ctrl-d.");
    }
    let expectation = args.terms.expectation();
    let wanted = Wanted { names: args.columns, field_is_column: args.field_is_column, defaults: expectation };
    let (mut source, shape) = format.read(input, wanted)?;
    if plan.point().input > 0 {
        source.go_to(plan.point().input)?;
    }
    let holder = context.holder(&args.unlock).await?;
    let Output { target, journal, point } = plan.begin(shape)?;
    let is_resumable = journal.is_some();
    let progress = Progress::new(source.length(), point.input);
    let request = bulk::Request {
        holder,
        actor: opener,
        purpose: args.terms.purpose,
        job: journal.as_ref().map(|journal| journal.job().to_owned()),
    };
    let every = Duration::from_secs(args.sync_every);
    let writer = writer::Writer { target, journal, progress, point, every };
    let start = Instant::now();
    let (tally, done) = bulk::run(request, source, writer).await;
    if let Some(tally) = &tally {
        context.out.summary(&Summary { tally, seconds: start.elapsed().as_secs_f64() });
    }
    match (tally, done) {
        (Some(tally), Ok(())) if tally.refused.is_empty() => Ok(Done::Well),
        (_, Ok(())) => Ok(Done::Found),
        (_, Err(error)) => {
            if is_resumable {
                context.out.note("The same command and --resume goes on where this one stopped.");
            }
            Err(error)
        }
    }
}

impl Args {
    /// What decides what comes out, apart from the input.
    fn choices(&self, format: Format) -> Vec<String> {
        let option = |option: &Option<String>| serde_json::json!(option).to_string();
        let mut choices = vec![format.as_str().to_owned(), self.field_is_column.to_string()];
        let Expectation { field, kind, origin, sub } = self.terms.expectation();
        choices.extend([&field, &origin, &sub, &self.terms.purpose].map(option));
        choices.push(option(&kind.map(|kind| kind.as_str().to_owned())));
        choices.extend(self.columns.iter().cloned());
        choices
    }
}
