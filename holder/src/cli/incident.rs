//! `keyholder incident …`: a file beside this one for what is longer.

mod assess;
mod contain;
mod given;
mod inform;
mod notify;
mod protect;
mod report;

use super::audit::time;
use super::keys::scope;
use super::readable;
use super::{Context, Done};
use crate::error::Result;
use crate::incident::{self, Incident, NewIncident, Suspected};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde_json::json;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Declare an incident, with what is suspected, and print its id.
    Open(Open),
    /// Add to what is suspected.
    Suspect(Suspect),
    /// List the incidents.
    List,
    /// Show an incident and what was done about it.
    Show {
        /// The incident.
        id: String,
    },
    /// Revoke what is suspected, make new keys and freeze classes, in one step.
    Contain(contain::Contain),
    /// Open what is of a frozen class again.
    Thaw(Thaw),
    /// Find out what was opened, what could be, and what is safe.
    Assess(assess::Assess),
    /// List who must be told and by when, or mark one as told.
    Notify(notify::Notify),
    /// Draft notices, and list the subjects to reach.
    Inform(inform::Inform),
    /// List who needs which protection, such as credit monitoring or a new password.
    Protect(protect::Args),
    /// Write a report with deadlines and charts, as a page and as JSON.
    Report(report::Report),
    /// Write the duties, notices and advice that are built in to a directory, to amend them there.
    Data(given::Write),
    /// Close an incident.
    Close(Close),
}

/// What may be in other hands.
#[derive(clap::Args)]
struct Suspects {
    /// A credential, by its name, or cli: and a user of this machine; may be given several times.
    #[arg(long = "credential", value_name = "NAME")]
    credentials: Vec<String>,

    /// A key whose private half may have left, by its kid; may be given several times.
    #[arg(long = "key", value_name = "KID", allow_hyphen_values = true)]
    keys: Vec<String>,

    /// A copy of the key holder's database, or a backup of it, may have left.
    #[arg(long)]
    database_copy: bool,

    /// From this time on, such as 2026-11-24 or 2026-11-24T08:00:00Z. Without it, from the beginning.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<u64>,

    /// Before this time. Without it, until now.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<u64>,
}

impl Suspects {
    fn read(self) -> Suspected {
        let Self { credentials, keys, database_copy, from, to } = self;
        Suspected { credentials, keys, database_copy, from, to }
    }
}

#[derive(clap::Args)]
pub(super) struct Open {
    /// What it is about.
    #[arg(long)]
    title: String,

    /// When the organisation became aware of it, which is what deadlines count from [default: now].
    #[arg(long, value_name = "TIME", value_parser = time)]
    aware: Option<u64>,

    #[command(flatten)]
    suspects: Suspects,
}

#[derive(clap::Args)]
pub(super) struct Suspect {
    /// The incident.
    id: String,

    #[command(flatten)]
    suspects: Suspects,
}

#[derive(clap::Args)]
pub(super) struct Thaw {
    /// The incident that it was frozen for.
    id: String,

    /// A class, or '*' if that was frozen; may be given several times. Without one, all of the incident's.
    #[arg(long = "class", value_name = "CLASS", value_parser = scope)]
    classes: Vec<Scope>,
}

#[derive(clap::Args)]
pub(super) struct Close {
    /// The incident.
    id: String,

    /// What came of it.
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Contain(args) => return contain::run(context, args).await,
        Command::Assess(args) => return assess::run(context, args).await,
        Command::Notify(args) => return notify::run(context, args).await,
        Command::Inform(args) => return inform::run(context, args).await,
        Command::Protect(args) => return protect::run(context, args).await,
        Command::Report(args) => return report::run(context, args).await,
        Command::Data(args) => return given::write(context, &args),
        _ => {}
    }
    let store = context.store().await?;
    let (by, now) = (&context.actor, context.clock.now());
    match command {
        Command::Open(Open { title, aware, suspects }) => {
            let new = NewIncident { title, aware, suspected: suspects.read() };
            let incident = incident::open(&store, new, by, now).await?;
            if context.out.json() {
                context.out.value(&incident)?;
            } else {
                context.out.line(&incident.id)?;
                context.out.note(&format!(
                    "Next: keyholder incident contain {0} --dry-run, then keyholder incident assess {0}",
                    incident.id
                ));
            }
        }
        Command::Suspect(Suspect { id, suspects }) => {
            show(context, &incident::suspect(&store, &id, suspects.read(), by, now).await?)?;
        }
        Command::List => list(context, &incident::all(&store).await?)?,
        Command::Show { id } => show(context, &incident::find(&store, &id).await?)?,
        Command::Thaw(Thaw { id, classes }) => {
            let thawed = incident::thaw(&store, &id, &classes, by, now).await?;
            match thawed.as_slice() {
                _ if context.out.json() => context.out.value(&json!({ "thawed": thawed }))?,
                [] => context.out.note("Nothing of that was frozen for this incident."),
                classes => context.out.note(&format!("Thawed: {}.", classes.join(", "))),
            }
        }
        Command::Close(Close { id, note }) => {
            incident::close(&store, &id, note.as_deref(), by, now).await?;
            context.out.note("Closed.");
        }
        _ => {}
    }
    Ok(Done::Well)
}

fn list(context: &Context, incidents: &[Incident]) -> Result<()> {
    if context.out.json() {
        return context.out.value(&incidents);
    }
    if incidents.is_empty() {
        context.out.note("There is no incident.");
    }
    for incident in incidents {
        let state = match incident.closed {
            None => format!("aware since {}", readable(NumericDate(incident.aware))),
            Some(time) => format!("closed {}", readable(NumericDate(time))),
        };
        context.out.line(&format!("{}  {state}  {}", incident.id, incident.title))?;
    }
    Ok(())
}

fn show(context: &Context, incident: &Incident) -> Result<()> {
    if context.out.json() {
        return context.out.value(incident);
    }
    let at = |time: u64| readable(NumericDate(time));
    let side = |time: Option<u64>, open: &str| time.map_or(open.to_owned(), at);
    let or_none = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let Incident { id, title, opened, aware, closed, suspected, steps } = incident;
    context.out.line(&format!("{id}  {title}"))?;
    context.out.line(&format!("  opened       {}", at(*opened)))?;
    context.out.line(&format!("  aware        {}", at(*aware)))?;
    if let Some(closed) = closed {
        context.out.line(&format!("  closed       {}", at(*closed)))?;
    }
    context.out.line(&format!("  credentials  {}", or_none(&suspected.credentials)))?;
    context.out.line(&format!("  keys         {}", or_none(&suspected.keys)))?;
    let copy = if suspected.database_copy { "may have left" } else { "no" };
    context.out.line(&format!("  a copy of the database  {copy}"))?;
    let (from, to) = (side(suspected.from, "the beginning"), side(suspected.to, "now"));
    context.out.line(&format!("  window       {from} to {to}"))?;
    for step in steps {
        context.out.line(&format!("{}  {}  {}  {}", at(step.time), step.by, step.what, step.detail))?;
    }
    Ok(())
}
