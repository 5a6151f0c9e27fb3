//! How a session comes to be: first the passphrase, or the code with a new one, and then the security key.
//!
//! A login that fails says nothing of why, and not whether there is such a user: the work is the same, and the answer
//! comes after the same time. After some failures nobody is let in for a while, which looks no different either.

use super::Console;
use super::sessions::LONGEST;
use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::identity::webauthn::{Assertion, Refused, Registration};
use crate::identity::{Proof, session};
use crate::keystore::random;
use crate::store::{ConsoleUser, EnrolCode, LoginStep, SessionRow};
use fieldseal::NumericDate;
use serde_json::Value;
use std::time::Duration;
use subtle::ConstantTimeEq;
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How long a login that is half done is kept, in seconds.
const STEP_LIFETIME: u64 = 5 * 60;

/// How long after it was asked a failure is told: longer than the work takes.
const FLOOR: Duration = Duration::from_secs(1);

/// How many failures in a row cost nothing, and the longest wait after more, in seconds: the wait doubles from one
/// second on. Whoever guesses gets a guess in five minutes, and whoever only wants to keep a user out has to go on.
const FREE_FAILURES: u64 = 5;
const LONGEST_WAIT: u64 = 5 * 60;

/// The least characters of a passphrase, as of the one that unlocks the keys (NIST SP 800-63B section 3.1.1).
const MIN_CHARS: usize = 12;

/// Who refused to log somebody in, as the audit names it: nobody has proved to be anybody.
const DOOR: &str = "service:console";

/// A login that is half done: what the browser keeps, and what it is to ask the security key.
pub(crate) struct Begun {
    pub(crate) cookie: Zeroizing<String>,
    pub(crate) options: Value,
}

/// A session that has begun: what the browser keeps.
pub(crate) struct LoggedIn {
    pub(crate) cookie: Zeroizing<String>,
    pub(crate) proof: Proof,
}

impl Console {
    /// The first step of a login: the passphrase.
    ///
    /// Errors: `login-failed`, `hashes-busy`.
    pub(crate) async fn begin(&self, name: &str, passphrase: &Zeroizing<String>) -> Result<Begun> {
        slowly(async {
            let user = self.user(name).await?;
            let stored = user.as_ref().and_then(|user| user.passphrase.as_deref());
            let is_right = self.passphrases.compare(stored, passphrase).await?;
            match user.filter(|_| is_right) {
                Some(user) => self.halfway(user, None).await,
                None => Err(self.refuse(name, "passphrase").await?),
            }
        })
        .await
    }

    /// The first step of enrolling: the code, and the passphrase that is to be.
    ///
    /// Errors: `passphrase-short`, `login-failed`, `hashes-busy`.
    pub(crate) async fn begin_to_enrol(
        &self,
        name: &str,
        code: &Zeroizing<String>,
        passphrase: &Zeroizing<String>,
    ) -> Result<Begun> {
        if passphrase.chars().count() < MIN_CHARS {
            return Err(Error::new(Code::PassphraseShort));
        }
        slowly(async {
            let user = self.user(name).await?;
            let now = self.holder.clock().now();
            let code = session::hash(code);
            let is_right = user.as_ref().is_some_and(|user| has_code(user, &code, now));
            // Whether or not the code is right, for it takes time.
            let passphrase = self.passphrases.hash(passphrase).await?;
            match user.filter(|_| is_right) {
                Some(user) => self.halfway(user, Some(Enrolling { code, passphrase })).await,
                None => Err(self.refuse(name, "code").await?),
            }
        })
        .await
    }

    /// The second step of a login: the security key's signature. `before` is a session that the browser still has, and
    /// which ends with this.
    ///
    /// Errors: `login-expired`, `login-failed`.
    pub(crate) async fn finish(
        &self,
        cookie: &str,
        assertion: &Assertion,
        before: Option<&Proof>,
    ) -> Result<LoggedIn> {
        slowly(async {
            let mut halfway = self.take(cookie).await?;
            let tx = halfway.tail.tx();
            let keys = tx.console_keys(&halfway.user.name).await?;
            let LoginStep { passphrase, challenge, .. } = &halfway.step;
            let verified = match passphrase {
                Some(_) => Err("step"),
                None => assertion.verify(&self.party, challenge, &keys, &halfway.user.handle),
            };
            match verified {
                Ok((key, counter)) => tx.set_console_counter(&key.id, counter).await?,
                Err(reason) => return Err(self.refused(halfway.tail, halfway.user, reason).await?),
            }
            self.logged_in(halfway.tail, halfway.user, "webauthn", before).await
        })
        .await
    }

