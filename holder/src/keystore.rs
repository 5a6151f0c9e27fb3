//! The keystore: the only part that touches private keys.
//!
//! They rest wrapped ([`wrap`]) under a key that a passphrase or a key file gives ([`lock`]), and are
//! unwrapped into types that cannot be printed or copied and are wiped when dropped.

mod fingerprint;
mod inspect;
mod lock;
mod phc;
mod wrap;

pub use fingerprint::Label as FingerprintLabel;
pub use inspect::{Candidate, Finding, Found, Mask, Part, Question};
pub use lock::{Cost, Secret};
pub use phc::PasswordHash;

use crate::audit::{Entry, Permit, Sign};
use crate::error::{Code, Error, Result};
use crate::policy::{Access, KeyInfo, Refusal};
use crate::store::{KeyRow, Settings, Store};
use ed25519_dalek::{Signer as _, SigningKey};
use fieldseal::NumericDate;
use fieldseal::jwe::Header;
use fieldseal::keyset::signed::{self, Signer};
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::open::{Opened, PrivateKey};
use fieldseal::suite::Alg;
use lock::Lock;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use wrap::{Kek, Label};
use zeroize::Zeroizing;

/// How long before now a new key begins to be valid, in seconds: a page whose clock is that much
/// behind can still seal to it at once.
const NBF_LEEWAY: u64 = 300;

/// The unlocked keys of one key holder.
pub struct KeyStore {
    store: Store,
    kek: Kek,
    signing: SigningKey,
    fingerprints: fingerprint::Root,
    hashing: phc::Turn,
    signer: Signer,
    /// Private keys are expanded once, on first use.
    unlocked: RwLock<HashMap<String, Arc<Unlocked>>>,
}

struct Unlocked {
    row: KeyRow,
    private: PrivateKey,
}

/// A token that has been opened. It has no `Debug`, and the value is wiped on drop.
pub struct Answer {
    /// What the token says about the value, now authenticated.
    pub header: Header,
    /// The value.
    pub value: Opened,
}

impl KeyStore {
    /// What a new home keeps so that `secret` unlocks it: the lock, and a new signing key wrapped by
    /// it, which also tells a wrong secret from the right one.
    pub(crate) fn prepare(secret: &Secret, cost: Cost) -> Result<Settings> {
        let lock = Lock::new(secret, cost)?;
        let seed = random()?;
        let signer_public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let signer = Signer::new(signer_public);
        let kek = lock.kek(secret)?;
        let signer_wrapped = kek.wrap(&Label::signing(signer.kid()), &seed)?;
        let fingerprint_wrapped = kek.wrap(&Label::fingerprint(signer.kid()), &random()?)?;
        Ok(Settings { lock: lock.to_row(), signer_public, signer_wrapped, fingerprint_wrapped })
    }

    /// Unlocks the keystore.
    ///
    /// Errors: `unlock-kind`, `unlock-failed`, `store-damaged`.
    pub async fn unlock(store: Store, secret: &Secret) -> Result<Self> {
        let settings = store.settings().await?;
        let kek = Lock::from_row(settings.lock)?.kek(secret)?;
        let signer = Signer::new(settings.signer_public);
        let seed = kek
            .unwrap(&Label::signing(signer.kid()), &settings.signer_wrapped)
            .ok_or(Error::new(Code::UnlockFailed))?;
        let signing = SigningKey::from_bytes(&seed);
        if signing.verifying_key().to_bytes() != settings.signer_public {
            return Err(Error::new(Code::StoreDamaged));
        }
        let root = kek.unwrap(&Label::fingerprint(signer.kid()), &settings.fingerprint_wrapped);
        let fingerprints = fingerprint::Root::new(&root.ok_or(Error::new(Code::StoreDamaged))?);
        let hashing = phc::Turn::default();
        Ok(Self { store, kek, signing, signer, fingerprints, hashing, unlocked: RwLock::default() })
    }

    /// Makes a key pair, wrapped and ready to be stored.
    pub(crate) fn generate(
        &self,
        alg: Alg,
        scope: Scope,
        exp: Option<NumericDate>,
        now: NumericDate,
    ) -> Result<KeyRow> {
        let seed = random()?;
        let public = PrivateKey::from_seed(alg, seed.clone())?.public();
        let nbf = Some(NumericDate(now.0.saturating_sub(NBF_LEEWAY)));
        let kid = Jwk::new(alg, scope, &public, nbf, exp)?.kid().to_owned();
        let mut row = KeyRow { kid, alg, scope, created: now, nbf, exp, public, wrapped: Vec::new() };
        row.wrapped = self.kek.wrap(&Label::key(&row), &seed)?;
        Ok(row)
    }

    /// What is public about the key of that name, which is unlocked if it was not yet. The database
    /// is asked each time, so a key that was destroyed or made by another process is noticed at once.
    pub(crate) async fn find(&self, kid: &str) -> Result<std::result::Result<KeyInfo, Code>> {
        let Some(row) = self.store.key(kid).await? else {
            return Ok(Err(Code::KeyUnknown));
        };
        let info = KeyInfo { alg: row.alg, scope: row.scope };
        Ok(self.load(row).map(|_| info))
    }

    /// Opens the token that a permit was given for. The permit is spent.
    ///
    /// Errors: a refusal to put on record; outside it reads `open-failed`.
    pub fn open(&self, permit: Permit) -> std::result::Result<Answer, Refusal> {
        self.spend(permit, |access| access == Access::Open).map(|(answer, _)| answer)
    }

