//! How many there are by each thing, and what was touched of each subject.

use super::{Counts, SubjectImpact, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What is not known.
const UNKNOWN: &str = "unknown";

/// How many there are by each thing.
#[derive(Default)]
pub(super) struct Tables {
    pub(super) kind: BTreeMap<String, Counts>,
    pub(super) class: BTreeMap<String, Counts>,
    pub(super) field: BTreeMap<String, Counts>,
    pub(super) origin: BTreeMap<String, Counts>,
    pub(super) jurisdiction: BTreeMap<String, Counts>,
}

/// What is known of one subject so far.
#[derive(Default)]
pub(super) struct Subject {
    kinds: BTreeSet<String>,
    classes: BTreeSet<String>,
    jurisdictions: BTreeSet<String>,
    pub(super) opened: u64,
    pub(super) exposed: u64,
}

/// The kinds of data in a value: those of a form's members if they are known.
fn kinds(value: &Value) -> &[String] {
    if value.kinds.is_empty() { std::slice::from_ref(&value.kind) } else { &value.kinds }
}

impl Tables {
    /// Counts a value in each table.
    pub(super) fn each(&mut self, value: &Value, count: impl Fn(&mut Counts)) {
        let add = |table: &mut BTreeMap<String, Counts>, name: &str| match table.get_mut(name) {
            Some(counts) => count(counts),
            None => count(table.entry(name.to_owned()).or_default()),
        };
        kinds(value).iter().for_each(|kind| add(&mut self.kind, kind));
        add(&mut self.class, &value.class);
        add(&mut self.field, &value.field);
        add(&mut self.origin, &value.iss);
        add(&mut self.jurisdiction, value.jurisdiction.as_deref().unwrap_or(UNKNOWN));
    }
}

impl Subject {
    /// Takes in what was touched.
    pub(super) fn learn(&mut self, value: &Value) {
        self.kinds.extend(kinds(value).iter().cloned());
        self.classes.insert(value.class.clone());
        self.jurisdictions.extend(value.jurisdiction.clone());
    }

    pub(super) fn impact(self, subject: String) -> SubjectImpact {
        SubjectImpact {
            subject,
            kinds: self.kinds.into_iter().collect(),
            classes: self.classes.into_iter().collect(),
            opened: self.opened,
            exposed: self.exposed,
            jurisdictions: self.jurisdictions.into_iter().collect(),
        }
    }
}
