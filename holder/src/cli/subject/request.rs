//! `keyholder subject request new | list | done`

use crate::cli::secret::Unlock;
use crate::cli::{Context, Done, audit, readable};
use crate::error::{Code, Error, Result};
use crate::requests::{Asked, MAX_RECEIPT, Regime, Right, SubjectRequest};
use fieldseal::NumericDate;
use serde_json::{Value, json};
use std::io::Read;
use std::path::{Path, PathBuf};

#[derive(clap::Subcommand)]
pub(in crate::cli) enum Command {
    /// Enter what a person asked for, and print by when it has to be answered.
    New(New),
    /// List what was asked for, what is due first at the top.
    List {
        /// Those that are done, too.
        #[arg(long)]
        all: bool,
    },
    /// Enter that a request was answered.
    Done {
        /// The request's id.
        id: String,

        /// A file that shows it, such as the receipt of an erasure. It is kept with the request.
        #[arg(long, value_name = "FILE")]
        receipt: Option<PathBuf>,

        #[command(flatten)]
        unlock: Unlock,
    },
}

#[derive(clap::Args)]
pub(in crate::cli) struct New {
    /// The person, by the opaque name that tokens carry as `sub`.
    #[arg(allow_hyphen_values = true)]
    subject: String,

    /// What they ask for.
    #[arg(long, value_enum)]
    kind: Right,

    /// The law that sets the time: one month, 45 days, or 30 days (60 to amend).
    #[arg(long, value_enum, default_value_t = Regime::Gdpr)]
    regime: Regime,

    /// When it was received, such as 2026-11-24 or 2026-11-24T08:00:00Z, if that was not just now.
    #[arg(long, value_name = "TIME", value_parser = audit::time)]
    received: Option<u64>,

    /// What else there is to know. Nothing that would have to be sealed.
    #[arg(long)]
    note: Option<String>,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::New(New { subject, kind, regime, received, note, unlock }) => {
            let holder = context.holder(&unlock).await?;
            let asked = Asked { subject, right: kind, regime, received: received.map(NumericDate), note };
            let request = holder.new_subject_request(asked, &context.actor).await?;
            match context.out.json() {
                true => context.out.value(&describe(&request, context.clock.now()))?,
                false => {
                    context.out.line(&request.id)?;
                    context.out.note(&format!("To be answered by {}.", readable(request.due)));
                }
            }
        }
        Command::List { all } => list(context, all).await?,
        Command::Done { id, receipt, unlock } => {
            let receipt = receipt.as_deref().map(read).transpose()?;
            let holder = context.holder(&unlock).await?;
            let request = holder.finish_subject_request(&id, receipt, &context.actor).await?;
            match context.out.json() {
                true => context.out.value(&describe(&request, context.clock.now()))?,
                false if request.done > Some(request.due) => context.out.note("Done, after it was due."),
                false => context.out.note("Done in time."),
            }
        }
    }
    Ok(Done::Well)
}

/// Errors: `input-unreadable`, also for a file that is too long to be a receipt.
fn read(path: &Path) -> Result<String> {
    let unreadable = || Error::about(Code::InputUnreadable, path.display());
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(|_| unreadable())?;
    file.take(MAX_RECEIPT + 1).read_to_string(&mut text).map_err(|_| unreadable())?;
    if text.len() as u64 > MAX_RECEIPT {
        return Err(unreadable());
    }
    Ok(text.trim_ascii().to_owned())
}

async fn list(context: &Context, all: bool) -> Result<()> {
    let now = context.clock.now();
    let mut requests = context.store().await?.subject_requests().await?;
    requests.retain(|request| all || request.done.is_none());
    if context.out.json() {
        return context.out.value(&requests.iter().map(|r| describe(r, now)).collect::<Vec<_>>());
    }
    if requests.is_empty() {
        context.out.note("Nothing waits to be answered.");
    }
    for request in &requests {
        context.out.line(&readable_line(request, now))?;
    }
    Ok(())
}

fn is_overdue(request: &SubjectRequest, now: NumericDate) -> bool {
    request.done.is_none() && request.due < now
}

fn describe(request: &SubjectRequest, now: NumericDate) -> Value {
    json!({
        "id": request.id,
        "subject": request.subject,
        "kind": request.kind,
        "regime": request.regime,
        "received": request.received.0,
        "due": request.due.0,
        "overdue": is_overdue(request, now),
        "by": request.created_by,
        "note": request.note,
        "done": request.done.map(|time| time.0),
        "done_by": request.done_by,
        "receipt": request.receipt,
    })
}

fn readable_line(request: &SubjectRequest, now: NumericDate) -> String {
    let SubjectRequest { id, subject, kind, regime, due, .. } = request;
    let state = match request.done {
        Some(time) => format!("done {}", readable(time)),
        None if is_overdue(request, now) => format!("OVERDUE since {}", readable(*due)),
        None => format!("due {}", readable(*due)),
    };
    let note = request.note.as_deref().map(|note| format!("  note={note:?}")).unwrap_or_default();
    format!("{id}  {kind}  {regime}  {state}  {subject:?}{note}")
}
