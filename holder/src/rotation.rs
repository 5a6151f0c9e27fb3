//! Rotation: a new key takes over from an old one, and the two overlap, so that a page which was loaded
//! before can still seal. An operator asks for it, or the service does it when a key is old enough.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::KeyState;
use crate::policy::Actor;
use crate::retention::{RetentionPolicy, Sweep};
use crate::store::{KeyRow, Store};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

const DAY: u64 = 24 * 60 * 60;

/// The most days that anything about a key may take.
const MAX_DAYS: u64 = 3650;

/// The name that the policy is kept under. Its row is held while keys are rotated, so that of several
/// services on one database only one does it.
const NAME: &str = "rotation";

/// How often a running service looks whether a key is old enough.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// How often it wipes the keys that another process destroyed.
const SWEEP: Duration = Duration::from_secs(60);

/// How old keys may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RotationPolicy {
    /// After how many days the next key takes over.
    pub(crate) rotate_days: u64,
    /// For how many more days pages may seal to the old one.
    pub(crate) overlap_days: u64,
}

/// What holds where nothing was set and somebody asks for a new key.
impl Default for RotationPolicy {
    fn default() -> Self {
        Self { rotate_days: 90, overlap_days: 30 }
    }
}

impl RotationPolicy {
    /// Errors: `days-out-of-range`, `rotation-order`.
    pub(crate) fn new(rotate_days: u64, overlap_days: u64) -> Result<Self> {
        check_days(rotate_days)?;
        check_days(overlap_days)?;
        match overlap_days < rotate_days {
            true => Ok(Self { rotate_days, overlap_days }),
            false => Err(Error::new(Code::RotationOrder)),
        }
    }

    /// For how many days pages may seal to a new key.
    fn days(&self) -> u64 {
        self.rotate_days.saturating_add(self.overlap_days).min(MAX_DAYS)
    }

    /// Nothing is kept under the name until somebody sets it, and the empty text is nothing.
    fn read(text: Option<String>) -> Result<Option<Self>> {
        match text.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => serde_json::from_str(&text).map(Some).map_err(|_| Error::new(Code::StoreDamaged)),
        }
    }

    /// The policy of this store, if keys are rotated by age.
    pub(crate) async fn of(store: &Store) -> Result<Option<Self>> {
        Self::read(store.preference(NAME).await?)
    }

    /// Sets the policy, or that there is none.
    pub(crate) async fn set(policy: Option<Self>, store: &Store, by: &Actor, now: NumericDate) -> Result<()> {
        let text = policy.as_ref().map_or(Ok(String::new()), serde_json::to_string);
        let text = text.map_err(|_| Error::new(Code::Internal))?;
        let mut entry = Entry::of_action(Action::KeyPolicy, by.name(), now);
        entry.target = Some(policy.map_or("off".to_owned(), |policy| {
            format!("{} days, overlap {}", policy.rotate_days, policy.overlap_days)
        }));
        let mut tail = Tail::of(store.write().await?).await?;
        tail.tx().set_preference(NAME, &text).await?;
        tail.append(&entry)?;
        tail.commit().await
    }

    /// Whether it is time for the next key of a class whose latest is this one. A key that was given a
    /// shorter life is followed before it ends, for otherwise the class would have none.
    fn is_due(&self, latest: &KeyRow, now: NumericDate) -> bool {
        let old = now >= latest.created.plus(self.rotate_days * DAY);
        let ending = latest.exp.is_some_and(|exp| now.plus(self.overlap_days * DAY) >= exp);
        old || ending
    }
}

/// Which classes get a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// This one.
    Of(Scope),
    /// All that have a key that was not destroyed or revoked.
    All,
    /// Those of all whose key is as old as it may get.
    Due,
}

/// What became of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Rotated {
    /// The class.
    pub(crate) class: String,
    /// The new key.
    pub(crate) kid: String,
    /// The key that it takes over from.
    pub(crate) before: String,
    /// Until when pages may seal to that one, if they still may.
    pub(crate) overlap_until: Option<u64>,
}

impl Holder {
    /// Makes the next key of classes, and has the old ones end when the overlap does, unless they end
    /// sooner. A new key lives for `days`.
    ///
    /// Errors: `days-out-of-range`, `rotation-order`, `key-none-to-rotate`, `key-damaged`,
    /// `store-unavailable`.
    pub(crate) async fn rotate(
        &self,
        which: Which,
        overlap_days: Option<u64>,
        days: Option<u64>,
        by: &Actor,
    ) -> Result<Vec<Rotated>> {
        let now = self.clock().now();
        let mut tx = self.store().write().await?;
        let policy = RotationPolicy::read(tx.hold_preference(NAME).await?)?;
        // Only now: another replica may just have done what this one came for.
        let keys = tx.keys().await?;
        let policy = match (which, policy) {
            (Which::Due, None) => return Ok(Vec::new()),
            (_, policy) => policy.unwrap_or_default(),
        };
        let overlap_days = overlap_days.unwrap_or(policy.overlap_days);
        let days = days.unwrap_or(policy.days());
        check_days(overlap_days)?;
        check_days(days)?;
        let latest = latest(&keys, |key| match which {
            Which::Of(scope) => key.scope == scope && key.life.destroyed.is_none(),
            Which::All | Which::Due => matches!(key.state(now), KeyState::Active | KeyState::Retired),
        });
        if latest.is_empty() && which != Which::Due {
            return Err(Error::new(Code::KeyNoneToRotate));
        }
        let latest = latest.into_iter().filter(|key| which != Which::Due || policy.is_due(key, now));
        let latest: Vec<_> = latest.collect();
        if latest.is_empty() {
            return Ok(Vec::new());
        }
        let mut tail = Tail::of(tx).await?;
        let rotated = self.follow(&mut tail, &keys, latest, (overlap_days, days), by).await?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(rotated)
    }

