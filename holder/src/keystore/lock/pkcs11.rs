//! An HSM, through PKCS#11 (OASIS, version 2.40 and later): our key-encryption key rests encrypted by an
//! AES-256 key that never leaves it.
//!
//! The mechanism is `CKM_AES_GCM` with our context as additional authenticated data, which SoftHSM2 and
//! the HSMs on the market have. Some HSMs choose the nonce themselves, so it is read after encrypting.

mod link;

use super::{CONTEXT, KEY_LEN, Key};
use crate::error::{Code, Error, Result};
use crate::keystore::own_stack::begin_on_own_stack;
use crate::keystore::random_bytes;
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use link::Link;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

const NONCE_LEN: usize = 12;
const TAG_BITS: u64 = 128;

/// How long the HSM may take. Its module's calls block and have no limit of their own.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An AES key in a token of an HSM. It has no `Debug` and no `Clone`; the PIN is wiped on drop.
pub struct Hsm {
    key: String,
    link: Mutex<Link>,
}

impl Hsm {
    /// The AES key with the label `key` in the token with the label `token`, through the PKCS#11 module
    /// at `module`. Nothing is loaded or asked yet.
    pub fn new(module: PathBuf, token: String, key: String, pin: Zeroizing<Vec<u8>>) -> Self {
        Self { key, link: Mutex::new(Link::new(module, token, pin)) }
    }

    /// Encrypts a key-encryption key, with a new key if the token has none of that label, and gives the
    /// nonce and the ciphertext with its tag.
    ///
    /// Errors: those of [`Link::work`]; `hsm-ambiguous`, `hsm-key-unsafe`, `hsm-timed-out`.
    pub(super) async fn wrap(self: &Arc<Self>, kek: Key) -> Result<(Vec<u8>, Vec<u8>)> {
        self.ask(move |hsm, session| {
            let key = match hsm.find(session)? {
                Some(key) => key,
                None => hsm.make(session)?,
            };
            check(session, key)?;
            let mut nonce = random_bytes::<NONCE_LEN>()?;
            let gcm = Mechanism::AesGcm(gcm(&mut nonce)?);
            let wrapped = session.encrypt(&gcm, key, kek.as_slice()).map_err(link::failed)?;
            Ok((nonce.to_vec(), wrapped))
        })
        .await
    }

    /// Decrypts what [`Hsm::wrap`] gave.
    ///
    /// Errors: those of [`Link::work`]; `hsm-ambiguous`, `hsm-key-missing`, `hsm-timed-out`.
    pub(super) async fn unwrap(self: &Arc<Self>, nonce: &[u8], wrapped: &[u8]) -> Result<Key> {
        let (nonce, wrapped) = (nonce.to_vec(), wrapped.to_vec());
        self.ask(move |hsm, session| {
            let key = hsm.find(session)?.ok_or_else(|| Error::about(Code::HsmKeyMissing, &hsm.key))?;
            let mut nonce = nonce.clone();
            let gcm = Mechanism::AesGcm(gcm(&mut nonce)?);
            let kek = Zeroizing::new(session.decrypt(&gcm, key, &wrapped).map_err(link::failed)?);
            match kek.len() {
                KEY_LEN => Ok(kek),
                _ => Err(Error::new(Code::StoreDamaged)),
            }
        })
        .await
    }

    /// Has a thread do `job`, which may wait for the HSM. If the one before is still stuck there, this
    /// does not wait behind it.
    ///
    /// The thread is its own, and none of the runtime's: it leaves no copies of a key on a stack that
    /// goes on, and if the HSM never answers it keeps nobody from ending the process.
    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        job: impl Fn(&Self, &Session) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let hsm = Arc::clone(self);
        let (answer, answered) = oneshot::channel();
        let work = move || {
            let mut link = match hsm.link.try_lock() {
                Ok(link) => link,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return Err(Error::new(Code::HsmTimedOut)),
            };
            link.work(|session| job(&hsm, session))
        };
        // Nobody may be there any more to take the answer.
        begin_on_own_stack(move || drop(answer.send(work())))?;
        match tokio::time::timeout(TIMEOUT, answered).await {
            Ok(done) => done.unwrap_or(Err(Error::new(Code::Internal))),
            Err(_) => Err(Error::new(Code::HsmTimedOut)),
        }
    }

    /// The key of our label, if there is one.
    fn find(&self, session: &Session) -> Result<Option<ObjectHandle>> {
        let found = session.find_objects(&[
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Label(self.key.clone().into_bytes()),
        ]);
        match found.map_err(link::failed)?.as_slice() {
            [] => Ok(None),
            [key] => Ok(Some(*key)),
            _ => Err(Error::about(Code::HsmAmbiguous, &self.key)),
        }
    }

    fn make(&self, session: &Session) -> Result<ObjectHandle> {
        let key = session.generate_key(
            &Mechanism::AesKeyGen,
            &[
                Attribute::Class(ObjectClass::SECRET_KEY),
                Attribute::KeyType(KeyType::AES),
                Attribute::ValueLen((KEY_LEN as u64).into()),
                Attribute::Label(self.key.clone().into_bytes()),
                Attribute::Token(true),
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Encrypt(true),
                Attribute::Decrypt(true),
            ],
        );
        key.map_err(link::failed)
    }
}

/// A key that was there before must be one that stays there.
fn check(session: &Session, key: ObjectHandle) -> Result<()> {
    let wanted = [AttributeType::Sensitive, AttributeType::Extractable, AttributeType::ValueLen];
    for attribute in session.get_attributes(key, &wanted).map_err(link::failed)? {
        match attribute {
            Attribute::Sensitive(true) | Attribute::Extractable(false) => {}
            Attribute::ValueLen(len) if *len == KEY_LEN as u64 => {}
            _ => return Err(Error::new(Code::HsmKeyUnsafe)),
        }
    }
    Ok(())
}

fn gcm(nonce: &mut [u8]) -> Result<GcmParams<'_>> {
    GcmParams::new(nonce, CONTEXT.as_bytes(), TAG_BITS.into()).map_err(link::failed)
}
