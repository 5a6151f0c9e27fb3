//! `keyholder subject …`: the people whose values are sealed. A file beside this one for each concern.

mod flags;

use super::{Context, Done};
use crate::error::Result;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Note what a person said about the use of their values, from now on.
    Flag(flags::Change),
    /// Take such a note away, because the person changed their mind.
    Unflag(flags::Change),
    /// List what a person said.
    Flags(flags::List),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Flag(args) => flags::set(context, args).await?,
        Command::Unflag(args) => flags::lift(context, args).await?,
        Command::Flags(args) => flags::list(context, args).await?,
    }
    Ok(Done::Well)
}
