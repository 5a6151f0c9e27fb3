//! What an incident touched, as it is written to a file: the result of reading the audit and the stolen tokens.
//!
//! It names values and has none: a value is named by its token's digest, where the token was given, and by what its
//! token's header says.

use super::{Incident, Suspected};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What an incident touched. Times are NumericDates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The incident's id.
    pub incident: String,
    /// The incident's title.
    pub title: String,
    /// When this was made.
    pub made: u64,
    /// Who made it.
    pub by: String,
    /// What was suspected then.
    pub suspected: Suspected,
    /// The time of which the audit was read.
    pub window: Window,
    /// How far the audit was read.
    pub audit: Read,
    /// What the keys are locked with: `passphrase`, `key-file`, `pkcs11` or `kms`.
    pub lock: String,
    /// The tokens that were given; without it, none were, and what keys expose is not listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<Given>,
    /// How many values there are of each sort.
    pub totals: Totals,
    /// The values that a suspected credential had opened in the window, in the order in which it first did.
    pub opened: Vec<Opened>,
    /// The tokens that whoever has a suspected key can open, in the order in which they were given.
    pub exposed: Vec<Exposed>,
    /// The keys that did not leave, and how many of the given tokens are sealed to each and were not opened.
    pub safe: Vec<SafeKey>,
    /// How many by kind. A form counts once for each kind in it, where its token was given.
    pub by_kind: BTreeMap<String, Counts>,
    /// How many by class of data.
    pub by_class: BTreeMap<String, Counts>,
    /// How many by the name of the form entry.
    pub by_field: BTreeMap<String, Counts>,
    /// How many by the origin of the page.
    pub by_origin: BTreeMap<String, Counts>,
    /// How many by country or part of one, such as `DE` or `US-CA`, as the tokens' hints say; else `unknown`.
    pub by_jurisdiction: BTreeMap<String, Counts>,
    /// The subjects of whom something was opened or exposed, in the order of their names.
    pub subjects: Vec<SubjectImpact>,
    /// What this does and does not show, in sentences for people.
    pub limits: Vec<String>,
}

impl Assessment {
    /// Whether it looked at all that is suspected by now. What a suspected key exposes is not known until the stolen
    /// tokens are given.
    pub fn covers(&self, incident: &Incident) -> bool {
        self.suspected == incident.suspected && (self.given.is_some() || incident.suspected.keys.is_empty())
    }
}

/// A span of time; a side without an end is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// From this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<u64>,
}

/// How far the audit was read, so that the same can be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Read {
    /// The place of the last record.
    pub records: u64,
    /// Whether every record is as it was written, as far as checkpoints tell; without it, that was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intact: Option<bool>,
    /// The signed checkpoint at that time, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

/// The tokens that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// How many there were, repetitions and what is no token included.
    pub read: u64,
    /// How many different tokens.
    pub tokens: u64,
    /// How many are no tokens.
    pub unreadable: u64,
    /// How many different ones are sealed to a key that this key holder does not know. They count as neither safe nor
    /// exposed.
    pub foreign: u64,
}

/// How many values there are of each sort. With tokens given, `opened` counts also those that are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Values that a suspected credential had opened.
    pub opened: u64,
    /// Of these, those that were shown whole, and not only masked, compared or fingerprinted.
    pub shown: u64,
    /// Given tokens that whoever has a suspected key can open.
    pub exposed: u64,
    /// Given tokens that are both.
    pub both: u64,
    /// Given tokens that are neither.
    pub safe: u64,
    /// Subjects of whom something was opened or exposed.
    pub subjects: u64,
    /// Subjects of given tokens of whom nothing was.
    pub subjects_safe: u64,
    /// Opened values whose tokens name no subject.
    pub opened_of_nobody: u64,
    /// Exposed tokens that name none.
    pub exposed_of_nobody: u64,
}

/// How many values of something there are of each sort.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Values that a suspected credential had opened.
    pub opened: u64,
    /// Given tokens that whoever has a suspected key can open.
    pub exposed: u64,
    /// Given tokens that are both.
    pub both: u64,
    /// Given tokens that are neither.
    pub safe: u64,
}

/// What names a value: what its token's header says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    /// The SHA-256 of the token, in hexadecimal, if it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The token's name.
    pub jti: String,
    /// The key that it is sealed to.
    pub kid: String,
    /// The class of data.
    pub class: String,
    /// The kind.
    pub kind: String,
    /// The kinds in it, if it is a form whose token was given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// The name of the form entry.
    pub field: String,
    /// The origin of the page.
    pub iss: String,
    /// The subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The country or part of one, if the token was given and its hints say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
}

/// A value that a suspected credential had opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The value.
    #[serde(flatten)]
    pub value: Value,
    /// Whether whoever has a suspected key can open it too.
    pub exposed: bool,
    /// The digests of further given tokens that are this value: it was sealed again to another key, or their headers
    /// are the same and which of them was opened is not on record, so that all count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Each time that it was, in order.
    pub openings: Vec<Opening>,
}

/// One time that a value was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The place of the record.
    pub seq: u64,
    /// When.
    pub when: u64,
    /// By whom.
    pub by: String,
    /// How: `open`, `open-masked`, `verify` or `fingerprint`.
    pub access: String,
    /// What it was said to be for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
}

/// A token that whoever has a suspected key can open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposed {
    /// The value.
    #[serde(flatten)]
    pub value: Value,
    /// Whether a suspected credential had it opened too.
    pub opened: bool,
}

/// Given tokens of a key that did not leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafeKey {
    /// The key.
    pub kid: String,
    /// The class that it serves.
    pub class: String,
    /// How many given tokens are sealed to it and were not opened.
    pub tokens: u64,
    /// Whether its private half was destroyed, so that nobody opens them any more.
    pub destroyed: bool,
}

/// What was touched of one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectImpact {
    /// The opaque name that the site gave.
    pub subject: String,
    /// The kinds of what was opened or exposed, in order.
    pub kinds: Vec<String>,
    /// The classes of the same.
    pub classes: Vec<String>,
    /// How many values a suspected credential had opened.
    pub opened: u64,
    /// How many given tokens whoever has a suspected key can open.
    pub exposed: u64,
    /// Where the subject is, as far as the tokens' hints say it; several if they differ.
    pub jurisdictions: Vec<String>,
}
