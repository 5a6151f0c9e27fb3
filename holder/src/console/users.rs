//! Who may log in: users are made, listed, ended, and have to enrol anew, all by whoever runs the command.

use crate::audit::{Action, Entry, Tail};
use crate::credential;
use crate::error::{Code, Error, Result};
use crate::identity::session;
use crate::policy::{Actor, Quota};
use crate::store::{ConsoleUser, Credential, EnrolCode, Store, Tx};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use zeroize::Zeroizing;

/// How long a code to enrol with can be used, in seconds: a day.
const CODE_LIFETIME: u64 = 24 * 60 * 60;

/// What every code begins with, so that people and scanners of leaked secrets know it.
const PREFIX: &str = "fse_";

/// A user to be.
pub struct NewUser {
    /// What the audit calls them.
    pub name: String,
    /// Their roles.
    pub roles: Vec<String>,
    /// The classes beyond which the roles do not reach, if any are given.
    pub classes: Vec<Scope>,
    /// How many values they may have opened.
    pub quota: Quota,
}

/// A user, as a list shows them.
pub struct User {
    /// The credential that their sessions are for.
    pub credential: Credential,
    /// Whether they have a passphrase and a security key.
    pub is_enrolled: bool,
    /// How many security keys they have.
    pub keys: u64,
    /// Until when they can enrol, if they still can.
    pub code_until: Option<NumericDate>,
}

/// Makes a user, and gives the code with which they enrol. It is not kept and cannot be shown again.
///
/// Errors: `credential-name`, `credential-exists`, `role-unknown`, `randomness-unavailable`.
pub async fn create(store: &Store, user: NewUser, by: &Actor, now: NumericDate) -> Result<Zeroizing<String>> {
    let NewUser { name, roles, classes, quota } = user;
    let proof = session::of_user(&name);
    let credential = Credential { name, classes, roles, proof, quota, created: now, revoked: None };
    let entry = credential::record(Action::ConsoleUserNew, &credential, by)?;
    let (code, kept) = new_code(now)?;
    let mut tx = store.write().await?;
    tx.insert_credential(&credential).await?;
    tx.set_console_user(&ConsoleUser {
        name: credential.name,
        handle: session::hash(&session::new_id()?),
        code: Some(kept),
        passphrase: None,
        failures: 0,
        wait_until: NumericDate(0),
        is_revoked: false,
    })
    .await?;
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await?;
    Ok(code)
}

/// Takes from a user the passphrase, the security keys and the sessions, and gives a code to enrol anew with.
///
/// Errors: `console-user-unknown`, also for one that was revoked.
pub async fn reset(store: &Store, name: &str, by: &Actor, now: NumericDate) -> Result<Zeroizing<String>> {
    let mut tx = store.write().await?;
    let user = known(&mut tx, name).await?;
    let (code, kept) = new_code(now)?;
    tx.forget_console_user(name).await?;
    let user =
        ConsoleUser { code: Some(kept), passphrase: None, failures: 0, wait_until: NumericDate(0), ..user };
    tx.set_console_user(&user).await?;
    let mut entry = Entry::of_action(Action::ConsoleUserReset, by.name(), now);
    entry.target = Some(name.to_owned());
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await?;
    Ok(code)
}

/// Ends a user and their sessions at once, also in a service that is running.
///
/// Errors: `console-user-unknown`, also for one that was revoked before.
pub async fn revoke(store: &Store, name: &str, by: &Actor, now: NumericDate) -> Result<()> {
    let mut tx = store.write().await?;
    let user = known(&mut tx, name).await?;
    tx.forget_console_user(name).await?;
    tx.set_console_user(&ConsoleUser { code: None, passphrase: None, ..user }).await?;
    tx.revoke_credential(name, now).await?;
    let mut entry = Entry::of_action(Action::CredentialRevoke, by.name(), now);
    entry.target = Some(name.to_owned());
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await
}

/// Every user, by name, the revoked ones too.
///
/// Errors: `store-unavailable`, `store-damaged`.
pub async fn list(store: &Store) -> Result<Vec<User>> {
    let mut users = Vec::new();
    for (user, keys) in store.console_users().await? {
        let credential = store.credential_named(&user.name).await?;
        let credential = credential.ok_or(Error::new(Code::StoreDamaged))?;
        users.push(User {
            credential,
            is_enrolled: user.passphrase.is_some(),
            keys,
            code_until: user.code.map(|code| code.until),
        });
    }
    Ok(users)
}

async fn known(tx: &mut Tx, name: &str) -> Result<ConsoleUser> {
    let user = tx.console_user(name).await?.filter(|user| !user.is_revoked);
    user.ok_or_else(|| Error::about(Code::ConsoleUserUnknown, name))
}

/// A code, and what is kept of it.
fn new_code(now: NumericDate) -> Result<(Zeroizing<String>, EnrolCode)> {
    let code = Zeroizing::new(format!("{PREFIX}{}", &**session::new_id()?));
    let kept = EnrolCode { hash: session::hash(&code), until: now.plus(CODE_LIFETIME) };
    Ok((code, kept))
}
