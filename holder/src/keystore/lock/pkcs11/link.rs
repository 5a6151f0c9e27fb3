//! The way to a token: its module is loaded, initialised and logged in to.

use crate::error::{Code, Error, Result};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Function, Pkcs11};
use cryptoki::error::{Error as Failure, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::RawAuthPin;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// A token of a PKCS#11 module, logged in to when it is first needed.
pub(super) struct Link {
    path: PathBuf,
    token: String,
    pin: RawAuthPin,
    /// Set for good when the token refused the PIN. HSMs lock themselves after a few wrong ones.
    refused: bool,
    /// A session that keeps us logged in, so that those of the jobs need no PIN and leave no line in
    /// the HSM's own log each time.
    anchor: Option<Session>,
    /// Stays loaded until the process ends, as not every module survives being unloaded.
    module: Option<Pkcs11>,
}

impl Link {
    pub(super) fn new(path: PathBuf, token: String, mut pin: Zeroizing<Vec<u8>>) -> Self {
        let pin = RawAuthPin::new(Box::new(std::mem::take(&mut *pin)));
        Self { path, token, pin, refused: false, anchor: None, module: None }
    }

    /// Does `job` in a session of its own. A job that fails is done once more after the module was
    /// initialised afresh: modules remember which tokens were there when they last were.
    ///
    /// Errors: `hsm-module`, `hsm-token-missing`, `hsm-ambiguous`, `pin-refused`, `hsm-failed`, and those
    /// of the job.
    pub(super) fn work<T>(&mut self, job: impl Fn(&Session) -> Result<T>) -> Result<T> {
        if self.anchor.is_some()
            && let Ok(done) = self.attempt(&job)
        {
            return Ok(done);
        }
        self.close();
        self.open()?;
        self.attempt(&job)
    }

    fn attempt<T>(&self, job: impl Fn(&Session) -> Result<T>) -> Result<T> {
        let module = self.module.as_ref().ok_or(Error::new(Code::Internal))?;
        // The token is looked for each time, so that one that was taken away is missed.
        let session = module.open_rw_session(self.find(module)?).map_err(failed)?;
        job(&session)
    }

    fn open(&mut self) -> Result<()> {
        if self.refused {
            return Err(Error::new(Code::PinRefused));
        }
        let module = match &self.module {
            Some(module) => module.clone(),
            None => {
                let load = Pkcs11::new(&self.path);
                let module = load.map_err(|_| Error::about(Code::HsmModule, self.path.display()))?;
                self.module.insert(module).clone()
            }
        };
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Failure::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(failure) => return Err(failed(failure)),
        }
        let session = module.open_rw_session(self.find(&module)?).map_err(failed)?;
        match session.login_with_raw(UserType::User, &self.pin) {
            Ok(()) | Err(Failure::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(failure) => {
                let failure = failed(failure);
                self.refused = failure.code() == Code::PinRefused;
                return Err(failure);
            }
        }
        self.anchor = Some(session);
        Ok(())
    }

    fn close(&mut self) {
        // The session goes first, while the module still knows it. What fails here failed before.
        self.anchor = None;
        if let Some(module) = self.module.clone() {
            let _ = module.finalize();
        }
    }

    /// The slot with our token.
    fn find(&self, module: &Pkcs11) -> Result<Slot> {
        let slots = module.get_slots_with_token().map_err(failed)?.into_iter();
        let is_ours = |slot: &Slot| module.get_token_info(*slot).is_ok_and(|info| info.label() == self.token);
        match slots.filter(is_ours).collect::<Vec<_>>().as_slice() {
            [] => Err(Error::about(Code::HsmTokenMissing, &self.token)),
            [slot] => Ok(*slot),
            _ => Err(Error::about(Code::HsmAmbiguous, &self.token)),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

/// What an HSM answered, by the names of the standard.
pub(super) fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Pkcs11(
            RvError::PinIncorrect
            | RvError::PinInvalid
            | RvError::PinLenRange
            | RvError::PinExpired
            | RvError::PinLocked,
            Function::Login,
        ) => Error::new(Code::PinRefused),
        Failure::Pkcs11(value, function) => Error::about(Code::HsmFailed, format!("{function:?}: {value:?}")),
        failure => Error::about(Code::HsmFailed, failure),
    }
}
