//! Drafts of notices, for each audience and language, from templates. A draft leaves in brackets what only people know:
//! what it may mean for those who are told, and what else is done.

mod html;
mod list;

pub use list::{Format, write_list};

use super::data::Library;
use super::duties::Duties;
use super::protect::Protection;
use super::words::Words;
use super::{Assessment, Incident, template};
use crate::clock::readable;
use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The file that says who tells.
const ORGANISATION: &str = "organisation.json";

/// Where a person has yet to say what happened.
const WHAT: &str = "[Say in one or two plain sentences what happened, when, and how it was found.]";

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The people whose data it is.
    Subjects,
    /// A supervisory authority.
    Authority,
    /// The bank that takes cards for the organisation.
    Acquirer,
    /// Those who work there.
    Staff,
    /// Newspapers and broadcasters.
    Media,
}

impl Audience {
    /// Every audience.
    pub const ALL: [Self; 5] = [Self::Subjects, Self::Authority, Self::Acquirer, Self::Staff, Self::Media];

    /// The name, in commands and in the names of templates.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subjects => "subjects",
            Self::Authority => "authority",
            Self::Acquirer => "acquirer",
            Self::Staff => "staff",
            Self::Media => "media",
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Audience {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|audience| audience.as_str() == text);
        found.ok_or_else(|| Error::about(Code::AudienceUnknown, text))
    }
}

/// A draft, as text and as a page.
pub struct Draft {
    /// The text, whose first line is the subject.
    pub text: String,
    /// The same as HTML, complete and without scripts.
    pub html: String,
}

/// Who tells: what the drafts say of the organisation.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organisation {
    pub(super) name: String,
    address: String,
    contact: String,
    email: String,
    phone: String,
    web: String,
    officer: String,
}

impl Organisation {
    pub(super) fn of(library: &Library) -> Result<Self> {
        library.json(ORGANISATION)
    }
}

/// What a template can speak of.
#[derive(Serialize)]
struct Values<'a> {
    organisation: Organisation,
    incident: About<'a>,
    /// What happened, in a person's words.
    what: &'a str,
    /// The time in question, if it was narrowed down.
    window: Option<String>,
    counts: Counts,
    /// The kinds that were opened or exposed, in words.
    kinds: Vec<&'a str>,
    /// What was done, in sentences.
    done: Vec<&'a str>,
    /// What those who are told can do, in sentences.
    advice: Vec<&'a str>,
    today: String,
}

/// The incident. Its title is for those inside, and drafts do not have it.
#[derive(Serialize)]
struct About<'a> {
    id: &'a str,
    aware: String,
}

#[derive(Serialize)]
struct Counts {
    /// At least and at most, if these differ.
    people: String,
    opened: u64,
    shown: u64,
    exposed: u64,
    safe: u64,
}

/// What a draft is made from.
pub struct Notice<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// What it touched, if that is known.
    pub assessment: Option<&'a Assessment>,
    /// What happened, in words for this audience.
    pub what: Option<&'a str>,
    /// Today.
    pub now: NumericDate,
}

impl Notice<'_> {
    /// Drafts it.
    ///
    /// Errors: `language-unknown`, `incident-data-invalid`.
    pub fn draft(&self, library: &Library, audience: Audience, lang: &str) -> Result<Draft> {
        let name = format!("notices/{audience}.{lang}.txt");
        let unknown = || Error::about(Code::LanguageUnknown, format_args!("{lang} for {audience}"));
        let source = library.text(&name).ok_or_else(unknown)?;
        let words = Words::of(library, lang)?;
        let protection = Protection::of(library)?;
        let ids = self.kinds();
        let mut advice = Vec::new();
        for measure in protection.called_for(&ids) {
            advice.push(words.measure(measure)?.person.as_str());
        }
        let mut kinds: Vec<&str> = ids.iter().map(|id| words.kind(id)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut done = Vec::new();
        // What was opened is said to be known only where all that is suspected was looked at.
        let covers = self.assessment.is_some_and(|made| made.covers(self.incident));
        let steps = self.incident.steps.iter().filter(|step| covers || step.what != "assess");
        for sentence in steps.filter_map(|step| words.done(&step.what)) {
            if !done.contains(&sentence) {
                done.push(sentence);
            }
        }
        let totals = self.assessment.map(|assessment| assessment.totals.clone()).unwrap_or_default();
        let values = Values {
            organisation: Organisation::of(library)?,
            incident: About { id: &self.incident.id, aware: readable(NumericDate(self.incident.aware)) },
            what: self.what.unwrap_or(WHAT),
            window: self.window(),
            counts: Counts {
                people: Duties::of(library)?.people(self.incident, self.assessment).in_figures(),
                opened: totals.opened,
                shown: totals.shown,
                exposed: totals.exposed,
                safe: totals.safe,
            },
            kinds,
            done,
            advice,
            today: readable(self.now).chars().take(10).collect(),
        };
        let text = tidy(&template::fill(&name, source, &values)?);
        let html = html::page(library, &text, lang)?;
        Ok(Draft { text, html })
    }

    fn kinds(&self) -> Vec<String> {
        let touched = self.assessment.iter().flat_map(|assessment| &assessment.by_kind);
        let touched = touched.filter(|(_, counts)| counts.opened + counts.exposed > 0);
        touched.map(|(kind, _)| kind.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    fn window(&self) -> Option<String> {
        match (self.incident.suspected.from, self.incident.suspected.to) {
            (None, None) => None,
            (from, to) => {
                let side = |time_of: Option<u64>| {
                    time_of.map_or_else(|| "…".to_owned(), |time| readable(NumericDate(time)))
                };
                Some(format!("{} – {}", side(from), side(to)))
            }
        }
    }
}

/// A language is named by two letters (ISO 639-1).
pub fn is_language(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|c| c.is_ascii_lowercase())
}

/// Takes out the empty lines that parts of a template leave which were not needed.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && (out.is_empty() || out.ends_with("\n\n"))) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
