//! For how long data is kept: days per kind, which an operator sets per class or per kind. A class is kept as long as
//! the kind of it that is kept longest.

use super::{DAY, defaults};
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::policy::Actor;
use crate::store::{Store, Tx};
use fieldseal::NumericDate;
use fieldseal::jwe::Header;
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most days that data is kept: a hundred years.
pub(crate) const MAX_DAYS: u64 = 36_525;

/// The name that the policy is kept under.
const NAME: &str = "retention";

/// What an operator said; the defaults hold for the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetentionPolicy {
    /// Whether nothing ends by itself.
    #[serde(default)]
    off: bool,
    #[serde(default)]
    classes: BTreeMap<String, u64>,
    #[serde(default)]
    kinds: BTreeMap<String, u64>,
}

/// Who said for how long a kind is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Said {
    /// Nobody: it is the default.
    Default,
    /// An operator, of the whole class.
    Class,
    /// An operator, of the kind.
    Kind,
}

/// A change of the policy.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// This class is kept for so many days, but for kinds of which something else is said.
    Class(Class, u64),
    /// This kind is.
    Kind(Kind, u64),
    /// Everything is as the defaults say.
    Default,
    /// Nothing ends by itself: keys that are made from now on have no date, and no token is too old.
    Off,
}

impl RetentionPolicy {
    /// The policy by which nothing ends by itself.
    pub(crate) fn off() -> Self {
        Self { off: true, ..Self::default() }
    }

    /// A database without the setting is one that was recovered from before there was any.
    fn read(text: Option<String>) -> Result<Self> {
        match text.as_deref() {
            None => Ok(Self::off()),
            Some("") => Ok(Self::default()),
            Some(text) => serde_json::from_str(text).map_err(|_| Error::new(Code::StoreDamaged)),
        }
    }

    /// The policy of this store. Errors: `store-damaged`.
    pub(crate) async fn of(store: &Store) -> Result<Self> {
        Self::read(store.preference(NAME).await?)
    }

    /// The policy, as it is while nobody else can change it.
    pub(crate) async fn held_by(tx: &mut Tx) -> Result<Self> {
        Self::read(tx.preference(NAME).await?)
    }

    /// Changes the policy. Keys that there are keep their dates.
    ///
    /// Errors: `retention-days`, `retention-form`.
    pub(crate) async fn change(change: Change, store: &Store, by: &Actor, now: NumericDate) -> Result<Self> {
        let mut tail = Tail::of(store.write().await?).await?;
        let mut policy = Self::held_by(tail.tx()).await?;
        policy.apply(change)?;
        let text = serde_json::to_string(&policy).map_err(|_| Error::new(Code::Internal))?;
        let mut entry = Entry::of_action(Action::RetentionPolicy, by.name(), now);
        entry.target = Some(match change {
            Change::Class(class, days) => {
                entry.class = Some(class.as_str().to_owned());
                format!("{days} days")
            }
            Change::Kind(kind, days) => {
                entry.kind = Some(kind.as_str().to_owned());
                format!("{days} days")
            }
            Change::Default => "default".to_owned(),
            Change::Off => "off".to_owned(),
        });
        tail.tx().set_preference(NAME, &text).await?;
        tail.append(&entry)?;
        tail.commit().await?;
        Ok(policy)
    }

    fn apply(&mut self, change: Change) -> Result<()> {
        let check = |days| match (1..=MAX_DAYS).contains(&days) {
            true => Ok(days),
            false => Err(Error::new(Code::RetentionDays)),
        };
        match change {
            Change::Class(class, days) => {
                self.classes.insert(class.as_str().to_owned(), check(days)?);
            }
            Change::Kind(kind, _) if kind.is_form() => return Err(Error::new(Code::RetentionForm)),
            Change::Kind(kind, days) => {
                self.kinds.insert(kind.as_str().to_owned(), check(days)?);
            }
            Change::Default => *self = Self::default(),
            Change::Off => *self = Self::off(),
        }
        // Whoever says for how long something is kept wants it to end.
        self.off = matches!(change, Change::Off);
        Ok(())
    }

    /// Whether nothing ends by itself.
    pub(crate) fn is_off(&self) -> bool {
        self.off
    }

