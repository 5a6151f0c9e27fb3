//! Keys of one person. Each follows from a key of a class, the epoch key, and a random salt that is kept here alone:
//! without the salt nobody has them, whoever has the epoch key and whatever tokens were copied.
//!
//! For an epoch key with the thumbprint `kid` and the private half `seed`, the private key is
//!
//! ```text
//! DeriveKeyPair(HKDF-SHA-256(salt, ikm = seed, info = "fieldseal-keyholder-subject-v1\n" + kid, 32 bytes))
//! ```
//!
//! with HKDF of RFC 5869 and DeriveKeyPair of RFC 9180 section 7.1.3 for the epoch key's algorithm. The seed is the
//! private half itself, which is uniformly random. That it is used twice, as a private key and as HKDF's input, joins
//! nothing: what HKDF gives says nothing of its input, and no use of the private key runs HMAC-SHA-256 over it.
//!
//! A derived key has no row of its own secret to be wrapped, moved or put back. What is stored of it is the thumbprint,
//! which must come out again, and its class, times and revocation are those of the epoch key.

mod cache;

pub(super) use cache::Cache;

use super::keyring::{Keyring, Unlocked};
use super::own_stack::on_own_stack;
use super::wrap::Label;
use super::{KeyStore, random};
use crate::error::{Code, Error, Result};
use crate::policy::{Kept, KeyInfo};
use crate::store::{KeyRow, SubjectKeyRow, SubjectRow};
use fieldseal::NumericDate;
use fieldseal::keyset::{Jwk, KeySet};
use fieldseal::open::PrivateKey;
use hkdf::Hkdf;
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The first line of what a key is derived for. A change of the derivation changes it.
const FORMAT: &str = "fieldseal-keyholder-subject-v1";

/// For whom a key was derived, and from which.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) subject: Arc<str>,
    pub(super) parent: String,
}

/// A key that was found. Its private half is there for as long as this is, however many others are asked for
/// meanwhile.
pub(crate) struct Found {
    info: KeyInfo,
    _held: Arc<Unlocked>,
}

impl Found {
    pub(super) fn new(key: Arc<Unlocked>, kept: Kept, now: NumericDate) -> Self {
        let (row, of) = (key.row(), key.derived());
        let subject = of.map(|of| Arc::clone(&of.subject));
        let revoked = row.life.revoked.is_some();
        let is_over = row.is_over(now);
        let info = KeyInfo { alg: row.alg, scope: row.scope, revoked, is_over, kept, subject };
        Self { info, _held: key }
    }

    /// What is public about it.
    pub(crate) fn info(&self) -> &KeyInfo {
        &self.info
    }
}

/// HKDF as it is above.
fn ikm(seed: &[u8; 32], salt: &[u8; 32], parent: &str) -> Result<Zeroizing<[u8; 32]>> {
    let mut ikm = Zeroizing::new([0; 32]);
    let info = format!("{FORMAT}\n{parent}");
    let hkdf = Hkdf::<Sha256>::new(Some(salt), seed);
    hkdf.expand(info.as_bytes(), ikm.as_mut_slice()).map_err(|_| Error::new(Code::Internal))?;
    Ok(ikm)
}

/// What a derived key has in the place of a row: all of its parent's but the halves.
fn row_of(parent: &KeyRow, kid: String, public: Vec<u8>) -> KeyRow {
    KeyRow { kid, public, wrapped: Vec::new(), ..parent.clone() }
}

impl Keyring {
    /// A person's keys under these parents, which are unlocked, in their order. `known` has the thumbprints that were
    /// written down, by parent.
    ///
    /// Errors: `key-damaged` if the salt or a parent's private half does not unwrap. In the place of a key whose
    /// thumbprint is not the one that was written down there is the same code.
    fn derive(
        &self,
        subject: &SubjectRow,
        parents: &[Arc<Unlocked>],
        known: &HashMap<String, String>,
    ) -> Result<Vec<std::result::Result<Arc<Unlocked>, Code>>> {
        let cached = |parent: &Arc<Unlocked>| {
            let key = self.subjects.get(known.get(&parent.row().kid)?)?;
            let row = key.row();
            // A parent that ends sooner, or was revoked, since: so does this.
            (*row == row_of(parent.row(), row.kid.clone(), row.public.clone())).then_some(key)
        };
        let mut keys: Vec<Option<Arc<Unlocked>>> = parents.iter().map(cached).collect();
        if keys.iter().any(Option::is_none) {
            on_own_stack(|| {
                let salt = self.unwrap(&Label::subject(subject), &subject.salt);
                let salt = salt.ok_or(Error::about(Code::KeyDamaged, &subject.id))?;
                for (key, parent) in keys.iter_mut().zip(parents).filter(|(key, _)| key.is_none()) {
                    *key = Some(self.derive_one(&subject.id, &salt, parent.row())?);
                }
                Ok::<_, Error>(())
            })??;
        }
        let checked = |key: Arc<Unlocked>| {
            let written = key.derived().and_then(|of| known.get(&of.parent));
            match written.is_none_or(|kid| *kid == key.row().kid) {
                true => Ok(self.subjects.keep(key)),
                false => Err(Code::KeyDamaged),
            }
        };
        Ok(keys.into_iter().flatten().map(checked).collect())
    }

