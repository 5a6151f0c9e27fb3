//! Security keys and passkeys: Web Authentication (W3C WebAuthn Level 3), as a second factor beside a passphrase.
//!
//! The signatures are verified by a library; what is here is the procedure around them, in the order and with the
//! numbers of the specification: section 7.1 in [`mod@registration`], 7.2 in [`mod@assertion`]. It is narrow on
//! purpose: ES256 and EdDSA, no attestation by a manufacturer, no extensions, no frames of other sites.

mod assertion;
mod authenticator;
mod client;
mod cose;
mod registration;

pub(crate) use assertion::Assertion;
pub use cose::Alg;
pub(crate) use registration::Registration;

use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};
use std::borrow::Cow;
use url::{Host, Url};

/// How long a person may take, in milliseconds: a hint to the browser. What counts is how long the challenge is kept.
const TIMEOUT_MS: u64 = 5 * 60 * 1000;

/// Whoever asks for a signature: the console at its place in the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// As browsers write it: `https://holder.example`.
    origin: String,
    /// The host (section 4, RP ID).
    id: String,
}

/// A security key (section 4, credential record).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The name that its maker gave it; up to 1023 bytes.
    pub(crate) id: Vec<u8>,
    pub(crate) alg: Alg,
    /// For ES256 the point, uncompressed (65 bytes); for EdDSA the 32 bytes of RFC 8032.
    pub(crate) public: Vec<u8>,
    /// How many signatures it made, as far as is known; 0 if it does not count.
    pub(crate) counter: u32,
    /// Whether it can be copied to other devices (section 6.1.3, backup eligibility).
    pub(crate) is_copied: bool,
}

impl RelyingParty {
    /// The console at an origin: `https://name[:port]`, or `http://localhost[:port]`, which browsers trust as much
    /// (Secure Contexts section 3.1). A security key is registered for a name and not for an address.
    ///
    /// Errors: `console-origin`.
    pub fn new(origin: &str) -> Result<Self> {
        let invalid = || Error::about(Code::ConsoleOrigin, origin);
        let url = Url::parse(origin).map_err(|_| invalid())?;
        let Some(Host::Domain(id)) = url.host() else { return Err(invalid()) };
        let is_safe = match url.scheme() {
            "https" => true,
            "http" => id == "localhost",
            _ => false,
        };
        match is_safe && url.origin().ascii_serialization() == origin {
            true => Ok(Self { origin: origin.to_owned(), id: id.to_owned() }),
            false => Err(invalid()),
        }
    }

    /// Where the console is.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether browsers reach it over TLS.
    pub(crate) fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// What the browser is asked for a new key with: `PublicKeyCredentialCreationOptionsJSON` (section 5.1.8).
    pub(crate) fn creation(&self, name: &str, handle: &[u8; 32], challenge: &[u8; 32]) -> Value {
        let parameters = Alg::ALL.map(|alg| json!({ "type": "public-key", "alg": alg.cose() }));
        json!({
            "rp": { "id": self.id, "name": "Key holder" },
            "user": { "id": Base64UrlUnpadded::encode_string(handle), "name": name, "displayName": name },
            "challenge": Base64UrlUnpadded::encode_string(challenge),
            "pubKeyCredParams": parameters,
            "timeout": TIMEOUT_MS,
            "excludeCredentials": [],
            "authenticatorSelection": {
                "residentKey": "discouraged", "requireResidentKey": false, "userVerification": "preferred",
            },
            "attestation": "none",
        })
    }

    /// What the browser is asked for a signature with: `PublicKeyCredentialRequestOptionsJSON` (section 5.1.9).
    pub(crate) fn request(&self, keys: &[Key], challenge: &[u8; 32]) -> Value {
        let allowed = keys
            .iter()
            .map(|key| json!({ "type": "public-key", "id": Base64UrlUnpadded::encode_string(&key.id) }));
        json!({
            "rpId": self.id,
            "challenge": Base64UrlUnpadded::encode_string(challenge),
            "timeout": TIMEOUT_MS,
            "allowCredentials": allowed.collect::<Vec<_>>(),
            "userVerification": "preferred",
        })
    }
}

/// Why what a browser sent does not prove anything: a fixed word for the log, nothing of what was sent.
pub(crate) type Refused = &'static str;

/// Bytes as WebAuthn's JSON has them: base64url without padding (section 5.1.8, `Base64URLString`).
struct Bytes(Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        // The reader's own message could quote the text.
        let bytes = Base64UrlUnpadded::decode_vec(&text).map_err(|_| de::Error::custom("base64url"))?;
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_one_that_security_keys_work_at() {
        for (good, id) in [
            ("https://holder.example", "holder.example"),
            ("https://holder.example:8471", "holder.example"),
            ("http://localhost:8471", "localhost"),
            ("https://localhost", "localhost"),
        ] {
            assert_eq!(RelyingParty::new(good).unwrap().id, id);
        }
        for bad in [
            "",
            "holder.example",
            "http://holder.example",
            "http://127.0.0.1:8471",
            "https://192.0.2.1",
            "https://[2001:db8::1]",
            "https://holder.example/",
            "https://holder.example:443",
            "https://Holder.example",
            "https://u@holder.example",
            "ftp://localhost",
            "null",
        ] {
            assert_eq!(RelyingParty::new(bad).unwrap_err().code(), Code::ConsoleOrigin, "{bad}");
        }
    }
}
