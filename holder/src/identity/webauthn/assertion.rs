//! Verifying an authentication assertion (WebAuthn section 7.2). The comments have the numbers of its steps.

use super::{Bytes, Key, Refused, RelyingParty, authenticator::AuthenticatorData, client};
use serde::Deserialize;

/// What `PublicKeyCredential.toJSON()` gives for a signature: `AuthenticationResponseJSON` (section 5.1).
#[derive(Deserialize)]
pub(crate) struct Assertion {
    #[serde(rename = "rawId")]
    id: Bytes,
    r#type: String,
    response: Response,
}

/// `AuthenticatorAssertionResponseJSON`.
#[derive(Deserialize)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    #[serde(rename = "authenticatorData")]
    authenticator_data: Bytes,
    signature: Bytes,
    #[serde(rename = "userHandle", default)]
    user_handle: Option<Bytes>,
}

impl Assertion {
    /// The key that signed for this party and this challenge, with its new count, if it is one of `keys`, which are
    /// those of the user with that `handle`.
    pub(crate) fn verify<'a>(
        &self,
        party: &RelyingParty,
        challenge: &[u8; 32],
        keys: &'a [Key],
        handle: &[u8; 32],
    ) -> Result<(&'a Key, u32), Refused> {
        if self.r#type != "public-key" {
            return Err("credential type");
        }
        // 5, 6: the user was identified before, and only their keys were asked for.
        let key = keys.iter().find(|key| key.id == self.id.0).ok_or("credential id")?;
        if self.response.user_handle.as_ref().is_some_and(|named| named.0 != handle) {
            return Err("user handle");
        }
        // 8 to 14, and 20.
        let hash = client::check(&self.response.client_data.0, "webauthn.get", challenge, party)?;
        // 15 to 18.
        let signed = &self.response.authenticator_data.0;
        let data = AuthenticatorData::parse(signed)?;
        data.check(party)?;
        // 19: that a key can be copied is part of what it is.
        if data.is_copied() != key.is_copied {
            return Err("backup eligibility");
        }
        // 21.
        key.alg.verify(&key.public, &[signed.as_slice(), &hash].concat(), &self.response.signature.0)?;
        // 22: a count that does not go up is the sign of a second key with the same secret. Keys that do not count
        // say 0 each time.
        let counts = data.sign_count != 0 || key.counter != 0;
        if counts && data.sign_count <= key.counter {
            return Err("counter");
        }
        Ok((key, data.sign_count))
    }
}
