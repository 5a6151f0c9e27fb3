//! `keyholder subject …`: the people whose values are sealed. `new`, `show` and `list` are here; a file beside this
//! one has each other concern.

mod erase;
mod export;
mod flags;
mod receipt;
mod request;

use super::secret::Unlock;
use super::{Context, Done, readable};
use crate::error::Result;
use crate::store::SubjectRow;
use crate::subjects::look_up;
use fieldseal::NumericDate;
use serde_json::{Value, json};

/// How many people are read at a time.
const PAGE: u32 = 1000;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Register somebody, so that there are keys for them alone.
    New(New),
    /// Show somebody, and the keys that were derived for them.
    Show {
        /// The person's name.
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
    /// List everybody, those who were erased too.
    List,
    /// Erase somebody: nothing that is sealed to their keys is ever opened again. Prints a signed receipt.
    Erase(erase::Args),
    /// Print the receipt of somebody who was erased, or check one.
    Receipt(receipt::Args),
    /// Put together what is kept about a person, for them: a file for machines and a page to read.
    Export(export::Args),
    /// Keep the register of what people ask for, with the day by which each has to be answered.
    #[command(subcommand)]
    Request(request::Command),
    /// Note what a person said about the use of their values, from now on.
    Flag(flags::Change),
    /// Take such a note away, because the person changed their mind.
    Unflag(flags::Change),
    /// List what a person said.
    Flags(flags::List),
}

#[derive(clap::Args)]
pub(super) struct New {
    /// A name that tells nothing and that nobody guesses, such as 128 random bits. Pages and tokens show it.
    #[arg(required = true, value_name = "ID", allow_hyphen_values = true)]
    ids: Vec<String>,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::New(args) => new(context, args).await?,
        Command::Show { id } => show(context, &id).await?,
        Command::List => list(context).await?,
        Command::Erase(args) => erase::run(context, args).await?,
        Command::Receipt(args) => receipt::run(context, args).await?,
        Command::Export(args) => return export::run(context, args).await,
        Command::Request(command) => return request::run(context, command).await,
        Command::Flag(args) => flags::set(context, args).await?,
        Command::Unflag(args) => flags::lift(context, args).await?,
        Command::Flags(args) => flags::list(context, args).await?,
    }
    Ok(Done::Well)
}

async fn new(context: &Context, args: New) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    for id in &args.ids {
        let subject = holder.register_subject(id, &context.actor).await?;
        print(context, &subject, None)?;
    }
    Ok(())
}

async fn show(context: &Context, id: &str) -> Result<()> {
    let person = look_up(&context.store().await?, id).await?;
    let kids: Vec<&str> = person.keys.iter().map(|key| key.kid.as_str()).collect();
    if context.out.json() {
        let mut value = describe(&person.row, kids.len() as u64);
        value["kids"] = json!(kids);
        return context.out.value(&value);
    }
    print(context, &person.row, Some(kids.len() as u64))?;
    kids.iter().try_for_each(|kid| context.out.line(&format!("  {kid}")))
}

async fn list(context: &Context) -> Result<()> {
    let store = context.store().await?;
    let (mut created, mut id) = (NumericDate(0), String::new());
    loop {
        let page = store.subjects((created, &id), PAGE).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        (created, id) = (last.created, last.id.clone());
        page.iter().try_for_each(|(row, keys)| print(context, row, Some(*keys)))?;
    }
}

/// A line about somebody. How many keys they have is left out where nobody asked.
fn print(context: &Context, row: &SubjectRow, keys: Option<u64>) -> Result<()> {
    if context.out.json() {
        let mut value = describe(row, keys.unwrap_or_default());
        if let (None, Some(members)) = (keys, value.as_object_mut()) {
            members.remove("keys");
        }
        return context.out.value(&value);
    }
    let since = match row.erased {
        Some(erased) => format!("erased {}", readable(erased)),
        None => format!("since {}", readable(row.created)),
    };
    let keys = keys.map(|keys| format!("  {keys} keys")).unwrap_or_default();
    context.out.line(&format!("{}  {since}{keys}", row.id))
}

fn describe(row: &SubjectRow, keys: u64) -> Value {
    json!({
        "id": row.id,
        "created": row.created.0,
        "erased": row.erased.map(|time| time.0),
        "reason": row.reason,
        "keys": keys,
    })
}
