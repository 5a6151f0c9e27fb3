//! `keyholder subject …`: the people whose values are sealed. A file beside this one for each concern.

mod export;
mod flags;
mod request;

use super::{Context, Done};
use crate::error::Result;

#[derive(clap::Subcommand)]
pub(super) enum Command {
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

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Export(args) => export::run(context, args).await,
        Command::Request(command) => request::run(context, command).await,
        Command::Flag(args) => flags::set(context, args).await,
        Command::Unflag(args) => flags::lift(context, args).await,
        Command::Flags(args) => flags::list(context, args).await,
    }
}
