//! The duties that were found once and are kept on record with the incident, so that whoever has no assessment at hand,
//! such as the console, counts the same deadlines.

use super::due::STEP;
use super::people::People;
use super::{Due, Found};
use crate::incident::Incident;
use serde::{Deserialize, Serialize};

/// The member of a step that has them.
const MEMBER: &str = "kept";

/// The duties that were found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Kept {
    pub(super) duties: Vec<One>,
    pub(super) people: People,
    pub(super) unplaced: u64,
    pub(super) safe: u64,
}

/// What cannot be told again from a duty's rule.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct One {
    duty: String,
    /// The place, also where the duty's name has it already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    pub(super) people: People,
    pub(super) conditions: Vec<String>,
}

impl One {
    /// The rule's id, and the place.
    pub(super) fn split(&self) -> (&str, Option<&str>) {
        (self.duty.split_once(':').map_or(self.duty.as_str(), |(rule, _)| rule), self.place.as_deref())
    }
}

impl Kept {
    /// What a step says that keeps these.
    pub fn detail(found: &Found) -> serde_json::Value {
        let one = |due: &Due| One {
            duty: due.id.clone(),
            place: due.jurisdiction.clone(),
            people: due.people,
            conditions: due.conditions.clone(),
        };
        let Found { duties, people, unplaced, safe, assessed: _ } = found;
        let duties = duties.iter().map(one).collect();
        serde_json::json!({ MEMBER: Self { duties, people: *people, unplaced: *unplaced, safe: *safe } })
    }
}

/// Those that were kept last.
pub(super) fn of(incident: &Incident) -> Option<Kept> {
    let steps = incident.steps.iter().rev().filter(|step| step.what == STEP);
    steps.filter_map(|step| step.detail.get(MEMBER)).find_map(|kept| Kept::deserialize(kept).ok())
}
