//! `keyholder incident contain`

use crate::cli::keys::{self, VALID_DAYS, scope};
use crate::cli::readable;
use crate::cli::secret::Unlock;
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::incident::{Contained, Order};
use crate::rotation::Rotated;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde_json::json;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Contain {
    /// The incident.
    id: String,

    /// A class of which nothing is opened from now on, or '*' for every one; may be given several times.
    #[arg(long = "freeze", value_name = "CLASS", value_parser = scope)]
    freeze: Vec<Scope>,

    /// Make the next key of every class, and not only of those whose key is suspected.
    #[arg(long)]
    rotate: bool,

    /// Write the new key sets, `sealed-input` and `sealed-input.jwt`, to this directory. A service that is running
    /// publishes them by itself.
    #[arg(long, value_name = "DIR")]
    publish: Option<PathBuf>,

    /// Print what would be done, and do nothing.
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,

    /// Do it without asking.
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Contain) -> Result<Done> {
    let asks = !args.dry_run && !args.yes;
    if asks && (context.out.json() || !io::stdin().is_terminal()) {
        // Before anybody types a passphrase for it.
        return Err(Error::new(Code::IncidentConfirm));
    }
    let holder = context.holder(&args.unlock).await?;
    let order = Order { freeze: args.freeze, rotate: args.rotate };
    if args.dry_run || asks {
        let would = holder.contain(&args.id, &order, true, &context.actor).await?;
        print(context, &would, true)?;
        if let (Some(dir), false) = (&args.publish, context.out.json()) {
            context.out.line(&format!("would publish the new key sets to {}", dir.display()))?;
        }
        if args.dry_run {
            context.out.note("Nothing was changed.");
            return Ok(Done::Well);
        }
        if !is_confirmed(context, &args.id) {
            return Err(Error::new(Code::IncidentConfirm));
        }
    }
    let done = holder.contain(&args.id, &order, false, &context.actor).await?;
    print(context, &done, false)?;
    // What could not be published is published by asking again: all else is done by then and is left as it is.
    if let Some(dir) = &args.publish {
        keys::publish_to(context, &holder, dir, VALID_DAYS).await?;
    }
    context.out.note("Pages that have the old key set seal to it until they load a new one.");
    Ok(Done::Well)
}

/// Whoever is asked types the incident's id, which nobody does by habit.
fn is_confirmed(context: &Context, id: &str) -> bool {
    context.out.note(&format!("Type {id} to do this:"));
    let mut typed = String::new();
    io::stdin().read_line(&mut typed).is_ok() && typed.trim() == id
}

fn print(context: &Context, contained: &Contained, would: bool) -> Result<()> {
    if context.out.json() {
        return context.out.value(&json!({ "dry_run": would, "done": contained }));
    }
    let Contained { revoked_credentials, operators, revoked_keys, rotated, frozen } = contained;
    let verb = |would_be: &str, was: &str| if would { format!("would {would_be}") } else { was.to_owned() };
    if contained.is_empty() {
        context.out.line("There is nothing left to revoke, rotate or freeze.")?;
    }
    for name in revoked_credentials {
        context.out.line(&format!("{} credential {name}", verb("revoke", "revoked")))?;
    }
    for Rotated { class, kid, before, overlap_until } in rotated {
        let new = if would { String::new() } else { format!(": {kid}") };
        context.out.line(&format!("{} a new key for class {class}{new}", verb("make", "made")))?;
        let is_suspected = revoked_keys.contains(before);
        if let (Some(until), false) = (overlap_until, is_suspected) {
            context.out.line(&format!(
                "  and end key {before}, to which pages may seal until {}",
                readable(NumericDate(*until))
            ))?;
        }
    }
    for kid in revoked_keys {
        context.out.line(&format!("{} key {kid}", verb("revoke", "revoked")))?;
    }
    for class in frozen {
        context.out.line(&format!("{} class {class}", verb("freeze", "froze")))?;
    }
    for name in operators {
        context.out.line(&format!(
            "{name} has no credential: take this machine, and what unlocks the keys, away from that user"
        ))?;
    }
    Ok(())
}
