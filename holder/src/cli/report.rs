//! `keyholder report …`: what the records come to. A file beside this one for each report.

mod minimisation;

use super::{Context, Done};
use crate::error::Result;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Say what is collected and not needed: fields that nobody opens, hints that say too much, kinds that can be
    /// opened for too long.
    Minimisation(minimisation::Args),
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    match command {
        Command::Minimisation(args) => minimisation::run(context, args).await?,
    }
    Ok(Done::Well)
}
