//! `keyholder incident notify`

use super::given::{Chosen, Given, Known, text};
use crate::cli::audit::time;
use crate::cli::readable;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::incident;
use crate::incident::duties::{self, Due, Duties, Found, Kept, State};
use crate::incident::report::{Deadline, left_in_words, told};
use fieldseal::NumericDate;
use serde_json::json;

#[derive(clap::Args)]
pub(in crate::cli) struct Notify {
    #[command(flatten)]
    given: Given,

    #[command(flatten)]
    chosen: Chosen,

    /// Keep what is listed on record with the incident, so that the service and later commands count the same deadlines.
    #[arg(long, conflicts_with = "done")]
    keep: bool,

    /// Mark this duty as done, on record.
    #[arg(long, value_name = "DUTY")]
    done: Option<String>,

    /// What the notice can be found by, such as a case number.
    #[arg(long, value_name = "TEXT", requires = "done", value_parser = text)]
    reference: Option<String>,

    /// When it was done [default: now].
    #[arg(long, value_name = "TIME", requires = "done", value_parser = time)]
    at: Option<u64>,
}

pub(super) async fn run(context: &Context, args: Notify) -> Result<Done> {
    let known = args.given.read(context).await?;
    let duties = Duties::of(&known.library)?;
    let now = context.clock.now();
    if let Some(id) = &args.done {
        if !duties.know(id) {
            return Err(Error::about(Code::DutyUnknown, id));
        }
        let at = args.at.unwrap_or(now.0);
        if at > now.0 {
            return Err(Error::new(Code::TimeInvalid));
        }
        let detail = duties::marked(id, at, args.reference.as_deref());
        note(context, &known, detail).await?;
        context.out.note("It is on record as done.");
        if context.out.json() {
            context.out.value(&json!({ "duty": id, "at": at, "reference": args.reference }))?;
        }
        return Ok(Done::Well);
    }
    let found = duties.follow(&known.incident, known.assessment.as_ref(), &args.chosen.choice())?;
    if args.keep {
        note(context, &known, Kept::detail(&found)).await?;
    }
    list(context, &known, found, now)
}

async fn note(context: &Context, known: &Known, detail: serde_json::Value) -> Result<()> {
    let store = context.store().await?;
    incident::note(&store, &known.incident.id, duties::STEP, detail, &context.actor, context.clock.now())
        .await
}

/// Prints the duties. It is nothing that went well if one is overdue, so that whatever runs this by the clock notices.
fn list(context: &Context, known: &Known, found: Found, now: NumericDate) -> Result<Done> {
    let Found { duties, people, unplaced, safe, assessed } = found;
    let overdue = duties.iter().filter(|due| due.state(now.0) == State::Overdue).count();
    if context.out.json() {
        let deadline = |duty: Due| Deadline { state: duty.state(now.0), left: duty.left(now.0), duty };
        context.out.value(&json!({
            "incident": known.incident.id,
            "aware": known.incident.aware,
            "assessed": assessed,
            "people": people,
            "unplaced": unplaced,
            "safe": safe,
            "overdue": overdue,
            "duties": duties.into_iter().map(deadline).collect::<Vec<_>>(),
        }))?;
    } else {
        context.out.line(&format!(
            "{}: aware since {}, {people}",
            known.incident.id,
            readable(NumericDate(known.incident.aware))
        ))?;
        for due in &duties {
            context.out.line(&line(due, now))?;
            context.out.line(&format!("    {}: {}", told(due.tell), due.whom))?;
            context.out.line(&format!("    {} ({})", due.citation, due.words))?;
            for condition in &due.conditions {
                context.out.line(&format!("    {condition}"))?;
            }
            if let Some(unsure) = &due.unsure {
                context.out.line(&format!("    not sure: {unsure}"))?;
            }
        }
        remarks(context, &Remarks { overdue, unplaced, safe, assessed });
    }
    Ok(if overdue == 0 { Done::Well } else { Done::Found })
}

struct Remarks {
    overdue: usize,
    unplaced: u64,
    safe: u64,
    assessed: bool,
}

fn remarks(context: &Context, Remarks { overdue, unplaced, safe, assessed }: &Remarks) {
    if !assessed {
        context.out.note("Note: without an assessment, this is all that could apply.");
    }
    if *unplaced > 0 {
        context.out.note(&format!(
            "Note: where {unplaced} people or values are is not known. Name the states that may be theirs with \
             --jurisdiction, or their laws are not listed."
        ));
    }
    if *safe > 0 {
        context.out.note(&format!(
            "Note: {safe} stolen tokens are not counted, because their key did not leave and nobody had them opened."
        ));
    }
    context.out.note("Note: a list to work through with counsel, and no legal advice.");
    if *overdue > 0 {
        context.out.note(&format!("{overdue} OVERDUE. If it was done, say so: --done DUTY --at TIME"));
    }
}

/// A duty's first line.
fn line(due: &Due, now: NumericDate) -> String {
    let when = due.due.map(|due| readable(NumericDate(due)));
    let state = due.state(now.0);
    let left = due.left(now.0).map(left_in_words).unwrap_or_default();
    match (state, when, &due.done) {
        (State::Done, _, Some(done)) => {
            let reference = done.reference.as_ref().map(|text| format!(" {text:?}")).unwrap_or_default();
            format!("done     {}  {}{reference}", readable(NumericDate(done.at)), due.id)
        }
        (State::Overdue, Some(when), _) => format!("OVERDUE  {when}  {}  {left}", due.id),
        (State::Now, _, _) => format!("AT ONCE  {:20}  {}", "", due.id),
        (_, Some(when), _) => format!("open     {when}  {}  {left}", due.id),
        (_, None, _) => format!("open     {:20}  {}", "no fixed day", due.id),
    }
}
