//! The one place that asks the machine for the time. Everything else is told.

use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
pub(crate) use humantime::parse_duration;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A source of the current time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    /// The machine's clock, this many seconds ahead.
    System(i64),
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System(0))
    }

    /// The machine's clock, moved: to a time such as `2036-01-31T00:00:00Z`, from where it goes on, or by an offset
    /// such as `+90d` or `-1h`.
    ///
    /// Errors: `clock-invalid`.
    pub fn moved(text: &str) -> Result<Self> {
        let now = i64::try_from(Self::system().now().0).ok();
        let ahead = match text.split_at_checked(1) {
            Some(("+", offset)) => seconds(offset),
            Some(("-", offset)) => seconds(offset).map(|seconds| -seconds),
            _ => now.and_then(|now| i64::try_from(parse(text)?.0).ok()?.checked_sub(now)),
        };
        ahead.map(|ahead| Self(Source::System(ahead))).ok_or(Error::about(Code::ClockInvalid, text))
    }

    /// By how many seconds it is ahead of the machine's, if it was moved.
    pub fn ahead(&self) -> Option<i64> {
        match self.0 {
            Source::System(ahead) => Some(ahead).filter(|ahead| *ahead != 0),
            Source::Manual(_) => None,
        }
    }

    /// A clock that stands still until [`Clock::set`] moves it, for tests.
    pub fn manual(now: NumericDate) -> Self {
        Self(Source::Manual(Arc::new(AtomicU64::new(now.0))))
    }

    /// Moves a manual clock and every copy of it; the machine's clock is left alone.
    pub fn set(&self, now: NumericDate) {
        if let Source::Manual(time) = &self.0 {
            time.store(now.0, Ordering::Relaxed);
        }
    }

    /// The current time.
    pub fn now(&self) -> NumericDate {
        match &self.0 {
            // A clock set before 1970 reads as 1970: every token is then from the future and refused.
            Source::System(ahead) => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
                NumericDate(since.saturating_add_signed(*ahead)).min(NumericDate::MAX)
            }
            Source::Manual(time) => NumericDate(time.load(Ordering::Relaxed)),
        }
    }
}

/// A time as people write it (RFC 3339), from 1970 on.
pub(crate) fn parse(text: &str) -> Option<NumericDate> {
    since_1970(humantime::parse_rfc3339(text).ok()?)
}

/// A day, which is its beginning in UTC, or a time with or without the marks of RFC 3339.
pub(crate) fn parse_day(text: &str) -> Option<NumericDate> {
    let time = || since_1970(humantime::parse_rfc3339_weak(text).ok()?);
    time().or_else(|| parse(&format!("{text}T00:00:00Z")))
}

fn since_1970(time: SystemTime) -> Option<NumericDate> {
    time.duration_since(UNIX_EPOCH).ok().map(|since| NumericDate(since.as_secs()))
}

/// A time as people read it (RFC 3339).
pub(crate) fn readable(time: NumericDate) -> String {
    // Times that people cannot read, after the year 9999, stay numbers.
    const LAST: u64 = 253_402_300_799;
    if time.0 > LAST {
        return time.0.to_string();
    }
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(time.0)).to_string()
}

/// A duration such as `90d`, in seconds.
fn seconds(text: &str) -> Option<i64> {
    parse_duration(text).ok().and_then(|offset| i64::try_from(offset.as_secs()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_readable() {
        assert_eq!(readable(NumericDate(0)), "1970-01-01T00:00:00Z");
        assert_eq!(readable(NumericDate(253_402_300_799)), "9999-12-31T23:59:59Z");
        assert_eq!(readable(NumericDate::MAX), "9007199254740991");
    }

    #[test]
    fn a_clock_is_moved_by_an_offset_or_to_a_time() {
        assert_eq!(Clock::system().ahead(), None);
        assert_eq!(Clock::moved("+90d").unwrap().ahead(), Some(90 * 24 * 60 * 60));
        assert_eq!(Clock::moved("-1h").unwrap().ahead(), Some(-3600));
        let later = Clock::moved("2999-01-01T00:00:00Z").unwrap();
        assert!((32_472_144_000..32_472_144_060).contains(&later.now().0));
        let earlier = Clock::moved("1970-01-02T00:00:00Z").unwrap();
        assert!((86_400..86_460).contains(&earlier.now().0) && earlier.ahead().unwrap() < 0);
        for bad in ["", "+", "tomorrow", "+5", "2999-01-01", "é", "1969-01-01T00:00:00Z"] {
            assert_eq!(Clock::moved(bad).err().map(|error| error.code()), Some(Code::ClockInvalid), "{bad}");
        }
    }
}
