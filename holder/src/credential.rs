//! Credentials: a secret that a service shows to have tokens opened.
//!
//! The secret is 256 random bits, so its plain SHA-256 cannot be searched for, and looking a hash up
//! in the database tells nothing about other secrets through the time it takes.

use crate::audit::{Action, Entry, Tail};
use crate::error::{Code, Error, Result};
use crate::keystore::random;
use crate::policy::{Actor, Quota};
use crate::store::{Credential, Store};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::NumericDate;
use fieldseal::keyset::Scope;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// What every secret begins with, so that people and scanners of leaked secrets know it.
const PREFIX: &str = "fsk_";
/// The length of a secret: the prefix and 32 bytes in base64url.
const SECRET_LEN: usize = PREFIX.len() + 43;
const MAX_NAME_LEN: usize = 64;

/// Makes a credential and gives its secret, which is not kept and cannot be shown again.
///
/// Errors: `credential-name`, `credential-exists`.
pub async fn create(
    store: &Store,
    name: &str,
    (classes, roles): (Vec<Scope>, Vec<String>),
    quota: Quota,
    by: &Actor,
    now: NumericDate,
) -> Result<Zeroizing<String>> {
    if !is_name(name) {
        return Err(Error::new(Code::CredentialName));
    }
    if let Some(role) = roles.iter().find(|role| !is_name(role)) {
        return Err(Error::about(Code::RoleUnknown, role));
    }
    let secret = new_secret()?;
    let hash = Sha256::digest(secret.as_bytes()).into();
    let mut entry = Entry::of_action(Action::CredentialNew, by.name(), now);
    entry.target = Some(name.to_owned());
    entry.class = Some(classes.iter().map(|class| class.as_str()).collect::<Vec<_>>().join(" "));
    entry.rule = Some(roles.join(" ")).filter(|roles| !roles.is_empty());
    let mut tx = store.write().await?;
    let credential = Credential {
        name: name.to_owned(),
        classes,
        roles,
        proof: "bearer".to_owned(),
        quota,
        created: now,
        revoked: None,
        hash,
    };
    tx.insert_credential(&credential).await?;
    let mut tail = Tail::of(tx).await?;
    tail.append(&entry)?;
    tail.commit().await?;
    Ok(secret)
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

/// Finds the credential of a secret, also one that was revoked.
///
/// Errors: `credential-invalid`.
pub(crate) async fn find(store: &Store, secret: &str) -> Result<Credential> {
    let invalid = || Error::new(Code::CredentialInvalid);
    if secret.len() != SECRET_LEN || !secret.starts_with(PREFIX) {
        return Err(invalid());
    }
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let credential = store.credential(&hash).await?.ok_or_else(invalid)?;
    // The database has compared already; this does not depend on how it did.
    if bool::from(credential.hash.ct_eq(&hash)) { Ok(credential) } else { Err(invalid()) }
}

fn new_secret() -> Result<Zeroizing<String>> {
    let bytes = random()?;
    let mut secret = Zeroizing::new(String::with_capacity(SECRET_LEN));
    let mut encoded = Zeroizing::new([0; 43]);
    let encoded = Base64UrlUnpadded::encode(bytes.as_slice(), encoded.as_mut_slice())
        .map_err(|_| Error::new(Code::Internal))?;
    secret.push_str(PREFIX);
    secret.push_str(encoded);
    Ok(secret)
}