    /// Makes the next keys of the classes of these, as part of a change that does more than that. How long they
    /// overlap and live is as the policy says.
    ///
    /// Errors: `key-damaged`, `keys-locked`, `store-unavailable`.
    pub(crate) async fn take_over(
        &self,
        tail: &mut Tail,
        keys: &[KeyRow],
        from: Vec<&KeyRow>,
        by: &Actor,
    ) -> Result<Vec<Rotated>> {
        let policy = RotationPolicy::read(tail.tx().hold_preference(NAME).await?)?.unwrap_or_default();
        self.follow(tail, keys, from, (policy.overlap_days, policy.days()), by).await
    }

    /// Makes the next key after each of these, the latest of their classes.
    async fn follow(
        &self,
        tail: &mut Tail,
        keys: &[KeyRow],
        latest: Vec<&KeyRow>,
        (overlap_days, days): (u64, u64),
        by: &Actor,
    ) -> Result<Vec<Rotated>> {
        let now = self.clock().now();
        let retention = RetentionPolicy::held_by(tail.tx()).await?;
        let mut rotated = Vec::with_capacity(latest.len());
        let overlap_until = now.plus(overlap_days * DAY);
        for before in latest {
            // It takes over from every key of its class, whichever became valid last.
            let nbf = keys.iter().filter(|key| key.scope == before.scope).filter_map(|key| key.nbf).max();
            let exp = now.plus(days * DAY);
            let ends = (Some(exp), retention.destroys(before.scope, exp));
            let row = self.keys().generate(before.alg, before.scope, nbf, ends, now)?;
            tail.tx().insert_key(&row).await?;
            let mut entry = Entry::of_action(Action::KeyRotate, by.name(), now);
            entry.kid = Some(row.kid.clone());
            entry.class = Some(row.scope.as_str().to_owned());
            entry.target = Some(before.kid.clone());
            tail.append(&entry)?;
            for old in keys.iter().filter(|key| key.scope == before.scope) {
                let goes_on = old.exp.is_none_or(|exp| exp > overlap_until);
                if old.state(now) == KeyState::Active && goes_on {
                    let old = self.keys().ending(old.clone(), overlap_until)?;
                    tail.tx().update_key(&old).await?;
                }
            }
            let until = before.exp.map_or(overlap_until, |exp| exp.min(overlap_until));
            rotated.push(Rotated {
                class: row.scope.as_str().to_owned(),
                kid: row.kid,
                before: before.kid.clone(),
                overlap_until: (before.state(now) == KeyState::Active).then_some(until.0),
            });
        }
        Ok(rotated)
    }

    /// Looks after the keys for as long as the service runs. What fails, such as while an HSM is away, is
    /// tried again soon.
    pub(crate) async fn look_after_keys(self) {
        let mut sweep = tokio::time::interval(SWEEP);
        let mut next = Instant::now();
        let mut retention = Sweep::default();
        loop {
            sweep.tick().await;
            self.sweep_retention(&mut retention).await;
            if let Err(error) = self.keys().forget_destroyed().await {
                tracing::error!(code = error.code().as_str(), "destroyed keys were not looked for");
            }
            if Instant::now() < next {
                continue;
            }
            match self.rotate(Which::Due, None, None, &Actor::service()).await {
                Ok(rotated) => {
                    next = Instant::now() + EVERY;
                    for Rotated { class, kid, before, .. } in rotated {
                        tracing::info!(class, kid, before, "a new key takes over");
                    }
                }
                Err(error) => tracing::error!(code = error.code().as_str(), "no key was rotated"),
            }
        }
    }
}

/// The key of each class that became valid last, of those that count.
fn latest(keys: &[KeyRow], counts: impl Fn(&KeyRow) -> bool) -> Vec<&KeyRow> {
    let mut latest: Vec<&KeyRow> = Vec::new();
    for key in keys.iter().filter(|key| counts(key)) {
        match latest.iter_mut().find(|other| other.scope == key.scope) {
            Some(other) if key.nbf >= other.nbf => *other = key,
            Some(_) => {}
            None => latest.push(key),
        }
    }
    latest
}

fn check_days(days: u64) -> Result<()> {
    match (1..=MAX_DAYS).contains(&days) {
        true => Ok(()),
        false => Err(Error::new(Code::DaysOutOfRange)),
    }
}