    fn derive_one(&self, subject: &str, salt: &[u8; 32], parent: &KeyRow) -> Result<Arc<Unlocked>> {
        let seed = self.unwrap(&Label::key(parent), &parent.wrapped);
        let seed = seed.ok_or(Error::about(Code::KeyDamaged, &parent.kid))?;
        let private = PrivateKey::derive(parent.alg, &ikm(&seed, salt, &parent.kid)?)?;
        let public = private.public();
        let kid = Jwk::new(parent.alg, parent.scope, &public, parent.nbf, parent.exp)?.kid().to_owned();
        let of = Derived { subject: subject.into(), parent: parent.kid.clone() };
        Ok(Arc::new(Unlocked::derived_for(row_of(parent, kid, public), private, of)))
    }
}

impl KeyStore {
    /// Somebody new, with a salt that nobody else has.
    ///
    /// Errors: `keys-locked`.
    pub(crate) fn new_subject(&self, id: &str, now: NumericDate) -> Result<SubjectRow> {
        let mut subject = SubjectRow {
            id: id.to_owned(),
            created: now,
            salt: Vec::new(),
            erased: None,
            reason: None,
            receipt: None,
        };
        let ring = self.unlocked()?;
        subject.salt = on_own_stack(|| ring.wrap(&Label::subject(&subject), &random()?))??;
        Ok(subject)
    }

    /// The keys of a person that can be sealed to now, as rows to be written down.
    ///
    /// Errors: `keys-locked`, `key-damaged`, `store-unavailable`.
    pub(crate) async fn subject_keys_now(
        &self,
        subject: &SubjectRow,
        now: NumericDate,
    ) -> Result<Vec<SubjectKeyRow>> {
        let ring = self.unlocked()?;
        let parents = self.active(&ring, now).await?;
        let keys = ring.derive(subject, &parents, &HashMap::new())?;
        Ok(keys.into_iter().flatten().filter_map(|key| written(&key, now)).collect())
    }

    /// The keys to seal one person's values to: of each that is published, the one that was derived for them, which
    /// says whose it is. A key of a new epoch is derived, and written down, when it is first asked for.
    ///
    /// Errors: `subject-unknown`, `subject-erased`, `keys-locked`, `key-damaged`, `store-unavailable`.
    pub async fn published_for(&self, id: &str, now: NumericDate) -> Result<KeySet> {
        let ring = self.unlocked()?;
        let subject = self.store.subject(id).await?.ok_or(Error::new(Code::SubjectUnknown))?;
        if subject.erased.is_some() {
            ring.forget_subject(id);
            return Err(Error::new(Code::SubjectErased));
        }
        let known = self.store.subject_keys(id).await?;
        let known: HashMap<_, _> = known.into_iter().map(|key| (key.parent, key.kid)).collect();
        let parents = self.active(&ring, now).await?;
        let (mut keys, mut new) = (Vec::with_capacity(parents.len()), Vec::new());
        for (key, parent) in ring.derive(&subject, &parents, &known)?.into_iter().zip(&parents) {
            match key {
                Ok(key) => {
                    if !known.contains_key(&parent.row().kid) {
                        new.extend(written(&key, now));
                    }
                    keys.push(super::public_jwk(key.row())?.for_subject(id)?);
                }
                Err(code) => {
                    let (parent, code) = (&parent.row().kid, code.as_str());
                    tracing::error!(%parent, code, "a subject's key is left out of the set");
                }
            }
        }
        // Before anybody seals to them, or nobody could tell whose they are. What is written follows from records
        // that are there, so it is none of its own.
        if !new.is_empty() {
            let mut tx = self.store.write().await?;
            if tx.subject(id).await?.is_none_or(|subject| subject.erased.is_some()) {
                ring.forget_subject(id);
                return Err(Error::new(Code::SubjectErased));
            }
            tx.insert_subject_keys(&new).await?;
            tx.commit().await?;
        }
        Ok(KeySet::new(keys))
    }

