//! The receipt of a key's destruction: a JWS (RFC 7515 section 7.1) of type
//! `key-destruction-receipt+jwt`, signed with Ed25519 (RFC 8037 section 3.1) by the key that signs the
//! published key sets. Whoever pinned that key can check it without the key holder.

use super::KeyStore;
use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::keyset::signed::Signer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const TYP: &str = "key-destruction-receipt+jwt";
/// RFC 9864's name; a verifier that knows only RFC 8037's `EdDSA` finds the key by its `kid`.
const ALG: &str = "Ed25519";

/// The longest receipt that is read, in characters.
const MAX_LEN: usize = 8192;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    typ: String,
}

/// What a receipt says: its claims (RFC 7519 section 4.3, private names).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The key that was destroyed, by the RFC 7638 thumbprint of its public half.
    pub kid: String,
    /// Its algorithm.
    pub alg: String,
    /// The class of data that was sealed to it, or `*`.
    pub class: String,
    /// When it was made, a NumericDate.
    pub created: u64,
    /// When it was destroyed, a NumericDate.
    pub destroyed: u64,
    /// When it was to be destroyed, a NumericDate: the date that was published with it, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<u64>,
    /// By how many seconds the clock that gave these times was ahead of the machine's, if it was another one, as in
    /// a test: what is to come has not come then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<i64>,
    /// Why, in the words of whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it, as the audit calls them.
    pub by: String,
    /// The place of the audit's record of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<u64>,
}

impl Receipt {
    /// Reads a receipt that `signer` gave.
    ///
    /// Errors: `receipt-invalid`.
    pub fn verify(text: &str, signer: &Signer) -> Result<Self> {
        read(text.trim_ascii(), signer).ok_or(Error::new(Code::ReceiptInvalid))
    }
}

fn read(text: &str, signer: &Signer) -> Option<Receipt> {
    if text.len() > MAX_LEN {
        return None;
    }
    let (input, signature) = text.rsplit_once('.')?;
    let (header, claims) = input.split_once('.')?;
    let Header { alg, kid, typ } = decode(header)?;
    if (alg.as_str(), kid.as_str(), typ.as_str()) != (ALG, signer.kid(), TYP) {
        return None;
    }
    let signature = Base64UrlUnpadded::decode_vec(signature).ok()?;
    let signature = Signature::from_slice(&signature).ok()?;
    let key = VerifyingKey::from_bytes(signer.public()).ok()?;
    key.verify_strict(input.as_bytes(), &signature).ok()?;
    decode(claims)
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(part).ok()?).ok()
}

fn encode(part: &impl Serialize) -> Result<String> {
    let json = serde_json::to_vec(part).map_err(|_| Error::new(Code::Internal))?;
    Ok(Base64UrlUnpadded::encode_string(&json))
}

impl KeyStore {
    /// Signs a receipt.
    ///
    /// Errors: `keys-locked`.
    pub(crate) fn sign_receipt(&self, receipt: &Receipt) -> Result<String> {
        let kid = self.signer().kid().to_owned();
        let header = Header { alg: ALG.to_owned(), kid, typ: TYP.to_owned() };
        let input = format!("{}.{}", encode(&header)?, encode(receipt)?);
        let signature = self.unlocked()?.sign(input.as_bytes())?;
        Ok(format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }
}
