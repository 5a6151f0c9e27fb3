//! The register of incidents: opening one, adding to what is suspected, noting what was done, closing it.

use super::{Incident, Step, Suspected};
use crate::audit::{Action, Entry, Tail};
use crate::clock::readable;
use crate::error::{Code, Error, Result};
use crate::keystore::random;
use crate::policy::Actor;
use crate::store::{Store, Tx};
use fieldseal::NumericDate;
use serde_json::{Value, json};

/// The most characters of a title.
const MAX_TITLE_LEN: usize = 200;

/// How often another name is tried, if there is an incident of it already.
const TRIES: usize = 64;

/// What an incident is opened with.
#[derive(Clone, Debug)]
pub struct NewIncident {
    /// What it is about.
    pub title: String,
    /// When the organisation became aware of it; `None` is now.
    pub aware: Option<u64>,
    /// What is suspected.
    pub suspected: Suspected,
}

/// Opens an incident.
///
/// Errors: `incident-title`, `incident-window`, `credential-unknown`, `key-gone`.
pub async fn open(store: &Store, new: NewIncident, by: &Actor, now: NumericDate) -> Result<Incident> {
    let NewIncident { title, aware, suspected } = new;
    let fits = (1..=MAX_TITLE_LEN).contains(&title.chars().count());
    if !fits || title.chars().any(char::is_control) {
        return Err(Error::new(Code::IncidentTitle));
    }
    let aware = aware.unwrap_or(now.0);
    if aware > now.0 {
        return Err(Error::new(Code::IncidentWindow));
    }
    check(store, &suspected).await?;
    let mut tail = Tail::of(store.write().await?).await?;
    let mut incident = Incident {
        id: String::new(),
        title,
        opened: now.0,
        aware,
        closed: None,
        suspected: sorted(suspected),
        steps: Vec::new(),
    };
    name(tail.tx(), &mut incident, now).await?;
    let step = Step {
        time: now.0,
        by: by.name().to_owned(),
        what: "open".to_owned(),
        detail: json!({ "title": incident.title, "aware": aware, "suspected": incident.suspected }),
    };
    record(&mut tail, Action::IncidentOpen, &incident.id, &step).await?;
    tail.commit().await?;
    Ok(Incident { steps: vec![step], ..incident })
}

/// Adds to what is suspected. A side of the window that is given takes the place of the one before.
///
/// Errors: `incident-unknown`, `incident-closed`, `incident-window`, `credential-unknown`, `key-gone`.
pub async fn suspect(
    store: &Store,
    id: &str,
    more: Suspected,
    by: &Actor,
    now: NumericDate,
) -> Result<Incident> {
    check(store, &more).await?;
    let mut tail = Tail::of(store.write().await?).await?;
    let before = still_open(tail.tx(), id).await?.suspected;
    let mut all = more.clone();
    all.credentials.extend(before.credentials);
    all.keys.extend(before.keys);
    all.database_copy |= before.database_copy;
    all.from = all.from.or(before.from);
    all.to = all.to.or(before.to);
    window(&all)?;
    let all = sorted(all);
    tail.tx().set_suspected(id, &all).await?;
    let detail = json!({ "added": more, "suspected": all });
    let step = Step { time: now.0, by: by.name().to_owned(), what: "suspect".to_owned(), detail };
    record(&mut tail, Action::IncidentSuspect, id, &step).await?;
    tail.commit().await?;
    find(store, id).await
}

/// Notes that something else was done about an incident, such as `notify`, also after it was closed.
///
/// Errors: `incident-unknown`.
pub async fn note(
    store: &Store,
    id: &str,
    what: &str,
    detail: Value,
    by: &Actor,
    now: NumericDate,
) -> Result<()> {
    add(store, Action::IncidentStep, id, what, detail, by, now).await
}

