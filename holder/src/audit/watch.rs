//! Decoys: tokens that nobody honest opens. Whoever touches one is on record for it in the transaction that records
//! what they asked for, and where the decoy says so their credential ends there, too.
//!
//! A token is known for a decoy by its `jti`, 128 random bits that are authenticated with the value. Nothing that
//! opens as the decoy has another one, and a copy that was changed elsewhere, which opens for nobody, still has it.
//! What does not parse has none, and opens for nobody either.

use super::entry::{Action, Entry};
use super::tail::Tail;
use crate::error::{Code, Result};
use crate::keystore::random_id;
use crate::policy::Decision;
use crate::store::{Alarm, Decoy};
use fieldseal::NumericDate;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

/// How long, in seconds, the same one may touch the same decoy again before somebody is told of it anew. Each time
/// is on record and counted; this only keeps one program in a loop from filling the table.
const QUIET: u64 = 60;

/// Who revokes a credential that touched a decoy, as the audit names it.
const WATCHER: &str = "service:decoys";

/// The decoys among the tokens of a group of requests, and the alarms that they raise.
#[derive(Default)]
pub(super) struct Watch {
    decoys: HashMap<String, Decoy>,
    /// The credentials that were revoked since they were shown, so that nothing is opened for them any more.
    ended: HashSet<String>,
    /// The keys that were destroyed, or whose person was erased, since they were found.
    gone: HashMap<String, Code>,
    /// Those that are revoked by the request that is being decided about.
    ending: Vec<String>,
    alarms: Vec<Alarm>,
}

impl Watch {
    /// Looks all tokens of these requests up at once. Where there are no decoys it costs one look at an empty table.
    pub(super) async fn over<T>(tail: &mut Tail, requests: &[(T, Vec<Decision>)]) -> Result<Self> {
        let mut watch = Self::default();
        let entries = || requests.iter().flat_map(|(_, decisions)| decisions).map(entry);
        let actors: HashSet<&str> = entries().map(|entry| entry.actor.as_str()).collect();
        let actors: Vec<&str> = actors.into_iter().collect();
        watch.ended = tail.tx().revoked_among(&actors).await?.into_iter().collect();
        let grants = requests.iter().flat_map(|(_, decisions)| decisions).flatten();
        let kids: HashSet<&str> = grants.filter_map(|grant| grant.entry().kid.as_deref()).collect();
        let kids: Vec<&str> = kids.into_iter().collect();
        for kid in tail.tx().destroyed_among(&kids).await? {
            watch.gone.insert(kid, Code::KeyDestroyed);
        }
        for kid in tail.tx().erased_among(&kids).await? {
            watch.gone.insert(kid, Code::SubjectErased);
        }
        if !tail.tx().has_decoys().await? {
            return Ok(watch);
        }
        let names: Vec<&str> = entries().filter_map(|entry| entry.jti.as_deref()).collect();
        let found = tail.tx().decoys_among(&names).await?;
        watch.decoys = found.into_iter().map(|decoy| (decoy.jti.clone(), decoy)).collect();
        Ok(watch)
    }

    /// What became of the key of a token that somebody may open, if it was destroyed or its person erased, perhaps
    /// while the request was under way.
    pub(super) fn gone(&self, grant: &Entry) -> Option<Code> {
        grant.kid.as_ref().and_then(|kid| self.gone.get(kid)).copied()
    }

    /// The decoy that a decision is about, if it is about one.
    pub(super) fn touched(&self, decision: &Decision) -> Option<Decoy> {
        self.decoys.get(entry(decision).jti.as_ref()?).cloned()
    }

    /// Whether somebody's credential was revoked by an earlier request, perhaps while this one was under way.
    pub(super) fn is_over_for(&self, actor: &str) -> bool {
        self.ended.contains(actor)
    }

    /// The next decisions are those of another request. What the last one asked for beside the decoy was answered,
    /// for else its answer would tell which token it was.
    pub(super) fn next_request(&mut self) {
        self.ended.extend(self.ending.drain(..));
    }

    /// Raises the alarm after what was asked for has been put on record, and revokes the credential if the decoy
    /// says so.
    pub(super) async fn raise(
        &mut self,
        tail: &mut Tail,
        decoy: Decoy,
        asked: &Entry,
        address: Option<IpAddr>,
    ) -> Result<()> {
        let now = asked.time;
        // Whoever runs a command has no credential, and neither has the service.
        let frozen = decoy.freezes && revoke(tail, &asked.actor, now).await?;
        let mut entry = Entry {
            action: Action::DecoyAlarm.as_str().to_owned(),
            outcome: Code::TokenDecoy.as_str().to_owned(),
            target: Some(decoy.id.clone()),
            ..asked.clone()
        };
        // What decided about the token is in the record before, and did not decide about this.
        entry.rule = None;
        let seq = tail.append(&entry)?;
        if frozen {
            let mut entry = Entry::of_action(Action::CredentialRevoke, WATCHER, now);
            entry.target = Some(asked.actor.clone());
            tail.append(&entry)?;
            self.ending.push(asked.actor.clone());
        }
        let alarm = Alarm {
            id: random_id(8)?,
            seq,
            decoy: decoy.id,
            time: now,
            actor: asked.actor.clone(),
            action: asked.action.clone(),
            address: address.map(|address| address.to_string()),
            request: asked.request.clone(),
            frozen,
            attempts: 0,
            delivered: None,
        };
        let since = NumericDate(now.0.saturating_sub(QUIET));
        if frozen || !tail.tx().alarmed_since(&alarm.decoy, &alarm.actor, since).await? {
            tail.tx().insert_alarm(&alarm).await?;
        }
        self.alarms.push(alarm);
        Ok(())
    }

    /// The alarms, in order.
    pub(super) fn into_alarms(self) -> Vec<Alarm> {
        self.alarms
    }
}

fn entry(decision: &Decision) -> &Entry {
    match decision {
        Ok(grant) => grant.entry(),
        Err(refusal) => refusal.entry(),
    }
}

/// Ends a credential, and says whether there was one to end.
async fn revoke(tail: &mut Tail, name: &str, now: NumericDate) -> Result<bool> {
    match tail.tx().revoke_credential(name, now).await {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Code::CredentialUnknown => Ok(false),
        Err(error) => Err(error),
    }
}
