//! Finding out what an incident touched: first the audit is read, then the stolen tokens, and neither is kept.
//!
//! Memory grows with what is found, and by 16 bytes for each token that is given, which is how one that comes twice is
//! known.

use super::opened::Ledger;
use super::register;
use super::tally::{Subject, Tables};
use super::tokens::{Keys, Stolen};
use super::{Assessment, Counts, Exposed, Given, Incident, Opened, Read, Totals, Value, Window};
use crate::audit::{Action, Audit, GRANTED, Verdict};
use crate::error::{Code, Error, Result};
use crate::keystore::KeyStore;
use crate::policy::{Access, Actor};
use crate::store::{AuditFilter, LockRow, Store};
use fieldseal::NumericDate;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

/// How many records are read at a time.
const PAGE: u32 = 1000;

/// How many records one statement looks at.
const SPAN: u64 = 100_000;

/// What became of a given token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// A suspected credential had it opened.
    pub opened: bool,
    /// Whoever has a suspected key can open it.
    pub exposed: bool,
}

/// Reads what is needed, in this order: the audit, then the tokens, then the end.
pub struct Assessor {
    incident: Incident,
    window: Window,
    audit: Read,
    lock: &'static str,
    keys: Keys,
    ledger: Ledger,
    given: Option<Given>,
    seen: HashSet<[u8; 16]>,
    exposed: Vec<Exposed>,
    totals: Totals,
    tables: Tables,
    subjects: BTreeMap<String, Subject>,
}

