//! The page origins whose tokens may be opened, and how they change. A service that is running follows
//! at once, because it reads them with each request.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::policy::{Actor, Origins};
use crate::store::Store;
use fieldseal::NumericDate;

/// Adds origins, all of them or none; `*` is any. One that is there already stays as it is.
///
/// Errors: `origin-invalid`, `origin-not-canonical`.
pub async fn add(store: &Store, origins: &[String], by: &Actor, now: NumericDate) -> Result<()> {
    Origins::parse(origins.iter().map(String::as_str))?;
    let mut tx = store.write().await?;
    let mut added = Vec::new();
    for origin in origins {
        if tx.insert_origin(origin).await? {
            added.push(origin);
        }
    }
    record(Tail::of(tx).await?, Action::OriginAdd, &added, by, now).await
}

/// Removes origins, all of them or none.
///
/// Errors: `origin-unknown`, `origin-last`.
pub async fn remove(store: &Store, origins: &[String], by: &Actor, now: NumericDate) -> Result<()> {
    let mut tx = store.write().await?;
    let known = tx.origins().await?;
    if let Some(unknown) = origins.iter().find(|origin| !known.contains(origin)) {
        return Err(Error::about(Code::OriginUnknown, unknown));
    }
    let mut removed = Vec::new();
    for origin in origins {
        // An origin that was named twice goes once.
        if tx.delete_origin(origin).await? {
            removed.push(origin);
        }
    }
    if tx.origins().await?.is_empty() {
        return Err(Error::new(Code::OriginLast));
    }
    record(Tail::of(tx).await?, Action::OriginRemove, &removed, by, now).await
}

/// Puts a record for each change beside it, and makes both durable.
async fn record(
    mut tail: Tail,
    action: Action,
    origins: &[&String],
    by: &Actor,
    now: NumericDate,
) -> Result<()> {
    for origin in origins {
        let mut entry = Entry::of_action(action, by.name(), now);
        entry.target = Some((*origin).clone());
        tail.append(&entry)?;
    }
    tail.commit().await
}
