//! `keyholder report minimisation`

use crate::cli::Context;
use crate::cli::readable;
use crate::error::Result;
use crate::minimisation::declared::Declared;
use crate::minimisation::{self, Field, Report};
use fieldseal::NumericDate;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    /// How many days to look back.
    #[arg(long, default_value_t = 90, value_name = "DAYS", value_parser = clap::value_parser!(u64).range(1..=36525))]
    days: u64,

    /// What the site declares, as its guard writes it (`guard.declared()`). It can be given several times. Without
    /// it, only fields are known of which something was asked once.
    #[arg(long, value_name = "FILE")]
    declared: Vec<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<()> {
    let declared = args.declared.iter().map(|path| Declared::read(path)).collect::<Result<Vec<_>>>()?;
    let store = context.store().await?;
    let report = minimisation::report(&store, &declared, args.days, context.clock.now()).await?;
    if context.out.json() {
        return context.out.value(&report);
    }
    context.out.lines(text(&report).as_bytes())
}

/// The report as a person reads it.
fn text(report: &Report) -> String {
    let mut out = String::new();
    let day = |time: u64| readable(NumericDate(time));
    let now = day(report.time);
    out.push_str(&format!("Minimisation: {} days until {now}\n", report.days));
    let of = report.declared.map_or(String::new(), |all| format!(" of {all} declared"));
    let unused = report.unused.iter().map(|unused| {
        let asked = unused.last.map_or("never asked for".to_owned(), |last| format!("last on {}", day(last)));
        let required = if unused.required == Some(true) { "required" } else { "" };
        row(&unused.field, [asked, required.to_owned()])
    });
    let title = format!("You collect it and do not use it ({}{of})", report.unused.len());
    section(&mut out, &title, "Stop asking for it, or make it optional.", unused.collect());
    let undeclared = report.undeclared.iter().map(|field| row(field, []));
    section(
        &mut out,
        "Used, and not declared",
        "Declare it, or find out who sends it.",
        undeclared.collect(),
    );
    let hints = report.hints.iter().map(|finding| {
        let mut why = Vec::new();
        why.extend(finding.wider_than_mask.then_some("more than the mask"));
        why.extend(
            (finding.identifies == minimisation::hints::Identifies::Much).then_some("can identify alone"),
        );
        why.extend(finding.unused.then_some("of a value that nobody uses"));
        row(&finding.field, [finding.hint.clone(), finding.says.to_owned(), why.join(", ")])
    });
    let advice = "Everybody who has a token reads its hints. Leave them out, or let a role see masks.";
    section(&mut out, "Hints that say more than they have to", advice, hints.collect());
    let kept = report.kept.iter().map(|kept| {
        let over = match (kept.without_date, kept.over_days) {
            (0, over) => format!("up to {} days longer", over.unwrap_or(0)),
            (keys, _) => format!("for good, by {keys} without a date"),
        };
        let keys = if kept.keys == 1 { "1 key".to_owned() } else { format!("{} keys", kept.keys) };
        vec![kept.kind.to_owned(), format!("to be kept {} days", kept.policy_days), keys, over]
    });
    let advice = match report.retention {
        true => {
            "Delete old tokens yourself; the key goes with the longest kind of its class. See `keyholder retention plan`."
        }
        false => "Nothing ends by itself. Begin with `keyholder retention policy --default`.",
    };
    section(&mut out, "Can be opened for longer than it is to be kept", advice, kept.collect());
    let head =
        ["origin", "field", "kind", "opened", "masked", "compared", "last"].map(str::to_owned).to_vec();
    let used = report.used.iter().map(|usage| {
        let counts = [usage.opened, usage.masked, usage.compared].map(|count| count.to_string());
        let [opened, masked, compared] = counts;
        row(&usage.field, [opened, masked, compared, day(usage.last)])
    });
    section(&mut out, "What is used", "", [head].into_iter().chain(used).collect());
    out
}

fn row<const N: usize>(field: &Field, more: [String; N]) -> Vec<String> {
    let Field { origin, field, kind } = field;
    [origin, field, kind].into_iter().cloned().chain(more).collect()
}

/// A title, what to do, and a table whose columns stand under each other.
fn section(out: &mut String, title: &str, advice: &str, rows: Vec<Vec<String>>) {
    out.push_str(&format!("\n{title}\n"));
    if rows.is_empty() {
        out.push_str("  none\n");
        return;
    }
    if !advice.is_empty() {
        out.push_str(&format!("{advice}\n"));
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        out.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
}
