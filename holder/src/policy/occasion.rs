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
    proof: &'static str,
}

impl Actor {
    /// The user who runs a command here.
    pub fn operator(user: &str) -> Self {
        Self {
            name: format!("cli:{user}"),
            operator: true,
            roles: vec![OPERATOR.to_owned()],
            classes: Vec::new(),
            proof: "",
        }
    }

    /// The service itself, for what it does unasked. It has no role.
    pub fn service() -> Self {
        Self::with_roles("service", Vec::new(), Vec::new())
    }

    /// The holder of a credential.
    pub fn credential(credential: &Credential) -> Self {
        let name = &credential.name;
        Self::with_roles(name, credential.roles.clone(), credential.classes.clone())
    }

    /// Somebody with a credential of these roles and classes; without roles, an opener of the classes.
    pub(crate) fn with_roles(name: &str, mut roles: Vec<String>, classes: Vec<Scope>) -> Self {
        if roles.is_empty() && !classes.is_empty() {
            roles.push(OPENER.to_owned());
        }
        Self { name: name.to_owned(), operator: false, roles, classes, proof: "bearer" }
    }

    /// The same, who showed it in this way: `bearer`, `certificate` or `oidc`.
    #[must_use]
    pub(crate) fn with_proof(self, proof: &'static str) -> Self {
        Self { proof, ..self }
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

    pub(super) fn proof(&self) -> &'static str {
        self.proof
    }
}

/// Who asks, for what, why and when: the same for every token of a request.
#[derive(Clone, Debug)]
pub struct Occasion {
    pub(crate) actor: Actor,
    pub(crate) purpose: Option<String>,
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
                now,
                access: Access::Open,
                address: None,
                batch: 1,
                approved: false,
            }),
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
