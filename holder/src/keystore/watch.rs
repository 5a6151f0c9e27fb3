//! Keys that unlock from outside must not outlive their lock: when the HSM or the KMS goes away, the
//! ring is dropped, and when it comes back there is a new one.

use super::Keyring;
use super::lock::{self, Secret};
use crate::error::{Code, Error, Result};
use crate::store::Settings;
use std::sync::{Arc, RwLock};
use std::time::Duration;

/// How long at most until a lock that went away is asked again: it is to be noticed soon when it is back.
const RETRY: Duration = Duration::from_secs(1);

/// The ring, while it may be used.
pub(super) struct Gate {
    ring: RwLock<Option<Arc<Keyring>>>,
    outside: Option<Outside>,
}

/// A lock that can go away, and all that is needed to unlock once more.
struct Outside {
    secret: Secret,
    interval: Duration,
    settings: Settings,
}

impl Gate {
    pub(super) fn open(ring: Arc<Keyring>, settings: Settings, secret: &Secret) -> Self {
        let outside = secret.outside().map(|(secret, interval)| Outside { secret, interval, settings });
        Self { ring: RwLock::new(Some(ring)), outside }
    }

    /// Errors: `keys-locked`.
    pub(super) fn ring(&self) -> Result<Arc<Keyring>> {
        let ring = self.ring.read().unwrap_or_else(|poisoned| poisoned.into_inner());
        ring.clone().ok_or(Error::new(Code::KeysLocked))
    }

    fn set(&self, ring: Option<Arc<Keyring>>) {
        let old =
            std::mem::replace(&mut *self.ring.write().unwrap_or_else(|poisoned| poisoned.into_inner()), ring);
        // Wiped here, or by the last request that is under way and holds it.
        drop(old);
    }

    /// Asks the lock for as long as this is polled. `every` takes the place of the lock's own interval.
    pub(super) async fn watch(&self, every: Option<Duration>) {
        let Some(outside) = &self.outside else {
            return;
        };
        let every = every.unwrap_or(outside.interval);
        let mut last = None;
        loop {
            let is_open = self.ring().is_ok();
            tokio::time::sleep(if is_open { every } else { every.min(RETRY) }).await;
            match outside.ask().await {
                Ok(_) if is_open => {}
                Ok(ring) => {
                    self.set(Some(ring));
                    last = None;
                    tracing::info!("the keys are unlocked again");
                }
                Err(error) => {
                    self.set(None);
                    // Once for each reason, or the log would fill with the same line.
                    if last.replace(error.code()) != Some(error.code()) {
                        tracing::error!(code = error.code().as_str(), %error, "the keys are locked");
                    }
                }
            }
        }
    }
}

impl Outside {
    /// A new ring, if the lock still unlocks.
    async fn ask(&self) -> Result<Arc<Keyring>> {
        Keyring::unlock(lock::key(&self.settings.lock, &self.secret).await?, &self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keystore::{Cost, KeyStore};

    #[tokio::test]
    async fn a_ring_goes_when_the_last_who_holds_it_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let secret = Secret::new_key_file(&dir.path().join("key")).unwrap();
        let settings = KeyStore::prepare(&secret, Cost::default()).await.unwrap();
        let ask =
            async || Keyring::unlock(lock::key(&settings.lock, &secret).await.unwrap(), &settings).unwrap();
        let gate = Gate { ring: RwLock::new(Some(ask().await)), outside: None };
        let idle = Arc::downgrade(&gate.ring().unwrap());
        gate.set(None);
        assert!(idle.upgrade().is_none());
        assert_eq!(gate.ring().err().map(|error| error.code()), Some(Code::KeysLocked));

        gate.set(Some(ask().await));
        let under_way = gate.ring().unwrap();
        let held = Arc::downgrade(&under_way);
        gate.set(None);
        // Whoever began goes on to the end; nobody begins.
        assert!(held.upgrade().is_some() && gate.ring().is_err());
        drop(under_way);
        assert!(held.upgrade().is_none());
    }
}
