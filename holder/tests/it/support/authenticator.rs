//! A security key in software, and what a browser gives for it: WebAuthn from the other side.

use base64ct::{Base64UrlUnpadded, Encoding};
use ciborium::Value as Cbor;
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The flags of authenticator data (WebAuthn section 6.1).
pub(crate) const UP: u8 = 1;
pub(crate) const UV: u8 = 1 << 2;
pub(crate) const BE: u8 = 1 << 3;
pub(crate) const BS: u8 = 1 << 4;
const AT: u8 = 1 << 6;

/// A security key. What it says can be changed, for a test of one that says something else.
pub(crate) struct Authenticator {
    key: KeyPair,
    pub(crate) id: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) flags: u8,
    pub(crate) rp_id: String,
    /// What the browser says of where it is.
    pub(crate) origin: String,
    /// `none`, or `packed` by the key itself.
    pub(crate) format: &'static str,
    /// What is added to the client data.
    pub(crate) more: Value,
}

impl Authenticator {
    /// One that signs with ES256, or else with EdDSA.
    pub(crate) fn new(origin: &str, is_es256: bool) -> Self {
        let alg = if is_es256 { &PKCS_ECDSA_P256_SHA256 } else { &PKCS_ED25519 };
        let key = KeyPair::generate_for(alg).unwrap();
        let id = Sha256::digest(key.public_key_raw()).to_vec();
        let rp_id = origin.split("//").nth(1).unwrap().split(':').next().unwrap().to_owned();
        let more = json!({});
        Self { key, id, counter: 1, flags: UP, rp_id, origin: origin.to_owned(), format: "none", more }
    }

    fn is_es256(&self) -> bool {
        self.key.public_key_raw().len() == 65
    }

    fn cose(&self) -> Cbor {
        let raw = self.key.public_key_raw();
        let number = |name: i64, value: i64| (Cbor::from(name), Cbor::from(value));
        let bytes = |name: i64, value: &[u8]| (Cbor::from(name), Cbor::from(value.to_vec()));
        Cbor::Map(match self.is_es256() {
            true => vec![
                number(1, 2),
                number(3, -7),
                number(-1, 1),
                bytes(-2, &raw[1..33]),
                bytes(-3, &raw[33..]),
            ],
            false => vec![number(1, 1), number(3, -8), number(-1, 6), bytes(-2, raw)],
        })
    }

    fn data(&self, attested: bool) -> Vec<u8> {
        let mut data = Sha256::digest(&self.rp_id).to_vec();
        data.push(self.flags | if attested { AT } else { 0 });
        data.extend(self.counter.to_be_bytes());
        if attested {
            data.extend([0; 16]);
            data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
            data.extend(&self.id);
            ciborium::into_writer(&self.cose(), &mut data).unwrap();
        }
        data
    }

    fn client_data(&self, r#type: &str, options: &Value) -> Vec<u8> {
        let mut data = json!({
            "type": r#type, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        for (name, value) in self.more.as_object().unwrap() {
            data[name] = value.clone();
        }
        data.to_string().into_bytes()
    }

    fn sign(&self, data: &[u8], client_data: &[u8]) -> Vec<u8> {
        self.key.sign(&[data, &Sha256::digest(client_data)].concat()).unwrap()
    }

    /// What `navigator.credentials.create()` gives, as JSON.
    pub(crate) fn create(&self, options: &Value) -> Value {
        let (data, client_data) = (self.data(true), self.client_data("webauthn.create", options));
        let statement = match self.format {
            "packed" => vec![
                (Cbor::from("alg"), Cbor::from(if self.is_es256() { -7 } else { -8 })),
                (Cbor::from("sig"), Cbor::from(self.sign(&data, &client_data))),
            ],
            _ => vec![],
        };
        let object = Cbor::Map(vec![
            (Cbor::from("fmt"), Cbor::from(self.format)),
            (Cbor::from("attStmt"), Cbor::Map(statement)),
            (Cbor::from("authData"), Cbor::from(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes).unwrap();
        self.credential(json!({
            "clientDataJSON": base64(&client_data), "attestationObject": base64(&bytes), "transports": ["usb"],
        }))
    }

    /// What `navigator.credentials.get()` gives, as JSON. A key counts what it signs.
    pub(crate) fn get(&mut self, options: &Value) -> Value {
        self.counter += 1;
        let (data, client_data) = (self.data(false), self.client_data("webauthn.get", options));
        let signature = self.sign(&data, &client_data);
        self.credential(json!({
            "clientDataJSON": base64(&client_data), "authenticatorData": base64(&data),
            "signature": base64(&signature), "userHandle": null,
        }))
    }

    fn credential(&self, response: Value) -> Value {
        json!({
            "id": base64(&self.id), "rawId": base64(&self.id), "type": "public-key", "response": response,
            "clientExtensionResults": {}, "authenticatorAttachment": "cross-platform",
        })
    }
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}
