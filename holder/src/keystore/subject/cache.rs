//! Derived keys in memory. There may be millions of them and each takes kilobytes once it is expanded, so those that
//! were used longest ago go; what a request has found stays for as long as that request.

use super::Unlocked;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

/// The most keys that are kept for later: some ten megabytes of X-Wing keys.
const CAPACITY: usize = 1024;

/// Keys by their thumbprint.
#[derive(Default)]
pub(in crate::keystore) struct Cache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    keys: HashMap<String, Entry>,
    /// How many of them are kept for later.
    kept: usize,
    /// Counts the uses.
    now: u64,
}

struct Entry {
    key: Weak<Unlocked>,
    /// What keeps it when no request does.
    kept: Option<Arc<Unlocked>>,
    used: u64,
}

impl Cache {
    pub(in crate::keystore) fn get(&self, kid: &str) -> Option<Arc<Unlocked>> {
        self.with(|entries| {
            entries.now += 1;
            let entry = entries.keys.get_mut(kid)?;
            entry.used = entries.now;
            entry.key.upgrade()
        })
    }

    /// Keeps a key, in the place of one of the same name, and gives it back.
    pub(super) fn keep(&self, key: Arc<Unlocked>) -> Arc<Unlocked> {
        self.with(|entries| {
            entries.now += 1;
            let entry = Entry { key: Arc::downgrade(&key), kept: Some(Arc::clone(&key)), used: entries.now };
            let before = entries.keys.insert(key.row().kid.clone(), entry);
            entries.kept += usize::from(before.is_none_or(|before| before.kept.is_none()));
            if entries.kept > CAPACITY {
                entries.make_room();
            }
        });
        key
    }

    /// Lets go of the keys of which this is true.
    pub(in crate::keystore) fn forget(&self, is_gone: impl Fn(&Unlocked) -> bool) {
        self.with(|entries| {
            entries.keys.retain(|_, entry| entry.key.upgrade().is_some_and(|key| !is_gone(&key)));
            entries.kept = entries.keys.values().filter(|entry| entry.kept.is_some()).count();
        });
    }

    /// Everybody who has a key here.
    pub(super) fn people(&self) -> Vec<String> {
        let mut people: Vec<String> = self.with(|entries| {
            let keys = entries.keys.values().filter_map(|entry| entry.key.upgrade());
            keys.filter_map(|key| key.derived().map(|of| of.subject.to_string())).collect()
        });
        people.sort_unstable();
        people.dedup();
        people
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        // A panic elsewhere cannot leave the map half changed, so a poisoned lock is still good.
        work(&mut self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }
}

impl Entries {
    /// A quarter goes at a time, so that the search for the oldest is rare.
    fn make_room(&mut self) {
        let mut used: Vec<u64> =
            self.keys.values().filter(|entry| entry.kept.is_some()).map(|entry| entry.used).collect();
        let middle = used.len() / 4;
        let (_, oldest, _) = used.select_nth_unstable(middle);
        let oldest = *oldest;
        for entry in self.keys.values_mut().filter(|entry| entry.used <= oldest) {
            entry.kept = None;
        }
        self.keys.retain(|_, entry| entry.key.strong_count() > 0);
        self.kept = self.keys.values().filter(|entry| entry.kept.is_some()).count();
    }
}

#[cfg(test)]
mod tests {
    use super::super::Derived;
    use super::*;
    use crate::store::{KeyRow, Life};
    use fieldseal::NumericDate;
    use fieldseal::keyset::Scope;
    use fieldseal::open::PrivateKey;
    use fieldseal::suite::Alg;

    fn key(kid: usize) -> Arc<Unlocked> {
        let row = KeyRow {
            kid: kid.to_string(),
            alg: Alg::EcdhEs,
            scope: Scope::All,
            created: NumericDate(0),
            nbf: None,
            exp: None,
            destroys: None,
            public: Vec::new(),
            wrapped: Vec::new(),
            life: Life::default(),
        };
        let private = PrivateKey::from_seed(Alg::EcdhEs, [1; 32].into()).unwrap();
        let of = Derived { subject: format!("p{}", kid % 2).into(), parent: format!("k{}", kid % 3) };
        Arc::new(Unlocked::derived_for(row, private, of))
    }

    #[test]
    fn the_oldest_go_and_those_in_use_stay() {
        let cache = Cache::default();
        let held = cache.keep(key(0));
        for kid in 1..=CAPACITY {
            cache.keep(key(kid));
            // The second is used again and again.
            assert!(kid < 1 || cache.get("1").is_some());
        }
        assert_eq!(cache.get("0").map(|key| key.row().kid.clone()).as_deref(), Some("0"));
        assert!(cache.get("2").is_none() && cache.get("1").is_some());
        let all = |cache: &Cache| (0..=CAPACITY).filter(|kid| cache.get(&kid.to_string()).is_some()).count();
        assert!((CAPACITY / 2..CAPACITY).contains(&all(&cache)));
        drop(held);
        assert!(cache.get("0").is_none());
    }

    #[test]
    fn what_is_forgotten_is_gone_whoever_holds_it() {
        let cache = Cache::default();
        let held = cache.keep(key(0));
        for kid in 1..6 {
            cache.keep(key(kid));
        }
        assert_eq!(cache.people(), ["p0", "p1"]);
        cache.forget(|key| key.derived().is_some_and(|of| &*of.subject == "p0"));
        assert!(cache.get("0").is_none() && cache.get("1").is_some());
        assert_eq!(cache.people(), ["p1"]);
        cache.forget(|key| key.derived().is_some_and(|of| of.parent == "k1"));
        assert!(cache.get("1").is_none() && cache.get("3").is_some());
        drop(held);
    }
}
