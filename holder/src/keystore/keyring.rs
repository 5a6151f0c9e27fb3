//! The keys in memory. When the last holder lets go of a ring, everything in it is wiped.

use super::lock::Key;
use super::own_stack::on_own_stack;
use super::subject::{Cache, Derived};
use super::wrap::{Kek, Label};
use super::{Answer, fingerprint, phc, public_jwk};
use crate::audit::{Entry, Permit};
use crate::error::{Code, Error, Result};
use crate::policy::{Access, Refusal};
use crate::store::{KeyRow, Settings};
use ed25519_dalek::{Signer as _, SigningKey};
use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use fieldseal::keyset::signed::{self, Signer};
use fieldseal::open::PrivateKey;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use zeroize::Zeroizing;

/// The key-encryption key, the signing key, and the private keys that were used so far. It has no
/// `Debug` and no `Clone`.
pub struct Keyring {
    kek: Kek,
    signing: SigningKey,
    pub(super) fingerprints: fingerprint::Root,
    pub(super) hashing: phc::Turn,
    /// Private keys are expanded once, on first use.
    keys: RwLock<HashMap<String, Arc<Unlocked>>>,
    /// Those that were derived for single people.
    pub(super) subjects: Cache,
}

/// A key pair whose private half is unwrapped, or was derived.
pub(super) struct Unlocked {
    row: KeyRow,
    private: PrivateKey,
    derived: Option<Derived>,
}

impl Unlocked {
    pub(super) fn derived_for(row: KeyRow, private: PrivateKey, of: Derived) -> Self {
        Self { row, private, derived: Some(of) }
    }

    /// For whom it was derived and from which key, if it was.
    pub(super) fn derived(&self) -> Option<&Derived> {
        self.derived.as_ref()
    }

    pub(super) fn row(&self) -> &KeyRow {
        &self.row
    }

    pub(super) fn private(&self) -> &PrivateKey {
        &self.private
    }
}

impl Keyring {
    /// Unwraps the signing key, which also tells whether the key-encryption key is the right one.
    ///
    /// Errors: `unlock-failed`, `store-damaged`.
    pub(super) fn unlock(key: Key, settings: &Settings) -> Result<Arc<Self>> {
        on_own_stack(|| Self::unwrapped(&key, settings).map(Arc::new))?
    }

    fn unwrapped(key: &Key, settings: &Settings) -> Result<Self> {
        let kek = Kek::new(key)?;
        let label = Label::signing(Signer::new(settings.signer_public).kid());
        let seed = kek.unwrap(&label, &settings.signer_wrapped).ok_or(Error::new(Code::UnlockFailed))?;
        let signing = SigningKey::from_bytes(&seed);
        if signing.verifying_key().to_bytes() != settings.signer_public {
            return Err(Error::new(Code::StoreDamaged));
        }
        let root = kek.unwrap(
            &Label::fingerprint(Signer::new(settings.signer_public).kid()),
            &settings.fingerprint_wrapped,
        );
        let fingerprints = fingerprint::Root::new(&root.ok_or(Error::new(Code::StoreDamaged))?);
        let (keys, subjects) = (RwLock::default(), Cache::default());
        Ok(Self { kek, signing, fingerprints, hashing: phc::Turn::default(), keys, subjects })
    }

    /// Opens the token that a permit was given for. The permit is spent.
    ///
    /// Errors: a refusal to put on record; outside it reads `open-failed`.
    pub fn open(&self, permit: Permit) -> std::result::Result<Answer, Refusal> {
        self.spend(permit, |access| access == Access::Open).map(|(answer, _)| answer)
    }

    /// Opens the token of a permit that is for what is to be done with it: leave to do something else is none to
    /// see the value.
    pub(super) fn spend(
        &self,
        permit: Permit,
        is_for: impl Fn(Access) -> bool,
    ) -> std::result::Result<(Answer, Entry), Refusal> {
        let grant = permit.into_grant();
        if !is_for(grant.access()) {
            return Err(grant.refuse(Code::Internal));
        }
        let (token, entry) = grant.into_parts();
        let Some(key) = self.cached(&token.header().kid) else {
            return Err(Refusal::new(entry, Code::KeyUnknown));
        };
        match key.private.open(&token) {
            Ok(value) => Ok((Answer { header: token.into_header(), value }, entry)),
            Err(error) => Err(Refusal::new(entry, Code::Core(error.kind()))),
        }
    }