    /// For how many days a kind is kept, and who said so. A form has no time of its own: it is that of the class.
    pub(crate) fn kind(&self, kind: Kind) -> (u64, Said) {
        let class = self.classes.get(kind.class().as_str());
        match (self.kinds.get(kind.as_str()), class) {
            (Some(days), _) => (*days, Said::Kind),
            (None, _) if kind.is_form() => (self.class(Scope::Class(kind.class())), Said::Class),
            (None, Some(days)) => (*days, Said::Class),
            (None, None) => (defaults::of(kind).days, Said::Default),
        }
    }

    /// For how many days the kinds of a class are kept at most.
    pub(crate) fn class(&self, scope: Scope) -> u64 {
        let kinds = Kind::all().filter(|kind| !kind.is_form() && scope.covers(kind.class()));
        kinds.map(|kind| self.kind(kind).0).max().unwrap_or(1)
    }

    /// When a key is destroyed that seals until `exp`: when the last value that can be sealed to it has been kept
    /// for long enough.
    pub(crate) fn destroys(&self, scope: Scope, exp: NumericDate) -> Option<NumericDate> {
        (!self.off).then(|| exp.plus(self.class(scope) * DAY))
    }

    /// Whether the time is over for which a value is kept. A form is kept no longer than the kind in it that is kept
    /// for the shortest time, as it opens as a whole.
    pub(crate) fn is_over(&self, header: &Header, now: NumericDate) -> bool {
        if self.off {
            return false;
        }
        let fields = header.fields.iter().map(|(_, kind)| self.kind(*kind).0).min();
        let days = fields.unwrap_or_else(|| self.kind(header.kind).0);
        now >= header.iat.plus(days * DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(id: &str) -> Kind {
        Kind::parse(id).unwrap()
    }

    #[test]
    fn a_kind_goes_before_its_class_and_that_before_the_default() {
        let mut policy = RetentionPolicy::default();
        let payment = Scope::Class(Class::Payment);
        assert_eq!(policy.kind(kind("card-cvc")), (1, Said::Default));
        assert_eq!((policy.class(payment), policy.class(Scope::All)), (3653, 3653));
        policy.apply(Change::Class(Class::Payment, 400)).unwrap();
        assert_eq!(policy.kind(kind("card-cvc")), (400, Said::Class));
        assert_eq!((policy.class(payment), policy.class(Scope::All)), (400, 3653));
        policy.apply(Change::Kind(kind("iban"), 500)).unwrap();
        assert_eq!(policy.kind(kind("iban")), (500, Said::Kind));
        assert_eq!(policy.class(payment), 500);
        assert_eq!(policy.kind(kind("payment-form")), (500, Said::Class));
        let exp = NumericDate(1_800_000_000);
        assert_eq!(policy.destroys(payment, exp), Some(exp.plus(500 * DAY)));
        policy.apply(Change::Off).unwrap();
        assert!(policy.is_off() && policy.destroys(payment, exp).is_none());
        policy.apply(Change::Default).unwrap();
        assert_eq!(policy, RetentionPolicy::default());
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let mut policy = RetentionPolicy::default();
        for days in [0, MAX_DAYS + 1, u64::MAX] {
            for change in [Change::Class(Class::Health, days), Change::Kind(kind("iban"), days)] {
                assert_eq!(policy.apply(change).err().map(|error| error.code()), Some(Code::RetentionDays));
            }
        }
        let form = policy.apply(Change::Kind(kind("payment-form"), 5));
        assert_eq!(form.err().map(|error| error.code()), Some(Code::RetentionForm));
        assert_eq!(policy, RetentionPolicy::default());
    }

    #[test]
    fn a_database_without_the_setting_ends_nothing() {
        assert!(RetentionPolicy::read(None).unwrap().is_off());
        assert!(!RetentionPolicy::read(Some(String::new())).unwrap().is_off());
        assert!(RetentionPolicy::read(Some(r#"{"off":true}"#.to_owned())).unwrap().is_off());
        for bad in ["{", r#"{"more":1}"#] {
            assert!(RetentionPolicy::read(Some(bad.to_owned())).is_err());
        }
    }
}
