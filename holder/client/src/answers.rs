//! What the key holder answers. Times are NumericDates, seconds since 1970 (RFC 7519 section 2).

use crate::error::{Error, Result};
use crate::value::Value;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// What a token's authenticated header says, and what its value turned out to be.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Facts {
    /// The form entry's name.
    pub field: String,
    /// What the value is.
    pub kind: String,
    /// The origin of the page that sealed it.
    pub iss: String,
    /// When it was sealed.
    pub iat: u64,
    /// The token's name.
    pub jti: String,
    /// The person whose value it is.
    pub sub: Option<String>,
    /// Whether the value is one of its kind. A page that was changed can seal anything.
    pub valid: bool,
    /// Whether the header's public hints are what the value gives, if it has any.
    pub hint_matches: Option<bool>,
}

/// An opened token.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// What is known beside the value.
    pub facts: Facts,
    /// The value.
    pub value: Value,
}

/// Why one token was refused. The others of the request are not touched by it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// The stable code; `docs/format.md`, "Error codes".
    pub code: String,
    /// What to do next, in the key holder's words.
    pub detail: String,
    /// With the code `approval-required`: what a second person has to approve.
    pub approval: Option<String>,
}

/// A finding, or of a form one for each of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding<T> {
    /// Of one value.
    One(T),
    /// Of a form.
    Fields(BTreeMap<String, T>),
}

/// A value as it can be shown to somebody who may not see it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mask {
    /// Such as the last four digits of a card.
    pub masked: String,
    /// What else the kind allows to be said of the value.
    #[serde(default)]
    pub hints: Map<String, Json>,
}

/// The mask of a token's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Masked {
    /// What is known beside it.
    pub facts: Facts,
    /// The mask.
    pub mask: Finding<Mask>,
}

/// The same for equal values of one kind and one label at one key holder; it tells nothing else of the value.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fingerprint {
    /// The fingerprint.
    pub fingerprint: String,
}

/// The fingerprint of a token's value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fingerprinted {
    /// What is known beside it.
    pub facts: Facts,
    /// The fingerprint.
    pub fingerprint: Finding<Fingerprint>,
}

/// A token's value compared with another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// What is known beside it.
    pub facts: Facts,
    /// Whether the candidate is the value, both in the normal form of the kind.
    pub equal: bool,
}

/// A token that is sealed to the current key of its class.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// The token to keep.
    pub token: String,
    /// The key that it is sealed to.
    pub kid: String,
    /// Its name, which is what it was.
    pub jti: String,
    /// Whether it is a new one; it is not, where the key was current already.
    pub rewrapped: bool,
}

/// A page of the audit, oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuditPage {
    /// The records.
    pub records: Vec<Record>,
    /// Where the next page begins, also one that is asked for later.
    pub next: String,
    /// Whether there are more records now.
    pub more: bool,
}

/// A record of the audit, as `keyholder audit export` writes it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its place, from 1 on without gaps.
    pub seq: u64,
    /// When.
    pub time: u64,
    /// Who asked.
    pub actor: String,
    /// What for.
    pub action: String,
    /// What came of it.
    pub outcome: String,
    /// The leaf's hash (RFC 6962 section 2.1), in base64url.
    pub hash: String,
    /// What else it says.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// A page of the keys, oldest first.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<Key>,
    /// Where the next page begins.
    pub next: String,
    /// Whether there are more keys.
    pub more: bool,
}

/// What is public about a key.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Key {
    /// Its thumbprint (RFC 7638).
    pub kid: String,
    /// The algorithm.
    pub alg: String,
    /// The class of data that it seals, or `*`.
    pub class: String,
    /// When it was made.
    pub created: u64,
    /// From when on it can be sealed to.
    pub nbf: Option<u64>,
    /// Until when it can be sealed to.
    pub exp: Option<u64>,
    /// When it is destroyed, and with it all that was sealed to it.
    pub destroys: Option<u64>,
    /// What became of it: whether it is still sealed to, and whether it opens.
    pub state: String,
    /// When it was revoked.
    pub revoked: Option<u64>,
    /// When it was destroyed.
    pub destroyed: Option<u64>,
    /// What else is said of it.
    #[serde(flatten)]
    pub rest: Map<String, Json>,
}

