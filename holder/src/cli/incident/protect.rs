//! `keyholder incident protect`

use super::given::{Given, NOT_ALL};
use crate::cli::{Context, Done};
use crate::error::Result;
use crate::incident;
use crate::incident::data::write_new;
use crate::incident::notices::{Format, write_list};
use crate::incident::protect::{Protect, Protection};
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    given: Given,

    /// Only this measure, such as credit-monitoring or password-reset.
    #[arg(long, value_name = "NAME")]
    measure: Option<String>,

    /// The language of the advice.
    #[arg(long, value_name = "LANG", default_value = "en")]
    lang: String,

    /// Write the list to this file, which must not be there yet: .csv or .ndjson, a line for each subject and measure.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<Done> {
    let known = args.given.read(context).await?;
    let protection = Protection::of(&known.library)?;
    let list = protection.list(known.assessed()?, args.measure.as_deref(), &known.library, &args.lang)?;
    let format = args.out.as_deref().map(Format::of).transpose()?;
    if let (Some(path), Some(format)) = (&args.out, format) {
        write_new(path, &write_list(format, &COLUMNS, &rows(&list))?)?;
        // Only what leaves the key holder is something that was done.
        let count = |protect: &Protect| (protect.measure.clone(), json!(protect.subjects.len()));
        let detail = json!({ "subjects": list.iter().map(count).collect::<serde_json::Map<_, _>>() });
        let store = context.store().await?;
        let now = context.clock.now();
        incident::note(&store, &known.incident.id, "protect", detail, &context.actor, now).await?;
        context.out.note(&format!("Written to {}.", path.display()));
    }
    if context.out.json() {
        context.out.value(&list)?;
        return Ok(Done::Well);
    }
    let covers = known.assessed()?.covers(&known.incident);
    if !covers {
        context.out.note(NOT_ALL);
    } else if list.is_empty() {
        context.out.note("Nothing that was touched calls for protection.");
    }
    for protect in &list {
        context.out.line(&format!("{}: {} subjects", protect.measure, protect.subjects.len()))?;
        context.out.line(&format!("    {}", protect.site))?;
        if protect.without_subject > 0 {
            context.out.line(&format!(
                "    {} values without a subject call for it: find out whose they are",
                protect.without_subject
            ))?;
        }
    }
    Ok(Done::Well)
}

const COLUMNS: [&str; 7] = ["subject", "measure", "kinds", "opened", "exposed", "jurisdictions", "advice"];

fn rows(list: &[Protect]) -> Vec<Vec<String>> {
    let row = |protect: &Protect| {
        let Protect { measure, person, .. } = protect;
        let of = |subject: &crate::incident::protect::Protected| {
            vec![
                subject.subject.clone(),
                measure.clone(),
                subject.kinds.join(" "),
                subject.opened.to_string(),
                subject.exposed.to_string(),
                subject.jurisdictions.join(" "),
                person.clone(),
            ]
        };
        protect.subjects.iter().map(of).collect::<Vec<_>>()
    };
    list.iter().flat_map(row).collect()
}
