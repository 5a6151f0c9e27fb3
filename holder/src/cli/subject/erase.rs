//! `keyholder subject erase ID`

use crate::cli::secret::Unlock;
use crate::cli::{Context, readable};
use crate::error::Result;
use crate::subjects::look_up;
use serde_json::json;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The person's name.
    #[arg(allow_hyphen_values = true)]
    id: String,

    /// Why, for the record and the receipt: 1 to 200 characters, and nothing about the person.
    #[arg(long)]
    reason: Option<String>,

    /// Say what would end, and end nothing.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<()> {
    if args.dry_run {
        return rehearse(context, &args.id).await;
    }
    let holder = context.holder(&args.unlock).await?;
    let receipt = holder.erase_subject(&args.id, args.reason.as_deref(), &context.actor).await?;
    if context.out.json() {
        return context.out.value(&json!({ "subject": args.id, "receipt": receipt }));
    }
    context.out.line(&receipt)?;
    context.out.note(
        "Keep the receipt, and give it to every `backup restore`: copies of the key holder's database that were made \
         before still hold the salt.",
    );
    context.out.note("What was opened before is with whoever opened it: see `keyholder audit query --sub`.");
    Ok(())
}

async fn rehearse(context: &Context, id: &str) -> Result<()> {
    let person = look_up(&context.store().await?, id).await?;
    let kids: Vec<&str> = person.keys.iter().map(|key| key.kid.as_str()).collect();
    let erased = person.row.erased;
    if context.out.json() {
        let erased = erased.map(|time| time.0);
        let held = person.held;
        return context.out.value(&json!({ "subject": id, "erased": erased, "held": held, "kids": kids }));
    }
    match erased {
        Some(erased) => {
            context.out.line(&format!("{id} was erased {}. Nothing would change.", readable(erased)))
        }
        None => {
            context.out.line(&format!(
                "Nothing that is sealed to their keys would open again, {} in number:",
                kids.len()
            ))?;
            kids.iter().try_for_each(|kid| context.out.line(kid))?;
            if person.held {
                context
                    .out
                    .note("A hold keeps some of it, so it would be refused: see `keyholder retention plan`.");
            }
            Ok(())
        }
    }
}
