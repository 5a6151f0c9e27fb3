//! The policy: who may have what done with a sealed value. It decides from what is public, before any key is
//! touched.
//!
//! [`Hearing::authorise`] is the first of the three steps to a value; see [`crate::audit`] for the others. The
//! [`rules`] are a text that people read and change (Cedar, <https://www.cedarpolicy.com>); what holds whatever
//! they say is here: the token's origin, its times, its key.

mod access;
mod book;
pub mod cases;
mod decision;
mod flags;
pub mod matrix;
mod occasion;
mod origins;
mod purpose;
pub mod rules;
mod sealed;

pub use access::{Access, Duty};
pub use book::Book;
pub use decision::{Decision, Grant, Refusal};
pub(crate) use flags::Said;
pub use flags::{Flag, Flags};
pub use occasion::{Actor, OPENER, OPERATOR, Occasion, Quota};
pub use origins::Origins;
pub use purpose::PurposeName;
pub use rules::{Rules, Ruling, Verdict};
pub(crate) use sealed::digest;
pub use sealed::{Expectation, Kept, KeyInfo, Sealed};

use crate::audit::Entry;
use crate::error::Code;
use crate::retention::RetentionPolicy;
use fieldseal::jwe::{Header, Token};
use fieldseal::keyset::Scope;
use fieldseal::kind::Class;
use fieldseal::open::Expect;
use rules::{Facts, Session};
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that decides, as it is at one time.
#[derive(Clone, Debug)]
pub struct Policy {
    origins: Origins,
    rules: Arc<Rules>,
    retention: RetentionPolicy,
    /// The classes of which nothing is opened for now.
    frozen: Vec<Scope>,
}

impl Policy {
    /// A policy of these rules for tokens of these origins, however old they are.
    pub fn new(origins: Origins, rules: Arc<Rules>) -> Self {
        Self { origins, rules, retention: RetentionPolicy::off(), frozen: Vec::new() }
    }

    /// The same while nothing of these classes is opened, for an incident is being looked into.
    #[must_use]
    pub fn frozen(self, frozen: Vec<Scope>) -> Self {
        Self { frozen, ..self }
    }

    /// The same for tokens whose values are kept for a time.
    #[must_use]
    pub(crate) fn retaining(self, retention: RetentionPolicy) -> Self {
        Self { retention, ..self }
    }

    /// Whether the rules look at what people said after their values were sealed.
    pub fn wants_flags(&self) -> bool {
        self.rules.wants_flags()
    }

    /// Begins to decide about the tokens of one request, with what the people whose values they hold have said:
    /// all of it, where [`Self::wants_flags`].
    pub fn hear<'a>(&'a self, occasion: &'a Occasion, flags: Flags) -> Hearing<'a> {
        let session = self.rules.session(occasion);
        Hearing { policy: self, occasion, session, flags, verdicts: HashMap::new() }
    }

    /// Decides whether an actor may do something with the key holder on this occasion.
    ///
    /// Errors: `not-allowed`, `approval-required`.
    pub fn admit(&self, occasion: &Occasion, duty: Duty) -> std::result::Result<(), Code> {
        self.rules.admit(occasion, duty).refused_as().map_or(Ok(()), Err)
    }
}

/// The decisions about one request. What the rules say of one token is kept for the next that is like it.
pub struct Hearing<'a> {
    policy: &'a Policy,
    occasion: &'a Occasion,
    session: Session<'a>,
    flags: Flags,
    verdicts: HashMap<Facts, Verdict>,
}