/// A registered person. Times are NumericDates.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subject {
    /// The opaque name, which is a token's `sub`.
    pub id: String,
    /// When they were registered.
    pub created: u64,
    /// When they were erased.
    pub erased: Option<u64>,
    /// How many keys were derived for them.
    pub keys: u64,
    /// The signed receipt of the erasure.
    pub receipt: Option<String>,
}

/// What can be read from one result.
pub(crate) trait Found: Sized + Send + 'static {
    fn read(raw: &RawValue) -> serde_json::Result<Self>;
}

fn part<T: DeserializeOwned>(raw: &RawValue) -> serde_json::Result<T> {
    serde_json::from_str(raw.get())
}

impl Found for Opened {
    fn read(raw: &RawValue) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Alone {
            value: Value,
        }
        // Apart from the facts, as members that are flattened lose the text of a value.
        let Alone { value } = part(raw)?;
        Ok(Self { facts: part(raw)?, value })
    }
}

impl Found for Masked {
    fn read(raw: &RawValue) -> serde_json::Result<Self> {
        Ok(Self { facts: part(raw)?, mask: finding(raw)? })
    }
}

impl Found for Fingerprinted {
    fn read(raw: &RawValue) -> serde_json::Result<Self> {
        Ok(Self { facts: part(raw)?, fingerprint: finding(raw)? })
    }
}

impl Found for Verified {
    fn read(raw: &RawValue) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Alone {
            equal: bool,
        }
        let Alone { equal } = part(raw)?;
        Ok(Self { facts: part(raw)?, equal })
    }
}

impl Found for Moved {
    fn read(raw: &RawValue) -> serde_json::Result<Self> {
        part(raw)
    }
}

fn finding<T: DeserializeOwned>(raw: &RawValue) -> serde_json::Result<Finding<T>> {
    #[derive(Deserialize)]
    struct Form<T> {
        fields: Option<BTreeMap<String, T>>,
    }
    match part::<Form<IgnoredAny>>(raw)?.fields {
        Some(_) => Ok(Finding::Fields(part::<Form<T>>(raw)?.fields.unwrap_or_default())),
        None => part(raw).map(Finding::One),
    }
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
    approval: Option<String>,
}

/// A problem document (RFC 9457), as far as it is looked at.
#[derive(Deserialize)]
pub(crate) struct Document {
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) detail: String,
}

/// The longest detail that is taken over. The key holder's own are shorter, and a token is longer.
const DETAIL: usize = 300;

impl Document {
    /// The document, if its code can be one of the key holder's. Another server may send back what it got, so a
    /// detail that is long or looks like a secret is dropped.
    pub(crate) fn checked(mut self) -> Option<Self> {
        let is_code = (1..=64).contains(&self.code.len())
            && self.code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if self.detail.is_empty()
            || self.detail.len() > DETAIL
            || ["fsk_", "eyJ"].iter().any(|secret| self.detail.contains(secret))
        {
            self.detail.clone_from(&self.code);
        }
        is_code.then_some(self)
    }
}

/// Reads an answer about so many tokens. One that is not what was asked for is none at all: no result may be taken
/// for another token's.
pub(crate) fn results<T: Found>(body: &[u8], count: usize) -> Result<Vec<std::result::Result<T, Refusal>>> {
    #[derive(Deserialize)]
    struct Probe {
        error: Option<Document>,
    }
    // The reader's own messages may quote values.
    let broken = Error::Answer { status: 200 };
    let Results { results, approval } = serde_json::from_slice(body).map_err(|_| broken.clone())?;
    if results.len() != count {
        return Err(broken);
    }
    let read = |raw: &RawValue| {
        let Probe { error } = part(raw).ok()?;
        let Some(document) = error else { return T::read(raw).ok().map(Ok) };
        let Document { code, detail } = document.checked()?;
        let approval = approval.clone().filter(|_| code == "approval-required");
        Some(Err(Refusal { code, detail, approval }))
    };
    results.into_iter().map(|raw| read(raw).ok_or(broken.clone())).collect()
}