    /// The second step of enrolling: a new security key.
    ///
    /// Errors: `login-expired`, `login-failed`.
    pub(crate) async fn finish_to_enrol(
        &self,
        cookie: &str,
        registration: &Registration,
        before: Option<&Proof>,
    ) -> Result<LoggedIn> {
        slowly(async {
            let Halfway { mut tail, mut user, step } = self.take(cookie).await?;
            let now = self.holder.clock().now();
            let verified = match &step.passphrase {
                // The code may have been used since the first step. Where another was given, the step is gone.
                Some(passphrase) if user.code.is_some() => {
                    registration.verify(&self.party, &step.challenge).map(|key| (passphrase, key))
                }
                _ => Err("step"),
            };
            let (passphrase, key) = match verified {
                Ok(verified) => verified,
                Err(reason) => return Err(self.refused(tail, user, reason).await?),
            };
            // WebAuthn section 7.1, step 26.
            if !tail.tx().insert_console_key(&user.name, &key, now).await? {
                return Err(self.refused(tail, user, "credential id").await?);
            }
            user.passphrase = Some(passphrase.clone());
            user.code = None;
            tail.append(&Entry::of_action(Action::ConsoleEnrol, &user.name, now))?;
            self.logged_in(tail, user, "webauthn", before).await
        })
        .await
    }

    /// A session for whoever the identity provider vouches for, if that is somebody with a credential.
    ///
    /// Errors: `credential-invalid`.
    pub(crate) async fn admit(&self, proof: &Proof, before: Option<&Proof>) -> Result<LoggedIn> {
        let credential = self.holder.authenticate(proof).await?;
        let tail = Tail::of(self.holder.store().write().await?).await?;
        self.begin_session(tail, &credential.name, "oidc", before).await
    }

    /// The user of that name, if one can log in now.
    async fn user(&self, name: &str) -> Result<Option<ConsoleUser>> {
        let user = self.holder.store().console_user(name).await?;
        let now = self.holder.clock().now();
        Ok(user.filter(|user| can_log_in(user, now)))
    }

    /// Keeps that the first step was taken. A new passphrase is kept with it, and counts when the second is taken.
    async fn halfway(&self, user: ConsoleUser, enrolling: Option<Enrolling>) -> Result<Begun> {
        let now = self.holder.clock().now();
        let (cookie, challenge) = (session::new_id()?, *random()?);
        let mut tx = self.holder.store().write().await?;
        // Others may have failed meanwhile, on this replica or another.
        let current = tx.console_user(&user.name).await?.filter(|user| can_log_in(user, now));
        // And the code may have been used, or another given, while the passphrase was hashed. When that happens later,
        // this step is forgotten, or finds that there is no code any more.
        let may_go_on =
            |user: &ConsoleUser| enrolling.as_ref().is_none_or(|new| has_code(user, &new.code, now));
        let user = current.filter(may_go_on).ok_or(Error::new(Code::LoginFailed))?;
        let passphrase = enrolling.map(|new| new.passphrase);
        let options = match passphrase {
            Some(_) => self.party.creation(&user.name, &user.handle, &challenge),
            None => self.party.request(&tx.console_keys(&user.name).await?, &challenge),
        };
        let expires = now.plus(STEP_LIFETIME);
        let step = LoginStep { id: session::hash(&cookie), name: user.name, challenge, passphrase, expires };
        tx.insert_login_step(&step, now).await?;
        tx.commit().await?;
        Ok(Begun { cookie, options })
    }

    /// Takes up a login that is half done. It cannot be taken up again, whatever comes of it.
    async fn take(&self, cookie: &str) -> Result<Halfway> {
        let now = self.holder.clock().now();
        let mut tail = Tail::of(self.holder.store().write().await?).await?;
        let step = tail.tx().take_login_step(&session::hash(cookie)).await?;
        let step = step.filter(|step| now < step.expires).ok_or(Error::new(Code::LoginExpired))?;
        let user = tail.tx().console_user(&step.name).await?.ok_or(Error::new(Code::StoreDamaged))?;
        if !can_log_in(&user, now) {
            return Err(Error::new(Code::LoginFailed));
        }
        Ok(Halfway { tail, user, step })
    }

