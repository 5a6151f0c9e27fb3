//! Medians and quartiles.

use serde::{Deserialize, Serialize};

/// How a measurement is spread, in milliseconds.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Spread {
    pub(crate) p25: f64,
    pub(crate) median: f64,
    pub(crate) p75: f64,
    /// Of how many measurements.
    pub(crate) count: usize,
}

impl Spread {
    /// The spread of these measurements; none of nothing.
    pub(crate) fn of(samples: &[f64]) -> Option<Self> {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&sorted, share);
        Some(Self { p25: at(0.25)?, median: at(0.5)?, p75: at(0.75)?, count: sorted.len() })
    }
}

/// Between the two nearest, where the share falls between two measurements.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn quartiles_lie_between_measurements() {
        let spread = Spread::of(&[4.0, 1.0, 3.0, 2.0]).expect("a spread");
        assert_eq!((spread.p25, spread.median, spread.p75, spread.count), (1.75, 2.5, 3.25, 4));
        let one = Spread::of(&[7.0]).expect("a spread");
        assert_eq!((one.p25, one.median, one.p75), (7.0, 7.0, 7.0));
    }

    #[test]
    fn nothing_has_no_median() {
        assert!(Spread::of(&[]).is_none());
    }
}
