//! `keyholder origins list | add | remove`

use super::{Context, Done};
use crate::error::Result;
use crate::origins;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// List the origins of pages whose tokens are opened.
    List,
    /// Have tokens of more origins opened.
    Add(Args),
    /// Have tokens of these origins refused from now on. At least one origin must stay.
    Remove(Args),
}

#[derive(clap::Args)]
pub(super) struct Args {
    /// An origin such as https://shop.example; '*' is any.
    #[arg(required = true, value_name = "ORIGIN")]
    origins: Vec<String>,
}

pub(super) async fn run(context: &Context, command: Command) -> Result<Done> {
    let store = context.store().await?;
    let (actor, now) = (&context.actor, context.clock.now());
    match command {
        Command::List => list(context, &store.origins().await?)?,
        Command::Add(Args { origins }) => {
            origins::add(&store, &origins, actor, now).await?;
            context.out.note("Added. A service that is running opens their tokens from now on.");
        }
        Command::Remove(Args { origins }) => {
            origins::remove(&store, &origins, actor, now).await?;
            let left = store.origins().await?;
            context.out.note(match left.iter().any(|origin| origin == "*") {
                true => "Removed, but '*' is still there: tokens of any origin are opened.",
                false => "Removed. A service that is running refuses their tokens from now on.",
            });
        }
    }
    Ok(Done::Well)
}

fn list(context: &Context, origins: &[String]) -> Result<()> {
    if context.out.json() {
        return context.out.value(&origins);
    }
    origins.iter().try_for_each(|origin| context.out.line(origin))
}
