//! Credentials: who may have tokens opened, and how they prove that it is they.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::identity::{NewProof, Proof, bearer, certificate, oidc};
use crate::policy::{Actor, Quota};
use crate::store::{Credential, Store};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const MAX_NAME_LEN: usize = 64;

/// Makes a credential. A bearer's gives a secret, which is not kept and cannot be shown again.
///
/// Errors: `credential-name`, `credential-exists`, `proof-taken`, `oidc-issuer`, `oidc-subject`.
pub async fn create(
    store: &Store,
    name: &str,
    (classes, roles): (Vec<Scope>, Vec<String>),
    quota: Quota,
    proof: NewProof,
    by: &Actor,
    now: NumericDate,
) -> Result<Option<Zeroizing<String>>> {
    let (proof, secret) = match proof {
        NewProof::Bearer => {
            let secret = bearer::new_secret()?;
            (bearer::proof(&secret).ok_or(Error::new(Code::Internal))?, Some(secret))
        }
        NewProof::Certificate(der) => (certificate::proof(&der), None),
        NewProof::Oidc { issuer, subject } => (oidc::expected(&issuer, &subject)?, None),
    };
    let credential =
        Credential { name: name.to_owned(), classes, roles, proof, quota, created: now, revoked: None };
    let entry = record(Action::CredentialNew, &credential, by)?;
    let mut tx = store.write().await?;
    tx.insert_credential(&credential).await?;
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await?;
    Ok(secret)
}

/// The record of a new credential, if its names are such.
///
/// Errors: `credential-name`, `role-unknown`.
pub(crate) fn record(action: Action, credential: &Credential, by: &Actor) -> Result<Entry> {
    let Credential { name, classes, roles, created, .. } = credential;
    if !is_name(name) {
        return Err(Error::new(Code::CredentialName));
    }
    if let Some(role) = roles.iter().find(|role| !is_name(role)) {
        return Err(Error::about(Code::RoleUnknown, role));
    }
    let mut entry = Entry::of_action(action, by.name(), *created);
    entry.target = Some(name.to_owned());
    entry.class = Some(classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(" "));
    entry.rule = Some(roles.join(" ")).filter(|roles| !roles.is_empty());
    Ok(entry)
}

fn is_name(text: &str) -> bool {
    let is_fine = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
    (1..=MAX_NAME_LEN).contains(&text.len()) && text.bytes().all(is_fine)
}

/// Ends a credential at once, also in a service that is running.
///
/// Errors: `credential-unknown`.
pub async fn revoke(store: &Store, name: &str, by: &Actor, now: NumericDate) -> Result<()> {
    let mut tx = store.write().await?;
    tx.revoke_credential(name, now).await?;
    let mut entry = Entry::of_action(Action::CredentialRevoke, by.name(), now);
    entry.target = Some(name.to_owned());
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await
}

/// Finds the credential that a proof names, also one that was revoked.
///
/// Errors: `credential-invalid`.
pub(crate) async fn find(store: &Store, proof: &Proof) -> Result<Credential> {
    let invalid = || Error::new(Code::CredentialInvalid);
    let credential = store.credential(&proof.hash).await?.ok_or_else(invalid)?;
    // The database has compared already; this does not depend on how it did. And what proves one way
    // is no proof another way.
    let same = bool::from(credential.proof.hash.ct_eq(&proof.hash)) && credential.proof.way == proof.way;
    if same { Ok(credential) } else { Err(invalid()) }
}
