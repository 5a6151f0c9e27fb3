//! A session of the console, shown as a cookie (RFC 6265).
//!
//! What is in the cookie is 256 random bits, so its plain SHA-256 cannot be searched for, as with the secrets
//! of [`super::bearer`]. It is kept only as that.

use super::{Proof, Way, digest_of};
use crate::error::{Code, Error, Result};
use crate::keystore::random;
use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The length of an id: 32 bytes in base64url.
const ID_LEN: usize = 43;

/// What this id proves, if it has the form of one.
pub fn proof(id: &str) -> Option<Proof> {
    let has_form = id.len() == ID_LEN && id.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c));
    has_form.then(|| Proof { way: Way::Session, hash: hash(id) })
}

/// What the credential of a console's user is proved with. It is the hash of no cookie: only a session leads to
/// that credential.
pub(crate) fn of_user(name: &str) -> Proof {
    Proof { way: Way::Session, hash: digest_of(&["session", name]) }
}

/// What is kept of an id.
pub(crate) fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

/// Makes an id: of a session, of a login that is half done, or another text that nobody can guess.
///
/// Errors: `randomness-unavailable`.
pub(crate) fn new_id() -> Result<Zeroizing<String>> {
    let bytes = random()?;
    let mut encoded = Zeroizing::new([0; ID_LEN]);
    let encoded = Base64UrlUnpadded::encode(bytes.as_slice(), encoded.as_mut_slice())
        .map_err(|_| Error::new(Code::Internal))?;
    Ok(Zeroizing::new(encoded.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_form() {
        let id = new_id().unwrap();
        assert_eq!(proof(&id).unwrap().hash, hash(&id));
        for bad in ["", &id[1..], &format!("{}x", &**id), &format!("{}=", &id[1..]), &"é".repeat(22)] {
            assert_eq!(proof(bad), None, "{bad}");
        }
    }
}
