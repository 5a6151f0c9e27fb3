//! `keyholder subject …`: the people whose values are sealed. A file beside this one for each concern.

mod erase;
mod export;
mod flags;
mod people;
mod receipt;
mod request;

use super::{Context, Done};
use crate::error::Result;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Register somebody, so that there are keys for them alone.
    New(people::New),
    /// Show somebody, and the keys that were derived for them.
    Show {
        /// The person's name.
        id: String,
    },
    /// List everybody, those who were erased too.
    List,
    /// Erase somebody: nothing that is sealed to their keys is ever opened again. Prints a signed receipt.
    Erase(erase::Args),
    /// Print the receipt of somebody who was erased, or check one.
    Receipt(receipt::Args),
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
        Command::New(args) => people::new(context, args).await?,
        Command::Show { id } => people::show(context, &id).await?,
        Command::List => people::list(context).await?,
        Command::Erase(args) => erase::run(context, args).await?,
        Command::Receipt(args) => receipt::run(context, args).await?,
        Command::Export(args) => return export::run(context, args).await,
        Command::Request(command) => return request::run(context, command).await,
        Command::Flag(args) => return flags::set(context, args).await,
        Command::Unflag(args) => return flags::lift(context, args).await,
        Command::Flags(args) => return flags::list(context, args).await,
    }
    Ok(Done::Well)
}
