//! The plan: what ends when, and what keeps it. The same for the command and the service.

use super::policy::Said;
use super::{DAY, RetentionPolicy, defaults};
use crate::error::Result;
use crate::holder::Holder;
use crate::keystore::KeyState;
use crate::policy::{Actor, Duty};
use crate::store::{HoldRow, KeyRow};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::kind::{Class, Kind};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

/// What ends when. Times are NumericDates (RFC 7519 section 2).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Retention)]
pub(crate) struct Plan {
    /// The keys that were not destroyed, soonest first; last those that are never destroyed by themselves.
    pub(crate) keys: Vec<PlannedKey>,
    /// The holds that last, oldest first.
    pub(crate) holds: Vec<Hold>,
    /// For how long data is kept.
    pub(crate) policy: Periods,
}

/// When a key ends.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct PlannedKey {
    /// Its thumbprint (RFC 7638).
    pub(crate) kid: String,
    /// The class of data that it seals, or `*`.
    pub(crate) class: &'static str,
    /// What became of it so far.
    pub(crate) state: &'static str,
    /// Until when it can be sealed to.
    pub(crate) exp: Option<u64>,
    /// When it is destroyed.
    pub(crate) destroys: Option<u64>,
    /// In how many whole days that is; negative if the date has come already.
    pub(crate) days_left: Option<i64>,
    /// The ids of the holds that keep it.
    pub(crate) holds: Vec<String>,
}

/// A hold that lasts.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Hold {
    /// Its id, to release it by.
    pub(crate) id: String,
    /// The key that it keeps, if it is one.
    pub(crate) kid: Option<String>,
    /// The class whose keys it keeps, if it is a class.
    pub(crate) class: Option<&'static str>,
    /// Why, in the words of the one who asked for it.
    pub(crate) reason: String,
    /// Who asked for it.
    pub(crate) asked_by: String,
    /// Who approved it.
    pub(crate) placed_by: String,
    /// When.
    pub(crate) placed: u64,
    /// Whether it is as it was placed. One that is not opens nothing, and no key is destroyed before it is released.
    pub(crate) whole: bool,
}

/// For how long data is kept, in days.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Periods {
    /// Whether anything ends by itself.
    pub(crate) on: bool,
    /// The classes, and for how long a key that is made now is kept after pages stop sealing to it.
    pub(crate) classes: BTreeMap<&'static str, u64>,
    /// The kinds, but for forms, which are kept no longer than what is in them.
    pub(crate) kinds: Vec<Period>,
}

/// For how long a kind is kept, from when a value was sealed.
#[derive(Serialize, utoipa::ToSchema)]
pub(crate) struct Period {
    /// The kind.
    pub(crate) kind: &'static str,
    /// Its class.
    pub(crate) class: &'static str,
    /// How many days.
    pub(crate) days: u64,
    /// Who said so: `default`, or an operator of the `class` or the `kind`.
    pub(crate) said: Said,
    /// Why, if it is the default.
    pub(crate) why: Option<&'static str>,
    /// Where that is to be found, if it is the default.
    pub(crate) source: Option<&'static str>,
}

impl Periods {
    /// A policy as people and machines read it.
    pub(crate) fn of(policy: &RetentionPolicy) -> Self {
        let scopes = Class::ALL.into_iter().map(Scope::Class).chain([Scope::All]);
        let kinds = Kind::all().filter(|kind| !kind.is_form()).map(|kind| {
            let (days, said) = policy.kind(kind);
            let default = (said == Said::Default).then(|| defaults::of(kind));
            Period {
                kind: kind.as_str(),
                class: kind.class().as_str(),
                days,
                said,
                why: default.map(|default| default.why),
                source: default.map(|default| default.source),
            }
        });
        Self {
            on: !policy.is_off(),
            classes: scopes.map(|scope| (scope.as_str(), policy.class(scope))).collect(),
            kinds: kinds.collect(),
        }
    }
}

/// What is watched of all this.
pub(crate) struct Ends {
    /// When the next key is destroyed.
    pub(crate) destruction: Option<NumericDate>,
    /// When the first class can be sealed to no more, unless it gets another key.
    pub(crate) expiry: Option<NumericDate>,
    /// How many keys are past their date without being destroyed or held.
    pub(crate) overdue: usize,
    /// How many keys are held.
    pub(crate) held: usize,
}

