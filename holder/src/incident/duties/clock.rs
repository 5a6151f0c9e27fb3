//! When a clock ends. Days are days of 24 hours from the instant of awareness; days on which nobody works are Saturdays
//! and Sundays, in UTC. Holidays, which differ, do not move an end: it is then early and never late.

use super::rule::Clock;
use crate::clock::{parse, readable};
use fieldseal::NumericDate;

const DAY: u64 = 24 * 60 * 60;

/// The end of a clock that began then; none, if it has no length.
pub(super) fn end(clock: &Clock, begun: u64) -> Option<u64> {
    match (clock.hours, clock.days, clock.business_days) {
        (Some(hours), _, _) => Some(begun + hours * 60 * 60),
        (_, Some(days), _) => Some(begun + days * DAY),
        (_, _, Some(days)) => Some(after_business_days(begun, days)),
        _ => None,
    }
}

/// The beginning of the last day of the calendar year (UTC) of a time.
pub(super) fn last_day_of_year(time: u64) -> Option<u64> {
    let text = readable(NumericDate(time));
    let year = text.get(..4)?;
    parse(&format!("{year}-12-31T00:00:00Z")).map(|last| last.0)
}

fn after_business_days(begun: u64, days: u64) -> u64 {
    let (mut time, mut left) = (begun, days);
    while left > 0 {
        time += DAY;
        // 1970-01-01 was a Thursday, so Monday is 0.
        let weekday = (time / DAY + 3) % 7;
        left -= u64::from(weekday < 5);
    }
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> u64 {
        parse(text).unwrap().0
    }

    #[test]
    fn business_days_leave_out_weekends() {
        // 2026-11-27 is a Friday.
        let friday = time("2026-11-27T15:00:00Z");
        assert_eq!(after_business_days(friday, 1), time("2026-11-30T15:00:00Z"));
        assert_eq!(after_business_days(friday, 5), time("2026-12-04T15:00:00Z"));
        assert_eq!(after_business_days(time("2026-11-28T00:00:00Z"), 1), time("2026-11-30T00:00:00Z"));
    }

    #[test]
    fn a_year_ends_in_december() {
        assert_eq!(last_day_of_year(time("2026-01-01T00:00:00Z")), Some(time("2026-12-31T00:00:00Z")));
        assert_eq!(last_day_of_year(time("2026-12-31T23:59:59Z")), Some(time("2026-12-31T00:00:00Z")));
    }
}
