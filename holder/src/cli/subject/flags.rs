//! `keyholder subject flag | unflag | flags`

use crate::cli::{Context, readable};
use crate::error::Result;
use crate::flags::{self, FlagRow};
use crate::policy::{Flag, PurposeName};
use serde_json::json;

#[derive(clap::Args)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    subject: Subject,

    #[command(flatten)]
    said: Said,
}

#[derive(clap::Args)]
#[group(required = true, multiple = true)]
struct Said {
    /// Their values are not to be sold or shared.
    #[arg(long)]
    do_not_sell: bool,

    /// They object to this purpose: one word, such as marketing. It can be given several times.
    #[arg(long, value_name = "PURPOSE", value_parser = PurposeName::parse)]
    object: Vec<PurposeName>,

    /// They withdraw their consent to this purpose. It can be given several times.
    #[arg(long, value_name = "PURPOSE", value_parser = PurposeName::parse)]
    withdraw: Vec<PurposeName>,
}

#[derive(clap::Args)]
pub(in crate::cli) struct List {
    #[command(flatten)]
    subject: Subject,
}

#[derive(clap::Args)]
struct Subject {
    /// The subject: the public name of the person, as the site puts it into tokens. It may begin with a hyphen.
    #[arg(value_name = "ID", allow_hyphen_values = true)]
    id: String,
}

impl Said {
    fn flags(self) -> Vec<Flag> {
        let Self { do_not_sell, object, withdraw } = self;
        let sell = do_not_sell.then_some(Flag::DoNotSell);
        let object = object.into_iter().map(Flag::Objection);
        sell.into_iter().chain(object).chain(withdraw.into_iter().map(Flag::Withdrawal)).collect()
    }
}

pub(super) async fn set(context: &Context, args: Change) -> Result<()> {
    let change = flags::Change { set: args.said.flags(), lift: Vec::new() };
    carry_out(context, &args.subject, &change).await
}

pub(super) async fn lift(context: &Context, args: Change) -> Result<()> {
    let change = flags::Change { set: Vec::new(), lift: args.said.flags() };
    carry_out(context, &args.subject, &change).await
}

async fn carry_out(context: &Context, subject: &Subject, change: &flags::Change) -> Result<()> {
    let store = context.store().await?;
    let now = context.clock.now();
    let flags = flags::change(&store, &subject.id, change, &context.actor, now).await?;
    context.out.note("On record. A service that is running goes by it from now on.");
    print(context, &flags)
}

pub(super) async fn list(context: &Context, args: List) -> Result<()> {
    let flags = flags::of(&context.store().await?, &args.subject.id).await?;
    if flags.is_empty() {
        context.out.note("Nothing is on record that this person said. Is it spelt as in their tokens?");
    }
    print(context, &flags)
}

fn print(context: &Context, flags: &[FlagRow]) -> Result<()> {
    if context.out.json() {
        let describe = |row: &FlagRow| {
            let FlagRow { flag, time, actor } = row;
            let mut value = json!({ "flag": flag.name(), "time": time.0, "by": actor });
            if let Some(purpose) = flag.purpose() {
                value["purpose"] = json!(purpose);
            }
            value
        };
        return context.out.value(&flags.iter().map(describe).collect::<Vec<_>>());
    }
    flags.iter().try_for_each(|FlagRow { flag, time, actor }| {
        context.out.line(&format!("{flag}  since {} by {actor}", readable(*time)))
    })
}
