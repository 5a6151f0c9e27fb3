//! `keyholder keys rotate | policy | revoke | destroy`

use super::scope;
use crate::cli::secret::Unlock;
use crate::cli::{Context, readable};
use crate::error::Result;
use crate::rotation::{Rotated, RotationPolicy, Which};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde_json::json;

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(in crate::cli) struct Rotate {
    /// The class whose key is followed by a new one.
    #[arg(long, group = "which", value_parser = scope)]
    class: Option<Scope>,

    /// Every class that has a key.
    #[arg(long, group = "which")]
    all: bool,

    /// Every class whose key is as old as `keys policy` lets it get. The service does this by itself.
    #[arg(long, group = "which")]
    due: bool,

    /// For how many more days pages may seal to the old key [default: as `keys policy` says, or 30].
    #[arg(long, value_name = "DAYS")]
    overlap_days: Option<u64>,

    /// For how many days pages may seal to the new key [default: as `keys policy` says, or 120].
    #[arg(long)]
    days: Option<u64>,

    #[command(flatten)]
    unlock: Unlock,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Policy {
    /// After how many days the service makes the next key of a class.
    #[arg(long, value_name = "DAYS", requires = "overlap_days")]
    rotate_days: Option<u64>,

    /// For how many more days pages may seal to the old one.
    #[arg(long, value_name = "DAYS", requires = "rotate_days")]
    overlap_days: Option<u64>,

    /// Leave it to an operator.
    #[arg(long, conflicts_with = "rotate_days")]
    off: bool,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Revoke {
    /// The key. Its name may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,

    /// Why, for the audit.
    #[arg(long)]
    reason: String,

    #[command(flatten)]
    unlock: Unlock,
}

#[derive(clap::Args)]
pub(in crate::cli) struct Destroy {
    /// The key. Its name may begin with a hyphen.
    #[arg(allow_hyphen_values = true)]
    kid: String,

    /// The same kid again: nobody can undo this.
    #[arg(long, value_name = "KID", allow_hyphen_values = true)]
    confirm: Option<String>,

    /// Why, for the receipt and the audit.
    #[arg(long)]
    reason: Option<String>,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn rotate(context: &Context, args: Rotate) -> Result<()> {
    let which = match args.class {
        Some(scope) => Which::Of(scope),
        None if args.all => Which::All,
        None => Which::Due,
    };
    let holder = context.holder(&args.unlock).await?;
    let rotated = holder.rotate(which, args.overlap_days, args.days, &context.actor).await?;
    if context.out.json() {
        return context.out.value(&rotated);
    }
    if rotated.is_empty() {
        context.out.note("No key is old enough to be followed by another.");
    }
    for Rotated { class, kid, before, overlap_until } in rotated {
        let old = match overlap_until {
            Some(until) => format!("pages may seal to it until {}", readable(NumericDate(until))),
            None => "pages had stopped sealing to it".to_owned(),
        };
        context.out.line(&kid)?;
        context.out.note(&format!("It takes over class {class} from {before}; {old}."));
    }
    Ok(())
}

pub(super) async fn policy(context: &Context, args: Policy) -> Result<()> {
    let store = context.store().await?;
    let now = context.clock.now();
    if let (Some(rotate), Some(overlap)) = (args.rotate_days, args.overlap_days) {
        let policy = RotationPolicy::new(rotate, overlap)?;
        RotationPolicy::set(Some(policy), &store, &context.actor, now).await?;
    } else if args.off {
        RotationPolicy::set(None, &store, &context.actor, now).await?;
    }
    let policy = RotationPolicy::of(&store).await?;
    match policy {
        _ if context.out.json() => context.out.value(&policy),
        None => context.out.line("Keys are rotated by hand."),
        Some(RotationPolicy { rotate_days, overlap_days }) => context.out.line(&format!(
            "A new key takes over after {rotate_days} days; pages may seal to the old one for {overlap_days} more."
        )),
    }
}

pub(super) async fn revoke(context: &Context, args: Revoke) -> Result<()> {
    let holder = context.holder(&args.unlock).await?;
    let bereft = holder.revoke_key(&args.kid, &args.reason, &context.actor).await?;
    context.out.note(
        "Revoked. A service that is running publishes it no more, and opens nothing with it, from now on.",
    );
    if let Some(scope) = bereft {
        let class = scope.as_str();
        context.out.note(&format!(
            "Class {class} has no key left, and pages cannot seal: keyholder keys rotate --class '{class}'"
        ));
    }
    context.out.note("Pages may hold the old set for a while: keep the key, and seal again what came in.");
    Ok(())
}

pub(super) async fn destroy(context: &Context, args: Destroy) -> Result<()> {
    // Before anybody types a passphrase for it.
    if args.confirm.as_deref() != Some(args.kid.as_str()) {
        return Err(crate::error::Code::KeyConfirm.into());
    }
    let holder = context.holder(&args.unlock).await?;
    let receipt = holder.destroy_key(&args.kid, args.reason.as_deref(), &context.actor).await?;
    if context.out.json() {
        return context.out.value(&json!({ "kid": args.kid, "receipt": receipt }));
    }
    context.out.line(&receipt)?;
    context.out.note("Keep the receipt. Copies of the database that were made before still hold the key.");
    Ok(())
}
