//! Containing an incident: what is suspected is of no more use to whoever has it, all of it in one transaction.

use super::register::{record, still_open};
use super::{Incident, Step};
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::keystore::KeyState;
use crate::policy::Actor;
use crate::rotation::Rotated;
use crate::store::{KeyRow, Store};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde::Serialize;
use serde_json::json;

/// What to do beside ending what is suspected.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The classes of which nothing is to be opened.
    pub freeze: Vec<Scope>,
    /// Whether every class gets a new key, and not only those of suspected keys.
    pub rotate: bool,
}

/// What was done, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Contained {
    /// The credentials that were revoked.
    pub revoked_credentials: Vec<String>,
    /// Suspected users of the command, who have no credential: what they unlock the keys with must be taken away.
    pub operators: Vec<String>,
    /// The keys that were revoked, by kid.
    pub revoked_keys: Vec<String>,
    /// The classes that got a new key.
    pub(crate) rotated: Vec<Rotated>,
    /// The classes that were frozen.
    pub frozen: Vec<String>,
}

impl Contained {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        let Self { revoked_credentials, operators: _, revoked_keys, rotated, frozen } = self;
        revoked_credentials.is_empty() && revoked_keys.is_empty() && rotated.is_empty() && frozen.is_empty()
    }
}

impl Holder {
    /// Contains an incident: revokes the suspected credentials, makes the next keys of the suspected keys' classes
    /// and revokes those keys, and freezes classes. What was done before is left as it is, so it can be asked for
    /// again.
    ///
    /// A dry run does all of it and then takes it back, so what it gives is what would be done; only the kids of new
    /// keys will be others.
    ///
    /// Errors: `incident-unknown`, `incident-closed`, `keys-locked`, `key-damaged`, `store-unavailable`.
    pub async fn contain(&self, id: &str, order: &Order, dry_run: bool, by: &Actor) -> Result<Contained> {
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let incident = still_open(tail.tx(), id).await?;
        let mut done = Contained::default();
        for name in &incident.suspected.credentials {
            if name.contains(':') {
                done.operators.push(name.clone());
                continue;
            }
            match tail.tx().revoke_credential(name, now).await {
                Ok(()) => {
                    let mut entry = under(Action::CredentialRevoke, id, by, now);
                    entry.target = Some(name.clone());
                    tail.append(&entry)?;
                    done.revoked_credentials.push(name.clone());
                }
                // Somebody was quicker.
                Err(error) if error.code() == Code::CredentialUnknown => {}
                Err(error) => return Err(error),
            }
        }
        self.replace_keys(&mut tail, &incident, order.rotate, by, &mut done).await?;
        for scope in &order.freeze {
            if tail.tx().freeze(*scope, id, by.name(), now).await? {
                let mut entry = under(Action::ClassFreeze, id, by, now);
                entry.class = Some(scope.as_str().to_owned());
                tail.append(&entry)?;
                done.frozen.push(scope.as_str().to_owned());
            }
        }
        if dry_run || done.is_empty() {
            return Ok(done);
        }
        let detail = serde_json::to_value(&done).map_err(|_| Error::new(Code::Internal))?;
        let step = Step { time: now.0, by: by.name().to_owned(), what: "contain".to_owned(), detail };
        record(&mut tail, Action::IncidentContain, id, &step).await?;
        tail.commit_signed(Some(self.keys())).await?;
        Ok(done)
    }

    /// New keys first, so that no class is without one, and then the end of the suspected ones.
    async fn replace_keys(
        &self,
        tail: &mut Tail,
        incident: &Incident,
        all: bool,
        by: &Actor,
        done: &mut Contained,
    ) -> Result<()> {
        let now = self.clock().now();
        let keys = tail.tx().keys().await?;
        let is_suspected = |key: &KeyRow| incident.suspected.keys.contains(&key.kid);
        let mut from: Vec<&KeyRow> = Vec::new();
        for key in keys.iter().rev() {
            let is_first = !from.iter().any(|other| other.scope == key.scope);
            let is_meant = is_suspected(key) && !is_followed(key, &keys, is_suspected, now);
            let is_asked = all && matches!(key.state(now), KeyState::Active | KeyState::Retired);
            if is_first && key.life.destroyed.is_none() && (is_meant || is_asked) {
                from.push(key);
            }
        }
        done.rotated = self.take_over(tail, &keys, from, by).await?;
        let reason = format!("incident {}", incident.id);
        for kid in &incident.suspected.keys {
            // Read again, because the new key of its class may have changed when it ends.
            let Some(row) = tail.tx().key(kid).await? else { continue };
            if row.life.destroyed.is_some() || row.life.revoked.is_some() {
                continue;
            }
            let row = self.keys().revoking(row, &reason, now)?;
            tail.tx().update_key(&row).await?;
            let mut entry = under(Action::KeyRevoke, &incident.id, by, now);
            entry.kid = Some(row.kid.clone());
            entry.class = Some(row.scope.as_str().to_owned());
            tail.append(&entry)?;
            done.revoked_keys.push(row.kid);
        }
        Ok(())
    }
}

/// Whether pages seal to another key of its class already, that is not suspected and became valid later.
fn is_followed(
    key: &KeyRow,
    keys: &[KeyRow],
    is_suspected: impl Fn(&KeyRow) -> bool,
    now: NumericDate,
) -> bool {
    keys.iter().any(|other| {
        let is_next = other.scope == key.scope && other.nbf > key.nbf;
        is_next && other.state(now) == KeyState::Active && !is_suspected(other)
    })
}

/// Opens what was frozen for an incident again: these classes, or all. It gives those that were frozen.
///
/// Errors: `incident-unknown`, `store-unavailable`.
pub async fn thaw(
    store: &Store,
    id: &str,
    classes: &[Scope],
    by: &Actor,
    now: NumericDate,
) -> Result<Vec<String>> {
    let mut tail = Tail::of(store.write().await?).await?;
    tail.tx().incident(id).await?.ok_or(Error::about(Code::IncidentUnknown, id))?;
    let mut thawed = Vec::new();
    for scope in tail.tx().frozen_for(id).await? {
        if (classes.is_empty() || classes.contains(&scope)) && tail.tx().thaw(scope, id).await? {
            let mut entry = under(Action::ClassThaw, id, by, now);
            entry.class = Some(scope.as_str().to_owned());
            tail.append(&entry)?;
            thawed.push(scope.as_str().to_owned());
        }
    }
    if thawed.is_empty() {
        return Ok(thawed);
    }
    let detail = json!({ "thawed": thawed });
    let step = Step { time: now.0, by: by.name().to_owned(), what: "thaw".to_owned(), detail };
    record(&mut tail, Action::IncidentStep, id, &step).await?;
    tail.commit().await?;
    Ok(thawed)
}

/// A record of something that is done for an incident, which it names in `purpose`, or in `target` where there is
/// nothing else that it is about.
fn under(action: Action, id: &str, by: &Actor, now: NumericDate) -> Entry {
    let mut entry = Entry::of_action(action, by.name(), now);
    entry.purpose = Some(format!("incident {id}"));
    entry.target = Some(id.to_owned());
    entry
}
