//! The key holder as a whole: the one way to a value, which the service and the command both take.

mod asking;
mod duties;

pub use asking::{Answers, Asking, Query};

use crate::audit::{Action, Audit, Entry, Sign, Tail};
use crate::clock::Clock;
use crate::credential;
use crate::error::{Code, Error, Result};
use crate::home::Home;
use crate::identity::Proof;
use crate::keystore::{Answer, Cost, FoundKey, KeyStore, Secret, Turn};
use crate::metrics::Metrics;
use crate::policy::{
    Actor, Book, Expectation, Flags, KeyInfo, Occasion, Origins, Policy, Refusal, Rules, Sealed,
};
use crate::retention::RetentionPolicy;
use crate::store::{Credential, Location, Settings, Store};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use fieldseal::suite::Alg;
use std::collections::hash_map::Entry as Entries;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a database may take to answer before it counts as away.
const READY_WITHIN: Duration = Duration::from_secs(5);
/// Who locks and unlocks the keys, as the audit names it. No credential's name has a colon.
const WATCHER: &str = "service:lock";

/// A key holder whose keys are unlocked.
#[derive(Clone)]
pub struct Holder {
    store: Store,
    keys: Arc<KeyStore>,
    audit: Audit,
    metrics: Metrics,
    rules: Arc<Book>,
    clock: Clock,
}

/// A token to open and what is expected of it.
pub struct Submission {
    /// The token.
    pub token: String,
    /// What must be so.
    pub expectation: Expectation,
}

/// The keys that the tokens of a request name, or why there is none. They stay in memory for as long as this does.
pub(crate) type FoundKeys = HashMap<String, std::result::Result<FoundKey, Code>>;

/// What became of one submission.
pub type Outcome = std::result::Result<Answer, Refusal>;

/// What a new key holder is made with.
pub struct Init<'a> {
    /// The page origins whose tokens it opens; `*` is any.
    pub origins: &'a [String],
    /// What will unlock it.
    pub secret: &'a Secret,
    /// How hard a passphrase is to try.
    pub cost: Cost,
    /// Who makes it.
    pub actor: &'a Actor,
}

impl Holder {
    /// Makes a key holder, all of it or nothing: in a directory of its own, or in a PostgreSQL database.
    ///
    /// Errors: `origin-invalid`, `origin-not-canonical`, `passphrase-short`, `home-exists`, `home-unsafe`,
    /// `store-unavailable`, and those of an HSM or a KMS.
    pub async fn create(dir: &Path, database: Option<&str>, init: &Init<'_>, now: NumericDate) -> Result<()> {
        Origins::parse(init.origins.iter().map(String::as_str))?;
        let settings = KeyStore::prepare(init.secret, init.cost).await?;
        if let Some(url) = database {
            return fill(&Location::Postgres(url.to_owned()), init, &settings, now).await;
        }
        let home = Home::create(dir)?;
        let filled = fill(&Location::File(home.database()), init, &settings, now).await;
        let filled = filled.and_then(|()| home.sync());
        if filled.is_err() {
            home.abandon();
        }
        filled
    }

    /// Unlocks the key holder of a store, with the standard rules.
    ///
    /// Errors: `home-missing`, `unlock-kind`, `unlock-failed`, `store-damaged`, and those of an HSM or a KMS.
    pub async fn unlock(store: Store, secret: &Secret, clock: Clock) -> Result<Self> {
        let keys = Arc::new(KeyStore::unlock(store.clone(), secret).await?);
        let metrics = Metrics::default();
        let audit = Audit::signed(store.clone(), Arc::clone(&keys) as Arc<dyn Sign>, metrics.clone());
        let rules = Arc::new(Book::open(None)?);
        let holder = Self { audit, store, keys, metrics, rules, clock };
        // Damage shows when a service starts, and not with its first request.
        holder.policy().await?;
        Ok(holder)
    }

