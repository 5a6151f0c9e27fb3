//! How many people something was touched of. Tokens without a subject may be of one person or of many, and a subject
//! without a jurisdiction may be anywhere, so a number is two: at least and at most.

use super::places::{Places, is_place};
use super::rule::When;
use crate::incident::{Assessment, Incident, SubjectImpact, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How many people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct People {
    /// At least so many.
    pub least: u64,
    /// At most so many; without it, nothing is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u64>,
}

impl fmt::Display for People {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.most {
            Some(most) if most == self.least => write!(f, "{most} people"),
            Some(most) => write!(f, "{} to {most} people", self.least),
            None if self.least == 0 => f.write_str("not assessed"),
            None => write!(f, "{} people or more", self.least),
        }
    }
}

impl People {
    /// The figures alone, for a text in any language.
    pub(in crate::incident) fn in_figures(self) -> String {
        match (self.least, self.most) {
            (0, None) => "[…]".to_owned(),
            (least, None) => format!("≥ {least}"),
            (least, Some(most)) if least == most => most.to_string(),
            (least, Some(most)) => format!("{least}–{most}"),
        }
    }
}

/// What is alike of subjects, or of values that have none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Touch<'a> {
    kinds: Vec<&'a str>,
    classes: Vec<&'a str>,
    places: Vec<&'a str>,
    has_name: bool,
}

/// What was opened or exposed, person by person.
pub(super) struct Touched<'a> {
    /// How many are alike. Hundreds of thousands of values are a few dozen of these.
    touches: BTreeMap<Touch<'a>, u64>,
    places: &'a Places,
    is_assessed: bool,
    /// Whether more may have been exposed than was looked at.
    is_open_ended: bool,
}

impl<'a> Touched<'a> {
    pub(super) fn new(
        incident: &'a Incident,
        assessment: Option<&'a Assessment>,
        places: &'a Places,
    ) -> Self {
        let mut touches = BTreeMap::new();
        let mut add = |touch| *touches.entry(touch).or_default() += 1;
        if let Some(assessment) = assessment {
            assessment.subjects.iter().map(Touch::of_subject).for_each(&mut add);
            let opened = assessment.opened.iter().map(|opened| &opened.value);
            let exposed = assessment.exposed.iter().filter(|exposed| !exposed.opened);
            let values = opened.chain(exposed.map(|exposed| &exposed.value));
            values.filter(|value| value.sub.is_none()).map(Touch::of).for_each(add);
        }
        // A copy of the database shows who the subjects are, and what they were asked for, in clear.
        let is_open_ended =
            incident.suspected.database_copy || !assessment.is_some_and(|made| made.covers(incident));
        Self { touches, places, is_assessed: assessment.is_some(), is_open_ended }
    }

    pub(super) fn is_assessed(&self) -> bool {
        self.is_assessed
    }

    /// All of them.
    pub(super) fn all(&self) -> People {
        self.count(self.touches.iter().map(|(touch, count)| (touch, *count, true)))
    }

    /// How many may be anywhere.
    pub(super) fn unplaced(&self) -> u64 {
        self.touches.iter().filter(|(touch, _)| touch.places.is_empty()).map(|(_, count)| count).sum()
    }

    /// Where people are known to be.
    pub(super) fn places(&self) -> impl Iterator<Item = &'a str> {
        self.touches
            .keys()
            .flat_map(|touch| touch.places.iter().copied())
            .collect::<BTreeSet<_>>()
            .into_iter()
    }

    /// Those whose data a rule is about, in one place or in all that the rule names. Those of whom no place is known
    /// may be there, unless `may_be_there` is false.
    pub(super) fn people(&self, when: &When, place: Option<&str>, may_be_there: bool) -> People {
        let about = self.touches.iter().filter(|(touch, _)| touch.is_of(when));
        self.count(about.filter_map(|(touch, count)| {
            let is_there = match place {
                Some(place) => touch.places.contains(&place),
                None if when.jurisdictions.is_empty() => true,
                None => touch.places.iter().any(|place| self.places.any_has(&when.jurisdictions, place)),
            };
            let may_be = touch.places.is_empty() && may_be_there;
            (is_there || may_be).then_some((touch, *count, is_there))
        }))
    }

    /// Counts people who are there, or may be.
    fn count<'b>(&self, touches: impl Iterator<Item = (&'b Touch<'a>, u64, bool)>) -> People
    where
        'a: 'b,
    {
        let (mut least, mut most, mut nameless) = (0, 0, false);
        for (touch, count, is_there) in touches {
            most += count;
            least += if is_there && touch.has_name { count } else { 0 };
            nameless |= is_there && !touch.has_name;
        }
        // Values without a subject may all be of one who is counted already, but of somebody they are.
        let least = if nameless { least.max(1) } else { least };
        People { least, most: (!self.is_open_ended).then_some(most) }
    }
}

impl<'a> Touch<'a> {
    fn of_subject(subject: &'a SubjectImpact) -> Self {
        let places = subject.jurisdictions.iter().map(String::as_str).filter(|place| is_place(place));
        Self {
            kinds: subject.kinds.iter().map(String::as_str).collect(),
            classes: subject.classes.iter().map(String::as_str).collect(),
            places: places.collect(),
            has_name: true,
        }
    }

    fn of(value: &'a Value) -> Self {
        let mut kinds: Vec<&str> = value.kinds.iter().map(String::as_str).collect();
        kinds.push(&value.kind);
        let places = value.jurisdiction.as_deref().filter(|place| is_place(place)).into_iter().collect();
        Self { kinds, classes: vec![&value.class], places, has_name: false }
    }

    fn is_of(&self, when: &When) -> bool {
        let any = when.kinds.is_empty() && when.classes.is_empty();
        let has =
            |those: &[String], these: &[&str]| these.iter().any(|this| those.iter().any(|that| that == this));
        any || has(&when.kinds, &self.kinds) || has(&when.classes, &self.classes)
    }
}
