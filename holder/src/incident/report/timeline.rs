//! When the suspected credentials had values opened, in steps of time that make a chart of a few dozen bars.

use crate::incident::Assessment;
use serde::Serialize;

/// The steps that people think in, in seconds.
const STEPS: [u64; 11] =
    [60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400];

/// The most bars of a chart.
const MAX_BARS: u64 = 30;

/// Openings over time.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// How many seconds a step has.
    pub step: u64,
    /// The steps from the first opening to the last.
    pub bars: Vec<Bar>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bar {
    /// When it begins.
    pub from: u64,
    /// How many times a value was opened in it.
    pub openings: u64,
}

impl Timeline {
    pub(super) fn of(assessment: &Assessment) -> Self {
        let times =
            || assessment.opened.iter().flat_map(|opened| &opened.openings).map(|opening| opening.when);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Self { step: STEPS[0], bars: Vec::new() };
        };
        let bars_of = |step: u64| last / step - first / step + 1;
        let longest = STEPS[STEPS.len() - 1];
        let step = STEPS.into_iter().find(|step| bars_of(*step) <= MAX_BARS).unwrap_or(longest);
        let begin = first / step;
        let mut bars: Vec<Bar> =
            (0..bars_of(step)).map(|at| Bar { from: (begin + at) * step, openings: 0 }).collect();
        for time in times() {
            // Between the first and the last, so there is a bar for it.
            if let Some(bar) = usize::try_from(time / step - begin).ok().and_then(|at| bars.get_mut(at)) {
                bar.openings += 1;
            }
        }
        Self { step, bars }
    }

    /// How long a step is, in words.
    pub(super) fn step_in_words(&self) -> String {
        let (count, unit) = match self.step {
            step if step % 86_400 == 0 => (step / 86_400, "day"),
            step if step % 3600 == 0 => (step / 3600, "hour"),
            step => (step / 60, "minute"),
        };
        if count == 1 { unit.to_owned() } else { format!("{count} {unit}s") }
    }
}