impl Holder {
    /// The plan, for somebody who may read it.
    ///
    /// Errors: `not-allowed`, `approval-required`, `store-unavailable`, `store-damaged`.
    pub(crate) async fn retention_plan(&self, by: &Actor, address: Option<IpAddr>) -> Result<Plan> {
        self.may(by, address, Duty::RetentionRead).await?;
        let now = self.clock().now();
        let (rows, holds) = self.kept().await?;
        let keys = rows.into_iter().map(|row| {
            let keeping = holds.iter().filter(|hold| self.keys().is_held(&row, std::slice::from_ref(hold)));
            PlannedKey {
                holds: keeping.map(|hold| hold.id.clone()).collect(),
                class: row.scope.as_str(),
                state: row.state(now).as_str(),
                exp: row.exp.map(|time| time.0),
                destroys: row.destroys.map(|time| time.0),
                days_left: row.destroys.map(|time| days_until(time, now)),
                kid: row.kid,
            }
        });
        let holds = holds.iter().map(|hold| Hold {
            whole: self.keys().is_hold_whole(hold),
            id: hold.id.clone(),
            kid: hold.kid.clone(),
            class: hold.class.map(|class| class.as_str()),
            reason: hold.reason.clone(),
            asked_by: hold.asked_by.clone(),
            placed_by: hold.placed_by.clone(),
            placed: hold.placed.0,
        });
        let policy = RetentionPolicy::of(self.store()).await?;
        Ok(Plan { keys: keys.collect(), holds: holds.collect(), policy: Periods::of(&policy) })
    }

    /// The keys that were not destroyed, soonest first, and the holds that last, or of which somebody says in the
    /// database that they do not.
    async fn kept(&self) -> Result<(Vec<KeyRow>, Vec<HoldRow>)> {
        let mut rows = self.store().keys().await?;
        rows.retain(|row| row.life.destroyed.is_none());
        rows.sort_by_key(|row| row.destroys.unwrap_or(NumericDate(u64::MAX)));
        let mut holds = self.store().holds().await?;
        holds.retain(|hold| hold.release.is_none() || !self.keys().is_hold_whole(hold));
        Ok((rows, holds))
    }

    /// What is watched of the ends of keys.
    pub(crate) async fn ends(&self) -> Result<Ends> {
        let now = self.clock().now();
        let (rows, holds) = self.kept().await?;
        let is_held = |row: &&KeyRow| self.keys().is_held(row, &holds);
        let free = || rows.iter().filter(|row| !is_held(row));
        // A class ends with its last key; one without an end keeps it going.
        let mut last: HashMap<Scope, NumericDate> = HashMap::new();
        for row in rows.iter().filter(|row| row.state(now) == KeyState::Active) {
            let exp = row.exp.unwrap_or(NumericDate::MAX);
            last.entry(row.scope).and_modify(|latest| *latest = exp.max(*latest)).or_insert(exp);
        }
        Ok(Ends {
            destruction: free().filter(|row| !row.is_over(now)).filter_map(|row| row.destroys).min(),
            expiry: last.into_values().filter(|exp| *exp < NumericDate::MAX).min(),
            overdue: free().filter(|row| row.is_over(now)).count(),
            held: rows.iter().filter(is_held).count(),
        })
    }
}

/// Whole days until a time; negative from the time itself on.
fn days_until(time: NumericDate, now: NumericDate) -> i64 {
    let days = |seconds: u64| i64::try_from(seconds / DAY).unwrap_or(i64::MAX);
    match time > now {
        true => days(time.0 - now.0),
        false => -1 - days(now.0 - time.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_never_zero_days_away() {
        let now = NumericDate(1_800_000_000);
        for (time, days) in [
            (now.plus(DAY), 1),
            (now.plus(DAY - 1), 0),
            (now.plus(1), 0),
            (now, -1),
            (NumericDate(now.0 - DAY + 1), -1),
            (NumericDate(now.0 - DAY), -2),
        ] {
            assert_eq!(days_until(time, now), days, "{}", time.0);
        }
    }
}