    /// Opens the token of a permit that is for what is to be done with it.
    fn spend(
        &self,
        permit: Permit,
        is_for: impl Fn(Access) -> bool,
    ) -> std::result::Result<(Answer, Entry), Refusal> {
        let grant = permit.into_grant();
        if !is_for(grant.access()) {
            return Err(grant.refuse(Code::Internal));
        }
        let (token, entry) = grant.into_parts();
        let refuse = |entry: Entry, code| Refusal::new(entry, code);
        let Some(key) = self.cached(&token.header().kid) else {
            return Err(refuse(entry, Code::KeyUnknown));
        };
        match key.private.open(&token) {
            Ok(value) => Ok((Answer { header: token.header().clone(), value }, entry)),
            Err(error) => Err(refuse(entry, Code::Core(error.kind()))),
        }
    }

    /// The keys to seal to: all that have not expired. A key whose private half does not unwrap is
    /// left out, so that nobody who can only write to the database gets a key of their own published.
    pub async fn published(&self, now: NumericDate) -> Result<KeySet> {
        let mut keys = Vec::new();
        for row in self.store.keys().await? {
            if row.exp.is_some_and(|exp| now >= exp) {
                continue;
            }
            let kid = row.kid.clone();
            match self.load(row) {
                Ok(key) => keys.push(public_jwk(&key.row)?),
                Err(code) => tracing::error!(%kid, code = code.as_str(), "a key is left out of the set"),
            }
        }
        Ok(KeySet::new(keys))
    }

    /// Signs a key set, valid from now on for `seconds`.
    pub fn sign(&self, set: &KeySet, now: NumericDate, seconds: u64) -> String {
        let signer = self.signer();
        // The issuer is named by its key (RFC 9278), which is what pages pin.
        let iss = format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{}", signer.kid());
        signed::issue(set, signer, &iss, now, now.plus(seconds), |input| self.signing.sign(input).to_bytes())
    }

    /// The public half of the key that signs key sets, which takes no secret to know.
    pub async fn signer_of(store: &Store) -> Result<Signer> {
        Ok(Signer::new(store.settings().await?.signer_public))
    }

    /// The public half of the key that signs key sets.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    fn cached(&self, kid: &str) -> Option<Arc<Unlocked>> {
        // A panic elsewhere cannot leave the map half changed, so a poisoned lock is still good.
        self.unlocked.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(kid).cloned()
    }

    /// The unlocked key of this row. Errors: `key-damaged`.
    fn load(&self, row: KeyRow) -> std::result::Result<Arc<Unlocked>, Code> {
        if let Some(key) = self.cached(&row.kid).filter(|key| key.row == row) {
            return Ok(key);
        }
        let unlock = || {
            let seed = self.kek.unwrap(&Label::key(&row), &row.wrapped)?;
            let private = PrivateKey::from_seed(row.alg, seed).ok()?;
            let is_whole = private.public() == row.public && public_jwk(&row).ok()?.kid() == row.kid;
            is_whole.then_some(private)
        };
        let private = unlock().ok_or(Code::KeyDamaged)?;
        let key = Arc::new(Unlocked { row, private });
        let mut unlocked = self.unlocked.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        unlocked.insert(key.row.kid.clone(), Arc::clone(&key));
        Ok(key)
    }
}

/// The public half of a stored key pair.
fn public_jwk(row: &KeyRow) -> Result<Jwk> {
    Ok(Jwk::new(row.alg, row.scope, &row.public, row.nbf, row.exp)?)
}

/// 32 bytes from the system's cryptographic source.
pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
    Ok(bytes)
}

impl Sign for KeyStore {
    fn sign(&self, text: &[u8]) -> Option<[u8; 64]> {
        Some(self.signing.sign(text).to_bytes())
    }

    fn signer(&self) -> &Signer {
        &self.signer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::holder::{Holder, Init};
    use crate::policy::Actor;
    use crate::store::Location;
    use base64ct::{Base64UrlUnpadded, Encoding};

    /// The bytes themselves are searched for, which only the keystore can do.
    #[tokio::test]
    async fn no_private_key_rests_unwrapped() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("home");
        let secret = Secret::new_key_file(&dir.path().join("key")).unwrap();
        let actor = Actor::operator("test");
        let origins = ["*".to_owned()];
        let init = Init { origins: &origins, secret: &secret, cost: Cost::default(), actor: &actor };
        let now = NumericDate(1_800_000_000);
        Holder::create(&home, None, &init, now).await.unwrap();
        let store = Store::open(&Location::File(home.join("keyholder.db"))).await.unwrap();
        let holder = Holder::unlock(store.clone(), &secret, Clock::manual(now)).await.unwrap();
        let mut seeds = vec![holder.keys().signing.to_bytes()];
        for alg in Alg::ALL {
            let kid = holder.new_key(alg, Scope::All, 90, &actor).await.unwrap();
            let row = store.key(&kid).await.unwrap().unwrap();
            seeds.push(*holder.keys().kek.unwrap(&Label::key(&row), &row.wrapped).unwrap());
            assert_eq!(
                PrivateKey::from_seed(alg, (*seeds.last().unwrap()).into()).unwrap().public(),
                row.public
            );
        }
        // Once with the journal beside the database, and once after it was closed.
        for close in [false, true] {
            if close {
                store.close().await;
            }
            for file in std::fs::read_dir(&home).unwrap() {
                let content = std::fs::read(file.unwrap().path()).unwrap();
                for seed in &seeds {
                    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
                    let base64 = Base64UrlUnpadded::encode_string(seed);
                    for form in [seed.as_slice(), hex.as_bytes(), base64.as_bytes()] {
                        assert!(!content.windows(form.len()).any(|window| window == form));
                    }
                }
            }
        }
    }
}
