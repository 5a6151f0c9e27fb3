//! Registering a new credential (WebAuthn section 7.1). The comments have the numbers of its steps.

use super::cose::{self, Alg, Attestation};
use super::{Bytes, Key, Refused, RelyingParty, authenticator::AuthenticatorData, client};
use serde::Deserialize;

/// What `PublicKeyCredential.toJSON()` gives for a new key: `RegistrationResponseJSON` (section 5.1).
#[derive(Deserialize)]
pub(crate) struct Registration {
    #[serde(rename = "rawId")]
    id: Bytes,
    r#type: String,
    response: Response,
}

/// `AuthenticatorAttestationResponseJSON`. What else it has is also in the attestation object, and only there signed.
#[derive(Deserialize)]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    #[serde(rename = "attestationObject")]
    attestation: Bytes,
}

impl Registration {
    /// The key, if it was made for this party and this challenge. Whether it is registered already, which is step 26,
    /// the database tells.
    pub(crate) fn verify(&self, party: &RelyingParty, challenge: &[u8; 32]) -> Result<Key, Refused> {
        if self.r#type != "public-key" {
            return Err("credential type");
        }
        // 5 to 12.
        let hash = client::check(&self.response.client_data.0, "webauthn.create", challenge, party)?;
        // 13.
        let attestation = cose::read_attestation(&self.response.attestation.0)?;
        let data = AuthenticatorData::parse(&attestation.auth_data)?;
        // 14 to 17. 18 and 19 are about what is done for keys that are copied: nothing.
        data.check(party)?;
        let is_copied = data.is_copied();
        // 20 and 25: only keys of the algorithms that were asked for can be read at all, nor longer names.
        let Some(attested) = data.attested else { return Err("attested data") };
        // 21, 22.
        check_statement(&attestation, attested.alg, &attested.public, &hash)?;
        // 23, 24: nobody's word is taken for what kind of key this is, so there is no anchor of trust to find.
        if attested.id != self.id.0 {
            return Err("credential id");
        }
        // 27.
        Ok(Key {
            id: attested.id,
            alg: attested.alg,
            public: attested.public,
            counter: data.sign_count,
            is_copied,
        })
    }
}

/// Attestation was declined, so there is no statement (section 8.7), or the key speaks for itself (section 8.2,
/// self attestation), which browsers may pass on (section 5.1.3, step 22).
fn check_statement(
    attestation: &Attestation,
    alg: Alg,
    public: &[u8],
    client_data_hash: &[u8; 32],
) -> Result<(), Refused> {
    let member =
        |name: &str| attestation.statement.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    match (attestation.format.as_str(), attestation.statement.len()) {
        ("none", 0) => Ok(()),
        ("packed", 2) => {
            let stated =
                member("alg").and_then(|alg| alg.as_integer()).and_then(|alg| i64::try_from(alg).ok());
            let signature = member("sig").and_then(|sig| sig.as_bytes()).ok_or("attestation statement")?;
            if stated != Some(alg.cose()) {
                return Err("attestation algorithm");
            }
            let signed = [attestation.auth_data.as_slice(), client_data_hash].concat();
            alg.verify(public, &signed, signature).map_err(|_| "attestation signature")
        }
        _ => Err("attestation format"),
    }
}
