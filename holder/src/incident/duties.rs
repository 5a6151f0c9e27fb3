//! Who must be told of an incident, and by when: the duties that follow from what was touched, out of data files with
//! sources and dates. They are a list to work through with counsel and no legal advice.
//!
//! Clocks begin with the incident's awareness. Laws that begin theirs later, with a determination, are counted from
//! awareness all the same, so a deadline here is never later than the law's.

mod clock;
mod due;
mod kept;
mod people;
mod places;
mod rule;
mod states;

pub use due::{Done, Due, STEP, State, marked};
pub use kept::Kept;
pub use people::People;
pub use rule::Tell;

use super::data::{Library, invalid};
use super::{Assessment, Incident};
use crate::error::{Code, Error, Result};
use people::Touched;
use places::Places;
use rule::{File, Rule, Scope};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What an operator says applies. An empty list says nothing, and all that could apply is listed.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The regimes, such as `gdpr`.
    pub regimes: Vec<String>,
    /// Where people may be whose jurisdiction is not known: countries and parts of them, such as `DE` or `US-CA`.
    pub jurisdictions: Vec<String>,
}

/// The duties that follow from an incident.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The duties: first those to be done at once, then those with a fixed end in its order, then the others.
    pub duties: Vec<Due>,
    /// How many people something was opened or exposed of.
    pub people: People,
    /// How many of them have no known jurisdiction. Duties of single states are listed only for places that are known
    /// or named.
    pub unplaced: u64,
    /// How many of the given values are safe, because their key did not leave and nobody had them opened.
    pub safe: u64,
    /// Whether there was an assessment. Without one, all that could apply is listed.
    pub assessed: bool,
}

/// Every duty that is known.
pub struct Duties {
    rules: Vec<Rule>,
    places: Places,
}

impl Duties {
    /// Reads the duties of a library.
    ///
    /// Errors: `incident-data-invalid`.
    pub fn of(library: &Library) -> Result<Self> {
        let places: Places = library.json(places::FILE)?;
        let mut rules = Vec::new();
        for name in library.folder("duties") {
            let file: File = library.json(name)?;
            rules.extend(file.rules(name, &places)?);
        }
        let mut known = BTreeSet::new();
        match rules.iter().find(|rule| !known.insert(rule.id.as_str())) {
            Some(rule) => Err(invalid(&rule.id, "two duties have this id")),
            None => Ok(Self { rules, places }),
        }
    }

    /// The duties that follow from an incident, as far as it was assessed. Without an assessment, they are those that
    /// were kept, if any were, and else all that could apply.
    ///
    /// Errors: `regime-unknown`, `jurisdiction-invalid`.
    pub fn follow(
        &self,
        incident: &Incident,
        assessment: Option<&Assessment>,
        choice: &Choice,
    ) -> Result<Found> {
        self.check(choice)?;
        if assessment.is_none()
            && choice.is_empty()
            && let Some(kept) = kept::of(incident)
        {
            return Ok(self.restore(incident, kept));
        }
        let touched = Touched::new(incident, assessment, &self.places);
        let mut duties = Vec::new();
        for rule in self.rules.iter().filter(|rule| choice.has(&rule.regime)) {
            match rule.when.scope {
                Scope::Everybody => duties.extend(self.applies(rule, None, incident, &touched, choice)),
                Scope::Jurisdiction => {
                    let known = touched.places().chain(choice.jurisdictions.iter().map(String::as_str));
                    let inside = known.filter(|place| self.places.any_has(&rule.when.jurisdictions, place));
                    for place in inside.collect::<BTreeSet<_>>() {
                        duties.extend(self.applies(rule, Some(place), incident, &touched, choice));
                    }
                }
            }
        }
        due::settle(&mut duties, incident);
        Ok(Found {
            duties,
            people: touched.all(),
            unplaced: touched.unplaced(),
            safe: assessment.map_or(0, |assessment| assessment.totals.safe),
            assessed: assessment.is_some(),
        })
    }

    /// How many people something was opened or exposed of.
    pub(super) fn people(&self, incident: &Incident, assessment: Option<&Assessment>) -> People {
        Touched::new(incident, assessment, &self.places).all()
    }

