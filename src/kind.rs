//! The catalogue of data kinds: what a value is, which class of data it belongs to, and how long a
//! sealed one looks.
//!
//! A class is what keys are made for, so a class is what a role can be given; a kind is what a form
//! declares.

use crate::{Code, Error, Result};
use core::str::FromStr;

/// A class of data: the unit of key separation. Each class can have keys of its own, held by people
/// of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Names, addresses, phones, emails.
    Contact,
    /// Government identifiers and dates of birth.
    Identity,
    /// Cards, bank accounts, transactions.
    Payment,
    /// Records, insurance, conditions, treatments.
    Health,
    /// Usernames, passwords, tokens.
    Credential,
    /// Everything else.
    General,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 6] =
        [Self::Contact, Self::Identity, Self::Payment, Self::Health, Self::Credential, Self::General];

    /// The name as it stands in key sets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Identity => "identity",
            Self::Payment => "payment",
            Self::Health => "health",
            Self::Credential => "credential",
            Self::General => "general",
        }
    }
}

impl FromStr for Class {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|class| class.as_str() == name)
            .ok_or(Error::of(Code::KeyMalformed, "class"))
    }
}

/// A kind of data: an entry of the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(&'static Entry);

#[derive(PartialEq, Eq, Hash)]
struct Entry {
    id: &'static str,
    class: Class,
    size_class: usize,
}

const fn entry(id: &'static str, class: Class, size_class: usize) -> Entry {
    Entry { id, class, size_class }
}

/// Size classes are powers of two, so that doubling one ends at the longest plaintext exactly. Each
/// is chosen so that the ordinary values of its kind all fit.
static CATALOGUE: &[Entry] = &[
    entry("person-name", Class::Contact, 128),
    entry("postal-address", Class::Contact, 512),
    entry("billing-address", Class::Contact, 512),
    entry("phone", Class::Contact, 64),
    entry("email", Class::Contact, 128),
    entry("contact-form", Class::Contact, 1024),
    entry("us-ssn", Class::Identity, 64),
    entry("us-itin", Class::Identity, 64),
    entry("us-ein", Class::Identity, 64),
    entry("drivers-licence", Class::Identity, 64),
    entry("passport-number", Class::Identity, 128),
    entry("date-of-birth", Class::Identity, 64),
    entry("national-id", Class::Identity, 64),
    entry("identity-form", Class::Identity, 512),
    entry("card-number", Class::Payment, 64),
    entry("card-expiry", Class::Payment, 64),
    entry("card-cvc", Class::Payment, 64),
    entry("iban", Class::Payment, 64),
    entry("us-bank-account", Class::Payment, 128),
    entry("transaction", Class::Payment, 512),
    entry("payment-history", Class::Payment, 4096),
    entry("payment-form", Class::Payment, 512),
    entry("medical-record-number", Class::Health, 64),
    entry("health-insurance-id", Class::Health, 64),
    entry("diagnosis", Class::Health, 512),
    entry("treatment", Class::Health, 1024),
    entry("medication", Class::Health, 512),
    entry("health-note", Class::Health, 4096),
    entry("health-form", Class::Health, 4096),
    entry("username", Class::Credential, 128),
    entry("password", Class::Credential, 128),
    entry("security-answer", Class::Credential, 128),
    entry("auth-token", Class::Credential, 512),
    entry("session-data", Class::Credential, 4096),
    entry("credential-form", Class::Credential, 512),
    entry("text", Class::General, 256),
    entry("number", Class::General, 64),
    entry("boolean", Class::General, 64),
    entry("choice", Class::General, 128),
    entry("date", Class::General, 64),
    entry("json", Class::General, 1024),
    entry("general-form", Class::General, 1024),
];

impl Kind {
    /// Finds a kind by its id. Errors: `kind-unknown`.
    pub fn parse(id: &str) -> Result<Self> {
        Self::all().find(|kind| kind.as_str() == id).ok_or(Error::new(Code::KindUnknown))
    }

    /// Every kind, by class.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(Self)
    }

    /// The kind of a whole form's values of one class, sealed as one token: `payment-form` and the like.
    pub(crate) fn of_form(class: Class) -> Result<Self> {
        Self::all().find(|k| k.class() == class && k.is_form()).ok_or(Error::new(Code::KindUnknown))
    }

    /// Whether a token of this kind holds several fields.
    pub fn is_form(self) -> bool {
        self.as_str().ends_with("-form")
    }

    /// Whether its values are `true` and `false`.
    pub fn is_boolean(self) -> bool {
        self.as_str() == "boolean"
    }

    /// The id, such as `card-number`.
    pub fn as_str(self) -> &'static str {
        self.0.id
    }

    /// The class whose keys seal this kind.
    pub fn class(self) -> Class {
        self.0.class
    }

    /// The smallest plaintext in bytes; a longer value gets twice that, and so on.
    pub fn size_class(self) -> usize {
        self.0.size_class
    }
}

impl core::fmt::Debug for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(id: &str) -> Result<Self> {
        Self::parse(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_catalogue_is_well_formed() {
        let ids: HashSet<_> = Kind::all().map(Kind::as_str).collect();
        assert_eq!(ids.len(), Kind::all().count());
        for kind in Kind::all() {
            assert_eq!(Kind::parse(kind.as_str()), Ok(kind));
            assert!(kind.size_class().is_power_of_two() && kind.size_class() >= 64);
        }
        for class in Class::ALL {
            assert_eq!(class.as_str().parse(), Ok(class));
            assert_eq!(Kind::of_form(class).map(|k| k.class()), Ok(class));
        }
    }
}
