//! Who needs which protection: credit monitoring, a new password, another card. It names subjects as the site named
//! them, and no value.

use super::data::{Library, invalid};
use super::words::Words;
use super::{Assessment, SubjectImpact};
use crate::error::{Code, Error, Result};
use fieldseal::kind::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file that says which kinds call for which measure.
const FILE: &str = "protect.json";

/// Which kinds call for which measure.
pub struct Protection(Vec<Rule>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    measures: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    id: String,
    kinds: Vec<String>,
}

/// A measure, and the subjects that need it.
#[derive(Clone, Debug, Serialize)]
pub struct Protect {
    /// The measure, such as `credit-monitoring`.
    pub measure: String,
    /// What it is called.
    pub title: String,
    /// What the site does.
    pub site: String,
    /// What the person is told to do.
    pub person: String,
    /// The subjects, in the order of their names.
    pub subjects: Vec<Protected>,
    /// How many values without a subject call for it: the site has to find out whose they are.
    pub without_subject: u64,
}

/// A subject who needs a measure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Protected {
    /// The opaque name that the site gave.
    pub subject: String,
    /// The kinds that call for the measure.
    pub kinds: Vec<String>,
    /// How many values of the subject were opened.
    pub opened: u64,
    /// How many could be.
    pub exposed: u64,
    /// Where the subject is, as far as that is known.
    pub jurisdictions: Vec<String>,
}

impl Protection {
    /// Reads a library's. Errors: `incident-data-invalid`.
    pub fn of(library: &Library) -> Result<Self> {
        let File { measures } = library.json(FILE)?;
        let kinds = measures.iter().flat_map(|rule| &rule.kinds);
        match kinds.clone().find(|kind| Kind::parse(kind).is_err()) {
            Some(kind) => Err(invalid(FILE, format_args!("there is no kind {kind:?}"))),
            None => Ok(Self(measures)),
        }
    }

    /// The measures that some kinds call for, in the order of the file.
    pub fn called_for(&self, kinds: &[String]) -> Vec<&str> {
        let calls = |rule: &&Rule| rule.kinds.iter().any(|kind| kinds.contains(kind));
        self.0.iter().filter(calls).map(|rule| rule.id.as_str()).collect()
    }

    /// Who needs which measure, after an assessment. With `only`, that measure alone.
    ///
    /// Errors: `measure-unknown`, `language-unknown`, `incident-data-invalid`.
    pub fn list(
        &self,
        assessment: &Assessment,
        only: Option<&str>,
        library: &Library,
        lang: &str,
    ) -> Result<Vec<Protect>> {
        if let Some(only) = only
            && !self.0.iter().any(|rule| rule.id == only)
        {
            return Err(Error::about(Code::MeasureUnknown, only));
        }
        let words = Words::of(library, lang)?;
        let nameless = nameless(assessment);
        let mut list = Vec::new();
        for rule in self.0.iter().filter(|rule| only.is_none_or(|only| rule.id == only)) {
            let measure = words.measure(&rule.id)?;
            let protect = Protect {
                measure: rule.id.clone(),
                title: measure.title.clone(),
                site: measure.site.clone(),
                person: measure.person.clone(),
                subjects: assessment.subjects.iter().filter_map(|subject| rule.needs(subject)).collect(),
                without_subject: rule.kinds.iter().filter_map(|kind| nameless.get(kind.as_str())).sum(),
            };
            if only.is_some() || !protect.subjects.is_empty() || protect.without_subject > 0 {
                list.push(protect);
            }
        }
        Ok(list)
    }
}

impl Rule {
    fn needs(&self, subject: &SubjectImpact) -> Option<Protected> {
        let calls = |kind: &&String| self.kinds.contains(kind);
        let kinds: Vec<String> = subject.kinds.iter().filter(calls).cloned().collect();
        (!kinds.is_empty()).then(|| Protected {
            subject: subject.subject.clone(),
            kinds,
            opened: subject.opened,
            exposed: subject.exposed,
            jurisdictions: subject.jurisdictions.clone(),
        })
    }
}

/// How many values without a subject were opened or exposed, by kind.
fn nameless(assessment: &Assessment) -> BTreeMap<&str, u64> {
    let opened = assessment.opened.iter().map(|opened| &opened.value);
    let exposed = assessment.exposed.iter().filter(|exposed| !exposed.opened).map(|exposed| &exposed.value);
    let mut found = BTreeMap::new();
    for value in opened.chain(exposed).filter(|value| value.sub.is_none()) {
        *found.entry(value.kind.as_str()).or_default() += 1;
    }
    found
}
