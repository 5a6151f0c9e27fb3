//! A secret that the key holder made, shown as a bearer token (RFC 6750).
//!
//! The secret is 256 random bits, so its plain SHA-256 cannot be searched for, and looking a hash up
//! in the database tells nothing about other secrets through the time it takes.

use super::{Proof, Way};
use crate::error::{Code, Error, Result};
use crate::keystore::random;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// What every secret begins with, so that people and scanners of leaked secrets know it.
const PREFIX: &str = "fsk_";
/// The length of a secret: the prefix and 32 bytes in base64url.
const SECRET_LEN: usize = PREFIX.len() + 43;

/// What this secret proves, if it has the form of one.
pub fn proof(secret: &str) -> Option<Proof> {
    let has_form = secret.len() == SECRET_LEN && secret.starts_with(PREFIX);
    has_form.then(|| Proof { way: Way::Bearer, hash: Sha256::digest(secret.as_bytes()).into() })
}

/// Makes a secret.
///
/// Errors: `randomness-unavailable`.
pub(crate) fn new_secret() -> Result<Zeroizing<String>> {
    let bytes = random()?;
    let mut secret = Zeroizing::new(String::with_capacity(SECRET_LEN));
    let mut encoded = Zeroizing::new([0; 43]);
    let encoded = Base64UrlUnpadded::encode(bytes.as_slice(), encoded.as_mut_slice())
        .map_err(|_| Error::new(Code::Internal))?;
    secret.push_str(PREFIX);
    secret.push_str(encoded);
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_form() {
        let secret = new_secret().unwrap();
        assert!(proof(&secret).is_some());
        for bad in ["", "fsk_", &secret[1..], &secret[..46], &format!("{}x", &**secret), &"x".repeat(47)] {
            assert_eq!(proof(bad), None, "{bad}");
        }
    }
}
