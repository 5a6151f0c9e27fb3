//! What a decision is: a grant or a refusal, with its record.

use super::{Access, Occasion, Quota, Sealed};
use crate::audit::Entry;
use crate::error::Code;
use fieldseal::jwe::Token;

/// What a decision is: a grant, or a refusal. Either way it goes on record.
pub type Decision = std::result::Result<Grant, Refusal>;

/// Leave to do one thing with one token, not yet on record. Only [`super::Hearing::authorise`] gives it, it is
/// not `Clone`, and [`crate::audit::Audit::record`] takes it by value.
pub struct Grant {
    pub(super) sealed: Sealed,
    pub(super) access: Access,
    pub(super) entry: Entry,
    pub(super) quota: Quota,
}

impl Grant {
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// What the leave is for.
    pub(crate) fn access(&self) -> Access {
        self.access
    }

    /// The digest to remember, if the token opens a single time.
    pub(crate) fn once_digest(&self) -> Option<&[u8; 32]> {
        self.sealed.token.header().opens_once().then_some(&self.sealed.digest)
    }

    /// The key that the token names.
    pub(crate) fn kid(&self) -> &str {
        self.sealed.kid()
    }

    pub(crate) fn set_outcome(&mut self, outcome: &str) {
        outcome.clone_into(&mut self.entry.outcome);
    }

    /// The quota of the one who asked. Sealing again shows nothing and is not counted.
    pub(crate) fn quota(&self) -> Quota {
        if self.access == Access::Rewrap { Quota::default() } else { self.quota }
    }

    /// How many values the token holds.
    pub(crate) fn values(&self) -> u64 {
        self.sealed.token.header().fields.len().max(1) as u64
    }

    /// Takes the leave back.
    pub(crate) fn refuse(self, code: Code) -> Refusal {
        Refusal::new(self.entry, code)
    }

    pub(crate) fn into_parts(self) -> (Token, Entry) {
        (self.sealed.token, self.entry)
    }
}

/// A token with which nothing is done: the record of it, and why.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// Boxed, because refusals are the rare case and results should be small.
    entry: Box<Entry>,
    code: Code,
}

impl Refusal {
    pub(crate) fn new(mut entry: Entry, code: Code) -> Self {
        code.as_str().clone_into(&mut entry.outcome);
        Self { entry: Box::new(entry), code }
    }

    /// A refusal of something whose header could not be read.
    pub fn unread(occasion: &Occasion, code: Code) -> Self {
        Self::new(Entry::of_opening(occasion, None), code)
    }

    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Why, as the audit records it.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Why, as the one who asked is told. Opening fails in one way, whether the key is not here, does
    /// not fit, the token was changed, or it is a decoy.
    pub fn shown(&self) -> Code {
        const OPEN_FAILED: Code = Code::Core(fieldseal::Code::OpenFailed);
        match self.code {
            Code::KeyUnknown
            | Code::KeyDamaged
            | Code::KeyRevoked
            | Code::KeyDestroyed
            | Code::SubjectErased
            | Code::KeyRetentionOver
            | Code::TokenDecoy
            | Code::Core(fieldseal::Code::TokenWrongKey) => OPEN_FAILED,
            code => code,
        }
    }
}
