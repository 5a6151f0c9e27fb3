//! The signature of a hold. Whoever can only write to the database must not have keys kept beyond their date, nor
//! take away a hold that two people placed without it being noticed.

use super::KeyStore;
use crate::error::{Code, Error, Result};
use crate::policy::Kept;
use crate::store::{HoldRow, KeyRow};
use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::keyset::Scope;
use serde::Serialize;

/// The first line of what is signed. No JWS signing input begins like this, so neither can be taken for the other.
const FORMAT: &str = "fieldseal-keyholder-hold-v1";

/// All of a hold but its signature. As JSON, no two holds have the same text.
#[derive(Serialize)]
struct Terms<'a> {
    id: &'a str,
    kid: Option<&'a str>,
    class: Option<&'a str>,
    reason: &'a str,
    asked_by: &'a str,
    placed_by: &'a str,
    placed: u64,
    release: Option<(&'a str, &'a str, &'a str, u64)>,
}

fn signing_input(hold: &HoldRow) -> Result<Vec<u8>> {
    let release = hold.release.as_ref();
    let terms = Terms {
        id: &hold.id,
        kid: hold.kid.as_deref(),
        class: hold.class.map(|class| class.as_str()),
        reason: &hold.reason,
        asked_by: &hold.asked_by,
        placed_by: &hold.placed_by,
        placed: hold.placed.0,
        release: release.map(|r| (&*r.reason, &*r.asked_by, &*r.released_by, r.released.0)),
    };
    let json = serde_json::to_string(&terms).map_err(|_| Error::new(Code::Internal))?;
    Ok(format!("{FORMAT}\n{json}").into_bytes())
}

impl KeyStore {
    /// The signature of a hold as it is.
    ///
    /// Errors: `keys-locked`.
    pub(crate) fn sign_hold(&self, hold: &HoldRow) -> Result<Vec<u8>> {
        Ok(self.unlocked()?.sign(&signing_input(hold)?)?.to_vec())
    }

    /// Whether this keystore signed a hold as it is. It takes no secret to know.
    pub(crate) fn is_hold_whole(&self, hold: &HoldRow) -> bool {
        let check = || {
            let signature = Signature::from_slice(&hold.signature).ok()?;
            let key = VerifyingKey::from_bytes(self.signer.public()).ok()?;
            key.verify_strict(&signing_input(hold).ok()?, &signature).ok()
        };
        check().is_some()
    }

    /// Whether one of these holds keeps a key: one that was placed here and not released.
    pub(crate) fn is_held(&self, row: &KeyRow, holds: &[HoldRow]) -> bool {
        self.kept(row, holds).is_any()
    }

    /// What these holds keep of what was sealed to a key.
    pub(crate) fn kept(&self, row: &KeyRow, holds: &[HoldRow]) -> Kept {
        let lasts = |hold: &&HoldRow| hold.release.is_none() && hold.covers(row) && self.is_hold_whole(hold);
        let mut kept = Kept::default();
        for hold in holds.iter().filter(lasts) {
            match hold.class {
                Some(Scope::Class(class)) => kept.classes.push(class),
                Some(Scope::All) | None => kept.all = true,
            }
        }
        kept
    }
}
