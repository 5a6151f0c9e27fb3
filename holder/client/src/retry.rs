//! When a request is sent again.

use std::time::Duration;

/// The shortest and the longest pause before an address is asked again, when nobody says how long, in milliseconds.
const FIRST: u64 = 100;
const LAST: u64 = 5000;

/// A longer `Retry-After` than this, in seconds, is not waited for: whoever asked decides.
pub(crate) const LONGEST_WAIT: u64 = 30;

/// The pause after a number of rounds that failed, 1 for the first. Half of it is chance, so that clients that failed
/// at the same moment do not come back at the same moment.
pub(crate) fn backoff(rounds: u32, chance: u16) -> Duration {
    let most = FIRST.saturating_mul(1 << (rounds.saturating_sub(1)).min(16)).min(LAST);
    Duration::from_millis(most / 2 + most / 2 * u64::from(chance) / u64::from(u16::MAX))
}

/// A number that others do not guess; if the system gives none, pauses are the same, and nothing else.
pub(crate) fn chance() -> u16 {
    let mut bytes = [0; 2];
    let _ = getrandom::fill(&mut bytes);
    u16::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit() {
        let span = |rounds| [backoff(rounds, 0).as_millis(), backoff(rounds, u16::MAX).as_millis()];
        assert_eq!(span(1), [50, 100]);
        assert_eq!(span(2), [100, 200]);
        assert_eq!(span(6), [1600, 3200]);
        assert_eq!(span(7), [2500, 5000]);
        assert_eq!(span(60), [2500, 5000]);
    }
}