    /// Counts a failure and records it, if there is such a user and they need not wait: anyone could fill the audit
    /// with more than that. It gives the error.
    async fn refuse(&self, name: &str, reason: Refused) -> Result<Error> {
        let mut tail = Tail::of(self.holder.store().write().await?).await?;
        let now = self.holder.clock().now();
        match tail.tx().console_user(name).await?.filter(|user| can_log_in(user, now)) {
            Some(user) => self.refused(tail, user, reason).await,
            None => {
                tracing::info!(reason, "a login was refused");
                Ok(Error::new(Code::LoginFailed))
            }
        }
    }

    async fn refused(&self, mut tail: Tail, mut user: ConsoleUser, reason: Refused) -> Result<Error> {
        let now = self.holder.clock().now();
        tracing::info!(reason, "a login was refused");
        user.failures = user.failures.saturating_add(1);
        if let wait @ 1.. = wait_after(user.failures) {
            user.wait_until = now.plus(wait);
        }
        tail.tx().set_console_user(&user).await?;
        let mut entry = Entry::of_action(Action::Login, DOOR, now);
        entry.target = Some(user.name);
        entry.outcome = Code::LoginFailed.as_str().to_owned();
        tail.append(&entry)?;
        tail.commit_signed(Some(self.holder.keys())).await?;
        Ok(Error::new(Code::LoginFailed))
    }

    async fn logged_in(
        &self,
        mut tail: Tail,
        user: ConsoleUser,
        how: &str,
        before: Option<&Proof>,
    ) -> Result<LoggedIn> {
        let user = ConsoleUser { failures: 0, wait_until: NumericDate(0), ..user };
        tail.tx().set_console_user(&user).await?;
        self.begin_session(tail, &user.name, how, before).await
    }

    /// Begins a session under a new id, so that one that somebody else put into the browser is worth nothing.
    async fn begin_session(
        &self,
        mut tail: Tail,
        name: &str,
        how: &str,
        before: Option<&Proof>,
    ) -> Result<LoggedIn> {
        let now = self.holder.clock().now();
        let cookie = session::new_id()?;
        let proof = session::proof(&cookie).ok_or(Error::new(Code::Internal))?;
        if let Some(before) = before {
            tail.tx().delete_session(&before.hash).await?;
        }
        let row = SessionRow {
            id: proof.hash,
            name: name.to_owned(),
            created: now,
            used: now,
            expires: now.plus(LONGEST),
        };
        tail.tx().insert_session(&row).await?;
        let mut entry = Entry::of_action(Action::Login, name, now);
        entry.target = Some(how.to_owned());
        tail.append(&entry)?;
        tail.commit_signed(Some(self.holder.keys())).await?;
        Ok(LoggedIn { cookie, proof })
    }
}

/// What somebody enrols with: the hash of the code that they gave, and that of the passphrase that is to be.
struct Enrolling {
    code: [u8; 32],
    passphrase: String,
}

/// A login whose first step was taken.
struct Halfway {
    tail: Tail,
    user: ConsoleUser,
    step: LoginStep,
}

/// A failure is told when its time has come, and not when it was found.
async fn slowly<T>(login: impl Future<Output = Result<T>>) -> Result<T> {
    let told = Instant::now() + FLOOR;
    let done = login.await;
    if done.as_ref().is_err_and(|error| error.code() == Code::LoginFailed) {
        tokio::time::sleep_until(told).await;
    }
    done
}

/// A clock that is set back keeps nobody out for longer than the longest wait.
fn can_log_in(user: &ConsoleUser, now: NumericDate) -> bool {
    !user.is_revoked && !(1..=LONGEST_WAIT).contains(&user.wait_until.0.saturating_sub(now.0))
}

/// Whether a user can now enrol with the code of this hash.
fn has_code(user: &ConsoleUser, hash: &[u8; 32], now: NumericDate) -> bool {
    let is_right = |kept: &EnrolCode| bool::from(kept.hash.ct_eq(hash)) && now < kept.until;
    user.code.as_ref().is_some_and(is_right)
}

/// How long nobody is let in after so many failures, in seconds.
fn wait_after(failures: u64) -> u64 {
    match u32::try_from(failures.saturating_sub(FREE_FAILURES)) {
        Ok(0) => 0,
        Ok(more) => 1_u64.checked_shl(more - 1).unwrap_or(LONGEST_WAIT).clamp(1, LONGEST_WAIT),
        Err(_) => LONGEST_WAIT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_its_longest() {
        let waits = [0, 1, 5, 6, 7, 8, 14, 15, 69, 70, 71, u64::MAX].map(wait_after);
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 256, 300, 300, 300, 300, 300]);
    }
}
