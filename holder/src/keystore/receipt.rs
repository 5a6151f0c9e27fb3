//! Receipts of what cannot be undone: a JWS (RFC 7515 section 7.1) of type `key-destruction-receipt+jwt` or
//! `subject-erasure-receipt+jwt`, signed with Ed25519 (RFC 8037 section 3.1) by the key that signs the
//! published key sets. Whoever pinned that key can check it without the key holder.

use super::KeyStore;
use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, VerifyingKey};
use fieldseal::keyset::signed::Signer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// RFC 9864's name; a verifier that knows only RFC 8037's `EdDSA` finds the key by its `kid`.
const ALG: &str = "Ed25519";

/// The longest receipt that is read, in characters: an erasure names every key that the person had.
const MAX_LEN: usize = 256 * 1024;

/// The claims of one type of receipt.
pub(crate) trait Claims: Serialize + DeserializeOwned {
    /// The type (RFC 8725 section 3.11), so that no receipt passes for one of another kind.
    const TYP: &'static str;
}

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

impl Claims for Receipt {
    const TYP: &'static str = "key-destruction-receipt+jwt";
}

/// What the receipt of a person's erasure says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The person, by the opaque name that tokens have as `sub`.
    pub subject: String,
    /// When they were registered, a NumericDate.
    pub created: u64,
    /// When they were erased, a NumericDate.
    pub erased: u64,
    /// By how many seconds the clock that gave these times was ahead of the machine's, if it was another one, as in
    /// a test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<i64>,
    /// The keys that are nobody's any more, by their RFC 7638 thumbprints: the `kid` of every token that was sealed to
    /// one of them.
    pub kids: Vec<String>,
    /// Why, in the words of whoever did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who did it, as the audit calls them.
    pub by: String,
    /// The place of the audit's record of it.
    pub audit: u64,
}

impl Claims for Erasure {
    const TYP: &'static str = "subject-erasure-receipt+jwt";
}

impl Receipt {
    /// Reads a receipt that `signer` gave.
    ///
    /// Errors: `receipt-invalid`.
    pub fn verify(text: &str, signer: &Signer) -> Result<Self> {
        read(text.trim_ascii(), signer).ok_or(Error::new(Code::ReceiptInvalid))
    }
}

impl Erasure {
    /// Reads a receipt that `signer` gave.
    ///
    /// Errors: `receipt-invalid`.
    pub fn verify(text: &str, signer: &Signer) -> Result<Self> {
        read(text.trim_ascii(), signer).ok_or(Error::new(Code::ReceiptInvalid))
    }
}

/// A receipt of either type.
pub(crate) enum Ended {
    /// Of a key.
    Key(Receipt),
    /// Of a person.
    Subject(Erasure),
}

impl Ended {
    /// Reads a receipt that `signer` gave.
    ///
    /// Errors: `receipt-invalid`.
    pub(crate) fn verify(text: &str, signer: &Signer) -> Result<Self> {
        match Receipt::verify(text, signer) {
            Ok(receipt) => Ok(Self::Key(receipt)),
            Err(_) => Erasure::verify(text, signer).map(Self::Subject),
        }
    }
}

fn read<C: Claims>(text: &str, signer: &Signer) -> Option<C> {
    if text.len() > MAX_LEN {
        return None;
    }
    let (input, signature) = text.rsplit_once('.')?;
    let (header, claims) = input.split_once('.')?;
    let Header { alg, kid, typ } = decode(header)?;
    if (alg.as_str(), kid.as_str(), typ.as_str()) != (ALG, signer.kid(), C::TYP) {
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
    pub(crate) fn sign_receipt<C: Claims>(&self, receipt: &C) -> Result<String> {
        let kid = self.signer().kid().to_owned();
        let header = Header { alg: ALG.to_owned(), kid, typ: C::TYP.to_owned() };
        let input = format!("{}.{}", encode(&header)?, encode(receipt)?);
        let signature = self.unlocked()?.sign(input.as_bytes())?;
        Ok(format!("{input}.{}", Base64UrlUnpadded::encode_string(&signature)))
    }
}
