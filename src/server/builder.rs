//! What a guard is told before it stands.

use super::{Field, Guard, Published};
use crate::jwe::header;
use crate::keyset::KeySet;
use crate::kind::Kind;
use crate::prelude::*;
use crate::{Code, Error, NumericDate, Origin, Result};

/// How old a token may be, in seconds: a day. It is sealed when the form is submitted, so this leaves time
/// for queues and for people whose connection was gone, and not for tokens that somebody collected.
pub const DEFAULT_MAX_AGE: u64 = 24 * 60 * 60;

/// Gathers what a [`Guard`] is told.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    fields: Vec<Field>,
    origins: Vec<Origin>,
    max_age: Option<u64>,
    watch: bool,
    keys: Option<(KeySet, NumericDate)>,
}

impl Builder {
    /// Declares a field: an entry of this name is a token of this kind. With a form's kind it is the form's
    /// name, as `sealForm` was given it.
    pub fn optional(self, name: &str, kind: Kind) -> Self {
        self.declare(name, kind, false)
    }

    /// Declares a field without which a submission is not whole.
    pub fn required(self, name: &str, kind: Kind) -> Self {
        self.declare(name, kind, true)
    }

    fn declare(mut self, name: &str, kind: Kind, required: bool) -> Self {
        self.fields.push(Field { name: name.to_owned(), kind, required });
        self
    }

    /// Allows pages of this origin to seal. At least one must be allowed if a field is declared.
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origins.push(origin);
        self
    }

    /// The key holder's published keys, as they are now. Without them the guard refuses every token with
    /// `keys-unavailable` until [`Guard::set_keys`] brings some.
    pub fn keys(mut self, keys: KeySet, now: NumericDate) -> Self {
        self.keys = Some((keys, now));
        self
    }

    /// How old a token may be, in seconds; [`DEFAULT_MAX_AGE`] unless it is said here.
    pub fn max_age(mut self, seconds: u64) -> Self {
        self.max_age = Some(seconds);
        self
    }

    /// Also searches the entries that are not declared for card numbers and US Social Security numbers. It
    /// finds the control that somebody forgot, and now and then an innocent number that looks like a card.
    pub fn watch(mut self) -> Self {
        self.watch = true;
        self
    }

    /// The guard.
    ///
    /// Errors: `field-invalid` for a name that no token can have, `option-invalid` for a name that is
    /// declared twice, for fields without an origin, and for a guard that would look at nothing.
    pub fn build(self) -> Result<Guard> {
        let Self { fields, origins, max_age, watch, keys } = self;
        if fields.iter().any(|field| !header::is_name(&field.name)) {
            return Err(Error::new(Code::FieldInvalid));
        }
        let is_again =
            |(at, field): (usize, &Field)| fields.iter().take(at).any(|before| before.name == field.name);
        if fields.iter().enumerate().any(is_again) || fields.is_empty() && !watch {
            return Err(Error::of(Code::OptionInvalid, "fields"));
        }
        if origins.is_empty() && !fields.is_empty() {
            return Err(Error::of(Code::OptionInvalid, "origins"));
        }
        let max_age = max_age.unwrap_or(DEFAULT_MAX_AGE);
        let mut guard = Guard { fields, origins, max_age, watch, published: Published::default() };
        if let Some((keys, now)) = keys {
            guard.set_keys(keys, now);
        }
        Ok(guard)
    }
}
