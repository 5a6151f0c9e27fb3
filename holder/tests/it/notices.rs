//! What follows from an incident: deadlines, notices, protection and the report.

mod breach;
mod clocks;
mod data;

use fieldseal_holder::incident::data::Library;
use fieldseal_holder::incident::duties::{Choice, Due, Duties, Found, State};
use fieldseal_holder::incident::{Assessment, Incident};
use serde_json::{Value, json};
use std::time::UNIX_EPOCH;

pub(crate) fn time(text: &str) -> u64 {
    humantime::parse_rfc3339(text).unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// An incident of which the organisation became aware then.
pub(crate) fn incident(aware: &str, steps: Value) -> Incident {
    let aware = time(aware);
    let incident = json!({
        "id": "INC-20261124-ab12", "title": "a laptop is gone", "opened": aware, "aware": aware,
        "suspected": { "credentials": ["checkout"] }, "steps": steps,
    });
    serde_json::from_value(incident).unwrap()
}

/// Subjects of whom something was opened: the kind, its class, where they are, and how many.
pub(crate) fn assessment(of: &[(&str, &str, Option<&str>, usize)]) -> Assessment {
    let mut subjects = Vec::new();
    for (kind, class, place, count) in of {
        for _ in 0..*count {
            subjects.push(json!({
                "subject": format!("u-{:06}", subjects.len()), "kinds": [kind], "classes": [class],
                "opened": 1, "exposed": 0, "jurisdictions": place.iter().collect::<Vec<_>>(),
            }));
        }
    }
    assessed(json!(subjects), json!([]))
}

pub(crate) fn assessed(subjects: Value, opened: Value) -> Assessment {
    let made = json!({
        "incident": "INC-20261124-ab12", "title": "a laptop is gone", "made": 0, "by": "cli:a",
        "suspected": { "credentials": ["checkout"] }, "window": {}, "audit": { "records": 1 }, "lock": "key-file",
        "totals": {
            "opened": 1, "shown": 1, "exposed": 0, "both": 0, "safe": 7, "subjects": 1, "subjects_safe": 0,
            "opened_of_nobody": 0, "exposed_of_nobody": 0
        },
        "opened": opened, "exposed": [], "safe": [],
        "by_kind": {}, "by_class": {}, "by_field": {}, "by_origin": {}, "by_jurisdiction": {},
        "subjects": subjects, "limits": [],
    });
    serde_json::from_value(made).unwrap()
}

pub(crate) fn follow(incident: &Incident, assessment: Option<&Assessment>, choice: &Choice) -> Found {
    Duties::of(&Library::built_in()).unwrap().follow(incident, assessment, choice).unwrap()
}

pub(crate) fn ids(found: &Found) -> Vec<&str> {
    found.duties.iter().map(|due| due.id.as_str()).collect()
}

pub(crate) fn duty<'a>(found: &'a Found, id: &str) -> &'a Due {
    let of = || format!("{id} is not among {:?}", ids(found));
    found.duties.iter().find(|due| due.id == id).unwrap_or_else(|| panic!("{}", of()))
}

pub(crate) fn regime(name: &str) -> Choice {
    Choice { regimes: vec![name.to_owned()], jurisdictions: Vec::new() }
}

pub(crate) fn states_at(found: &Found, now: &str) -> Vec<State> {
    found.duties.iter().map(|due| due.state(time(now))).collect()
}
