//! `keyholder approvals list` and `keyholder approve`

use super::readable;
use super::secret::Unlock;
use super::{Context, Done};
use crate::approval::Approval;
use crate::error::Result;
use serde_json::{Value, json};

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List the requests that wait, or were approved and can still be used.
    List {
        #[command(flatten)]
        unlock: Unlock,
    },
}

#[derive(clap::Args)]
pub(super) struct Approve {
    /// The request's id, as it was given to whoever asked.
    id: String,

    #[command(flatten)]
    unlock: Unlock,
}

pub(super) async fn list(context: &Context, command: Command) -> Result<Done> {
    let Command::List { unlock } = command;
    let holder = context.holder(&unlock).await?;
    let approvals = holder.approvals(&context.actor, None).await?;
    if context.out.json() {
        context.out.value(&approvals.iter().map(describe).collect::<Vec<_>>())?;
        return Ok(Done::Well);
    }
    if approvals.is_empty() {
        context.out.note("No request waits for a second person.");
    }
    for approval in &approvals {
        context.out.line(&readable_line(approval))?;
    }
    Ok(Done::Well)
}

pub(super) async fn approve(context: &Context, args: Approve) -> Result<Done> {
    let holder = context.holder(&args.unlock).await?;
    let approval = holder.approve(&context.actor, None, &args.id).await?;
    if context.out.json() {
        context.out.value(&describe(&approval))?;
    } else {
        context.out.line(&readable_line(&approval))?;
        context.out.note(match approval.used_at {
            Some(_) => "Approved, and carried out.",
            None => "Approved. It holds for this request alone, once.",
        });
    }
    Ok(Done::Well)
}

/// An approval as machines read it, here and over HTTP.
pub(crate) fn describe(approval: &Approval) -> Value {
    json!({
        "id": approval.id,
        "actor": approval.actor,
        "action": approval.action,
        "target": approval.target,
        "purpose": approval.purpose,
        "count": approval.count,
        "created": approval.created.0,
        "expires": approval.expires.0,
        "approved_by": approval.approved_by,
        "used": approval.used_at.map(|time| time.0),
    })
}

fn readable_line(approval: &Approval) -> String {
    let Approval { id, actor, action, count, expires, .. } = approval;
    let state = match (&approval.used_at, &approval.approved_by) {
        (Some(time), _) => format!("used {}", readable(*time)),
        (None, Some(by)) => format!("approved by {by}, until {}", readable(*expires)),
        (None, None) => format!("waits until {}", readable(*expires)),
    };
    let purpose =
        approval.purpose.as_deref().map(|purpose| format!("  purpose={purpose:?}")).unwrap_or_default();
    // What is about no token is about keys.
    let about = match &approval.target {
        Some(target) => format!("{target}  {count} keys"),
        None => format!("{count} values"),
    };
    format!("{id}  {actor}  {action}  {about}  {state}{purpose}")
}
