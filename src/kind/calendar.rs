//! Dates of the proleptic Gregorian calendar (ISO 8601), in UTC.

use super::text::{is_shaped, must, number, part, sized};
use super::{Read, Reason};
use crate::NumericDate;
use crate::ascii::only;
use crate::json::push_digits;
use crate::prelude::*;

/// A day that exists, as the number that its digits are without the dashes: days compare as their numbers do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date(pub(super) u32);

impl Date {
    /// Errors: `range` for a day that no calendar has.
    pub(super) fn new(year: u32, month: u32, day: u32) -> Read<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u32::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        must(year > 0 && (1..=days).contains(&day), Reason::Range)?;
        Ok(Self(year * 10_000 + month * 100 + day))
    }

    /// Reads exactly `YYYY-MM-DD`.
    pub(super) fn parse(text: &str) -> Read<Self> {
        must(is_shaped(text, b"9999-99-99"), Reason::Format)?;
        must(text.len() <= 10 || only(part(text, 10, text.len()), b"09"), Reason::Format)?;
        sized(text, 10, 10)?;
        Self::new(number(part(text, 0, 4)), number(part(text, 5, 7)), number(part(text, 8, 10)))
    }

    /// The day of a time. The algorithm counts in years that begin in March, so that a leap day is a
    /// year's last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    pub(super) fn of(time: NumericDate) -> Self {
        // Later times than the year 9999 are no dates that anybody writes.
        let days = u32::try_from(time.0 / 86_400).unwrap_or(u32::MAX).min(2_932_896) + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        let year = year_of_era + era * 400 + u32::from(month <= 2);
        Self(year * 10_000 + month * 100 + day_of_year - (153 * from_march + 2) / 5 + 1)
    }

    /// `YYYY-MM-DD`
    pub(super) fn to_text(self) -> Text {
        let mut out = month_text(self.0 / 100);
        out.push('-');
        push_digits(&mut out, (self.0 % 100).into(), 2);
        out
    }

    /// The whole years from here to a later day: an age. Whoever has no birthday yet is a year short in the
    /// difference of the numbers, as its lower digits borrow one.
    pub(super) fn years_until(self, later: Self) -> u32 {
        later.0.saturating_sub(self.0) / 10_000
    }
}

/// `YYYY-MM`, a valid month string of WHATWG HTML, of a year and month as one number.
pub(super) fn month_text(month: u32) -> Text {
    let mut out = Text::with_capacity(10);
    push_digits(&mut out, (month / 100).into(), 4);
    out.push('-');
    push_digits(&mut out, (month % 100).into(), 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_times() {
        for (time, text) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_782_907_200, "2026-07-01"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(*Date::of(NumericDate(time)).to_text(), text);
            assert!(Date::parse(text).is_ok_and(|date| date == Date::of(NumericDate(time))));
        }
        assert_eq!(*Date::of(NumericDate::MAX).to_text(), "9999-12-31");
    }

    #[test]
    fn only_days_that_exist() {
        for (text, reason) in [
            ("2023-02-29", Reason::Range),
            ("2100-02-29", Reason::Range),
            ("2023-04-31", Reason::Range),
            ("2023-13-01", Reason::Range),
            ("0000-01-01", Reason::Range),
            ("2023-1-01", Reason::Format),
            ("2023-01-0", Reason::Incomplete),
            ("2023-01-011", Reason::TooLong),
        ] {
            assert!(Date::parse(text).is_err_and(|found| found == reason), "{text}");
        }
    }

    #[test]
    fn ages() {
        let day = |text| Date::parse(text).expect("a day");
        for (born, on, age) in [
            ("1987-06-05", "2026-06-04", 38),
            ("1987-06-05", "2026-06-05", 39),
            ("2026-01-01", "2026-01-01", 0),
        ] {
            assert_eq!(day(born).years_until(day(on)), age);
        }
    }
}
