//! What the browser says about what was signed: the client data (WebAuthn section 5.8.1).

use super::{Refused, RelyingParty};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

/// `CollectedClientData`, as far as it is looked at. Members that are not named here may come (section 5.8.1.2).
#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
    #[serde(rename = "topOrigin", borrow, default)]
    top_origin: Option<Cow<'a, str>>,
}

/// Takes the steps that both ceremonies have in common, 7.1 steps 5 to 12 and 7.2 steps 8 to 14 and 20, and gives
/// the hash of the client data, which is part of what was signed.
pub(super) fn check(
    json: &[u8],
    r#type: &str,
    challenge: &[u8; 32],
    party: &RelyingParty,
) -> Result<[u8; 32], Refused> {
    // 7.1: 5, 6. 7.2: 8, 9. UTF-8 is what the reader takes; a byte order mark is none of JSON's.
    let data: ClientData<'_> = serde_json::from_slice(json).map_err(|_| "client data")?;
    // 7.1: 7. 7.2: 10.
    if data.r#type != r#type {
        return Err("type");
    }
    // 7.1: 8. 7.2: 11.
    let expected = Base64UrlUnpadded::encode_string(challenge);
    if !bool::from(expected.as_bytes().ct_eq(data.challenge.as_bytes())) {
        return Err("challenge");
    }
    // 7.1: 9. 7.2: 12.
    if data.origin != party.origin {
        return Err("origin");
    }
    // 7.1: 10, 11. 7.2: 13, 14. The console is in no frame of another site.
    if data.cross_origin || data.top_origin.is_some() {
        return Err("cross origin");
    }
    // 7.1: 12. 7.2: 20.
    Ok(Sha256::digest(json).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_data_with_one_fault_each() {
        let party = RelyingParty::new("https://holder.example").unwrap();
        let challenge = [7; 32];
        let good = format!(
            r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://holder.example","crossOrigin":false,"more":1}}"#,
            Base64UrlUnpadded::encode_string(&challenge)
        );
        let read = |json: &str| check(json.as_bytes(), "webauthn.get", &challenge, &party);
        assert_eq!(read(&good), Ok(Sha256::digest(&good).into()));
        for (from, to, fault) in [
            ("webauthn.get", "webauthn.create", "type"),
            ("\"Bw", "\"Cw", "challenge"),
            ("\"Bw", "\"", "challenge"),
            ("https://holder.example", "https://holder.example:8443", "origin"),
            ("https://holder.example", "http://holder.example", "origin"),
            ("https://holder.example", "https://evil.example", "origin"),
            ("false", "true", "cross origin"),
            ("\"more\"", "\"topOrigin\":\"https://evil.example\",\"more\"", "cross origin"),
            ("\"type\"", "\"kind\"", "client data"),
            ("{", "\u{feff}{", "client data"),
            ("{", "", "client data"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good, "{from}");
            assert_eq!(read(&bad), Err(fault), "{bad}");
        }
    }
}
