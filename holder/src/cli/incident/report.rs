//! `keyholder incident report`

use super::given::{Chosen, Given};
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::incident::data::write_new;
use crate::incident::report::Sources;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Report {
    #[command(flatten)]
    given: Given,

    #[command(flatten)]
    chosen: Chosen,

    /// Write the page to this file, which must not be there yet. It needs nothing else and can be printed.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Write the same as JSON to this file, which must not be there yet.
    #[arg(long, value_name = "FILE")]
    json_out: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Report) -> Result<Done> {
    let known = args.given.read(context).await?;
    let choice = args.chosen.choice();
    let sources = Sources {
        incident: &known.incident,
        assessment: known.assessment.as_ref(),
        choice: &choice,
        library: &known.library,
        now: context.clock.now(),
    };
    let report = sources.report()?;
    let page = sources.page(&report)?;
    let json_text = serde_json::to_vec_pretty(&report).map_err(|_| Error::new(Code::Internal))?;
    write_new(&args.out, page.as_bytes())?;
    if let Some(path) = &args.json_out {
        write_new(path, &json_text)?;
    }
    if context.out.json() {
        let of = |path: &PathBuf| path.display().to_string();
        context.out.value(&json!({ "page": of(&args.out), "json": args.json_out.as_ref().map(of) }))?;
    }
    context.out.note(&format!("Written to {}. It is confidential: it names subjects.", args.out.display()));
    Ok(Done::Well)
}