impl Assessor {
    /// Reads the audit's records of the window by the suspected credentials. A side of the window that is not given is
    /// the one that was suspected. `progress` is told how far it came, and of how many records.
    ///
    /// Errors: `incident-unknown`, `incident-window`, `store-unavailable`.
    pub async fn read_audit(
        store: &Store,
        id: &str,
        (from, to): (Option<u64>, Option<u64>),
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Self> {
        let incident = register::find(store, id).await?;
        let suspected = &incident.suspected;
        let window = Window { from: from.or(suspected.from), to: to.or(suspected.to) };
        if window.from.zip(window.to).is_some_and(|(from, to)| from >= to) {
            return Err(Error::new(Code::IncidentWindow));
        }
        let lock = match store.settings().await?.lock {
            LockRow::Passphrase { .. } => "passphrase",
            LockRow::KeyFile => "key-file",
            LockRow::Pkcs11 { .. } => "pkcs11",
            LockRow::Kms { .. } => "kms",
        };
        let keys = Keys::of(store, &suspected.keys).await?;
        // The end first: what is added meanwhile is for the next time.
        let head = store.audit_head().await?;
        let mut ledger = Ledger::default();
        for name in &suspected.credentials {
            let filter = AuditFilter {
                actor: Some(name.clone()),
                since: window.from,
                until: window.to,
                ..AuditFilter::default()
            };
            read(store, &filter, head.size, &mut progress, |row| ledger.take(row)).await?;
        }
        if !ledger.is_empty() {
            // A value that is sealed again is the same one, whoever did that and whenever.
            let filter = AuditFilter {
                action: Some(Access::Rewrap.as_str().to_owned()),
                outcome: Some(GRANTED.to_owned()),
                ..AuditFilter::default()
            };
            read(store, &filter, head.size, &mut progress, |row| ledger.moved(&row.entry)).await?;
        }
        Ok(Self {
            incident,
            window,
            audit: Read { records: head.size, intact: None, checkpoint: head.checkpoint },
            lock,
            keys,
            ledger,
            given: None,
            seen: HashSet::new(),
            exposed: Vec::new(),
            totals: Totals::default(),
            tables: Tables::default(),
            subjects: BTreeMap::new(),
        })
    }

    /// Checks that every record of the audit is as it was written, for nothing here is better than what it was read
    /// from. What was read before counts nonetheless.
    ///
    /// Errors: `store-unavailable`, `store-damaged`.
    pub async fn verify_audit(&mut self, store: &Store) -> Result<bool> {
        let signer = KeyStore::signer_of(store).await?;
        let is_intact = match Audit::new(store.clone()).verify(Vec::new(), &signer).await {
            Ok(verdict) => matches!(verdict, Verdict::Intact { .. }),
            // Somebody else has signed the end of it.
            Err(error) if error.code() == Code::CheckpointInvalid => false,
            Err(error) => return Err(error),
        };
        self.audit.intact = Some(is_intact);
        Ok(is_intact)
    }

    /// Says that tokens follow, which may turn out to be none.
    pub fn expect_tokens(&mut self) {
        self.given.get_or_insert_default();
    }

    /// Takes a stolen token, or what is none. It gives what the token's header says and what became of it; `None` for
    /// what is no token of this key holder, and for one that came before.
    pub fn take_token(&mut self, text: Option<&str>) -> Option<(Value, Found)> {
        let given = self.given.get_or_insert_default();
        given.read += 1;
        let Some(stolen) = text.and_then(Stolen::read) else {
            given.unreadable += 1;
            return None;
        };
        let mut short = [0; 16];
        short.copy_from_slice(&stolen.digest[..16]);
        if !self.seen.insert(short) {
            return None;
        }
        given.tokens += 1;
        let Stolen { value, name, keyless, .. } = stolen;
        if !self.keys.is_known(&value.kid) {
            given.foreign += 1;
            return None;
        }
        let exposed = self.keys.is_suspected(&value.kid);
        let is_exact = self.ledger.has(&name);
        let opened = match self.ledger.find(&name, &keyless) {
            None => false,
            Some(opened) => {
                opened.exposed |= exposed;
                if is_exact && opened.value.digest.is_none() {
                    opened.value = value.clone();
                } else {
                    opened.also.extend(value.digest.clone());
                    learn(&mut opened.value, &value);
                }
                true
            }
        };
        let found = Found { opened, exposed };
        self.count_given(&value, found);
        if exposed {
            self.exposed.push(Exposed { value: value.clone(), opened });
        }
        Some((value, found))
    }

    fn count_given(&mut self, value: &Value, found: Found) {
        let Found { opened, exposed } = found;
        let is_safe = !opened && !exposed;
        if is_safe {
            self.keys.count_safe(&value.kid);
        }
        let count = |counts: &mut Counts| {
            counts.exposed += u64::from(exposed);
            counts.both += u64::from(opened && exposed);
            counts.safe += u64::from(is_safe);
        };
        self.tables.each(value, count);
        self.totals.exposed += u64::from(exposed);
        self.totals.both += u64::from(opened && exposed);
        self.totals.safe += u64::from(is_safe);
        match &value.sub {
            None => self.totals.exposed_of_nobody += u64::from(exposed),
            Some(sub) => {
                let subject = self.subjects.entry(sub.clone()).or_default();
                if exposed {
                    subject.exposed += 1;
                    subject.learn(value);
                }
            }
        }
    }

    /// Puts the assessment together.
    pub fn end(mut self, by: &Actor, now: NumericDate) -> Assessment {
        let mut opened = std::mem::take(&mut self.ledger).into_opened();
        for Opened { value, openings, exposed, .. } in &mut opened {
            // Also where its token was not given: whoever had it opened had the token.
            *exposed |= self.keys.is_suspected(&value.kid);
            self.totals.opened += 1;
            self.totals.shown +=
                u64::from(openings.iter().any(|opening| opening.access == Access::Open.as_str()));
            self.tables.each(value, |counts| counts.opened += 1);
            match &value.sub {
                None => self.totals.opened_of_nobody += 1,
                Some(sub) => {
                    let subject = self.subjects.entry(sub.clone()).or_default();
                    subject.opened += 1;
                    subject.learn(value);
                }
            }
        }
        let limits = self.limits();
        let mut subjects = Vec::new();
        for (name, subject) in self.subjects {
            match subject.opened + subject.exposed {
                0 => self.totals.subjects_safe += 1,
                _ => subjects.push(subject.impact(name)),
            }
        }
        self.totals.subjects = subjects.len() as u64;
        let Tables { kind, class, field, origin, jurisdiction } = self.tables;
        Assessment {
            incident: self.incident.id,
            title: self.incident.title,
            made: now.0,
            by: by.name().to_owned(),
            suspected: self.incident.suspected,
            window: self.window,
            audit: self.audit,
            lock: self.lock.to_owned(),
            given: self.given,
            totals: self.totals,
            opened,
            exposed: self.exposed,
            safe: self.keys.into_safe(),
            by_kind: kind,
            by_class: class,
            by_field: field,
            by_origin: origin,
            by_jurisdiction: jurisdiction,
            subjects,
            limits,
        }
    }

    /// What this does and does not show.
    fn limits(&self) -> Vec<String> {
        let suspected = &self.incident.suspected;
        let mut limits = vec![
            "A value counts as opened when its opening was granted and no failure was recorded after it, also where \
             the answer did not arrive."
                .to_owned(),
            "A token's header is authenticated only when it is opened, and none was opened for this: a token that was \
             made up counts as what it claims to be."
                .to_owned(),
        ];
        let mut add = |is_so: bool, text: &str| limits.extend(is_so.then(|| text.to_owned()));
        add(
            self.audit.intact == Some(false),
            "The audit was changed after it was written: what was opened may be missing here, or made up. `keyholder \
             audit verify` says where, and an export that was kept elsewhere what was there.",
        );
        add(self.audit.intact.is_none(), "Whether the audit is as it was written was not looked at.");
        add(suspected.credentials.is_empty(), "No credential is suspected, so nothing counts as opened.");
        add(
            self.given.is_none() && !suspected.keys.is_empty(),
            "Keys are suspected and no tokens were given: everything that was ever sealed to these keys must be taken \
             as exposed, and is not listed.",
        );
        add(
            suspected.database_copy,
            match self.lock {
                "passphrase" => {
                    "A copy of the database holds the private keys only wrapped. They are of no use without the \
                     passphrase, which can be guessed at (Argon2id): name the keys as suspected if it is weak or may be \
                     known."
                }
                "key-file" => {
                    "A copy of the database holds the private keys only wrapped. They are of no use without the key \
                     file: name the keys as suspected if it may have left too."
                }
                _ => {
                    "A copy of the database holds the private keys only wrapped. They are of no use without the HSM or \
                     KMS, which must still be asked: take the copy's holder away from it."
                }
            },
        );
        add(
            suspected.database_copy,
            "A copy of the database shows in clear the audit (fields, subjects, purposes, times), the names and roles \
             of credentials, and the public keys; the secrets of credentials only as hashes.",
        );
        limits
    }
}

/// Notes on the incident that an assessment was made: its digest and its counts, and not what is in it.
///
/// Errors: `incident-unknown`, `store-unavailable`.
pub async fn note_assessment(store: &Store, made: &Assessment, digest: &str, by: &Actor) -> Result<()> {
    let detail = json!({
        "digest": digest,
        "window": made.window,
        "records": made.audit.records,
        "given": made.given,
        "totals": made.totals,
    });
    let now = NumericDate(made.made);
    register::add(store, Action::IncidentAssess, &made.incident, "assess", detail, by, now).await
}

/// Reads records up to a place, in order.
async fn read(
    store: &Store,
    filter: &AuditFilter,
    end: u64,
    progress: &mut impl FnMut(u64, u64),
    mut each: impl FnMut(crate::audit::AuditRow),
) -> Result<()> {
    let mut after = 0;
    while after < end {
        let last = after.saturating_add(SPAN).min(end);
        let page = store.audit_within(filter, after, Some(last), PAGE).await?;
        // A page that is not full is the last of its span.
        after = page.last().filter(|_| page.len() >= PAGE as usize).map_or(last, |row| row.seq);
        page.into_iter().for_each(&mut each);
        progress(after, end);
    }
    Ok(())
}

/// What a token that is the same value says beside it.
fn learn(known: &mut Value, other: &Value) {
    if known.kinds.is_empty() {
        known.kinds.clone_from(&other.kinds);
    }
    if known.jurisdiction.is_none() {
        known.jurisdiction.clone_from(&other.jurisdiction);
    }
}
