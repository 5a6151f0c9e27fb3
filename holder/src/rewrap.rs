//! Stored tokens move from an old key to the current one of their class: then the old key can be
//! destroyed. Each takes the three steps that opening takes, and nobody is shown a value.

use crate::error::{Code, Error, Result};
use crate::holder::{FoundKeys, Holder, Submission, read};
use crate::keystore::{self, Rewrapped};
use crate::policy::{Access, Actor, Occasion, Refusal};
use fieldseal::NumericDate;
use fieldseal::keyset::{Jwk, KeySet};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Entries;
use std::net::IpAddr;
use std::sync::Arc;

/// A token that is sealed to the current key of its class.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(crate) struct Moved {
    /// The token to keep.
    pub(crate) token: String,
    /// The key that it is sealed to.
    pub(crate) kid: String,
    /// Its name, which is what it was.
    pub(crate) jti: String,
    /// Whether it is a new one; it is not, where the key was current already.
    pub(crate) rewrapped: bool,
}

/// What becomes of a token if it may be moved.
struct Plan {
    text: String,
    jti: String,
    to: Jwk,
    is_current: bool,
}

impl Plan {
    fn moved(self, token: Option<String>) -> Moved {
        let Self { text, jti, to, .. } = self;
        Moved { rewrapped: token.is_some(), token: token.unwrap_or(text), kid: to.kid().to_owned(), jti }
    }
}

impl Holder {
    /// Seals tokens again to the current keys of their classes, in order. Of a token that opens a single
    /// time, only the old one or the new one opens, whichever comes first, and none if it was opened
    /// before.
    ///
    /// Errors: `keys-locked`, `purpose-invalid`, `store-unavailable`, `store-damaged`; then nothing was sealed.
    pub(crate) async fn rewrap(
        &self,
        actor: Actor,
        purpose: Option<String>,
        address: Option<IpAddr>,
        submissions: Vec<std::result::Result<Submission, Code>>,
    ) -> Result<Vec<std::result::Result<Moved, Refusal>>> {
        // Held to the end, so that what is on record as sealed again is.
        let keys = self.keys().unlocked()?;
        let now = self.clock().now();
        let occasion =
            Occasion::new(actor, purpose, now)?.access(Access::Rewrap).from(address).batch(submissions.len());
        let batch: Vec<_> = submissions
            .into_iter()
            .map(|submission| {
                let text = submission.as_ref().map_or_else(|_| String::new(), |s| s.token.clone());
                (text, read(submission))
            })
            .collect();
        let policy = self.policy().await?;
        let sealed = batch.iter().filter_map(|(_, read)| read.as_ref().ok()).map(|(sealed, _)| sealed);
        let flags = self.flags(&policy, sealed).await?;
        let mut hearing = policy.hear(&occasion, flags);
        let current = self.keys().published(now).await?;
        let mut found = FoundKeys::new();
        let mut of_people: HashMap<Arc<str>, std::result::Result<KeySet, Code>> = HashMap::new();
        let mut decisions = Vec::with_capacity(batch.len());
        let mut plans = Vec::with_capacity(batch.len());
        for (text, read) in batch {
            let (decision, plan) = match read {
                Err(code) => (Err(Refusal::unread(&occasion, code)), None),
                Ok((sealed, expectation)) => {
                    let jti = sealed.header().jti.clone();
                    let key = self.find_key(&mut found, sealed.kid()).await?;
                    // What is one person's stays so: the class's key would keep it when they are erased.
                    let set = match key.as_ref().ok().and_then(|key| key.subject.clone()) {
                        None => Ok(&current),
                        Some(person) => self.set_of(&mut of_people, person, now).await?,
                    };
                    let class = sealed.header().kind.class();
                    let to = set.and_then(|set| {
                        set.choose(class, now).cloned().map_err(|error| Code::Core(error.kind()))
                    });
                    let is_current = to.as_ref().is_ok_and(|to| to.kid() == sealed.kid());
                    match (hearing.authorise(sealed, &expectation, key), to) {
                        (Ok(grant), Ok(to)) => (Ok(grant), Some(Plan { text, jti, to, is_current })),
                        (Ok(grant), Err(code)) => (Err(grant.refuse(code)), None),
                        (Err(refusal), _) => (Err(refusal), None),
                    }
                }
            };
            decisions.push(decision);
            plans.push(plan);
        }
        let permits = self.audit().record_from(address, decisions).await?;
        // As with opening, this is work for the processor.
        let carry_out = move || {
            let (mut once, mut failed) = (Vec::new(), Vec::new());
            let mut outcomes = Vec::with_capacity(permits.len());
            for (permit, plan) in permits.into_iter().zip(plans) {
                let (permit, plan) = match (permit, plan) {
                    (Ok(permit), Some(plan)) => (permit, plan),
                    (Ok(_), None) => return Err(Error::new(Code::Internal)),
                    (Err(refusal), _) => {
                        outcomes.push(Err(refusal));
                        continue;
                    }
                };
                if plan.is_current {
                    outcomes.push(Ok(plan.moved(None)));
                    continue;
                }
                let rewrapped = keys.rewrap(permit, &plan.to, keystore::seed()?);
                outcomes.push(match rewrapped {
                    Ok(Rewrapped { token, once: pair }) => {
                        once.extend(pair);
                        Ok(plan.moved(Some(token)))
                    }
                    Err(refusal) => {
                        failed.push(refusal.clone());
                        Err(refusal)
                    }
                });
            }
            Ok((outcomes, once, failed))
        };
        let carried_out = tokio::task::spawn_blocking(carry_out).await;
        let (outcomes, once, failed) = carried_out.map_err(|_| Error::new(Code::Internal))??;
        self.remember_once(&once).await?;
        self.audit().record_outcomes(failed).await?;
        Ok(outcomes)
    }

    /// A person's keys, asked for once for all their tokens. That there are none is said of each token.
    async fn set_of<'a>(
        &self,
        sets: &'a mut HashMap<Arc<str>, std::result::Result<KeySet, Code>>,
        person: Arc<str>,
        now: NumericDate,
    ) -> Result<std::result::Result<&'a KeySet, Code>> {
        let set = match sets.entry(person) {
            Entries::Occupied(known) => known.into_mut(),
            Entries::Vacant(place) => {
                let set = match self.keys().published_for(place.key(), now).await {
                    Ok(set) => Ok(set),
                    // Somebody who was erased a moment ago is no reason to stop the others.
                    Err(error) if error.code() == Code::SubjectErased => Err(Code::SubjectErased),
                    Err(error) => return Err(error),
                };
                place.insert(set)
            }
        };
        Ok(set.as_ref().map_err(|code| *code))
    }

    /// From here on the old and the new tokens count as one. Before, nobody has seen the new ones, so a
    /// crash in between loses nothing.
    async fn remember_once(&self, once: &[([u8; 32], [u8; 32])]) -> Result<()> {
        if once.is_empty() {
            return Ok(());
        }
        let mut tx = self.store().write().await?;
        tx.insert_rewrapped(once).await?;
        tx.commit().await
    }
}
