/// Seconds since 1970-01-01T00:00:00Z, ignoring leap seconds (RFC 7519 section 2).
///
/// Only whole seconds are read and written, up to the largest integer that every JSON reader keeps
/// exactly, 2^53 - 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericDate(pub u64);

impl NumericDate {
    /// The latest time that fits.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// This time plus `seconds`, held at [`Self::MAX`].
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add(seconds)).min(Self::MAX)
    }
}