/// The same for a step that has an action of its own.
pub(super) async fn add(
    store: &Store,
    action: Action,
    id: &str,
    what: &str,
    detail: Value,
    by: &Actor,
    now: NumericDate,
) -> Result<()> {
    let mut tail = Tail::of(store.write().await?).await?;
    tail.tx().incident(id).await?.ok_or(Error::about(Code::IncidentUnknown, id))?;
    let step = Step { time: now.0, by: by.name().to_owned(), what: what.to_owned(), detail };
    record(&mut tail, action, id, &step).await?;
    tail.commit().await
}

/// Closes an incident. Duties that are still due can be noted as done after that, too.
///
/// Errors: `incident-unknown`, `incident-closed`; `incident-frozen` while classes are frozen for it.
pub async fn close(store: &Store, id: &str, note: Option<&str>, by: &Actor, now: NumericDate) -> Result<()> {
    let mut tail = Tail::of(store.write().await?).await?;
    still_open(tail.tx(), id).await?;
    if !tail.tx().frozen_for(id).await?.is_empty() {
        return Err(Error::about(Code::IncidentFrozen, id));
    }
    tail.tx().close_incident(id, now).await?;
    let detail = note.map_or(json!({}), |note| json!({ "note": note }));
    let step = Step { time: now.0, by: by.name().to_owned(), what: "close".to_owned(), detail };
    record(&mut tail, Action::IncidentClose, id, &step).await?;
    tail.commit().await
}

/// An incident with its steps.
///
/// Errors: `incident-unknown`.
pub async fn find(store: &Store, id: &str) -> Result<Incident> {
    store.incident(id).await?.ok_or(Error::about(Code::IncidentUnknown, id))
}

/// Every incident, oldest first.
pub async fn all(store: &Store) -> Result<Vec<Incident>> {
    store.incidents().await
}

/// An incident that is not closed, as it is while nobody else can change it.
pub(super) async fn still_open(tx: &mut Tx, id: &str) -> Result<Incident> {
    let incident = tx.incident(id).await?.ok_or(Error::about(Code::IncidentUnknown, id))?;
    match incident.closed {
        None => Ok(incident),
        Some(_) => Err(Error::about(Code::IncidentClosed, id)),
    }
}

/// Adds a step and its record, which says in `target` which incident and in `purpose` which step.
pub(super) async fn record(tail: &mut Tail, action: Action, id: &str, step: &Step) -> Result<()> {
    tail.tx().insert_incident_step(id, step).await?;
    let mut entry = Entry::of_action(action, &step.by, NumericDate(step.time));
    entry.target = Some(id.to_owned());
    entry.purpose = Some(step.what.clone());
    tail.append(&entry).map(drop)
}

/// Gives an incident a name that is short enough to be said over the telephone.
async fn name(tx: &mut Tx, incident: &mut Incident, now: NumericDate) -> Result<()> {
    // No digits and letters that look alike.
    const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
    let day: String = readable(now).chars().take(10).filter(char::is_ascii_digit).collect();
    for _ in 0..TRIES {
        let ending: String =
            random()?[..4].iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        incident.id = format!("INC-{day}-{ending}");
        if tx.insert_incident(incident).await? {
            return Ok(());
        }
    }
    Err(Error::new(Code::Internal))
}

/// A name that is mistyped would be one of which nothing is found.
async fn check(store: &Store, suspected: &Suspected) -> Result<()> {
    window(suspected)?;
    let known = store.credentials().await?;
    for name in &suspected.credentials {
        // Those who have no credential are named by how they came: `cli:` and a user.
        if !name.contains(':') && !known.iter().any(|credential| credential.name == *name) {
            return Err(Error::about(Code::CredentialUnknown, name));
        }
    }
    for kid in &suspected.keys {
        if store.key(kid).await?.is_none() {
            return Err(Error::about(Code::KeyGone, kid));
        }
    }
    Ok(())
}

fn window(suspected: &Suspected) -> Result<()> {
    match (suspected.from, suspected.to) {
        (Some(from), Some(to)) if from >= to => Err(Error::new(Code::IncidentWindow)),
        _ => Ok(()),
    }
}

fn sorted(mut suspected: Suspected) -> Suspected {
    for names in [&mut suspected.credentials, &mut suspected.keys] {
        names.sort_unstable();
        names.dedup();
    }
    suspected
}
