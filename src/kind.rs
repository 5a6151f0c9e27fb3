//! The catalogue of data kinds: what a value is, which class of data it belongs to, how it is read, and
//! how long a sealed one looks. Each family has a file.
//!
//! A class is what keys are made for, so a class is what a role can be given; a kind is what a form
//! declares. A value is *read* as its kind: what is none never gets sealed, and what is one is sealed in its
//! normal form, so that the one who opens it meets a single spelling.

mod about;
mod brand;
mod calendar;
mod check;
mod contact;
mod credential;
mod detect;
pub mod edit;
mod general;
mod health;
mod hint;
mod identity;
mod input;
mod licence;
mod mask;
mod national;
mod payment;
mod read;
mod text;
mod value;

pub use about::{About, Duty};
pub use brand::Brand;
pub use detect::detect;
pub use read::{Context, Reason};
use read::{Read, Rule};

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
#[derive(Clone, Copy)]
pub struct Kind(&'static Entry);

struct Entry {
    id: &'static str,
    class: Class,
    /// A power of two, so that doubling one ends at the longest plaintext exactly, and chosen so that the
    /// ordinary values of the kind all fit.
    size_class: usize,
    rule: Rule,
    once: bool,
    /// In seconds; zero is no limit.
    lifetime: u32,
    hints: &'static [&'static str],
    /// What a control tells the browser: `autocomplete`, `inputmode` and `dir`, with commas between.
    input: &'static str,
    /// The separator of groups, and how many characters each has; the last repeats.
    groups: Option<(char, &'static [usize])>,
}

const fn entry(id: &'static str, class: Class, size_class: usize, rule: Rule) -> Entry {
    let (once, lifetime, groups) = (false, 0, None);
    Entry { id, class, size_class, rule, once, lifetime, hints: &[], input: "off,text,", groups }
}

impl Entry {
    /// These hints may be published.
    const fn hints(self, hints: &'static [&'static str]) -> Self {
        Self { hints, ..self }
    }

    /// This is what a control tells the browser.
    const fn input(self, input: &'static str) -> Self {
        Self { input, ..self }
    }

    /// It is typed in groups of these sizes.
    const fn groups(self, separator: char, sizes: &'static [usize]) -> Self {
        Self { groups: Some((separator, sizes)), ..self }
    }

    /// Its tokens open for so many seconds, unless the sealer says otherwise.
    const fn lives(self, lifetime: u32) -> Self {
        Self { lifetime, ..self }
    }

    /// Its tokens open a single time, and for no longer than so many seconds.
    const fn once(self, lifetime: u32) -> Self {
        Self { once: true, lifetime, ..self }
    }
}

/// Every kind, by class.
static CATALOGUE: [&[Entry]; 6] =
    [contact::KINDS, identity::KINDS, payment::KINDS, health::KINDS, credential::KINDS, general::KINDS];

impl Kind {
    /// Finds a kind by its id. Errors: `kind-unknown`.
    pub fn parse(id: &str) -> Result<Self> {
        Self::find(&|kind| kind.as_str() == id).ok_or(Error::new(Code::KindUnknown))
    }

    /// Every kind, by class.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.into_iter().flatten().map(Self)
    }

    fn find(is: &dyn Fn(Self) -> bool) -> Option<Self> {
        for kinds in CATALOGUE {
            for entry in kinds {
                if is(Self(entry)) {
                    return Some(Self(entry));
                }
            }
        }
        None
    }

    /// The kind of a whole form's values of one class, sealed as one token: `payment-form` and the like.
    pub(crate) fn of_form(class: Class) -> Result<Self> {
        Self::find(&|kind| kind.class() == class && kind.is_form()).ok_or(Error::new(Code::KindUnknown))
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

    /// Whether a token of this kind opens a single time, whoever made it.
    pub fn is_once(self) -> bool {
        self.0.once
    }

    /// For how many seconds a token opens unless its sealer says otherwise. Where the kind is one that opens a
    /// single time, no sealer can ask for longer.
    pub fn lifetime(self) -> Option<u64> {
        if self.0.lifetime > 0 { Some(self.0.lifetime.into()) } else { None }
    }

    /// The smallest plaintext in bytes; a longer value gets twice that, and so on.
    pub fn size_class(self) -> usize {
        self.0.size_class
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Kind {}

impl core::hash::Hash for Kind {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
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
