//! Kinds that can be opened for longer than they are to be kept. A key is destroyed when the kind of its class that is
//! kept longest may go, so the others outlive their own time; and a key without a date keeps everything.
//!
//! The service opens nothing whose time is over. But until its key is destroyed, whoever has the key holder could.

use super::DAY;
use crate::retention::RetentionPolicy;
use crate::store::KeyRow;
use fieldseal::kind::Kind;
use serde::Serialize;
use std::collections::BTreeSet;

/// A kind in use whose keys outlive the time for which it is to be kept.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Kept {
    pub(crate) kind: &'static str,
    /// For how many days the policy keeps it.
    pub(crate) policy_days: u64,
    /// How many keys that are not destroyed keep it for longer.
    pub(crate) keys: u64,
    /// How many of them are never destroyed by themselves.
    pub(crate) without_date: u64,
    /// For how many days longer at most, where they have a date. It is counted for what was sealed to a key last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) over_days: Option<u64>,
}

/// What is to be said about these kinds, the worst first.
pub(super) fn findings(
    kinds: &BTreeSet<&'static str>,
    keys: &[KeyRow],
    policy: &RetentionPolicy,
) -> Vec<Kept> {
    let kinds = kinds.iter().filter_map(|id| Kind::parse(id).ok());
    let mut found: Vec<Kept> = kinds.filter_map(|kind| of(kind, keys, policy)).collect();
    found.sort_by_key(|kept| std::cmp::Reverse((kept.without_date > 0, kept.over_days)));
    found
}

fn of(kind: Kind, keys: &[KeyRow], policy: &RetentionPolicy) -> Option<Kept> {
    let (policy_days, _) = policy.kind(kind);
    let mut kept = Kept { kind: kind.as_str(), policy_days, keys: 0, without_date: 0, over_days: None };
    let are_there = |key: &&KeyRow| key.life.destroyed.is_none() && key.scope.covers(kind.class());
    for key in keys.iter().filter(are_there) {
        let Some(destroys) = key.destroys else {
            kept.keys += 1;
            kept.without_date += 1;
            continue;
        };
        let sealed_last = key.exp.map_or(key.created.0, |exp| exp.0);
        let over = destroys.0.saturating_sub(sealed_last.saturating_add(policy_days * DAY)) / DAY;
        if over > 0 {
            kept.keys += 1;
            kept.over_days = kept.over_days.max(Some(over));
        }
    }
    (kept.keys > 0).then_some(kept)
}
