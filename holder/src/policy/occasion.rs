//! Who asks, for what, why and when.

use super::Access;
use crate::error::{Code, Error, Result};
use crate::store::Credential;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use std::net::IpAddr;

/// The most characters of a purpose.
const MAX_PURPOSE_LEN: usize = 200;

/// The role of a credential that lists classes and was given no role.
pub const OPENER: &str = "opener";

/// The role of whoever runs a command here.
pub const OPERATOR: &str = "operator";

/// Whoever asks.
#[derive(Clone, Debug)]
pub struct Actor {
    name: String,
    /// Whether this is the user of a command, and not the holder of a credential.
    operator: bool,
    roles: Vec<String>,
    classes: Vec<Scope>,
    proof: String,
    quota: Quota,
    /// Whether what was sealed to a revoked key is asked for, explicitly.
    revoked: bool,
    /// Whether what is of a frozen class is asked for, explicitly.
    frozen: bool,
}

/// How many values may be opened. A whole form counts as the values in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// In a minute; `None` is without a limit.
    pub per_minute: Option<u64>,
    /// In a day (UTC); `None` is without a limit.
    pub per_day: Option<u64>,
}

impl Actor {
    /// The user who runs a command here.
    pub fn operator(user: &str) -> Self {
        Self {
            name: format!("cli:{user}"),
            operator: true,
            roles: vec![OPERATOR.to_owned()],
            classes: Vec::new(),
            proof: String::new(),
            quota: Quota::default(),
            revoked: false,
            frozen: false,
        }
    }

    /// The same with leave for what is of a frozen class.
    #[must_use]
    pub fn with_frozen(self) -> Self {
        Self { frozen: true, ..self }
    }

    pub(super) fn uses_frozen(&self) -> bool {
        self.frozen
    }

    /// The same with leave for what was sealed to a revoked key.
    #[must_use]
    pub fn with_revoked(self) -> Self {
        Self { revoked: true, ..self }
    }

    pub(super) fn uses_revoked(&self) -> bool {
        self.revoked
    }

    /// The service itself, for what it does unasked. It has no role.
    pub fn service() -> Self {
        Self::with_roles("service", Vec::new(), Vec::new())
    }

    /// The holder of a credential.
    pub fn credential(credential: &Credential) -> Self {
        let name = &credential.name;
        let actor = Self::with_roles(name, credential.roles.clone(), credential.classes.clone());
        Self { quota: credential.quota, ..actor.with_proof(credential.proof.way.as_str()) }
    }

    /// Somebody with a credential of these roles and classes; without roles, an opener of the classes.
    pub(crate) fn with_roles(name: &str, mut roles: Vec<String>, classes: Vec<Scope>) -> Self {
        if roles.is_empty() && !classes.is_empty() {
            roles.push(OPENER.to_owned());
        }
        let proof = "bearer".to_owned();
        Self {
            name: name.to_owned(),
            operator: false,
            roles,
            classes,
            proof,
            quota: Quota::default(),
            revoked: false,
            frozen: false,
        }
    }

    /// The same, who showed it in this way: `bearer`, `certificate`, `oidc` or `session`.
    #[must_use]
    pub(crate) fn with_proof(self, proof: &str) -> Self {
        Self { proof: proof.to_owned(), ..self }
    }

    /// The name in the audit.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_operator(&self) -> bool {
        self.operator
    }

    pub(super) fn roles(&self) -> &[String] {
        &self.roles
    }

    pub(super) fn classes(&self) -> &[Scope] {
        &self.classes
    }

    pub(super) fn proof(&self) -> &str {
        &self.proof
    }

    pub(super) fn quota(&self) -> Quota {
        self.quota
    }
}

/// Who asks, for what, why and when: the same for every token of a request.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub(crate) actor: Actor,
    pub(crate) purpose: Option<String>,
    /// The name that the one who asks gave to the request, for when it has to be sent again.
    pub(crate) request: Option<String>,
    pub(crate) now: NumericDate,
    pub(crate) access: Access,
    pub(crate) address: Option<IpAddr>,
    pub(crate) batch: usize,
    pub(crate) approved: bool,
}

impl Occasion {
    /// An occasion to open one value.
    ///
    /// Errors: `purpose-invalid`.
    pub fn new(actor: Actor, purpose: Option<String>, now: NumericDate) -> Result<Self> {
        let fits = |purpose: &String| {
            (1..=MAX_PURPOSE_LEN).contains(&purpose.chars().count()) && !purpose.chars().any(char::is_control)
        };
        match &purpose {
            Some(purpose) if !fits(purpose) => Err(Error::new(Code::PurposeInvalid)),
            _ => Ok(Self {
                actor,
                purpose,
                request: None,
                now,
                access: Access::Open,
                address: None,
                batch: 1,
                approved: false,
            }),
        }
    }

    /// The same occasion for a request that has a name: 1 to 64 visible ASCII characters.
    ///
    /// Errors: `request-name-invalid`.
    pub fn named(self, request: Option<String>) -> Result<Self> {
        let fits =
            |name: &String| (1..=64).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_graphic());
        match &request {
            Some(name) if !fits(name) => Err(Error::new(Code::RequestNameInvalid)),
            _ => Ok(Self { request, ..self }),
        }
    }

    /// The same for something else than opening.
    #[must_use]
    pub fn access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The same, asked from this address.
    #[must_use]
    pub fn from(self, address: Option<IpAddr>) -> Self {
        Self { address, ..self }
    }

    /// The same for so many values.
    #[must_use]
    pub fn batch(self, batch: usize) -> Self {
        Self { batch, ..self }
    }

    /// The same with a second person's approval, or without.
    #[must_use]
    pub(crate) fn approved(self, approved: bool) -> Self {
        Self { approved, ..self }
    }
}
