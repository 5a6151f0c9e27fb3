//! The report of an incident: one HTML file that needs nothing else and runs nothing, and the same as JSON.

mod chart;
mod timeline;
mod view;

use super::data::{Library, invalid};
use super::duties::{Choice, Due, Duties, People, State};
use super::notices::Organisation;
use super::protect::{Protect, Protection};
use super::{
    Assessment, Counts, Given, Incident, Read, SafeKey, Step, SubjectImpact, Totals, Window, template,
};
use crate::error::Result;
use base64ct::{Base64, Encoding};
use fieldseal::NumericDate;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use timeline::Timeline;

pub use view::{left as left_in_words, told};

const PAGE: &str = "report.html";
const STYLE: &str = "report.css";

/// The version of the JSON, which changes when a member goes away or comes to mean something else.
const VERSION: u32 = 1;

/// The report as JSON has it. Times are NumericDates, and no value is in it.
#[derive(Serialize)]
pub struct Report<'a> {
    /// The version of this document: 1.
    pub version: u32,
    /// When it was made.
    pub made: u64,
    /// The organisation's name.
    pub organisation: String,
    /// The incident with its steps.
    pub incident: &'a Incident,
    /// What it touched; without an assessment, nothing is known of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact<'a>>,
    /// How many people something was opened or exposed of.
    pub people: People,
    /// How many of them have no known jurisdiction.
    pub unplaced: u64,
    /// The duties, in order.
    pub duties: Vec<Deadline>,
    /// Which protection how many subjects need, the subjects left out.
    pub protection: Vec<Measure>,
}

/// A duty and how it stands.
#[derive(Serialize)]
pub struct Deadline {
    /// The duty.
    #[serde(flatten)]
    pub duty: Due,
    /// How it stood when the report was made.
    pub state: State,
    /// How many seconds were left; below zero when it was overdue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<i64>,
}

/// What was touched: an assessment without its lists of values.
#[derive(Serialize)]
pub struct Impact<'a> {
    /// When the assessment was made.
    pub assessed: u64,
    /// The time of which the audit was read.
    pub window: &'a Window,
    /// How far the audit was read, and its checkpoint.
    pub audit: &'a Read,
    /// What the keys are locked with.
    pub lock: &'a str,
    /// The tokens that were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<&'a Given>,
    /// How many values there are of each sort.
    pub totals: &'a Totals,
    /// The same by kind.
    pub by_kind: &'a BTreeMap<String, Counts>,
    /// By class.
    pub by_class: &'a BTreeMap<String, Counts>,
    /// By field.
    pub by_field: &'a BTreeMap<String, Counts>,
    /// By origin.
    pub by_origin: &'a BTreeMap<String, Counts>,
    /// By jurisdiction.
    pub by_jurisdiction: &'a BTreeMap<String, Counts>,
    /// When the suspected credentials had values opened.
    pub openings: Timeline,
    /// Every subject that was touched.
    pub subjects: &'a [SubjectImpact],
    /// The keys that did not leave.
    pub safe: &'a [SafeKey],
    /// What this does and does not show.
    pub limits: &'a [String],
}

/// A measure, and how many need it.
#[derive(Serialize)]
pub struct Measure {
    /// The measure, such as `credit-monitoring`.
    pub measure: String,
    /// What it is called.
    pub title: String,
    /// What the site does.
    pub site: String,
    /// How many subjects need it.
    pub subjects: u64,
    /// How many values without a subject call for it.
    pub without_subject: u64,
}

/// What a report is made from.
pub struct Sources<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What it touched, if that is known.
    pub assessment: Option<&'a Assessment>,
    /// What the operator says applies.
    pub choice: &'a Choice,
    /// The texts and rules.
    pub library: &'a Library,
    /// Now.
    pub now: NumericDate,
}

impl<'a> Sources<'a> {
    /// The report as JSON.
    ///
    /// Errors: those of [`Duties::follow`], `incident-data-invalid`.
    pub fn report(&self) -> Result<Report<'a>> {
        let found = Duties::of(self.library)?.follow(self.incident, self.assessment, self.choice)?;
        let now = self.now.0;
        let deadline = |duty: Due| Deadline { state: duty.state(now), left: duty.left(now), duty };
        let protection = match self.assessment {
            Some(assessment) => Protection::of(self.library)?.list(assessment, None, self.library, "en")?,
            None => Vec::new(),
        };
        Ok(Report {
            version: VERSION,
            made: now,
            organisation: Organisation::of(self.library)?.name,
            incident: self.incident,
            impact: self.assessment.map(Impact::of),
            people: found.people,
            unplaced: found.unplaced,
            duties: found.duties.into_iter().map(deadline).collect(),
            protection: protection.into_iter().map(Measure::of).collect(),
        })
    }

    /// The report as a page.
    ///
    /// Errors: as above.
    pub fn page(&self, report: &Report<'_>) -> Result<String> {
        let source = self.library.text(PAGE).ok_or_else(|| invalid(PAGE, "there is no such file"))?;
        let style = style(self.library)?;
        template::fill(PAGE, source, &view::View::of(report, self.assessment, style, hash_of(style)))
    }
}

impl<'a> Impact<'a> {
    fn of(assessment: &'a Assessment) -> Self {
        Self {
            assessed: assessment.made,
            window: &assessment.window,
            audit: &assessment.audit,
            lock: &assessment.lock,
            given: assessment.given.as_ref(),
            totals: &assessment.totals,
            by_kind: &assessment.by_kind,
            by_class: &assessment.by_class,
            by_field: &assessment.by_field,
            by_origin: &assessment.by_origin,
            by_jurisdiction: &assessment.by_jurisdiction,
            openings: Timeline::of(assessment),
            subjects: &assessment.subjects,
            safe: &assessment.safe,
            limits: &assessment.limits,
        }
    }
}

impl Measure {
    fn of(protect: Protect) -> Self {
        let Protect { measure, title, site, person: _, subjects, without_subject } = protect;
        Self { measure, title, site, subjects: subjects.len() as u64, without_subject }
    }
}

/// What a step of an incident says, a line a member.
fn particulars(step: &Step) -> Vec<String> {
    let object = step.detail.as_object().into_iter().flatten();
    let filled = object.filter(|(_, value)| !view::is_empty(value));
    filled.map(|(name, value)| view::shown(name, value)).collect()
}

/// The style of the pages.
pub(super) fn style(library: &Library) -> Result<&str> {
    let text = library.text(STYLE).ok_or_else(|| invalid(STYLE, "there is no such file"))?;
    match text.contains("</") {
        // It stands between tags as it is.
        true => Err(invalid(STYLE, "a style has no tags in it")),
        false => Ok(text),
    }
}

/// The source expression by which a policy allows one style and no other (CSP level 3).
pub(super) fn hash_of(style: &str) -> String {
    format!("sha256-{}", Base64::encode_string(&Sha256::digest(style)))
}