impl Hearing<'_> {
    /// Decides whether what is asked for may be done with a token, with the key that it names, which is
    /// `Err` with the reason if there is none.
    ///
    /// Everything here is read from a header that only opening authenticates. That is safe: a header
    /// that lies leads to a token that does not open.
    pub fn authorise(
        &mut self,
        sealed: Sealed,
        expectation: &Expectation,
        key: std::result::Result<KeyInfo, Code>,
    ) -> Decision {
        let mut entry = Entry::of_opening(self.occasion, Some(sealed.token.header()));
        // First whether the actor has any business with such data, so that nobody else learns more.
        let verdict = self.verdict(&sealed.token);
        entry.rule = verdict.rules();
        let refused = verdict.refused_as();
        let checked = refused.map_or_else(|| self.check(&sealed.token, expectation, key), Err);
        match checked {
            Ok(()) => {
                let Occasion { access, ref actor, .. } = *self.occasion;
                Ok(Grant { sealed, access, entry, quota: actor.quota() })
            }
            Err(code) => Err(Refusal::new(entry, code)),
        }
    }

    /// Whether the rules let a revoked key be used for such a token, beside what else is asked.
    pub fn may_use_revoked(&self, header: &Header) -> bool {
        self.session.may_use_revoked(&self.session.facts(header, &self.flags, self.occasion.now))
    }

    /// What the rules say of the token as a whole and of each kind in it.
    fn verdict(&mut self, token: &Token) -> Verdict {
        let facts = self.session.facts(token.header(), &self.flags, self.occasion.now);
        if let Some(verdict) = self.verdicts.get(&facts) {
            return verdict.clone();
        }
        let verdict = self.session.decide(&facts);
        self.verdicts.insert(facts, verdict.clone());
        verdict
    }

    /// Whether nothing of a class is opened for now. Tokens may still be moved to another key, which shows nothing
    /// and is what often follows. Whoever runs a command opens what they say that they mean to.
    fn is_frozen(&self, class: Class) -> bool {
        let Occasion { access, actor, .. } = self.occasion;
        let is_exempt = *access == Access::Rewrap || (actor.is_operator() && actor.uses_frozen());
        !is_exempt && self.policy.frozen.iter().any(|scope| scope.covers(class))
    }

    fn check(
        &self,
        token: &Token,
        expectation: &Expectation,
        key: std::result::Result<KeyInfo, Code>,
    ) -> std::result::Result<(), Code> {
        let header = token.header();
        if self.is_frozen(header.kind.class()) {
            return Err(Code::ClassFrozen);
        }
        if !self.policy.origins.admit(&header.iss) {
            return Err(Code::Core(fieldseal::Code::TokenWrongOrigin));
        }
        let expect = Expect {
            field: expectation.field.as_deref(),
            kind: expectation.kind,
            origin: expectation.origin.as_deref(),
            sub: expectation.sub.as_deref(),
        };
        token.check(&expect, self.occasion.now).map_err(|error| Code::Core(error.kind()))?;
        let key = key?;
        if key.alg != header.alg {
            return Err(Code::Core(fieldseal::Code::TokenWrongKey));
        }
        // The page chooses the key. What is sealed to one person's key and says that it is another's would be
        // kept when that one is erased, or opened as theirs.
        if key.subject.is_some() && key.subject.as_deref() != header.sub.as_deref() {
            return Err(Code::Core(fieldseal::Code::TokenWrongSubject));
        }
        // The page names the kind. A value must not get to people of another class by being named
        // something else than what its key was made for.
        if !key.scope.covers(header.kind.class()) {
            return Err(Code::TokenWrongClass);
        }
        // Whoever runs a command must also have said that they mean to.
        let actor = &self.occasion.actor;
        let means_to = !actor.is_operator() || actor.uses_revoked();
        if key.revoked && !(means_to && self.may_use_revoked(header)) {
            return Err(Code::KeyRevoked);
        }
        // A hold keeps the values that it is about, and not only the key.
        if !key.kept.covers(header.kind.class()) {
            if key.is_over {
                return Err(Code::KeyRetentionOver);
            }
            if self.policy.retention.is_over(header, self.occasion.now) {
                return Err(Code::TokenRetentionOver);
            }
        }
        Ok(())
    }
}
