//! Incidents: what is suspected, what was done about it and when, and what it touched.
//!
//! An incident is opened, contained and assessed, and others are told of it. Every step is a row of its own and a
//! record of the audit whose `target` is the incident, in one transaction, so that the plan which was kept can be
//! shown later. [`Assessment`] is what everything after it is made of.

mod assess;
mod assessment;
mod contain;
pub mod data;
pub mod duties;
pub mod notices;
mod opened;
pub mod protect;
mod register;
pub mod report;
mod tally;
mod template;
mod tokens;
mod words;

pub use assess::{Assessor, Found, note_assessment};

pub use assessment::{
    Assessment, Counts, Exposed, Given, Opened, Opening, Read, SafeKey, SubjectImpact, Totals, Value, Window,
};

pub use contain::{Contained, Order, thaw};
pub use register::{NewIncident, all, close, find, note, open, suspect};

use serde::{Deserialize, Serialize};

/// An incident. Times are NumericDates: seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its name: `INC-`, the day on which it was opened, and four characters.
    pub id: String,
    /// What it is about, in the words of whoever opened it: 1 to 200 characters.
    pub title: String,
    /// When it was opened.
    pub opened: u64,
    /// When the organisation became aware of it, which is what duties to notify count from.
    pub aware: u64,
    /// When it was closed, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<u64>,
    /// What is suspected.
    pub suspected: Suspected,
    /// What was done, in order; the first is `open`.
    pub steps: Vec<Step>,
}

/// What is suspected to be in other hands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspected {
    /// The names of credentials, as the audit has them, and of users of the command (`cli:` and the name).
    #[serde(default)]
    pub credentials: Vec<String>,
    /// The kids of keys whose private halves may have left.
    #[serde(default)]
    pub keys: Vec<String>,
    /// Whether a copy of the key holder's database, or a backup of it, may have left.
    #[serde(default)]
    pub database_copy: bool,
    /// From when on; without it, from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Until before when; without it, until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// Something that was done about an incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub time: u64,
    /// Who did it, as the audit names them.
    pub by: String,
    /// What was done: `open`, `contain`, `thaw`, `assess`, `notify`, `close` and so on.
    pub what: String,
    /// The particulars, an object whose members depend on `what`. Never a value or a token.
    pub detail: serde_json::Value,
}
