//! A duty that follows from an incident, and its deadline.

use super::clock;
use super::people::People;
use super::rule::{From, Rule, Tell};
use crate::incident::Incident;
use serde::Serialize;
use std::collections::HashMap;

/// The name of a step about duties.
pub const STEP: &str = "notify";

/// A duty that follows from an incident. Times are NumericDates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Due {
    /// The duty's name: that of its rule, and the place behind a colon where each place counts by itself.
    pub id: String,
    /// The regime, such as `gdpr`.
    pub regime: String,
    /// Who is told.
    pub tell: Tell,
    /// Who that is, in words.
    pub whom: String,
    /// What is to be done.
    pub what: String,
    /// The place whose people it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    /// How many people it is about.
    pub people: People,
    /// What has to be so for it to apply, which a person decides. Empty if nothing is left to decide.
    pub conditions: Vec<String>,
    /// The limit in the law's words.
    pub words: String,
    /// When its clock began, if it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun: Option<u64>,
    /// By when it must be done at the latest, if there is a fixed end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// Whether it is to be done at once.
    pub at_once: bool,
    /// The place in the law.
    pub citation: String,
    /// Where the law can be read.
    pub source: String,
    /// When the source was last compared with this, as a day.
    pub checked: String,
    /// What was read then.
    pub basis: String,
    /// What encryption or a low risk changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relief: Option<String>,
    /// What is not sure about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    /// That it was done, if somebody said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<Done>,
    #[serde(skip)]
    clock: super::rule::Clock,
}

/// That a duty was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// When.
    pub at: u64,
    /// Who said so.
    pub by: String,
    /// What it can be found by, such as a case number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// How a duty stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was done.
    Done,
    /// Its end has passed.
    Overdue,
    /// It is to be done at once.
    Now,
    /// It is still to be done.
    Open,
}

impl Due {
    pub(super) fn new(
        rule: &Rule,
        place: Option<&str>,
        people: People,
        conditions: Vec<String>,
        incident: &Incident,
    ) -> Self {
        // A rule for one place has it in its name already.
        let own = rule.when.jurisdictions.iter().any(|own| Some(own.as_str()) == place);
        let id = match place {
            Some(place) if !own => format!("{}:{place}", rule.id),
            _ => rule.id.clone(),
        };
        let begun = match rule.clock.from {
            From::Aware | From::Discovery | From::Determination => Some(incident.aware),
            From::YearEnd => clock::last_day_of_year(incident.aware),
            From::PeopleTold | From::WithPeople | From::Request => None,
        };
        Self {
            id,
            regime: rule.regime.clone(),
            tell: rule.tell,
            whom: rule.whom.clone(),
            what: rule.what.clone(),
            jurisdiction: place.map(str::to_owned),
            people,
            conditions,
            words: rule.clock.words.clone(),
            begun,
            due: begun.and_then(|begun| clock::end(&rule.clock, begun)),
            at_once: rule.clock.at_once,
            citation: rule.citation.clone(),
            source: rule.source.clone(),
            checked: rule.checked.clone(),
            basis: rule.basis.clone(),
            relief: rule.relief.clone(),
            unsure: rule.unsure.clone(),
            done: done(incident, &rule.id, place.filter(|_| !own)),
            clock: rule.clock.clone(),
        }
    }

    /// How it stands at a time.
    pub fn state(&self, now: u64) -> State {
        match (&self.done, self.due) {
            (Some(_), _) => State::Done,
            (None, Some(due)) if due < now => State::Overdue,
            (None, _) if self.at_once => State::Now,
            _ => State::Open,
        }
    }

    /// How many seconds are left at a time; below zero when it is overdue.
    pub fn left(&self, now: u64) -> Option<i64> {
        self.due.map(|due| due.cast_signed().saturating_sub(now.cast_signed()))
    }

    /// Where it stands in the list.
    fn order(&self) -> (u8, u64, &str) {
        let group = match self.due {
            _ if self.at_once => 0,
            Some(_) => 1,
            None => 2,
        };
        (group, self.due.unwrap_or_default(), &self.id)
    }
}

/// Sets the clocks that go by another duty, and puts all in order.
pub(super) fn settle(duties: &mut [Due], incident: &Incident) {
    let others: HashMap<String, (Option<u64>, Option<u64>)> =
        duties.iter().map(|due| (due.id.clone(), (due.done.as_ref().map(|done| done.at), due.due))).collect();
    for due in duties.iter_mut() {
        let Some((told, end)) = due.clock.after.as_ref().and_then(|after| others.get(after)) else {
            continue;
        };
        match due.clock.from {
            From::WithPeople => (due.begun, due.due) = (Some(incident.aware), told.or(*end)),
            // Until the people are told, it begins at the latest when they have to be.
            From::PeopleTold => {
                due.begun = told.or(*end);
                due.due = due.begun.and_then(|begun| clock::end(&due.clock, begun));
            }
            _ => {}
        }
    }
    duties.sort_by(|a, b| a.order().cmp(&b.order()));
}

/// What a step says that marks a duty as done.
pub fn marked(id: &str, at: u64, reference: Option<&str>) -> serde_json::Value {
    match reference {
        Some(reference) => serde_json::json!({ "duty": id, "at": at, "reference": reference }),
        None => serde_json::json!({ "duty": id, "at": at }),
    }
}

/// The last step that said that a duty was done.
fn done(incident: &Incident, id: &str, place: Option<&str>) -> Option<Done> {
    let name = place.map_or_else(|| id.to_owned(), |place| format!("{id}:{place}"));
    let step = incident.steps.iter().rev().find(|step| step.what == STEP && step.detail["duty"] == name)?;
    Some(Done {
        at: step.detail["at"].as_u64().unwrap_or(step.time),
        by: step.by.clone(),
        reference: step.detail["reference"].as_str().map(str::to_owned),
    })
}
