//! What a server knows of a submission that came sealed.

use crate::json::Object;
use crate::jwe::Header;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// The protected headers of a submission's tokens, in the order in which they came.
///
/// They are what the page said and are authenticated only when the key holder opens the token: show a
/// hint, but decide nothing by it that matters.
#[derive(Clone, PartialEq, Eq)]
pub struct Checked(Arc<[Header]>);

impl Checked {
    pub(super) fn new(headers: Vec<Header>) -> Self {
        Self(headers.into())
    }

    /// All headers.
    pub fn headers(&self) -> impl ExactSizeIterator<Item = &Header> {
        self.0.iter()
    }

    /// The headers of one field: several if the form repeats it, none if it did not come.
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Header> {
        self.0.iter().filter(move |header| header.field == field)
    }

    /// What the developer chose to publish about the values of one field, such as a card's last four
    /// digits; `None` for a token that has no hint.
    pub fn hints<'a>(&'a self, field: &'a str) -> impl Iterator<Item = Option<&'a Object>> {
        self.of(field).map(|header| header.hint.as_ref())
    }
}

/// Only what the guard knows of itself: hints, subjects and consent are for those who ask for them, and not
/// for every log that prints what it has.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.headers().map(|header| (&header.field, header.kind));
        f.write_str("Checked ")?;
        f.debug_map().entries(fields).finish()
    }
}
