//! What a site collects and does not need: declared fields that nobody opens, hints that say more than they have to,
//! and kinds that can be opened for longer than they are to be kept.
//!
//! It goes by the audit, which has every opening, by what the site's guard says that it takes ([`declared`]), and by the
//! dates of the keys. Nothing of it is a value.

pub(crate) mod declared;
pub(crate) mod hints;
mod kept;
mod usage;

pub(crate) use usage::Usage;

use crate::error::Result;
use crate::retention::RetentionPolicy;
use crate::store::Store;
use declared::Declared;
use fieldseal::NumericDate;
use fieldseal::kind::Kind;
use hints::HintFinding;
use kept::Kept;
use serde::Serialize;
use std::collections::BTreeSet;

/// A day, in seconds.
const DAY: u64 = 24 * 60 * 60;

/// The report. Times are NumericDates.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// When it was made.
    pub(crate) time: u64,
    /// How many days it looks back.
    pub(crate) days: u64,
    /// How many fields the site declares; nothing if it was not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) declared: Option<usize>,
    /// The fields of which nothing was asked in these days.
    pub(crate) unused: Vec<Unused>,
    /// The fields that are used and that the site does not declare, if it was said what it declares.
    pub(crate) undeclared: Vec<Field>,
    /// The hints that say more than they have to.
    pub(crate) hints: Vec<HintFinding>,
    /// The kinds that can be opened for longer than they are to be kept.
    pub(crate) kept: Vec<Kept>,
    /// Whether anything ends by itself. If not, kinds are held against the times that hold where nobody says otherwise.
    pub(crate) retention: bool,
    /// What was done with the values of each field.
    pub(crate) used: Vec<Usage>,
}

/// A field of a site.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Field {
    pub(crate) origin: String,
    pub(crate) field: String,
    pub(crate) kind: String,
}

/// A field of which nothing was asked in the time that the report looks at.
#[derive(Debug, Serialize)]
pub(crate) struct Unused {
    #[serde(flatten)]
    pub(crate) field: Field,
    /// Whether people must fill it in, if it was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) required: Option<bool>,
    /// When something was asked for the last time, if ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<u64>,
}

/// Makes the report of so many days until now, over what each of these declarations says.
///
/// Errors: `store-unavailable`, `store-damaged`.
pub(crate) async fn report(
    store: &Store,
    declared: &[Declared],
    days: u64,
    now: NumericDate,
) -> Result<Report> {
    let since = NumericDate(now.0.saturating_sub(days * DAY));
    let used = Usage::gather(store.snapshot().await?.usage(since).await?);
    let find = |field: &Field| used.iter().find(|usage| usage.field == *field);
    let is_idle = |field: &Field| find(field).is_none_or(Usage::is_idle);
    let mut unused = Vec::new();
    let mut hints = Vec::new();
    for declared in declared {
        for (field, entry) in declared.fields() {
            let idle = is_idle(&field);
            hints.extend(hints::findings(&field, entry.kind, entry.hints, idle));
            if idle {
                let last = find(&field).map(|usage| usage.last);
                unused.push(Unused { required: Some(entry.required), last, field });
            }
        }
    }
    let is_declared =
        |field: &Field| declared.iter().flat_map(Declared::fields).any(|(known, _)| known == *field);
    let mut undeclared = Vec::new();
    for usage in &used {
        if declared.is_empty() {
            // Without a declaration it is only known of what was asked for once.
            if usage.is_idle() {
                unused.push(Unused { field: usage.field.clone(), required: None, last: Some(usage.last) });
            }
        } else if !usage.is_idle() && !is_declared(&usage.field) {
            undeclared.push(usage.field.clone());
        }
    }
    unused.sort_by(|a, b| (a.last, &a.field).cmp(&(b.last, &b.field)));
    unused.dedup_by(|a, b| a.field == b.field);
    let count = declared.iter().map(|declared| declared.fields().count()).sum();
    let declared_count = (!declared.is_empty()).then_some(count);
    let used_kinds = used.iter().filter_map(|usage| Kind::parse(&usage.field.kind).ok());
    let declared_kinds = declared.iter().flat_map(Declared::fields).map(|(_, entry)| entry.kind);
    let kinds: BTreeSet<&str> = used_kinds.chain(declared_kinds).map(Kind::as_str).collect();
    let policy = RetentionPolicy::of(store).await?;
    let kept = kept::findings(&kinds, &store.keys().await?, &policy);
    let retention = !policy.is_off();
    Ok(Report {
        time: now.0,
        days,
        declared: declared_count,
        unused,
        undeclared,
        hints,
        kept,
        retention,
        used,
    })
}
