//! A legal hold: two people keep a key from being destroyed, for a reason, until two people release it. What is held
//! opens as before, also beyond its date.
//!
//! The second person approves as with everything that takes two ([`crate::approval`]), and what was asked for is
//! carried out at once. A hold is signed. One that somebody changed in the database opens nothing, and stops the
//! destruction of keys until people have looked: what is destroyed cannot be had again.

use crate::approval::{self, Approval, Request};
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::KeyStore;
use crate::policy::{Actor, Duty};
use crate::retirement::check_reason;
use crate::store::{HoldRow, KeyRow, Release};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use std::fmt;
use std::net::IpAddr;

/// How long a hold or its release waits for the second person, in seconds: a week.
const LIFETIME: u64 = 7 * super::DAY;

/// What is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// One key.
    Key(String),
    /// All that was sealed as data of a class: its keys and those of `*`, also those that are made later. With `*`,
    /// every key.
    Class(Scope),
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(kid) => write!(f, "key {kid}"),
            Self::Class(scope) => write!(f, "class {}", scope.as_str()),
        }
    }
}

impl Held {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(' ')? {
            ("key", kid) => Some(Self::Key(kid.to_owned())),
            ("class", class) => class.parse().ok().map(Self::Class),
            _ => None,
        }
    }

    fn of(hold: &HoldRow) -> Option<Self> {
        hold.kid.clone().map(Self::Key).or(hold.class.map(Self::Class))
    }

    fn covers(&self, row: &KeyRow) -> bool {
        match self {
            Self::Key(kid) => *kid == row.kid,
            Self::Class(Scope::All) => true,
            Self::Class(Scope::Class(class)) => row.scope.covers(*class),
        }
    }
}

impl HoldRow {
    /// Whether it keeps this key, if it lasts.
    pub(crate) fn covers(&self, row: &KeyRow) -> bool {
        Held::of(self).is_some_and(|held| held.covers(row))
    }
}

/// Whether every hold is what was placed or released.
///
/// Errors: `hold-damaged`.
pub(crate) fn check(keys: &KeyStore, holds: &[HoldRow]) -> Result<()> {
    match holds.iter().find(|hold| !keys.is_hold_whole(hold)) {
        None => Ok(()),
        Some(hold) => Err(Error::about(Code::HoldDamaged, &hold.id)),
    }
}

impl Holder {
    /// Asks for a hold, and gives the id to approve. It holds nothing before somebody else has approved it, within a
    /// week.
    ///
    /// Errors: `not-allowed`, `reason-invalid`, `key-gone`, `key-destroyed`, `approvals-waiting`,
    /// `store-unavailable`.
    pub(crate) async fn ask_hold(
        &self,
        held: &Held,
        reason: &str,
        (by, address): (&Actor, Option<IpAddr>),
    ) -> Result<String> {
        self.may(by, address, Duty::HoldsManage).await?;
        let keys = self.store().keys().await?;
        if let Held::Key(kid) = held {
            is_there(keys.iter().find(|row| row.kid == *kid), kid)?;
        }
        let count = keys.iter().filter(|row| row.life.destroyed.is_none() && held.covers(row)).count();
        self.ask(Action::HoldPlace, held.to_string(), reason, count, by).await
    }

    /// Asks for the release of a hold, in the same way.
    ///
    /// Errors: `not-allowed`, `reason-invalid`, `hold-unknown`, `approvals-waiting`, `store-unavailable`.
    pub(crate) async fn ask_release(
        &self,
        id: &str,
        reason: &str,
        (by, address): (&Actor, Option<IpAddr>),
    ) -> Result<String> {
        self.may(by, address, Duty::HoldsManage).await?;
        let holds = self.store().holds().await?;
        let hold = lasting(self.keys(), &holds, id)?;
        let keys = self.store().keys().await?;
        let count = keys.iter().filter(|row| row.life.destroyed.is_none() && hold.covers(row)).count();
        self.ask(Action::HoldRelease, id.to_owned(), reason, count, by).await
    }

    async fn ask(
        &self,
        action: Action,
        target: String,
        reason: &str,
        count: usize,
        by: &Actor,
    ) -> Result<String> {
        check_reason(reason)?;
        let request = Request {
            actor: by.name(),
            action: action.as_str(),
            target,
            purpose: reason,
            count: count as u64,
            lifetime: LIFETIME,
        };
        approval::ask(self.store(), request, self.clock().now()).await
    }
}

