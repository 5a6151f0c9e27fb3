//! `keyholder retention policy`

use crate::cli::Context;
use crate::error::{Code, Error, Result};
use crate::retention::RetentionPolicy;
use crate::retention::plan::{Period, Periods};
use crate::retention::policy::Change;
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
    for (class, days) in periods.classes.iter().filter(|(class, _)| is_meant(change, class)) {
        context.out.line(&format!("{class:<10}  {days} days"))?;
        for line in of_class(&periods, class) {
            context.out.line(&format!("    {line}"))?;
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

/// Whether a class is shown: after a change those that it is about, else all.
fn is_meant(change: Option<Change>, class: &str) -> bool {
    match change {
        Some(Change::Class(changed, _)) => class == changed.as_str(),
        Some(Change::Kind(kind, _)) => class == kind.class().as_str(),
        Some(Change::Default | Change::Off) | None => true,
    }
}

/// The kinds of a class, those together of which the same is said for the same reason.
fn of_class(periods: &Periods, class: &str) -> Vec<String> {
    let mut lines: Vec<(&Period, Vec<&str>)> = Vec::new();
    for period in periods.kinds.iter().filter(|period| period.class == class) {
        let same = |other: &&Period| {
            (other.days, other.said, other.why, other.source)
                == (period.days, period.said, period.why, period.source)
        };
        match lines.iter_mut().find(|(other, _)| same(other)) {
            Some((_, kinds)) => kinds.push(period.kind),
            None => lines.push((period, vec![period.kind])),
        }
    }
    let line = |(period, kinds): (&Period, Vec<&str>)| {
        let why = match (period.why, period.source) {
            (Some(why), Some(source)) => format!("{why} ({source})"),
            _ => "Set here".to_owned(),
        };
        let unit = if period.days == 1 { "day" } else { "days" };
        format!("{} {unit} for {}. {why}.", period.days, kinds.join(", "))
    };
    lines.into_iter().map(line).collect()
}
