//! A duty as its data file has it.

use super::places::Places;
use super::states::Table;
use crate::error::Result;
use crate::incident::data::invalid;
use fieldseal::kind::{Class, Kind};
use serde::{Deserialize, Serialize};

/// The most days of a clock.
const MAX_DAYS: u64 = 3650;

/// A file of duties: of one regime, or of many states.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum File {
    States(Table),
    Regime(Regime),
}

/// The duties of one regime.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Regime {
    regime: String,
    #[expect(dead_code, reason = "for whoever reads the file")]
    title: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the file")]
    about: String,
    checked: String,
    basis: String,
    duties: Vec<Rule>,
}

/// A duty of a law, whatever happened.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) id: String,
    #[serde(default)]
    pub(super) regime: String,
    pub(super) tell: Tell,
    pub(super) whom: String,
    pub(super) what: String,
    pub(super) citation: String,
    pub(super) source: String,
    pub(super) clock: Clock,
    #[serde(default)]
    pub(super) when: When,
    /// What a person has to decide, beginning with `if` or `unless`.
    #[serde(default)]
    pub(super) condition: Option<String>,
    /// What encryption or a low risk changes.
    #[serde(default)]
    pub(super) relief: Option<String>,
    /// When the source was last compared.
    #[serde(default)]
    pub(super) checked: String,
    /// What was read.
    #[serde(default)]
    pub(super) basis: String,
    /// What is not sure.
    #[serde(default)]
    pub(super) unsure: Option<String>,
}

/// Who is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tell {
    /// A public authority.
    Authority,
    /// The people whose data it is.
    Subjects,
    /// Newspapers and broadcasters.
    Media,
    /// The bank that takes cards for the organisation.
    Acquirer,
    /// Card brands.
    Brands,
    /// Consumer reporting agencies.
    Bureaus,
    /// Consumers who wrote about a claim.
    Consumers,
    /// Another organisation whose data it is.
    Partner,
    /// Nobody: it is written down.
    Record,
}

impl Tell {
    /// The name in data files and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Subjects => "subjects",
            Self::Media => "media",
            Self::Acquirer => "acquirer",
            Self::Brands => "brands",
            Self::Bureaus => "bureaus",
            Self::Consumers => "consumers",
            Self::Partner => "partner",
            Self::Record => "record",
        }
    }
}

/// By when.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clock {
    pub(super) from: From,
    #[serde(default)]
    pub(super) hours: Option<u64>,
    #[serde(default)]
    pub(super) days: Option<u64>,
    #[serde(default)]
    pub(super) business_days: Option<u64>,
    /// Whether it is to be done at once.
    #[serde(default)]
    pub(super) at_once: bool,
    /// The duty that this one goes by, where `from` says so.
    #[serde(default)]
    pub(super) after: Option<String>,
    /// The time limit in the law's words.
    pub(super) words: String,
}

/// When a clock begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum From {
    /// With awareness.
    Aware,
    /// With discovery, which is taken as awareness.
    Discovery,
    /// With a determination, which cannot be before awareness, from which it is counted.
    Determination,
    /// With the end of the calendar year of awareness.
    YearEnd,
    /// When the people are told, by the duty `after`.
    PeopleTold,
    /// It has no length of its own, and ends with that of the duty `after`.
    WithPeople,
    /// With a request that may never come.
    Request,
}

/// When a duty exists at all.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// Where people are; empty is anywhere.
    #[serde(default)]
    pub(super) jurisdictions: Vec<String>,
    /// Of which classes or kinds the data is; both empty is any.
    #[serde(default)]
    pub(super) classes: Vec<String>,
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    /// How many people are affected.
    #[serde(default)]
    pub(super) at_least: Option<u64>,
    #[serde(default)]
    pub(super) at_most: Option<u64>,
    /// Whether the people of each place count by themselves.
    #[serde(default, rename = "per")]
    pub(super) scope: Scope,
    /// Whether it exists also where nobody is affected.
    #[serde(default)]
    pub(super) also_if_nobody: bool,
}

/// Over whom a duty counts.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scope {
    #[default]
    Everybody,
    Jurisdiction,
}

impl File {
    /// Its duties. Errors: `incident-data-invalid`, with the duty and what is wrong with it.
    pub(super) fn rules(self, name: &str, places: &Places) -> Result<Vec<Rule>> {
        let rules = match self {
            Self::States(table) => table.rules(),
            Self::Regime(file) => {
                let Regime { regime, checked, basis, duties, .. } = file;
                let with_common = |rule: Rule| Rule {
                    regime: regime.clone(),
                    checked: if rule.checked.is_empty() { checked.clone() } else { rule.checked },
                    basis: if rule.basis.is_empty() { basis.clone() } else { rule.basis },
                    ..rule
                };
                duties.into_iter().map(with_common).collect()
            }
        };
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        for rule in &rules {
            if let Err(fault) = rule.check(&ids, places) {
                return Err(invalid(name, format_args!("duty {:?}: {fault}", rule.id)));
            }
        }
        Ok(rules)
    }
}

impl Rule {
    fn check(&self, ids: &[&str], places: &Places) -> std::result::Result<(), String> {
        let is_id = |text: &str| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-.".contains(&c))
        };
        let Self { clock, when, .. } = self;
        let lengths = [clock.hours.map(|hours| hours / 24), clock.days, clock.business_days];
        let given = lengths.iter().flatten().count();
        if !is_id(&self.id) || !is_id(&self.regime) {
            return Err("ids have small letters, digits, hyphens and points".to_owned());
        }
        if !self.source.starts_with("https://") && !self.source.starts_with("http://") {
            return Err("`source` is no web address".to_owned());
        }
        if !is_day(&self.checked) || self.basis.is_empty() {
            return Err("`checked` is a day, and `basis` says what was read on it".to_owned());
        }
        if given > 1 || lengths.iter().flatten().any(|days| *days > MAX_DAYS) {
            return Err(format!("a clock has one length of at most {MAX_DAYS} days"));
        }
        if clock.from == From::YearEnd && clock.days.is_none() {
            return Err("a clock from the end of the year has `days`".to_owned());
        }
        let goes_by_another = matches!(clock.from, From::PeopleTold | From::WithPeople);
        if goes_by_another != clock.after.is_some() {
            return Err("`after` belongs to clocks that go by another duty".to_owned());
        }
        if let Some(after) = clock.after.as_deref().filter(|after| *after == self.id || !ids.contains(after))
        {
            return Err(format!("there is no other duty {after:?} in the file"));
        }
        if let Some(place) = when.jurisdictions.iter().find(|place| !places.knows(place)) {
            return Err(format!("{place:?} is no jurisdiction such as US-CA"));
        }
        if let Some(kind) = when.kinds.iter().find(|kind| Kind::parse(kind).is_err()) {
            return Err(format!("there is no kind {kind:?}"));
        }
        match when.classes.iter().find(|class| class.parse::<Class>().is_err()) {
            Some(class) => Err(format!("there is no class {class:?}")),
            None => Ok(()),
        }
    }
}

/// Whether a text is a day such as 2026-11-24.
fn is_day(text: &str) -> bool {
    crate::clock::parse(&format!("{text}T00:00:00Z")).is_some()
}
