//! Sealing a stored token again to a newer key, inside the keystore, so that the value gets nowhere else.

use super::Keyring;
use crate::audit::Permit;
use crate::error::{Code, Error, Result};
use crate::policy::{Access, Refusal, digest};
use fieldseal::keyset::Jwk;
use fieldseal::suite::Seed;
use zeroize::Zeroizing;

/// A token that was sealed again.
pub(crate) struct Rewrapped {
    /// The new token.
    pub(crate) token: String,
    /// The digests of the new and the old token, if it opens a single time.
    pub(crate) once: Option<([u8; 32], [u8; 32])>,
}

impl Keyring {
    /// Seals the token that a permit was given for to another key. The permit is spent.
    ///
    /// Errors: a refusal to put on record; outside it reads `open-failed`.
    pub(crate) fn rewrap(
        &self,
        permit: Permit,
        to: &Jwk,
        seed: Seed,
    ) -> std::result::Result<Rewrapped, Refusal> {
        let grant = permit.into_grant();
        if grant.access() != Access::Rewrap {
            return Err(grant.refuse(Code::Internal));
        }
        let Some(key) = self.cached(grant.kid()) else {
            return Err(grant.refuse(Code::KeyUnknown));
        };
        let once = grant.once_digest().copied();
        let (token, entry) = grant.into_parts();
        match key.private().rewrap(&token, to, seed) {
            Ok(token) => Ok(Rewrapped { once: once.map(|old| (digest(&token), old)), token }),
            Err(error) => Err(Refusal::new(entry, Code::Core(error.kind()))),
        }
    }
}

/// A seed from the system's cryptographic source.
pub(crate) fn seed() -> Result<Seed> {
    let mut bytes = Zeroizing::new([0; Seed::LEN]);
    getrandom::fill(bytes.as_mut_slice())
        .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
    Ok(Seed::new(bytes))
}