/// Does what was approved, if it is about a hold, and gives whether it was.
///
/// Errors: `key-gone`, `key-destroyed`, `hold-unknown`, `store-damaged`.
pub(crate) async fn carry_out(
    keys: &KeyStore,
    tail: &mut Tail,
    approval: &Approval,
    by: &Actor,
    now: NumericDate,
) -> Result<bool> {
    let (target, reason) = (approval.target.as_deref(), approval.purpose.clone());
    let is = |action: Action| approval.action == action.as_str();
    let (true, Some(target), Some(reason)) =
        (is(Action::HoldPlace) || is(Action::HoldRelease), target, reason)
    else {
        return Ok(false);
    };
    if is(Action::HoldPlace) {
        let held = Held::parse(target).ok_or(Error::new(Code::StoreDamaged))?;
        if let Held::Key(kid) = &held {
            is_there(tail.tx().key(kid).await?.as_ref(), kid)?;
        }
        place(keys, tail, held, (approval, reason), by, now).await?;
    } else {
        let asked_by = approval.actor.clone();
        let release = Release { reason, asked_by, released_by: by.name().to_owned(), released: now };
        let holds = tail.tx().holds().await?;
        let hold = lasting(keys, &holds, target)?.clone();
        self::release(keys, tail, hold, release, now).await?;
    }
    Ok(true)
}

async fn place(
    keys: &KeyStore,
    tail: &mut Tail,
    held: Held,
    (approval, reason): (&Approval, String),
    by: &Actor,
    now: NumericDate,
) -> Result<()> {
    let (kid, class) = match held {
        Held::Key(kid) => (Some(kid), None),
        Held::Class(class) => (None, Some(class)),
    };
    let mut hold = HoldRow {
        id: approval.id.clone(),
        kid,
        class,
        reason,
        asked_by: approval.actor.clone(),
        placed_by: by.name().to_owned(),
        placed: now,
        release: None,
        signature: Vec::new(),
    };
    hold.signature = keys.sign_hold(&hold)?;
    tail.tx().insert_hold(&hold).await?;
    record(tail, Action::HoldPlace, &hold, by.name(), &hold.reason, now)
}

async fn release(
    keys: &KeyStore,
    tail: &mut Tail,
    mut hold: HoldRow,
    release: Release,
    now: NumericDate,
) -> Result<()> {
    // What is signed says that it ended, so the old signature is gone with it and cannot be put back.
    let (by, reason) = (release.released_by.clone(), release.reason.clone());
    hold.release = Some(release.clone());
    let signature = keys.sign_hold(&hold)?;
    tail.tx().release_hold(&hold.id, &release, &signature).await?;
    record(tail, Action::HoldRelease, &hold, &by, &reason, now)
}

fn record(
    tail: &mut Tail,
    action: Action,
    hold: &HoldRow,
    by: &str,
    reason: &str,
    now: NumericDate,
) -> Result<()> {
    let mut entry = Entry::of_action(action, by, now);
    entry.kid.clone_from(&hold.kid);
    entry.class = hold.class.map(|class| class.as_str().to_owned());
    entry.target = Some(hold.id.clone());
    entry.purpose = Some(reason.to_owned());
    tail.append(&entry).map(|_| ())
}

/// The hold of that id, unless it was released. One that was changed in the database can be released, too: that is
/// how people say that they have looked at it.
fn lasting<'a>(keys: &KeyStore, holds: &'a [HoldRow], id: &str) -> Result<&'a HoldRow> {
    let hold = holds.iter().find(|hold| hold.id == id);
    hold.filter(|hold| hold.release.is_none() || !keys.is_hold_whole(hold))
        .ok_or(Error::about(Code::HoldUnknown, id))
}

fn is_there(row: Option<&KeyRow>, kid: &str) -> Result<()> {
    match row.map(|row| row.life.destroyed) {
        None => Err(Error::about(Code::KeyGone, kid)),
        Some(Some(_)) => Err(Error::about(Code::KeyDestroyed, kid)),
        Some(None) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldseal::kind::Class;

    #[test]
    fn what_is_held_is_read_as_it_is_written() {
        for held in
            [Held::Key("-a_B".to_owned()), Held::Class(Scope::All), Held::Class(Scope::Class(Class::Payment))]
        {
            assert_eq!(Held::parse(&held.to_string()), Some(held));
        }
        for bad in ["", "key", "class", "class nothing", "hold x"] {
            assert!(Held::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_class_is_held_wherever_its_data_may_lie() {
        let row = |scope: Scope| KeyRow {
            kid: "k".to_owned(),
            alg: fieldseal::suite::Alg::EcdhEs,
            scope,
            created: NumericDate(1),
            nbf: None,
            exp: None,
            destroys: None,
            public: Vec::new(),
            wrapped: Vec::new(),
            life: crate::store::Life::default(),
        };
        let (payment, health) = (Scope::Class(Class::Payment), Scope::Class(Class::Health));
        for (held, scope, covers) in [
            (Held::Class(payment), payment, true),
            (Held::Class(payment), Scope::All, true),
            (Held::Class(payment), health, false),
            (Held::Class(Scope::All), health, true),
            (Held::Key("k".to_owned()), health, true),
            (Held::Key("l".to_owned()), health, false),
        ] {
            assert_eq!(held.covers(&row(scope)), covers, "{held} {}", scope.as_str());
        }
    }
}
