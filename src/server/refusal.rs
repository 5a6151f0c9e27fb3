//! Why a submission was refused, without a word of what was in it.

use crate::{Code, Error};
use alloc::string::String;
use core::fmt;

/// A refused submission: a stable code, and the declared field at fault.
///
/// A field's name is the one that the guard was told. The name of an entry that is not declared came with
/// the request, and whoever types a card number into a search box may have made it a name, so it is never
/// repeated: [`Self::position`] says which entry it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    error: Error,
    field: Option<String>,
    position: Option<usize>,
}

impl Refusal {
    pub(super) fn of_field(error: Error, field: &str, position: usize) -> Self {
        match is_temporary(error.kind()) {
            true => Self { error, field: None, position: None },
            false => Self { error, field: Some(field.into()), position: Some(position) },
        }
    }

    pub(super) fn of_entry(error: Error, position: usize) -> Self {
        Self { error, field: None, position: Some(position) }
    }

    pub(super) fn of_missing(field: &str) -> Self {
        Self { error: Error::new(Code::FieldMissing), field: Some(field.into()), position: None }
    }

    /// The kind of refusal.
    pub fn kind(&self) -> Code {
        self.error.kind()
    }

    /// The stable code, such as `field-in-clear`.
    pub fn code(&self) -> &'static str {
        self.error.code()
    }

    /// What happened and what to do next: a fixed text.
    pub fn message(&self) -> &'static str {
        self.error.message()
    }

    /// The declared field at fault, where one is.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Which entry is at fault, counted from 0 in the order in which they were given.
    pub fn position(&self) -> Option<usize> {
        self.position
    }

    /// Whether the server is at fault and not the one who submits: it has no keys, or they are outdated.
    pub fn is_temporary(&self) -> bool {
        is_temporary(self.kind())
    }
}

/// No field is at fault then.
fn is_temporary(code: Code) -> bool {
    matches!(code, Code::KeysUnavailable | Code::KeysetExpired)
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)?;
        match &self.field {
            Some(field) => write!(f, " (field \"{field}\")"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Refusal {}
