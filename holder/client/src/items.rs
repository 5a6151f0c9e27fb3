//! What is asked of the key holder.

use crate::error::{Error, Result};
use serde::Serialize;
use std::fmt;
use zeroize::Zeroizing;

/// A token, and what it must have been sealed as; another is refused. Without expectations, whoever stored the token
/// decides what it passes for.
#[derive(Clone, Serialize)]
pub struct Expected {
    token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
}

impl Expected {
    /// A token of which nothing is expected.
    pub fn new(token: impl Into<String>) -> Self {
        Self { token: token.into(), field: None, kind: None, origin: None, sub: None }
    }

    /// Sealed for this form entry.
    #[must_use]
    pub fn field(self, name: impl Into<String>) -> Self {
        Self { field: Some(name.into()), ..self }
    }

    /// Sealed as this kind.
    #[must_use]
    pub fn kind(self, kind: impl Into<String>) -> Self {
        Self { kind: Some(kind.into()), ..self }
    }

    /// Sealed by a page of this origin.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { origin: Some(origin.into()), ..self }
    }

    /// Sealed as this person's.
    #[must_use]
    pub fn subject(self, sub: impl Into<String>) -> Self {
        Self { sub: Some(sub.into()), ..self }
    }
}

impl fmt::Debug for Expected {
    /// A token is no secret, but long, and a log of them is a list of what to steal the key for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("field", &self.field)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl<T: Into<String>> From<T> for Expected {
    fn from(token: T) -> Self {
        Self::new(token)
    }
}

/// A token, and what its value is compared with. It cannot be printed.
pub struct Comparison {
    expected: Expected,
    with: With,
    region: Option<String>,
}

enum With {
    Candidate(Zeroizing<String>),
    Hash(String),
}

impl Comparison {
    /// Compares with a value.
    ///
    /// Errors: [`Error::Option`] for what has no JSON.
    pub fn with(expected: impl Into<Expected>, candidate: &impl Serialize) -> Result<Self> {
        let json = serde_json::to_string(candidate).map_err(|_| Error::Option("candidate"))?;
        Ok(Self { expected: expected.into(), with: With::Candidate(Zeroizing::new(json)), region: None })
    }

    /// Compares with an Argon2id hash in its usual form, `$argon2id$v=19$…` (RFC 9106).
    pub fn with_hash(expected: impl Into<Expected>, hash: impl Into<String>) -> Self {
        Self { expected: expected.into(), with: With::Hash(hash.into()), region: None }
    }

    /// The country or state that the candidate is about, for kinds that ask for one.
    #[must_use]
    pub fn region(self, region: impl Into<String>) -> Self {
        Self { region: Some(region.into()), ..self }
    }

    pub(crate) fn has_hash(&self) -> bool {
        matches!(self.with, With::Hash(_))
    }

    pub(crate) fn json(&self) -> Result<Zeroizing<String>> {
        #[derive(Serialize)]
        struct Members<'a> {
            #[serde(flatten)]
            expected: &'a Expected,
            #[serde(skip_serializing_if = "Option::is_none")]
            region: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hash: Option<&'a str>,
        }
        let hash = match &self.with {
            With::Candidate(_) => None,
            With::Hash(hash) => Some(hash.as_str()),
        };
        let mut json = json(&Members { expected: &self.expected, region: self.region.as_deref(), hash })?;
        if let With::Candidate(candidate) = &self.with {
            // The text goes in as it is, so that no further copy of the candidate is made.
            json.pop();
            json.reserve_exact(candidate.len() + 16);
            json.push_str(",\"candidate\":");
            json.push_str(candidate);
            json.push('}');
        }
        Ok(json)
    }
}

/// What can be said of a request.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub(crate) purpose: Option<String>,
    pub(crate) approval: Option<String>,
    pub(crate) name: Option<String>,
}

impl Ask {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Why the values are needed: 1 to 200 characters, which the audit keeps. No value of a person belongs here.
    pub fn purpose(purpose: impl Into<String>) -> Self {
        Self { purpose: Some(purpose.into()), ..Self::default() }
    }

    /// The id of the approval that this same request was given. It holds for one request: at most 100 tokens.
    #[must_use]
    pub fn approval(self, id: impl Into<String>) -> Self {
        Self { approval: Some(id.into()), ..self }
    }

    /// The name of the request: 1 to 58 visible ASCII characters. One is made when none is given. Who gives it can ask
    /// again after a crash: for ten minutes tokens that open once open again under the same name.
    #[must_use]
    pub fn idempotency_key(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

pub(crate) fn json(value: &impl Serialize) -> Result<Zeroizing<String>> {
    serde_json::to_string(value).map(Zeroizing::new).map_err(|_| Error::Option("token"))
}
