//! An earlier date for keys that there are. A later one nobody can give: it was promised when the key was published.

use super::{DAY, RetentionPolicy};
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::holder::Holder;
use crate::policy::Actor;
use crate::store::KeyRow;
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use serde::Serialize;

/// How soon the policy may end a key, so that whoever looks at the plan sees it before: a week.
const NOTICE: u64 = 7 * DAY;

/// Which keys end sooner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// This one.
    Key(String),
    /// Those of this class.
    Of(Scope),
    /// All.
    All,
}

/// A key that ends sooner.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Sooner {
    /// The key.
    pub(crate) kid: String,
    /// Its class.
    pub(crate) class: &'static str,
    /// When it would have been destroyed, a NumericDate, if ever.
    pub(crate) before: Option<u64>,
    /// When it is.
    pub(crate) destroys: u64,
}

impl Holder {
    /// Gives keys an earlier date: `on`, or the one that the policy would give them today, but not within a week. With
    /// `dry`, it only tells which. Keys that end as soon or sooner are left alone.
    ///
    /// Errors: `key-gone`, `retention-off`, `retention-date`, `key-damaged`, `keys-locked`, `store-unavailable`.
    pub(crate) async fn shorten(
        &self,
        which: &Which,
        on: Option<NumericDate>,
        dry: bool,
        by: &Actor,
    ) -> Result<Vec<Sooner>> {
        let now = self.clock().now();
        let mut tail = Tail::of(self.store().write().await?).await?;
        let policy = RetentionPolicy::held_by(tail.tx()).await?;
        if on.is_none() && policy.is_off() {
            return Err(Error::new(Code::RetentionOff));
        }
        let mut keys = tail.tx().keys().await?;
        keys.retain(|row| row.life.destroyed.is_none() && is_meant(which, row));
        if let (Which::Key(kid), true) = (which, keys.is_empty()) {
            return Err(Error::about(Code::KeyGone, kid));
        }
        let mut sooner = Vec::new();
        for row in keys {
            let planned = || policy.destroys(row.scope, row.exp?).map(|date| date.max(now.plus(NOTICE)));
            let Some(destroys) = on.or_else(planned).filter(|date| is_sooner(&row, *date, now)) else {
                continue;
            };
            let (before, class) = (row.destroys.map(|date| date.0), row.scope.as_str());
            let mut entry = Entry::of_action(Action::RetentionShorten, by.name(), now);
            entry.kid = Some(row.kid.clone());
            entry.class = Some(class.to_owned());
            entry.target = Some(destroys.0.to_string());
            sooner.push(Sooner { kid: row.kid.clone(), class, before, destroys: destroys.0 });
            if !dry {
                let row = self.keys().destroying(row, destroys)?;
                tail.tx().update_key(&row).await?;
                tail.append(&entry)?;
            }
        }
        if sooner.is_empty() && on.is_some() {
            return Err(Error::new(Code::RetentionDate));
        }
        if !dry && !sooner.is_empty() {
            tail.commit_signed(Some(self.keys())).await?;
        }
        Ok(sooner)
    }
}

fn is_meant(which: &Which, row: &KeyRow) -> bool {
    match which {
        Which::Key(kid) => *kid == row.kid,
        Which::Of(scope) => *scope == row.scope,
        Which::All => true,
    }
}

/// Whether a date is one to come, after pages have stopped sealing, and before the one that the key has.
fn is_sooner(row: &KeyRow, date: NumericDate, now: NumericDate) -> bool {
    date > now && row.exp.is_none_or(|exp| date >= exp) && row.destroys.is_none_or(|before| date < before)
}
