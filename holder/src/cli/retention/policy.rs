//! `keyholder retention policy`

use crate::cli::Context;
use crate::error::{Code, Error, Result};
use crate::retention::RetentionPolicy;
use crate::retention::plan::Periods;
use crate::retention::policy::{Change, Said};
use fieldseal::kind::{Class, Kind};

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// The class that is kept for --days: contact, identity, payment, health, credential or general.
    #[arg(long, requires = "days", conflicts_with_all = ["kind", "default", "off"], value_parser = class)]
    class: Option<Class>,

    /// The kind that is, such as card-number. It goes before its class.
    #[arg(long, requires = "days", conflicts_with_all = ["default", "off"], value_parser = kind)]
    kind: Option<Kind>,

    /// For how many days: of a kind from when a value is sealed, of a class at least that.
    #[arg(long)]
    days: Option<u64>,

    /// Keep everything for as long as the defaults say.
    #[arg(long, conflicts_with_all = ["off", "days"])]
    default: bool,

    /// Let nothing end by itself: keys that are made from now on have no date.
    #[arg(long, conflicts_with = "days")]
    off: bool,
}

fn class(text: &str) -> std::result::Result<Class, Error> {
    text.parse().map_err(|_| Error::new(Code::ClassUnknown))
}

fn kind(text: &str) -> std::result::Result<Kind, Error> {
    Ok(Kind::parse(text)?)
}

impl Args {
    fn change(&self) -> Option<Change> {
        let days = self.days.unwrap_or_default();
        match (self.class, self.kind) {
            (Some(class), _) => Some(Change::Class(class, days)),
            (None, Some(kind)) => Some(Change::Kind(kind, days)),
            (None, None) if self.default => Some(Change::Default),
            (None, None) => self.off.then_some(Change::Off),
        }
    }
}

pub(super) async fn run(context: &Context, args: Args) -> Result<()> {
    let change = args.change();
    if change.is_none() && args.days.is_some() {
        return Err(Error::new(Code::RetentionWhat));
    }
    let store = context.store().await?;
    let policy = match change {
        Some(change) => RetentionPolicy::change(change, &store, &context.actor, context.clock.now()).await?,
        None => RetentionPolicy::of(&store).await?,
    };
    let periods = Periods::of(&policy);
    if context.out.json() {
        return context.out.value(&periods);
    }
    if !periods.on {
        context.out.line("Nothing ends by itself.")?;
        context.out.note("Begin with `keyholder retention policy --default`; this is what would hold:");
    }
    for (class, days) in &periods.classes {
        context.out.line(&format!("{class:<24} {days:>5} days"))?;
        for period in periods.kinds.iter().filter(|period| period.class == *class) {
            let why = match (period.said, period.why, period.source) {
                (Said::Default, Some(why), Some(source)) => format!("{why} ({source})"),
                _ => "set here".to_owned(),
            };
            context.out.line(&format!("  {:<22} {:>5} days  {why}", period.kind, period.days))?;
        }
    }
    if change.is_some() {
        context.out.note(
            "Keys that are made from now on follow it. Those that there are keep their dates: \
             `keyholder retention shorten` gives them earlier ones.",
        );
    }
    context.out.note("The defaults are no legal advice: ask somebody who knows what holds for you.");
    Ok(())
}
