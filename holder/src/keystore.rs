//! The keystore: the only part that touches private keys.
//!
//! They rest wrapped ([`wrap`]) under a key that a passphrase, a key file, an HSM or a KMS gives
//! ([`lock`]), and are unwrapped into types that cannot be printed or copied and are wiped when dropped
//! ([`keyring`]). When the HSM or the KMS goes away, all of them are ([`watch`]).

pub(crate) mod backup;
mod fingerprint;
mod hold;
mod inspect;
mod jws;
mod keyring;
mod lifecycle;
mod lock;
mod own_stack;
mod phc;
mod receipt;
mod rewrap;
mod subject;
mod watch;
mod wrap;

pub use fingerprint::Label as FingerprintLabel;
pub use inspect::{Candidate, Finding, Found, Mask, Part, Question};
pub use keyring::Keyring;
pub(crate) use lifecycle::KeyState;
pub use lock::{Cost, Hsm, Kms, Secret};
pub(crate) use phc::Passphrases;
pub use phc::PasswordHash;
pub(crate) use receipt::Ended;
pub use receipt::{Erasure, Receipt};
pub(crate) use rewrap::{Rewrapped, seed};
pub(crate) use subject::Found as FoundKey;

use crate::audit::{Permit, Sign};
use crate::error::{Code, Error, Result};
use crate::policy::{Kept, Refusal};
use crate::store::{KeyRow, Life, Settings, Store};
use ed25519_dalek::SigningKey;
use fieldseal::NumericDate;
use fieldseal::jwe::Header;
use fieldseal::keyset::signed::Signer;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::open::{Opened, PrivateKey};
use fieldseal::suite::Alg;
use keyring::Unlocked;
use own_stack::on_own_stack;
use std::sync::Arc;
use std::time::Duration;
use watch::Gate;
pub(crate) use watch::Turn;
use wrap::{Kek, Label};
use zeroize::Zeroizing;

/// How long before now a new key begins to be valid, in seconds: a page whose clock is that much
/// behind can still seal to it at once.
const NBF_LEEWAY: u64 = 300;

/// The keys of one key holder.
pub struct KeyStore {
    store: Store,
    signer: Signer,
    /// The keys in memory, while what unlocks them is there.
    gate: Gate,
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
    pub(crate) async fn prepare(secret: &Secret, cost: Cost) -> Result<Settings> {
        let lock = lock::new_row(secret, cost).await?;
        let seed = random()?;
        let signer_public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        let signer = Signer::new(signer_public);
        let kek = Kek::new(&lock::key(&lock, secret).await?)?;
        let signer_wrapped = kek.wrap(&Label::signing(signer.kid()), &seed)?;
        let fingerprint_wrapped = kek.wrap(&Label::fingerprint(signer.kid()), &random()?)?;
        Ok(Settings { lock, signer_public, signer_wrapped, fingerprint_wrapped })
    }

    /// Unlocks the keystore.
    ///
    /// Errors: `unlock-kind`, `unlock-failed`, `store-damaged`, and those of an HSM or a KMS.
    pub async fn unlock(store: Store, secret: &Secret) -> Result<Self> {
        let settings = store.settings().await?;
        let key = lock::key(&settings.lock, secret).await?;
        let signer = Signer::new(settings.signer_public);
        let ring = Keyring::unlock(key, &settings)?;
        Ok(Self { store, signer, gate: Gate::open(ring, settings, secret) })
    }

    /// The keys, to use in one piece of work. They stay unlocked for those who hold them.
    ///
    /// Errors: `keys-locked`.
    pub fn unlocked(&self) -> Result<Arc<Keyring>> {
        self.gate.ring()
    }

    /// Whether the keys are unlocked.
    ///
    /// Errors: `keys-locked`.
    pub fn ready(&self) -> Result<()> {
        self.unlocked().map(|_| ())
    }

    /// Waits until the HSM or KMS that unlocks the keys goes away or comes back, when they are locked or
    /// unlocked, and tells which. `None` if there is neither.
    pub(crate) async fn turn(&self, every: Option<Duration>) -> Option<Turn> {
        self.gate.turn(every).await
    }

    /// Makes a key pair, wrapped and ready to be stored. It takes over from one that became valid at
    /// `before`. `exp` is when pages stop sealing to it, and `destroys` when its private half is destroyed.
    pub(crate) fn generate(
        &self,
        alg: Alg,
        scope: Scope,
        before: Option<NumericDate>,
        (exp, destroys): (Option<NumericDate>, Option<NumericDate>),
        now: NumericDate,
    ) -> Result<KeyRow> {
        let ring = self.unlocked()?;
        // Pages choose the key that became valid last, so a key made right after another starts later.
        let after = before.map_or(0, |before| before.0.saturating_add(1));
        let nbf = Some(NumericDate(now.0.saturating_sub(NBF_LEEWAY).max(after)));
        on_own_stack(|| {
            let seed = random()?;
            let public = PrivateKey::from_seed(alg, seed.clone())?.public();
            let kid = Jwk::new(alg, scope, &public, nbf, exp)?.kid().to_owned();
            let (wrapped, life) = (Vec::new(), Life::default());
            let mut row = KeyRow { kid, alg, scope, created: now, nbf, exp, destroys, public, wrapped, life };
            row.wrapped = ring.wrap(&Label::key(&row), &seed)?;
            Ok(row)
        })?
    }

