//! `keyholder audit list | verify`

use super::keys::readable;
use super::{Context, Done};
use crate::audit::{Audit, AuditRow, Verdict};
use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::json;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the last records, oldest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Check that no record was changed, removed or put in between.
    Verify,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let audit = Audit::new(context.store().await?);
    match command {
        Command::List { limit } => {
            for row in audit.last(limit).await? {
                let line = if context.out.json() { row.to_json()? } else { readable_line(&row) };
                context.out.line(&line)?;
            }
            Ok(Done::Well)
        }
        Command::Verify => verify(context, audit.verify().await?),
    }
}

fn verify(context: &Context, verdict: Verdict) -> Result<Done> {
    match verdict {
        Verdict::Intact { records, head } => {
            let head = Base64UrlUnpadded::encode_string(&head);
            if context.out.json() {
                context.out.value(&json!({ "intact": true, "records": records, "head": head }))?;
            } else {
                context.out.line(&format!("Intact: {records} records, the last with hash {head}."))?;
                context.out.note("Keep that hash in another place: it shows if records are cut off later.");
            }
            Ok(Done::Well)
        }
        Verdict::Broken { seq } => {
            if context.out.json() {
                context.out.value(&json!({ "intact": false, "record": seq }))?;
            }
            context.out.error(&Error::about(Code::AuditBroken, format_args!("record {seq}")));
            Ok(Done::Found)
        }
    }
}

fn readable_line(row: &AuditRow) -> String {
    let entry = &row.entry;
    let mut line = format!(
        "{:>6}  {}  {}  {}  {}",
        row.seq,
        readable(entry.time),
        entry.actor,
        entry.action,
        entry.outcome
    );
    let details = [
        ("target", &entry.target),
        ("kind", &entry.kind),
        ("field", &entry.field),
        ("class", &entry.class),
        ("iss", &entry.iss),
        ("sub", &entry.sub),
        ("jti", &entry.jti),
        ("kid", &entry.kid),
        ("purpose", &entry.purpose),
        ("rule", &entry.rule),
    ];
    for (name, value) in details {
        if let Some(value) = value {
            // Quoted, so that a field cannot be named to look like more of the record.
            line.push_str(&format!("  {name}={value:?}"));
        }
    }
    line
}
