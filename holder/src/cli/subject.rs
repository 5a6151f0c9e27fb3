//! `keyholder subject …`: what concerns one person.

mod export;
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
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Export(args) => export::run(context, args).await,
        Command::Request(command) => request::run(context, command).await,
    }
}