    /// What is public about the key of that name, which is unlocked if it was not yet. The database
    /// is asked each time, so a key that was destroyed or made by another process is noticed at once.
    ///
    /// A key whose date has come is of no use, whether or not somebody has destroyed it yet: neither a service that
    /// stood still nor an older copy of the database opens anything with it.
    pub(crate) async fn find(
        &self,
        kid: &str,
        now: NumericDate,
    ) -> Result<std::result::Result<FoundKey, Code>> {
        let ring = self.unlocked()?;
        let found = match self.store.key_to_open(kid).await? {
            Some(found) => found,
            None => return self.find_derived(&ring, kid, now).await,
        };
        let usable = self.usable(&ring, found, now).await?;
        Ok(usable.map(|(key, kept)| FoundKey::new(key, kept, now)))
    }

    /// The unlocked key of a row, if it is of any use now, and what holds keep of it.
    async fn usable(
        &self,
        ring: &Keyring,
        (row, holds): (KeyRow, u64),
        now: NumericDate,
    ) -> Result<std::result::Result<(Arc<Unlocked>, Kept), Code>> {
        if row.life.destroyed.is_some() {
            ring.forget(&row.kid);
            return Ok(Err(Code::KeyDestroyed));
        }
        let kept = if holds > 0 { self.kept(&row, &self.store.holds().await?) } else { Kept::default() };
        if row.is_over(now) && !kept.is_any() {
            ring.forget(&row.kid);
            return Ok(Err(Code::KeyRetentionOver));
        }
        Ok(ring.load(row).map(|key| (key, kept)))
    }

    /// Opens the token that a permit was given for. The permit is spent.
    ///
    /// Errors: a refusal to put on record; outside it reads `open-failed`, or `keys-locked`.
    pub fn open(&self, permit: Permit) -> std::result::Result<Answer, Refusal> {
        match self.unlocked() {
            Ok(ring) => ring.open(permit),
            Err(error) => Err(permit.into_grant().refuse(error.code())),
        }
    }

    /// The keys to seal to: all that have not expired and were not revoked. A key whose private half does not unwrap is
    /// left out, so that nobody who can only write to the database gets a key of their own published.
    pub async fn published(&self, now: NumericDate) -> Result<KeySet> {
        let keys = self.active(&*self.unlocked()?, now).await?;
        let keys: Result<_> = keys.iter().map(|key| public_jwk(key.row())).collect();
        Ok(KeySet::new(keys?))
    }

    /// Signs a key set, valid from now on for `seconds`.
    ///
    /// Errors: `keys-locked`.
    pub fn sign(&self, set: &KeySet, now: NumericDate, seconds: u64) -> Result<String> {
        self.unlocked()?.sign_set(&self.signer, set, now, seconds)
    }

    /// The public half of the key that signs key sets, which takes no secret to know.
    pub async fn signer_of(store: &Store) -> Result<Signer> {
        Ok(Signer::new(store.settings().await?.signer_public))
    }

    /// The public half of the key that signs key sets.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// The public half of a stored key pair.
fn public_jwk(row: &KeyRow) -> Result<Jwk> {
    Ok(Jwk::new(row.alg, row.scope, &row.public, row.nbf, row.exp)?.with_destroys(row.destroys))
}

/// 32 bytes from the system's cryptographic source.
pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>> {
    let mut bytes = Zeroizing::new([0; 32]);
    fill(bytes.as_mut_slice())?;
    Ok(bytes)
}

impl Sign for KeyStore {
    fn sign(&self, text: &[u8]) -> Option<[u8; 64]> {
        self.unlocked().ok()?.sign(text).ok()
    }

    fn signer(&self) -> &Signer {
        &self.signer
    }
}

/// A name for a row: this many random bytes in hexadecimal, which no command line takes for an option.
pub(crate) fn random_id(bytes: usize) -> Result<String> {
    Ok(random()?.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect())
}

/// Random bytes that are no secret, such as a nonce or a salt.
fn random_bytes<const LEN: usize>() -> Result<[u8; LEN]> {
    let mut bytes = [0; LEN];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))
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
        let ring = holder.keys().unlocked().unwrap();
        let mut seeds = vec![*ring.signing_seed()];
        for alg in Alg::ALL {
            let kid = holder.new_key(alg, Scope::All, 90, &actor).await.unwrap();
            let row = store.key(&kid).await.unwrap().unwrap();
            seeds.push(*ring.unwrap(&Label::key(&row), &row.wrapped).unwrap());
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
