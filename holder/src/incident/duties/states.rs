//! The laws of the states of a federation, which say the same with other numbers: a table, of which each row gives up to
//! three duties.

use super::rule::{Clock, From, Rule, Scope, Tell, When};
use serde::Deserialize;

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    regime: String,
    #[expect(dead_code, reason = "for whoever reads the file")]
    title: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for whoever reads the file")]
    about: String,
    checked: String,
    basis: String,
    /// What a person has to decide, with `{state}` for the state's name.
    condition: String,
    #[serde(default)]
    relief: Option<String>,
    /// The kinds of data that such laws are about.
    kinds: Vec<String>,
    states: Vec<State>,
}

/// The law of one state.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    code: String,
    name: String,
    citation: String,
    source: String,
    /// Telling the people.
    people: Limit,
    /// Telling an agency.
    #[serde(default)]
    agency: Option<Agency>,
    /// Telling consumer reporting agencies.
    #[serde(default)]
    bureaus: Option<Bureaus>,
    #[serde(default)]
    checked: Option<String>,
    #[serde(default)]
    basis: Option<String>,
    #[serde(default)]
    unsure: Option<String>,
}

/// A limit of time. Without a number, it is that nothing be delayed unreasonably.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    #[serde(default)]
    days: Option<u64>,
    #[serde(default)]
    from: Option<From>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Agency {
    whom: String,
    #[serde(default)]
    at_least: Option<u64>,
    #[serde(default)]
    days: Option<u64>,
    #[serde(default)]
    business_days: Option<u64>,
    /// When the days begin; without it, the agency is told when the people are.
    #[serde(default)]
    from: Option<From>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bureaus {
    at_least: u64,
}

impl Table {
    /// The duties of all states.
    pub(super) fn rules(&self) -> Vec<Rule> {
        self.states.iter().flat_map(|state| self.of(state)).collect()
    }

    fn of(&self, state: &State) -> Vec<Rule> {
        let id = |what: &str| format!("{}-{what}", state.code.to_lowercase());
        let people = id("people");
        let Limit { days, from } = state.people;
        let clock = |from, days, business_days, after: bool, words: String| Clock {
            from,
            hours: None,
            days,
            business_days,
            at_once: false,
            after: after.then(|| people.clone()),
            words,
        };
        let rule = |what: &str, tell, whom: String, text: &str, clock, at_least| Rule {
            id: id(what),
            regime: self.regime.clone(),
            tell,
            whom,
            what: text.to_owned(),
            citation: state.citation.clone(),
            source: state.source.clone(),
            clock,
            when: When {
                jurisdictions: vec![state.code.clone()],
                kinds: self.kinds.clone(),
                at_least,
                scope: Scope::Jurisdiction,
                ..When::default()
            },
            condition: Some(self.condition.replace("{state}", &state.name)),
            relief: self.relief.clone(),
            checked: state.checked.clone().unwrap_or_else(|| self.checked.clone()),
            basis: state.basis.clone().unwrap_or_else(|| self.basis.clone()),
            unsure: state.unsure.clone(),
        };
        let begun = from.unwrap_or(From::Discovery);
        let words = match days {
            Some(days) => format!("without unreasonable delay, and within {days} days of {}", of(begun)),
            None => "without unreasonable delay".to_owned(),
        };
        let mut rules = vec![rule(
            "people",
            Tell::Subjects,
            format!("the residents of {} whose data it is", state.name),
            "Tell them what happened, what data it was, and what they can do, in the form that the law asks for.",
            clock(begun, days, None, false, words),
            None,
        )];
        if let Some(Agency { whom, at_least, days, business_days, from }) = &state.agency {
            let clock = match from {
                None => clock(
                    From::WithPeople,
                    None,
                    None,
                    true,
                    "no later than when the people are told".to_owned(),
                ),
                Some(from) => {
                    let words = match (days, business_days) {
                        (Some(days), _) => format!("within {days} days of {}", of(*from)),
                        (_, Some(days)) => format!("within {days} business days of {}", of(*from)),
                        _ => "without unreasonable delay".to_owned(),
                    };
                    clock(*from, *days, *business_days, *from == From::PeopleTold, words)
                }
            };
            let text = "Send the agency a copy of the notice and what its form asks for.";
            rules.push(rule("agency", Tell::Authority, whom.clone(), text, clock, *at_least));
        }
        if let Some(Bureaus { at_least }) = state.bureaus {
            rules.push(rule(
                "bureaus",
                Tell::Bureaus,
                "the nationwide consumer reporting agencies".to_owned(),
                "Tell them when notices go out, how many, and what they say.",
                clock(From::WithPeople, None, None, true, "without unreasonable delay".to_owned()),
                Some(at_least),
            ));
        }
        rules
    }
}

fn of(from: From) -> &'static str {
    match from {
        From::Determination => "the determination",
        From::PeopleTold => "telling the people",
        From::YearEnd => "the end of the year",
        From::Request => "the request",
        From::Aware | From::Discovery | From::WithPeople => "the discovery",
    }
}
