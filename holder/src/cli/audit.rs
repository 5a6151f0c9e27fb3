//! `keyholder audit list | query | tail | export | verify | checkpoint`

mod read;
mod verify;

pub(super) use read::time;

use super::{Context, Done};
use crate::audit::Audit;
use crate::error::Result;
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Print the last records, oldest first.
    List {
        /// How many.
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Print the records that pass a filter, oldest first.
    Query(read::Query),
    /// Print records as they are added, until it is interrupted.
    Tail(read::Tail),
    /// Write all records as NDJSON, for keeping elsewhere and for `audit verify --file`.
    Export {
        /// The file, which must not be there yet. Without it they are printed.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Check that no record was changed, removed or put in between.
    Verify(verify::Args),
    /// Print a signed checkpoint. Keep it in another place: it shows later whether anything before it was changed.
    Checkpoint(verify::Checkpoint),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Verify(args) => return verify::run(context, args).await,
        Command::Checkpoint(args) => return verify::checkpoint(context, args).await,
        _ => {}
    }
    let audit = Audit::new(context.store().await?);
    match command {
        Command::List { limit } => read::list(context, &audit, limit).await,
        Command::Query(query) => read::query(context, &audit, query).await,
        Command::Tail(tail) => read::tail(context, &audit, tail).await,
        Command::Export { out } => read::export(context, &audit, out).await,
        Command::Verify(_) | Command::Checkpoint(_) => Ok(Done::Well),
    }
}
