//! What is told about a value without showing it. The value is opened here and wiped here: a [`Finding`] has
//! no room for it.

use super::{Answer, FingerprintLabel, Keyring, PasswordHash};
use crate::audit::Permit;
use crate::error::{Code, Error, Result};
use crate::policy::{Access, Refusal};
use fieldseal::Text;
use fieldseal::json::Object;
use fieldseal::jwe::Header;
use fieldseal::kind::{Context, Kind};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// The mask of what is none of its kind, of which nothing is known that could be shown.
const HIDDEN: &str = "•••";

/// What is asked about a value.
pub enum Question {
    /// What of it may be shown.
    Mask,
    /// Whether it equals this.
    Equal(Candidate),
    /// Its fingerprint under this label.
    Fingerprint(FingerprintLabel),
}

impl Question {
    /// The leave that it takes.
    pub fn access(&self) -> Access {
        match self {
            Self::Mask => Access::OpenMasked,
            Self::Equal(_) => Access::Verify,
            Self::Fingerprint(_) => Access::Fingerprint,
        }
    }
}

/// What a value is compared with. It has no `Debug`: it may be the value.
pub enum Candidate {
    /// A value as JSON text, read as the sealed value's kind. For a form, an object of some of its members.
    Value {
        /// The JSON text.
        json: Text,
        /// The country or state that it is about, where the kind asks for it, such as `GB`.
        region: Option<String>,
    },
    /// A hash of which the sealed value may be the password.
    Hash(PasswordHash),
}

/// What is told about a value. Not the value.
pub struct Finding {
    /// What the token says about the value, now authenticated.
    pub header: Header,
    /// Whether the value is one of its kind.
    pub valid: bool,
    /// Whether the header's hints are what the value gives, if it has any.
    pub hint_matches: Option<bool>,
    /// The answer.
    pub found: Found,
}

/// The answer to a [`Question`].
pub enum Found {
    /// The masks, one for each value of a form.
    Masks(Vec<Part<Mask>>),
    /// Whether the values are equal.
    Equal(bool),
    /// The fingerprints, one for each value of a form, in base64url.
    Fingerprints(Vec<Part<String>>),
}

/// The answer about one value.
pub struct Part<T> {
    /// Its name in a form; empty for a single value.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The answer.
    pub found: T,
}

/// What of a value may be shown.
pub struct Mask {
    /// The mask that the catalogue has for the kind, such as `•••• 4242`.
    pub masked: Text,
    /// The hints that the catalogue allows for the kind, such as `last4`.
    pub hints: Object,
}

impl Keyring {
    /// Answers a question about the value of the token that a permit was given for. The permit is spent.
    ///
    /// Errors: a refusal to put on record. A question that the permit is not for is `internal`.
    pub fn inspect(
        &self,
        permit: Permit,
        question: Option<&Question>,
    ) -> std::result::Result<Finding, Refusal> {
        let (answer, entry) = self.spend(permit, |access| question.is_some_and(|q| q.access() == access))?;
        let found =
            question.ok_or(Error::new(Code::Internal)).and_then(|question| self.find_out(&answer, question));
        match found {
            Ok(found) => {
                let review = answer.value.review(&answer.header);
                let Answer { header, value: _ } = answer;
                Ok(Finding { header, valid: review.valid, hint_matches: review.hint_matches, found })
            }
            Err(error) => Err(Refusal::new(entry, error.code())),
        }
    }

    fn find_out(&self, answer: &Answer, question: &Question) -> Result<Found> {
        let members = answer.value.members(&answer.header);
        match question {
            Question::Mask => {
                let mask = |(name, kind, json)| part(name, kind, mask(kind, json, &answer.header));
                Ok(Found::Masks(members.into_iter().map(mask).collect()))
            }
            Question::Equal(Candidate::Hash(hash)) if answer.header.kind.as_str() == "password" => {
                let password = answer.value.text();
                let is_of = password.map(|password| self.hashing.compare(hash, password.as_bytes()));
                Ok(Found::Equal(is_of.transpose()?.unwrap_or(false)))
            }
            Question::Equal(Candidate::Hash(_)) => Err(Error::new(Code::CandidateWrongKind)),
            Question::Equal(Candidate::Value { json, region }) => {
                let region = region.as_deref();
                Ok(Found::Equal(match answer.header.kind.is_form() {
                    true => form_equals(&members, json, region, &answer.header),
                    false => members
                        .iter()
                        .all(|(_, kind, value)| equals(*kind, value, json, region, &answer.header)),
                }))
            }
            Question::Fingerprint(label) => {
                let mut fingerprints = Vec::with_capacity(members.len());
                for (name, kind, json) in members {
                    let (valid, normal) = normal(kind, json, None, &answer.header);
                    fingerprints.push(part(name, kind, self.fingerprints.of(label, kind, valid, &normal)?));
                }
                Ok(Found::Fingerprints(fingerprints))
            }
        }
    }
}

fn part<T>(name: &str, kind: Kind, found: T) -> Part<T> {
    Part { name: name.to_owned(), kind, found }
}

/// The normal form at the time of sealing, and whether there is one; what is none of its kind is taken as it is.
fn normal(kind: Kind, json: &str, region: Option<&str>, header: &Header) -> (bool, Text) {
    match kind.read(json, &Context { region, now: header.iat }) {
        Ok(normal) => (true, normal),
        Err(_) => (false, Text::from(json)),
    }
}

fn mask(kind: Kind, json: &str, header: &Header) -> Mask {
    let (valid, normal) = normal(kind, json, None, header);
    let hints = if valid { kind.publish(&normal, kind.hints(), header.iat).ok() } else { None };
    let masked = if valid { kind.mask(&normal) } else { Text::from(HIDDEN) };
    Mask { masked, hints: hints.unwrap_or_default() }
}

/// Compares the hashes of both normal forms, so that the time that it takes says nothing of where they differ.
fn equals(kind: Kind, value: &str, candidate: &str, region: Option<&str>, header: &Header) -> bool {
    let digest = |json: &str, region| {
        let (valid, normal) = normal(kind, json, region, header);
        let mut hash = Sha256::new();
        hash.update([u8::from(valid)]);
        hash.update(normal.as_bytes());
        hash.finalize()
    };
    digest(value, None).ct_eq(&digest(candidate, region)).into()
}

/// Whether every member of the candidate is one of the form and equal to it.
fn form_equals(
    members: &[(&str, Kind, &str)],
    candidate: &str,
    region: Option<&str>,
    header: &Header,
) -> bool {
    let Ok(candidate) = serde_json::from_str::<BTreeMap<String, &RawValue>>(candidate) else {
        return false;
    };
    let mut equal = !candidate.is_empty();
    for (name, candidate) in &candidate {
        let member = members.iter().find(|(known, ..)| known == name);
        equal &= member.is_some_and(|(_, kind, value)| equals(*kind, value, candidate.get(), region, header));
    }
    equal
}
