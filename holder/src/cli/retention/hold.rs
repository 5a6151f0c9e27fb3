//! `keyholder retention hold | release`: what two people do, of whom this is the first.

use crate::cli::Context;
use crate::cli::secret::Unlock;
use crate::error::Result;
use crate::retention::hold::Held;
use fieldseal::keyset::Scope;
use serde_json::json;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(in crate::cli) struct Place {
    /// The key to keep.
    #[arg(long, value_name = "KID", group = "what", allow_hyphen_values = true)]
    key: Option<String>,

    /// The class whose data is kept: its keys and those of '*', also those that are made later; '*' is every key.
    #[arg(long, group = "what", value_parser = crate::cli::keys::scope)]
    class: Option<Scope>,

    /// Why, for the audit and for whoever approves it.
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    unlock: Unlock,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Release {
    /// The hold's id, as `retention plan` shows it.
    id: String,

    /// Why, for the audit and for whoever approves it.
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn place(context: &Context, args: Place) -> Result<()> {
    let held = match (args.key, args.class) {
        (Some(kid), _) => Held::Key(kid),
        (None, class) => Held::Class(class.unwrap_or(Scope::All)),
    };
    let holder = context.holder(&args.unlock).await?;
    let id = holder.ask_hold(&held, &args.reason, (&context.actor, None)).await?;
    say(context, &id, "Nothing is held yet.")
}

pub(super) async fn release(context: &Context, args: Release) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    let id = holder.ask_release(&args.id, &args.reason, (&context.actor, None)).await?;
    say(context, &id, "The hold lasts until then.")
}

fn say(context: &Context, id: &str, until_then: &str) -> Result<()> {
    if context.out.json() {
        return context.out.value(&json!({ "approval": id }));
    }
    context.out.line(id)?;
    context.out.note(&format!(
        "Somebody else approves this within a week, with `keyholder approve {id}` or at /v1/approvals/{id}. {until_then}"
    ));
    Ok(())
}
