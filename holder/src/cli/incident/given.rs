//! What the commands after an assessment are given: the incident, its assessment, and an operator's own data.

use crate::cli::{Context, Done};
use crate::error::{Code, Error, Result};
use crate::incident::data::Library;
use crate::incident::duties::Choice;
use crate::incident::{self, Assessment, Incident};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::PathBuf;

/// What is said where a list may lack people.
pub(super) const NOT_ALL: &str = "Not all that is suspected was looked at, so people may be missing: give the stolen tokens to \
                                  `incident assess --tokens FILE`, or assess again.";

/// The incident, and what is known of it.
#[derive(clap::Args)]
pub(super) struct Given {
    /// The incident.
    pub(super) id: String,

    /// The assessment that `incident assess` wrote [default: the id and .assessment.json, if it is here].
    #[arg(long, value_name = "FILE")]
    assessment: Option<PathBuf>,

    #[command(flatten)]
    data: Data,
}

/// Duties, notices and advice in the place of those that are built in.
#[derive(clap::Args)]
pub(super) struct Data {
    /// A directory with files in the place of those that `incident data` writes, or beside them.
    #[arg(long = "data", env = "KEYHOLDER_INCIDENT_DATA", value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Which duties to look at.
#[derive(clap::Args)]
pub(super) struct Chosen {
    /// Only duties of this regime, such as gdpr, hipaa or us-states; may be given several times.
    #[arg(long = "regime", value_name = "NAME")]
    regimes: Vec<String>,

    /// Where people may be of whom it is not known, such as DE or US-CA; may be given several times. Then they count as
    /// being nowhere else.
    #[arg(long = "jurisdiction", value_name = "PLACE")]
    jurisdictions: Vec<String>,
}

/// What was given, read.
pub(super) struct Known {
    pub(super) incident: Incident,
    pub(super) assessment: Option<Assessment>,
    pub(super) library: Library,
}

impl Given {
    /// Reads it all.
    ///
    /// Errors: `incident-unknown`, `assessment-unreadable`, `assessment-foreign`, `incident-data-unreadable`,
    /// `incident-data-invalid`.
    pub(super) async fn read(&self, context: &Context) -> Result<Known> {
        let library = self.data.library()?;
        let incident = incident::find(&context.store().await?, &self.id).await?;
        let assessment = self.assessment(context, &incident)?;
        Ok(Known { incident, assessment, library })
    }

    /// The assessment. One that is of another incident, or is not what was noted when it was made, is not used: the
    /// wrong people could be told.
    fn assessment(&self, context: &Context, incident: &Incident) -> Result<Option<Assessment>> {
        let is_given = self.assessment.is_some();
        let path = self
            .assessment
            .clone()
            .unwrap_or_else(|| PathBuf::from(format!("{}.assessment.json", incident.id)));
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if !is_given && error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(_) => return Err(Error::about(Code::AssessmentUnreadable, path.display())),
        };
        let assessment: Assessment = serde_json::from_slice(&text)
            .map_err(|_| Error::about(Code::AssessmentUnreadable, path.display()))?;
        let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
        let mut made =
            incident.steps.iter().filter(|step| step.what == "assess").map(|step| &step.detail["digest"]);
        if assessment.incident != incident.id || !made.clone().any(|noted| *noted == digest) {
            return Err(Error::about(Code::AssessmentForeign, path.display()));
        }
        if made.next_back().is_some_and(|last| *last != digest) {
            context.out.note("Note: there is a newer assessment than this one.");
        }
        if assessment.suspected != incident.suspected {
            context.out.note(
                "Note: more is suspected by now than when this was made, so people may be missing. Assess again, with \
                 another --out, and give that file with --assessment.",
            );
        }
        if !is_given {
            context.out.note(&format!("Note: the assessment is {}.", path.display()));
        }
        Ok(Some(assessment))
    }
}

impl Data {
    pub(super) fn library(&self) -> Result<Library> {
        Library::open(self.dir.as_deref())
    }
}

impl Chosen {
    pub(super) fn choice(self) -> Choice {
        Choice { regimes: self.regimes, jurisdictions: self.jurisdictions }
    }
}

impl Known {
    /// The assessment, where nothing can be done without one. Errors: `assessment-needed`.
    pub(super) fn assessed(&self) -> Result<&Assessment> {
        self.assessment.as_ref().ok_or(Error::new(Code::AssessmentNeeded))
    }
}

/// A text that goes into a step or a notice. Errors: `reference-invalid`.
pub(super) fn text(text: &str) -> std::result::Result<String, Error> {
    let fits = (1..=500).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or(Error::new(Code::ReferenceInvalid))
}

/// `keyholder incident data`
#[derive(clap::Args)]
pub(in crate::cli) struct Write {
    /// The directory.
    dir: PathBuf,
}

pub(super) fn write(context: &Context, args: &Write) -> Result<Done> {
    let count = Library::built_in().write(&args.dir)?;
    if context.out.json() {
        context.out.value(&serde_json::json!({ "files": count }))?;
    }
    context.out.note(&format!(
        "Wrote {count} files. Take out those that are right as they are, amend the others, and name the directory with \
         --data or KEYHOLDER_INCIDENT_DATA."
    ));
    Ok(Done::Well)
}