    /// The derived key of that thumbprint. The database is asked each time, so that an erasure by another process
    /// counts at once.
    pub(super) async fn find_derived(
        &self,
        ring: &Keyring,
        kid: &str,
        now: NumericDate,
    ) -> Result<std::result::Result<Found, Code>> {
        let Some((subject, parent)) = self.store.origin_of(kid).await? else {
            return Ok(Err(Code::KeyUnknown));
        };
        if subject.erased.is_some() {
            ring.forget_subject(&subject.id);
            return Ok(Err(Code::SubjectErased));
        }
        let Some(row) = self.store.key_to_open(&parent).await? else {
            return Ok(Err(Code::KeyUnknown));
        };
        let (unlocked, kept) = match self.usable(ring, row, now).await? {
            Ok(usable) => usable,
            Err(code) => return Ok(Err(code)),
        };
        let derived = match ring.derive(&subject, &[unlocked], &HashMap::from([(parent, kid.to_owned())])) {
            Ok(mut derived) => derived.pop().unwrap_or(Err(Code::Internal)),
            Err(error) => Err(error.code()),
        };
        Ok(derived.map(|key| Found::new(key, kept, now)))
    }

    /// Wipes the unlocked keys of a person. Locked keys are wiped already.
    pub(crate) fn forget_subject(&self, id: &str) {
        if let Ok(ring) = self.unlocked() {
            ring.forget_subject(id);
        }
    }

    /// Wipes the unlocked keys of people who were erased by another process, and those that were derived from a key
    /// which is gone.
    pub(super) async fn forget_erased(&self) -> Result<()> {
        let Ok(ring) = self.unlocked() else { return Ok(()) };
        for id in self.store.erased_of(&ring.subjects.people()).await? {
            ring.forget_subject(&id);
        }
        ring.forget_orphans();
        Ok(())
    }
}

fn written(key: &Unlocked, now: NumericDate) -> Option<SubjectKeyRow> {
    let of = key.derived()?;
    Some(SubjectKeyRow {
        kid: key.row().kid.clone(),
        subject: of.subject.to_string(),
        parent: of.parent.clone(),
        created: now,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::holder::{Holder, Init};
    use crate::keystore::{Cost, Secret};
    use crate::policy::Actor;
    use crate::store::{Location, Store};
    use fieldseal::keyset::Scope;
    use fieldseal::suite::Alg;

    /// Computed with Python's `hmac` and `hashlib`, step by step as RFC 5869 section 2 says.
    #[test]
    fn the_input_is_what_the_standard_says() {
        let found = ikm(&[1; 32], &[2; 32], "a-thumbprint").unwrap();
        let hex: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "4fa556b86e9a943d9d529ff5d6427a239d490c2a3cc9f05917c90bbe4a42a1b4");
    }

    /// The bytes themselves are searched for, which only the keystore can do.
    #[tokio::test]
    async fn a_salt_rests_wrapped_and_whom_another_process_erases_is_wiped_here() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let secret = Secret::new_key_file(&dir.path().join("key")).unwrap();
        let (actor, origins, now) = (Actor::operator("test"), ["*".to_owned()], NumericDate(1_800_000_000));
        let init = Init { origins: &origins, secret: &secret, cost: Cost::default(), actor: &actor };
        Holder::create(&home, None, &init, now).await.unwrap();
        let store = Store::open(&Location::File(home.join("keyholder.db"))).await.unwrap();
        let unlock = async || Holder::unlock(store.clone(), &secret, Clock::manual(now)).await.unwrap();
        let (one, other) = (unlock().await, unlock().await);
        one.new_key(Alg::EcdhEs, Scope::All, 90, &actor).await.unwrap();
        for id in ["a", "b"] {
            one.register_subject(id, &actor).await.unwrap();
        }
        let row = store.subject("a").await.unwrap().unwrap();
        let ring = one.keys().unlocked().unwrap();
        let salt = *ring.unwrap(&Label::subject(&row), &row.salt).unwrap();
        for file in std::fs::read_dir(&home).unwrap() {
            let content = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!content.windows(salt.len()).any(|window| window == salt));
        }

        let kid_of = async |id| {
            let set = other.keys().published_for(id, now).await.unwrap();
            set.keys().next().unwrap().kid().to_owned()
        };
        let (gone, stays) = (kid_of("a").await, kid_of("b").await);
        let ring = other.keys().unlocked().unwrap();
        let key = Arc::downgrade(&ring.cached(&gone).unwrap());
        one.erase_subject("a", None, &actor).await.unwrap();
        // As a service does once a minute, though nobody asks for that person any more.
        other.keys().forget_destroyed().await.unwrap();
        assert!(key.upgrade().is_none() && ring.cached(&gone).is_none() && ring.cached(&stays).is_some());
    }

    #[test]
    fn a_key_is_of_one_epoch_and_one_salt() {
        for alg in Alg::ALL {
            let of = |seed, salt, kid: &str| {
                PrivateKey::derive(alg, &ikm(&[seed; 32], &[salt; 32], kid).unwrap()).unwrap().public()
            };
            let same = of(1, 2, "k");
            assert_eq!(same, of(1, 2, "k"));
            for other in [of(2, 2, "k"), of(1, 1, "k"), of(1, 2, "l")] {
                assert_ne!(same, other);
            }
        }
    }
}