    /// The same key holder with other rules.
    #[must_use]
    pub fn with_rules(self, rules: Book) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// Makes a key and gives its kid. When it is destroyed is fixed here, by the retention of its class.
    ///
    /// Errors: `days-out-of-range`.
    pub async fn new_key(&self, alg: Alg, scope: Scope, days: u64, by: &Actor) -> Result<String> {
        if !(1..=3650).contains(&days) {
            return Err(Error::new(Code::DaysOutOfRange));
        }
        let now = self.clock.now();
        let exp = now.plus(days * 24 * 60 * 60);
        let destroys = RetentionPolicy::of(&self.store).await?.destroys(scope, exp);
        let row = self.keys.generate(alg, scope, None, (Some(exp), destroys), now)?;
        let mut entry = Entry::of_action(Action::KeyNew, by.name(), now);
        entry.kid = Some(row.kid.clone());
        entry.class = Some(scope.as_str().to_owned());
        let mut tx = self.store.write().await?;
        tx.insert_key(&row).await?;
        let mut tail = Tail::of(tx).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(&*self.keys)).await?;
        Ok(row.kid)
    }

    /// Finds out who proved this. The use of a credential that was revoked goes on record; a proof that
    /// names none does not, for anyone could fill the audit with those.
    ///
    /// Errors: `credential-invalid`.
    pub async fn authenticate(&self, proof: &Proof) -> Result<Credential> {
        self.unless_revoked(credential::find(&self.store, proof).await?).await
    }

    /// Errors: `credential-invalid`.
    pub(crate) async fn unless_revoked(&self, credential: Credential) -> Result<Credential> {
        if credential.revoked.is_none() {
            return Ok(credential);
        }
        let occasion = Occasion::new(Actor::credential(&credential), None, self.clock.now())?;
        let refusal = Refusal::unread(&occasion, Code::CredentialInvalid);
        self.audit.record_outcomes(vec![refusal]).await?;
        Err(Error::new(Code::CredentialInvalid))
    }

    /// Opens tokens, in order: every decision is made and on record before the first is opened.
    ///
    /// A `request` that is sent again under the same name, because its answer did not arrive, opens for ten minutes
    /// also those `once` tokens that it opened before.
    ///
    /// Errors: those of [`Holder::open_for`].
    pub async fn open(
        &self,
        actor: Actor,
        purpose: Option<String>,
        request: Option<String>,
        submissions: Vec<std::result::Result<Submission, Code>>,
    ) -> Result<Vec<Outcome>> {
        let asking = Asking { request, ..Asking::new(actor, purpose) };
        Ok(self.open_for(asking, submissions).await?.results)
    }

    /// Whether values can be opened and recorded.
    ///
    /// Errors: `store-unavailable`, `store-damaged`, `keys-locked`.
    pub async fn ready(&self) -> Result<()> {
        let unavailable = |_| Err(Error::new(Code::StoreUnavailable));
        let check = tokio::time::timeout(READY_WITHIN, self.audit.check(self.clock.now()));
        let ready = check.await.unwrap_or_else(unavailable).and_then(|()| self.keys_ready());
        self.metrics.set_ready(ready.is_ok());
        ready
    }

    /// Signs the end of the audit as it is now (C2SP tlog-checkpoint).
    ///
    /// Errors: `store-unavailable`, `keys-locked`.
    pub async fn sign_checkpoint(&self) -> Result<String> {
        self.audit.sign(&*self.keys).await
    }

    /// The rules as they are now. The database is asked once a request, so origins that another process
    /// adds or removes, and classes that it freezes, count at once.
    pub(crate) async fn policy(&self) -> Result<Policy> {
        let origins = self.store.origins().await?;
        let origins = Origins::parse(origins.iter().map(String::as_str));
        let origins = origins.map_err(|_| Error::new(Code::StoreDamaged))?;
        let retention = RetentionPolicy::of(&self.store).await?;
        let frozen = self.store.frozen().await?;
        Ok(Policy::new(origins, self.rules.current()).retaining(retention).frozen(frozen))
    }

    /// What the people whose values are in a batch have said about their use, as it is now: one question for all of
    /// them, and none where the rules do not look at it.
    pub(crate) async fn flags<'a>(
        &self,
        policy: &Policy,
        batch: impl Iterator<Item = &'a Sealed>,
    ) -> Result<Flags> {
        if !policy.wants_flags() {
            return Ok(Flags::none());
        }
        let subjects: BTreeSet<&str> = batch.filter_map(|sealed| sealed.header().sub.as_deref()).collect();
        self.store.flags(&subjects.into_iter().collect::<Vec<_>>()).await
    }

    /// Looks a key up once for all the tokens of a request that name it.
    pub(crate) async fn find_key(
        &self,
        found: &mut FoundKeys,
        kid: &str,
    ) -> Result<std::result::Result<KeyInfo, Code>> {
        let key = match found.entry(kid.to_owned()) {
            Entries::Occupied(known) => known.into_mut(),
            Entries::Vacant(place) => place.insert(self.keys.find(kid, self.clock.now()).await?),
        };
        Ok(key.as_ref().map(|key| key.info().clone()).map_err(|code| *code))
    }

    /// Whether the keys are there to be used.
    ///
    /// Errors: `keys-locked` while the HSM or KMS that unlocks them does not answer.
    pub fn keys_ready(&self) -> Result<()> {
        self.keys.ready()
    }

    /// Asks the HSM or KMS that unlocks the keys, for as long as this is polled, whether it still does,
    /// and locks them while it does not. `every` is how long to wait in between, where the lock's own
    /// interval is not wanted. With a passphrase or a key file there is nothing to ask.
    pub async fn watch_lock(&self, every: Option<Duration>) {
        while let Some(turn) = self.keys.turn(every).await {
            let holder = self.clone();
            // The lock is asked on, also while the database is slow.
            tokio::spawn(async move {
                if let Err(error) = holder.record_turn(turn).await {
                    tracing::error!(code = error.code().as_str(), ?turn, "this is not on record");
                }
            });
        }
    }

    async fn record_turn(&self, turn: Turn) -> Result<()> {
        let of = |action| Entry::of_action(action, WATCHER, self.clock.now());
        let entry = match turn {
            Turn::Unlocked => of(Action::KeysUnlock),
            Turn::Locked(code) => Entry { outcome: code.as_str().to_owned(), ..of(Action::KeysLock) },
        };
        let mut tail = Tail::of(self.store.write().await?).await?;
        tail.append(&entry)?;
        tail.commit_signed(Some(&*self.keys)).await
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The keystore, to publish from.
    pub fn keys(&self) -> &KeyStore {
        &self.keys
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The audit.
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    /// The rules in force.
    pub fn rules(&self) -> Arc<Rules> {
        self.rules.current()
    }

    /// The clock.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

/// Puts the first rows into an empty database.
async fn fill(location: &Location, init: &Init<'_>, settings: &Settings, now: NumericDate) -> Result<()> {
    let store = Store::open(location).await?;
    let mut tx = store.write().await?;
    if tx.has_settings().await? {
        return Err(Error::new(Code::HomeExists));
    }
    tx.insert_settings(settings, now).await?;
    for origin in init.origins {
        tx.insert_origin(origin).await?;
    }
    let mut tail = Tail::of(tx).await?;
    tail.append(&Entry::of_action(Action::Init, init.actor.name(), now))?;
    tail.commit().await?;
    store.close().await;
    Ok(())
}

pub(crate) fn read(
    submission: std::result::Result<Submission, Code>,
) -> std::result::Result<(Sealed, Expectation), Code> {
    let Submission { token, expectation } = submission?;
    let sealed = Sealed::parse(&token).map_err(|error| Code::Core(error.kind()))?;
    Ok((sealed, expectation))
}
