//! The one place that asks the machine for the time. Everything else is told.

use fieldseal::NumericDate;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the current time.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
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
            Source::System => {
                NumericDate(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
            }
            Source::Manual(time) => NumericDate(time.load(Ordering::Relaxed)),
        }
    }
}
