//! The one place that asks the machine for the time. Everything else is told.

use crate::error::{Code, Error, Result};
use fieldseal::NumericDate;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

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
    let since = humantime::parse_rfc3339(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(NumericDate(since.as_secs()))
}

/// A duration such as `90d`, in seconds.
fn seconds(text: &str) -> Option<i64> {
    humantime::parse_duration(text).ok().and_then(|offset| i64::try_from(offset.as_secs()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

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
