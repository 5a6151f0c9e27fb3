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
    state: RwLock<State>,
    outside: Option<Outside>,
}

enum State {
    Open(Arc<Keyring>),
    /// Closed, and the code that says why.
    Closed(Code),
}

/// A lock that can go away, and all that is needed to unlock once more.
struct Outside {
    secret: Secret,
    interval: Duration,
    settings: Settings,
}

/// What became of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// They are locked, and the code says why.
    Locked(Code),
    /// They are unlocked again.
    Unlocked,
}

impl Gate {
    pub(super) fn open(ring: Arc<Keyring>, settings: Settings, secret: &Secret) -> Self {
        let outside = secret.outside().map(|(secret, interval)| Outside { secret, interval, settings });
        Self { state: RwLock::new(State::Open(ring)), outside }
    }

    /// Errors: `keys-locked`.
    pub(super) fn ring(&self) -> Result<Arc<Keyring>> {
        match &*self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            State::Open(ring) => Ok(Arc::clone(ring)),
            State::Closed(_) => Err(Error::new(Code::KeysLocked)),
        }
    }

    /// Why the keys are locked, if they are.
    fn reason(&self) -> Option<Code> {
        match &*self.state.read().unwrap_or_else(|poisoned| poisoned.into_inner()) {
            State::Open(_) => None,
            State::Closed(code) => Some(*code),
        }
    }

    fn set(&self, state: State) {
        let mut place = self.state.write().unwrap_or_else(|poisoned| poisoned.into_inner());
        // What was there is wiped when this is dropped, or by the last request that is under way.
        let old = std::mem::replace(&mut *place, state);
        drop(place);
        drop(old);
    }

    /// Asks the lock until the keys are locked or unlocked, and tells which. `every` takes the place of
    /// the lock's own interval. With a lock that cannot go away there is nothing to wait for: `None`.
    pub(super) async fn turn(&self, every: Option<Duration>) -> Option<Turn> {
        let outside = self.outside.as_ref()?;
        let every = every.unwrap_or(outside.interval);
        loop {
            let was = self.reason();
            tokio::time::sleep(if was.is_none() { every } else { every.min(RETRY) }).await;
            match outside.ask().await {
                Ok(_) if was.is_none() => {}
                Ok(ring) => {
                    self.set(State::Open(ring));
                    tracing::info!("the keys are unlocked again");
                    return Some(Turn::Unlocked);
                }
                Err(error) => {
                    let code = error.code();
                    self.set(State::Closed(code));
                    // Once for each reason, or the log would fill with the same line.
                    if was != Some(code) {
                        tracing::error!(code = code.as_str(), %error, "the keys are locked");
                    }
                    if was.is_none() {
                        return Some(Turn::Locked(code));
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
        let gate = Gate { state: RwLock::new(State::Open(ask().await)), outside: None };
        let idle = Arc::downgrade(&gate.ring().unwrap());
        gate.set(State::Closed(Code::HsmFailed));
        assert!(idle.upgrade().is_none());
        assert_eq!(gate.ring().err().map(|error| error.code()), Some(Code::KeysLocked));

        gate.set(State::Open(ask().await));
        let under_way = gate.ring().unwrap();
        let held = Arc::downgrade(&under_way);
        gate.set(State::Closed(Code::HsmFailed));
        // Whoever began goes on to the end; nobody begins.
        assert!(held.upgrade().is_some() && gate.ring().is_err());
        drop(under_way);
        assert!(held.upgrade().is_none());
    }
}
