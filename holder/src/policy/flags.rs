//! What people have said since about the use of their values: that they are not to be sold, an objection, a consent
//! withdrawn. A token cannot say it, because it was sealed before.

use super::PurposeName;
use crate::error::{Code, Error, Result};
use std::collections::HashMap;
use std::fmt;

/// Something that a person said about the use of all their values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    /// Do not sell or share them (Cal. Civ. Code 1798.120, 1798.135).
    DoNotSell,
    /// An objection to this purpose (Regulation (EU) 2016/679 Art. 21).
    Objection(PurposeName),
    /// The consent to this purpose is withdrawn (Art. 7(3)).
    Withdrawal(PurposeName),
}

impl Flag {
    /// The names of the three.
    pub const NAMES: [&str; 3] = ["do-not-sell", "objection", "withdrawal"];

    /// Reads a flag: its name, and the purpose that it is about.
    ///
    /// Errors: `flag-unknown` also where a purpose is missing or is too much, `purpose-name-invalid`.
    pub fn parse(name: &str, purpose: Option<&str>) -> Result<Self> {
        match (name, purpose) {
            ("do-not-sell", None) => Ok(Self::DoNotSell),
            ("objection", Some(purpose)) => Ok(Self::Objection(PurposeName::parse(purpose)?)),
            ("withdrawal", Some(purpose)) => Ok(Self::Withdrawal(PurposeName::parse(purpose)?)),
            _ => Err(Error::new(Code::FlagUnknown)),
        }
    }

    /// Its name, without the purpose.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::DoNotSell => "do-not-sell",
            Self::Objection(_) => "objection",
            Self::Withdrawal(_) => "withdrawal",
        }
    }

    /// The purpose that it is about.
    pub fn purpose(&self) -> Option<&str> {
        match self {
            Self::DoNotSell => None,
            Self::Objection(purpose) | Self::Withdrawal(purpose) => Some(purpose.as_str()),
        }
    }
}

impl fmt::Display for Flag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        self.purpose().map_or(Ok(()), |purpose| write!(f, " {purpose}"))
    }
}

/// The flags of one person, as rules are told them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Said {
    pub(crate) do_not_sell: bool,
    pub(crate) objections: Vec<PurposeName>,
    pub(crate) withdrawn: Vec<PurposeName>,
}

/// The flags of the people whose values a request is about, by subject. Who has none is not in it.
#[derive(Clone, Debug, Default)]
pub struct Flags(HashMap<String, Said>);

impl Flags {
    /// Nobody's: for rules that do not look at any.
    pub fn none() -> Self {
        Self::default()
    }

    /// Those of a subject.
    pub(super) fn of(&self, subject: Option<&str>) -> Said {
        subject.and_then(|subject| self.0.get(subject)).cloned().unwrap_or_default()
    }
}

impl FromIterator<(String, Flag)> for Flags {
    fn from_iter<T: IntoIterator<Item = (String, Flag)>>(flags: T) -> Self {
        let mut all = HashMap::<String, Said>::new();
        for (subject, flag) in flags {
            let said = all.entry(subject).or_default();
            match flag {
                Flag::DoNotSell => said.do_not_sell = true,
                Flag::Objection(purpose) => said.objections.push(purpose),
                Flag::Withdrawal(purpose) => said.withdrawn.push(purpose),
            }
        }
        // In one order, so that people who said the same are alike.
        for said in all.values_mut() {
            said.objections.sort();
            said.withdrawn.sort();
        }
        Self(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_read_with_its_purpose_and_not_without() {
        for (name, purpose) in
            [("do-not-sell", None), ("objection", Some("marketing")), ("withdrawal", Some("marketing"))]
        {
            let flag = Flag::parse(name, purpose).unwrap();
            assert_eq!((flag.name(), flag.purpose()), (name, purpose));
            assert!(Flag::NAMES.contains(&flag.name()));
        }
        for (name, purpose) in
            [("do-not-sell", Some("x")), ("objection", None), ("withdrawal", None), ("none", None)]
        {
            assert_eq!(Flag::parse(name, purpose).unwrap_err().code(), Code::FlagUnknown, "{name}");
        }
        assert_eq!(Flag::parse("objection", Some("a b")).unwrap_err().code(), Code::PurposeNameInvalid);
    }

    #[test]
    fn flags_are_those_of_a_subject() {
        let of = |subject: &str, name, purpose| (subject.to_owned(), Flag::parse(name, purpose).unwrap());
        let flags: Flags = [
            of("u1", "objection", Some("b")),
            of("u2", "do-not-sell", None),
            of("u1", "objection", Some("a")),
            of("u1", "withdrawal", Some("c")),
        ]
        .into_iter()
        .collect();
        let said = flags.of(Some("u1"));
        assert_eq!(said.objections.iter().map(PurposeName::as_str).collect::<Vec<_>>(), ["a", "b"]);
        assert!(!said.do_not_sell && said.withdrawn.len() == 1);
        assert!(flags.of(Some("u2")).do_not_sell);
        assert_eq!(flags.of(Some("u3")), Said::default());
        assert_eq!(flags.of(None), Said::default());
    }
}