    /// The unlocked key of this row. Errors: `key-damaged`.
    pub(super) fn load(&self, row: KeyRow) -> std::result::Result<Arc<Unlocked>, Code> {
        if let Some(key) = self.cached(&row.kid).filter(|key| key.row == row) {
            return Ok(key);
        }
        let unlock = move || {
            let seed = self.kek.unwrap(&Label::key(&row), &row.wrapped)?;
            let private = PrivateKey::from_seed(row.alg, seed).ok()?;
            let is_whole = private.public() == row.public && public_jwk(&row).ok()?.kid() == row.kid;
            is_whole.then(|| Arc::new(Unlocked { row, private, derived: None }))
        };
        let unlocked = on_own_stack(unlock).map_err(|error| error.code())?;
        let key = unlocked.ok_or(Code::KeyDamaged)?;
        let mut keys = self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        keys.insert(key.row.kid.clone(), Arc::clone(&key));
        Ok(key)
    }

    /// Wipes the unlocked key of that name, and those that were derived from it, once nobody is opening with them
    /// any more.
    pub(super) fn forget(&self, kid: &str) {
        if self.cached(kid).is_some() {
            self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()).remove(kid);
            self.subjects.forget(|key| key.derived().is_some_and(|of| of.parent == kid));
        }
    }

    /// Wipes the unlocked keys of a person in the same way.
    pub(super) fn forget_subject(&self, id: &str) {
        self.subjects.forget(|key| key.derived().is_some_and(|of| &*of.subject == id));
    }

    /// Wipes derived keys whose parent is gone, which a request that was under way then may have left behind.
    pub(super) fn forget_orphans(&self) {
        let keys = self.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        self.subjects.forget(|key| key.derived().is_some_and(|of| !keys.contains_key(&of.parent)));
    }

    pub(super) fn cached(&self, kid: &str) -> Option<Arc<Unlocked>> {
        // A panic elsewhere cannot leave the map half changed, so a poisoned lock is still good.
        let key = self.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner()).get(kid).cloned();
        key.or_else(|| self.subjects.get(kid))
    }

    pub(super) fn wrap(&self, label: &Label, secret: &Zeroizing<[u8; 32]>) -> Result<Vec<u8>> {
        self.kek.wrap(label, secret)
    }

    /// Wraps a secret anew: under another label, or for a backup under another key.
    ///
    /// Errors: `key-damaged`.
    pub(super) fn wrap_again(
        &self,
        (label, wrapped): (&Label, &[u8]),
        to: &Label,
        under: Option<&Kek>,
    ) -> Result<Vec<u8>> {
        on_own_stack(|| {
            let secret = self.kek.unwrap(label, wrapped).ok_or(Error::new(Code::KeyDamaged))?;
            under.unwrap_or(&self.kek).wrap(to, &secret)
        })?
    }

    /// Wraps the signing key for a backup.
    pub(super) fn wrap_signing(&self, label: &Label, under: &Kek) -> Result<Vec<u8>> {
        on_own_stack(|| under.wrap(label, &Zeroizing::new(self.signing.to_bytes())))?
    }

    /// Wraps the secret behind fingerprints for a backup.
    pub(super) fn wrap_fingerprints(&self, label: &Label, under: &Kek) -> Result<Vec<u8>> {
        on_own_stack(|| under.wrap(label, self.fingerprints.secret()))?
    }

    pub(super) fn sign(&self, text: &[u8]) -> Result<[u8; 64]> {
        on_own_stack(|| self.signing.sign(text).to_bytes())
    }

    pub(super) fn sign_set(
        &self,
        by: &Signer,
        set: &KeySet,
        now: NumericDate,
        seconds: u64,
    ) -> Result<String> {
        // The issuer is named by its key (RFC 9278), which is what pages pin.
        let iss = format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{}", by.kid());
        let sign = |input: &[u8]| self.signing.sign(input).to_bytes();
        on_own_stack(|| signed::issue(set, by, &iss, now, now.plus(seconds), sign))
    }

    /// Unwraps a secret. It is to be on a stack of its own.
    pub(super) fn unwrap(&self, label: &Label, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        self.kek.unwrap(label, wrapped)
    }

    #[cfg(test)]
    pub(super) fn signing_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.signing.to_bytes())
    }
}
