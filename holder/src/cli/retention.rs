//! `keyholder retention plan | policy | hold | release | shorten | run`; a file beside this one for what shows much.

mod hold;
mod plan;
mod policy;

use super::secret::Unlock;
use super::{Context, Done, readable};
use crate::error::{Error, Result};
use crate::retention::{Sooner, Which};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde_json::json;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Show which key ends when, what keeps it, and for how long data is kept.
    Plan {
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Show or set for how long data is kept. Keys that there are keep their dates.
    Policy(policy::Args),
    /// Ask for a hold: the key is not destroyed for as long as it lasts. Somebody else has to approve it.
    Hold(hold::Place),
    /// Ask for the release of a hold. Somebody else has to approve it.
    Release(hold::Release),
    /// Give keys an earlier date of their destruction.
    Shorten(Shorten),
    /// Destroy the keys whose date has come. A running service does this by itself.
    Run {
        /// Only say which keys these are.
        #[arg(long)]
        dry_run: bool,

        #[command(flatten)]
        unlock: Unlock,
    },
}

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(super) struct Shorten {
    /// This key.
    #[arg(long, value_name = "KID", group = "which", allow_hyphen_values = true)]
    key: Option<String>,

    /// The keys of this class.
    #[arg(long, group = "which", value_parser = super::keys::scope)]
    class: Option<Scope>,

    /// Every key.
    #[arg(long, group = "which")]
    all: bool,

    /// The date, such as 2030-12-31 [default: as `retention policy` says today, but not within a week].
    #[arg(long, value_name = "DATE", value_parser = super::audit::time)]
    on: Option<u64>,

    /// Only say which keys these are.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Plan { unlock } => plan::run(context, &unlock).await?,
        Command::Policy(args) => policy::run(context, args).await?,
        Command::Hold(args) => hold::place(context, args).await?,
        Command::Release(args) => hold::release(context, args).await?,
        Command::Shorten(args) => shorten(context, args).await?,
        Command::Run { dry_run, unlock } => return carry_out(context, dry_run, &unlock).await,
    }
    Ok(Done::Well)
}

async fn shorten(context: &Context, args: Shorten) -> Result<()> {
    let which = match (args.key, args.class) {
        (Some(kid), _) => Which::Key(kid),
        (None, Some(scope)) => Which::Of(scope),
        (None, None) => Which::All,
    };
    let holder = context.holder(&args.unlock).await?;
    let sooner = holder.shorten(&which, args.on.map(NumericDate), args.dry_run, &context.actor).await?;
    if context.out.json() {
        return context.out.value(&sooner);
    }
    if sooner.is_empty() {
        context.out.note("Every key of these ends as soon as the policy says, or sooner.");
    }
    for Sooner { kid, class, before, destroys } in sooner {
        let before = before.map_or("never".to_owned(), |before| readable(NumericDate(before)));
        let destroys = readable(NumericDate(destroys));
        context.out.line(&format!("{kid}  {class:<10}  destroyed {destroys} (was: {before})"))?;
    }
    if args.dry_run {
        context
            .out
            .note("Nothing was changed. Without --dry-run, it is, and no later date can be given again.");
    }
    Ok(())
}

async fn carry_out(context: &Context, dry_run: bool, unlock: &Unlock) -> Result<Done> {
    let holder = context.holder(unlock).await?;
    if dry_run {
        let due = holder.due().await?;
        if context.out.json() {
            let due: Vec<_> =
                due.iter().map(|row| json!({ "kid": row.kid, "class": row.scope.as_str() })).collect();
            context.out.value(&due)?;
        } else {
            for row in &due {
                context.out.line(&format!("{}  {}", row.kid, row.scope.as_str()))?;
            }
            context.out.note(match due.is_empty() {
                true => "No key's date has come.",
                false => "Nothing was destroyed. Without --dry-run, these keys are, for good.",
            });
        }
        return Ok(Done::Well);
    }
    let mut swept = holder.carry_out_retention(context.actor.name()).await?;
    // Also where nothing was due: it is how to try again after `key-traces`.
    if let Err(error) = holder.forget_traces().await {
        swept.failed.push(error);
    }
    if context.out.json() {
        context.out.value(&swept.destroyed)?;
    } else {
        for destroyed in &swept.destroyed {
            context.out.line(&destroyed.receipt)?;
            context.out.note(&format!("{} of class {} is destroyed.", destroyed.kid, destroyed.class));
        }
        if swept.destroyed.is_empty() && swept.failed.is_empty() {
            context.out.note("No key's date has come.");
        }
    }
    let failed = swept.failed.into_iter().inspect(|error: &Error| context.out.error(error)).count();
    Ok(if failed == 0 { Done::Well } else { Done::Found })
}
