//! `keyholder incident inform`

use super::given::{Given, Known, NOT_ALL, text};
use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::incident::data::write_new;
use crate::incident::notices::{Audience, Format, Notice, write_list};
use crate::incident::protect::Protection;
use serde_json::json;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(in crate::cli) struct Inform {
    #[command(flatten)]
    given: Given,

    /// Who is told: subjects, authority, acquirer, staff or media; may be given several times.
    #[arg(long = "audience", value_name = "AUDIENCE", required_unless_present = "subjects")]
    audiences: Vec<Audience>,

    /// In which language: en, de, fr or es; may be given several times.
    #[arg(long = "lang", value_name = "LANG", default_value = "en")]
    langs: Vec<String>,

    /// What happened, in a sentence or two for those who are told. The incident's title is not told to anybody.
    #[arg(long, value_name = "TEXT", value_parser = text)]
    what: Option<String>,

    /// Write each draft to this directory, as text and as HTML, instead of printing the text.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// Write the list of subjects to reach to this file, which must not be there yet: .csv or .ndjson.
    #[arg(long, value_name = "FILE")]
    subjects: Option<PathBuf>,
}

pub(super) async fn run(context: &Context, args: Inform) -> Result<Done> {
    let known = args.given.read(context).await?;
    // All of them first: half of the drafts would look like all.
    let mut drafts = Vec::new();
    let notice = Notice {
        incident: &known.incident,
        assessment: known.assessment.as_ref(),
        what: args.what.as_deref(),
        now: context.clock.now(),
    };
    for audience in &args.audiences {
        for lang in &args.langs {
            drafts.push((audience, lang, notice.draft(&known.library, *audience, lang)?));
        }
    }
    if let Some(dir) = &args.out {
        std::fs::create_dir_all(dir).map_err(|_| Error::about(Code::OutputFailed, dir.display()))?;
    }
    let list = args.subjects.as_ref().map(|path| subjects(&known, Format::of(path)?)).transpose()?;
    let mut files = Vec::new();
    for (audience, lang, draft) in drafts {
        match &args.out {
            Some(dir) => {
                for (ending, content) in [("txt", &draft.text), ("html", &draft.html)] {
                    let path = dir.join(format!("{}.{audience}.{lang}.{ending}", known.incident.id));
                    write_new(&path, content.as_bytes())?;
                    files.push(path.display().to_string());
                }
            }
            None if context.out.json() => context.out.value(
                &json!({ "audience": audience.as_str(), "lang": lang, "text": draft.text, "html": draft.html }),
            )?,
            None => context.out.lines(draft.text.as_bytes())?,
        }
    }
    if let (Some(path), Some(list)) = (&args.subjects, list) {
        write_new(path, &list)?;
        files.push(path.display().to_string());
    }
    if context.out.json() && !files.is_empty() {
        context.out.value(&json!({ "files": files }))?;
    }
    if args.subjects.is_some() && !known.assessed()?.covers(&known.incident) {
        context.out.note(NOT_ALL);
    }
    files.iter().for_each(|file| context.out.note(&format!("Written to {file}.")));
    context.out.note("A draft: fill in what is in brackets, and have counsel read it.");
    Ok(Done::Well)
}

/// The subjects of whom something was opened or exposed. The site knows who they are.
fn subjects(known: &Known, format: Format) -> Result<Vec<u8>> {
    let protection = Protection::of(&known.library)?;
    let rows: Vec<Vec<String>> = known
        .assessed()?
        .subjects
        .iter()
        .map(|subject| {
            vec![
                subject.subject.clone(),
                subject.kinds.join(" "),
                subject.opened.to_string(),
                subject.exposed.to_string(),
                subject.jurisdictions.join(" "),
                protection.called_for(&subject.kinds).join(" "),
            ]
        })
        .collect();
    write_list(format, &["subject", "kinds", "opened", "exposed", "jurisdictions", "measures"], &rows)
}
