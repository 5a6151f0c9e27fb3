//! What came of the tokens, counted.

use crate::holder::Outcome;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Counts of outcomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    /// How many were opened.
    pub(super) opened: u64,
    /// How many were refused, by the code that is shown.
    pub(super) refused: BTreeMap<String, u64>,
}

impl Tally {
    pub(super) fn of(outcomes: &[Outcome]) -> Self {
        let mut tally = Self::default();
        for outcome in outcomes {
            match outcome {
                Ok(_) => tally.opened += 1,
                Err(refusal) => *tally.refused.entry(refusal.shown().as_str().to_owned()).or_default() += 1,
            }
        }
        tally
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.opened += other.opened;
        for (code, count) in &other.refused {
            *self.refused.entry(code.clone()).or_default() += count;
        }
    }

    /// How many were refused.
    pub(super) fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}