    /// Whether some incident has a duty of this id.
    pub fn know(&self, id: &str) -> bool {
        let (rule, place) = id.split_once(':').map_or((id, None), |(rule, place)| (rule, Some(place)));
        self.rules.iter().any(|known| known.id == rule) && place.is_none_or(places::is_place)
    }

    /// The duties as they were kept. One whose rule is no longer in the data is left out.
    fn restore(&self, incident: &Incident, kept: Kept) -> Found {
        let restore = |one: kept::One| {
            let (id, place) = one.split();
            let rule = self.rules.iter().find(|rule| rule.id == id)?;
            Some(Due::new(rule, place, one.people, one.conditions.clone(), incident))
        };
        let mut duties: Vec<Due> = kept.duties.into_iter().filter_map(restore).collect();
        due::settle(&mut duties, incident);
        Found { duties, people: kept.people, unplaced: kept.unplaced, safe: kept.safe, assessed: true }
    }

    fn check(&self, choice: &Choice) -> Result<()> {
        if let Some(name) =
            choice.regimes.iter().find(|name| !self.rules.iter().any(|rule| rule.regime == **name))
        {
            return Err(Error::about(Code::RegimeUnknown, name));
        }
        match choice.jurisdictions.iter().find(|place| !places::is_place(place)) {
            Some(place) => Err(Error::about(Code::JurisdictionInvalid, place)),
            None => Ok(()),
        }
    }

    /// The duty of a rule, if it may apply, with all that has to be so for it.
    fn applies(
        &self,
        rule: &Rule,
        place: Option<&str>,
        incident: &Incident,
        touched: &Touched<'_>,
        choice: &Choice,
    ) -> Option<Due> {
        let when = &rule.when;
        let named = |place: &String| self.places.any_has(&when.jurisdictions, place);
        let is_ruled_out = !choice.jurisdictions.is_empty() && !choice.jurisdictions.iter().any(named);
        // Whoever names places says that people of whom nothing is known are there and nowhere else.
        let people = touched.people(when, place, !is_ruled_out || when.jurisdictions.is_empty());
        let mut conditions: Vec<String> = rule.condition.iter().cloned().collect();
        if people.least == 0 && is_ruled_out && !when.jurisdictions.is_empty() {
            return None;
        }
        if people.most == Some(0) {
            return when.also_if_nobody.then(|| Due::new(rule, place, people, conditions, incident));
        }
        if let Some(least) = when.at_least {
            if people.most.is_some_and(|most| most < least) {
                return None;
            }
            if people.least < least {
                conditions.push(format!("if {least} people or more are affected ({people})"));
            }
        }
        if let Some(most) = when.at_most {
            if people.least > most {
                return None;
            }
            if people.most.is_none_or(|may_be| may_be > most) {
                conditions.push(format!("if {most} people or fewer are affected ({people})"));
            }
        }
        if people.least == 0 && when.at_least.is_none() && touched.is_assessed() {
            conditions.push(
                "if it protects any of those who are affected, of whom it is not known where they are"
                    .to_owned(),
            );
        }
        Some(Due::new(rule, place, people, conditions, incident))
    }
}

impl Choice {
    fn is_empty(&self) -> bool {
        self.regimes.is_empty() && self.jurisdictions.is_empty()
    }

    fn has(&self, regime: &str) -> bool {
        self.regimes.is_empty() || self.regimes.iter().any(|chosen| chosen == regime)
    }
}

/// The duties that are built in. A test reads all of them, so that there is nothing here that could fail.
static BUILT_IN: LazyLock<Option<Duties>> = LazyLock::new(|| Duties::of(&Library::built_in()).ok());

/// The duties that follow from an incident by the data that is built in: those that were kept, or whatever could
/// apply.
pub fn of(incident: &Incident, assessment: Option<&Assessment>) -> Vec<Due> {
    let found = BUILT_IN.as_ref().map(|duties| duties.follow(incident, assessment, &Choice::default()));
    found.and_then(Result::ok).map(|found| found.duties).unwrap_or_default()
}
