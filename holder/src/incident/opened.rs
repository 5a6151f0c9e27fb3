//! What suspected credentials had opened, from the audit's records alone.
//!
//! Anybody can copy a token's name into a token of their own, so a value is what all of a record's members about its
//! token say together. And what was granted was not opened yet: a token that did not open has another record after
//! that of the grant, which says so and is the same in all but its outcome.

use super::{Opened, Opening, Value};
use crate::audit::{AuditRow, Entry, GRANTED, GRANTED_AGAIN};
use crate::error::Code;
use crate::policy::Access;
use sha2::{Digest, Sha256};
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;

/// The outcomes of records that are written after a grant, when nothing came of it. Any other refusal is a decision of
/// its own, about a request that may look the same as one that was granted before it.
const FAILED: [Code; 8] = [
    Code::Core(fieldseal::Code::OpenFailed),
    Code::KeyUnknown,
    Code::KeysLocked,
    Code::CandidateMalformed,
    Code::CandidateWrongKind,
    Code::HashMalformed,
    Code::HashesBusy,
    Code::Internal,
];

/// What names a value: the SHA-256 over the members of its token's header that records have.
pub(super) type Name = [u8; 32];

/// Gives a value its name, with its key or without: a value that is sealed again keeps all but that.
pub(super) fn name(kid: &str, [jti, kind, field, iss]: [&str; 4], sub: Option<&str>) -> Name {
    let mut hash = Sha256::new();
    let has_sub = if sub.is_some() { "sub" } else { "" };
    // Each text comes after its length, so that none can pass for the beginning of another.
    for text in [kid, jti, kind, field, iss, has_sub, sub.unwrap_or_default()] {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize().into()
}

/// What was opened so far.
#[derive(Default)]
pub(super) struct Ledger {
    values: Vec<Option<Entered>>,
    by_name: HashMap<Name, usize>,
    /// The same without their keys; several values can have one.
    by_keyless: HashMap<Name, Vec<usize>>,
    /// Those that are on record as sealed again to another key, without their keys.
    moved: HashSet<Name>,
    marks: RandomState,
}

/// A value, and the grants for it that did not fail.
struct Entered {
    opened: Opened,
    /// What tells a failure to which grant it belongs, for each opening.
    marks: Vec<u64>,
    keyless: Name,
}

impl Ledger {
    /// Takes a record of a suspected credential, in the order of the audit.
    pub(super) fn take(&mut self, row: AuditRow) {
        let AuditRow { seq, entry, .. } = row;
        if !is_told(&entry.action) {
            return;
        }
        let Some(value) = value_of(&entry) else { return };
        let members = [&value.jti, &value.kind, &value.field, &value.iss].map(String::as_str);
        let name = name(&value.kid, members, value.sub.as_deref());
        // The time and who asked are compared as they are.
        let mark = self.marks.hash_one((&entry.purpose, &entry.request, &entry.rule, &entry.class));
        match entry.outcome.as_str() {
            GRANTED | GRANTED_AGAIN => {
                let keyless = self::name("", members, value.sub.as_deref());
                let Entry { time, actor, action, purpose, .. } = entry;
                let opening = Opening { seq, when: time.0, by: actor, access: action, purpose };
                self.enter(name, keyless, value, opening, mark);
            }
            outcome if FAILED.iter().any(|code| code.as_str() == outcome) => {
                self.take_back(&name, &entry, mark)
            }
            _ => {}
        }
    }

    fn enter(&mut self, name: Name, keyless: Name, value: Value, opening: Opening, mark: u64) {
        if let Some(Some(entered)) = self.by_name.get(&name).and_then(|at| self.values.get_mut(*at)) {
            entered.opened.openings.push(opening);
            entered.marks.push(mark);
            return;
        }
        let opened = Opened { value, exposed: false, also: Vec::new(), openings: vec![opening] };
        let at = self.values.len();
        self.values.push(Some(Entered { opened, marks: vec![mark], keyless }));
        self.by_name.insert(name, at);
        self.by_keyless.entry(keyless).or_default().push(at);
    }

    /// Takes the last grant back that was for the same: a token of the same header that does not open was asked about
    /// with it, and each has a grant of its own, so a failure never takes back what another token was opened by.
    fn take_back(&mut self, name: &Name, entry: &Entry, mark: u64) {
        let Some(at) = self.by_name.get(name).copied() else { return };
        let Some(Some(entered)) = self.values.get_mut(at) else { return };
        let is_same = |opening: &Opening, its: u64| {
            its == mark
                && opening.when == entry.time.0
                && opening.by == entry.actor
                && opening.access == entry.action
                && opening.purpose == entry.purpose
        };
        let openings = &mut entered.opened.openings;
        let mut places = (0..openings.len()).rev();
        let Some(last) = places.find(|place| is_same(&openings[*place], entered.marks[*place])) else {
            return;
        };
        openings.remove(last);
        entered.marks.remove(last);
        if openings.is_empty() {
            let keyless = entered.keyless;
            self.values[at] = None;
            self.by_name.remove(name);
            if let Some(places) = self.by_keyless.get_mut(&keyless) {
                places.retain(|place| *place != at);
            }
        }
    }

    /// Whether nothing was opened, so that nothing else need be looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// Takes a record of a token that was sealed again, by whomever and whenever.
    pub(super) fn moved(&mut self, entry: &Entry) {
        let Some(value) = value_of(entry) else { return };
        let members = [&value.jti, &value.kind, &value.field, &value.iss].map(String::as_str);
        let keyless = name("", members, value.sub.as_deref());
        if self.by_keyless.contains_key(&keyless) {
            self.moved.insert(keyless);
        }
    }

    /// The value that was opened as a token of this name; or as one that is sealed to another key, if it is on record
    /// that it was sealed again.
    pub(super) fn find(&mut self, name: &Name, keyless: &Name) -> Option<&mut Opened> {
        let at = match self.by_name.get(name) {
            Some(at) => Some(*at),
            None if self.moved.contains(keyless) => self.by_keyless.get(keyless)?.first().copied(),
            None => None,
        };
        self.values.get_mut(at?)?.as_mut().map(|entered| &mut entered.opened)
    }

    /// Whether a token of exactly this name was opened.
    pub(super) fn has(&self, name: &Name) -> bool {
        self.by_name.contains_key(name)
    }

    /// What was opened, in the order in which it first was, by whichever of those who are suspected.
    pub(super) fn into_opened(self) -> Vec<Opened> {
        let mut all: Vec<_> = self.values.into_iter().flatten().map(|entered| entered.opened).collect();
        all.iter_mut().for_each(|opened| opened.openings.sort_unstable_by_key(|opening| opening.seq));
        all.sort_unstable_by_key(|opened| opened.openings.first().map(|opening| opening.seq));
        all
    }
}

/// Whether something of the value is told to the one who asks. Sealing it again shows nothing of it.
fn is_told(action: &str) -> bool {
    Access::ALL.iter().any(|access| *access != Access::Rewrap && access.as_str() == action)
}

/// The value that a record is about, if its token could be read.
fn value_of(entry: &Entry) -> Option<Value> {
    Some(Value {
        digest: None,
        jti: entry.jti.clone()?,
        kid: entry.kid.clone()?,
        class: entry.class.clone()?,
        kind: entry.kind.clone()?,
        kinds: Vec::new(),
        field: entry.field.clone()?,
        iss: entry.iss.clone()?,
        sub: entry.sub.clone(),
        jurisdiction: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Action;
    use fieldseal::NumericDate;

    fn entry(jti: &str, outcome: &str) -> Entry {
        let mut entry = Entry::of_action(Action::Open, "thief", NumericDate(5));
        outcome.clone_into(&mut entry.outcome);
        for (member, value) in [
            (&mut entry.jti, jti),
            (&mut entry.kid, "k"),
            (&mut entry.class, "general"),
            (&mut entry.kind, "text"),
            (&mut entry.field, "f"),
            (&mut entry.iss, "https://shop.example"),
        ] {
            *member = Some(value.to_owned());
        }
        entry
    }

    /// The values and how often each was opened.
    fn opened(entries: Vec<Entry>) -> Vec<(String, usize)> {
        let mut ledger = Ledger::default();
        for (place, entry) in entries.into_iter().enumerate() {
            ledger.take(AuditRow { seq: place as u64 + 1, entry, hash: [0; 32] });
        }
        ledger.into_opened().into_iter().map(|o| (o.value.jti, o.openings.len())).collect()
    }

    fn is(of: &[(&str, usize)]) -> Vec<(String, usize)> {
        of.iter().map(|(jti, times)| ((*jti).to_owned(), *times)).collect()
    }

    #[test]
    fn a_grant_that_failed_afterwards_was_not_opened() {
        let granted = || entry("a", GRANTED);
        let failed = || entry("a", "open-failed");
        assert_eq!(opened(vec![granted(), failed()]), []);
        assert_eq!(opened(vec![granted(), entry("b", GRANTED), failed()]), is(&[("b", 1)]));
        // A forgery that is asked for with the true one fails alone, whichever came first.
        assert_eq!(opened(vec![granted(), granted(), failed()]), is(&[("a", 1)]));
        assert_eq!(opened(vec![granted(), failed(), granted()]), is(&[("a", 1)]));
        // And one at another time takes nothing back.
        let later = |entry: Entry| Entry { time: NumericDate(6), ..entry };
        assert_eq!(opened(vec![granted(), later(granted()), later(failed())]), is(&[("a", 1)]));
        assert_eq!(opened(vec![granted(), later(failed())]), is(&[("a", 1)]));
    }

    #[test]
    fn a_refusal_takes_nothing_back() {
        for code in
            ["token-already-opened", "quota-exceeded", "not-allowed", "token-wrong-key", "class-frozen"]
        {
            assert_eq!(opened(vec![entry("a", GRANTED), entry("a", code)]), is(&[("a", 1)]), "{code}");
            assert_eq!(opened(vec![entry("a", code)]), [], "{code}");
        }
    }

    #[test]
    fn a_value_is_all_that_its_header_says() {
        let mut other_key = entry("a", GRANTED);
        other_key.kid = Some("l".to_owned());
        let mut other_field = entry("a", GRANTED);
        other_field.field = Some("g".to_owned());
        let mut of_somebody = entry("a", GRANTED);
        of_somebody.sub = Some(String::new());
        let all = vec![entry("a", GRANTED), entry("a", GRANTED_AGAIN), other_key, other_field, of_somebody];
        assert_eq!(opened(all), is(&[("a", 2), ("a", 1), ("a", 1), ("a", 1)]));
    }

    #[test]
    fn sealing_again_shows_nothing() {
        assert_eq!(opened(vec![Entry { action: "rewrap".to_owned(), ..entry("a", GRANTED) }]), []);
        assert_eq!(opened(vec![Entry { action: "credential-revoke".to_owned(), ..entry("a", GRANTED) }]), []);
    }
}
