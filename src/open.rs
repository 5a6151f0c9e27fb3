//! Opening: for the key holder and for tests. The published wasm is built without this file.

mod members;
mod review;
mod rewrap;

pub use crate::jwe::{CLOCK_SKEW, Expect};
pub use review::Review;

use crate::jwe::header::Header;
use crate::jwe::{Parts, Token};
use crate::kind::Kind;
use crate::prelude::*;
use crate::suite::hpke9::receiver;
use crate::suite::{Alg, TAG_LEN, ecdh_es, x25519};
use crate::{Code, Error, Result};
use core::ops::Range;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroizing;

/// The length of a private key in bytes: an X-Wing seed, or an X25519 scalar.
pub const PRIVATE_KEY_LEN: usize = 32;

/// A recipient's private key. It has no `Debug` and no `Clone`, and is wiped on drop.
///
/// ```compile_fail
/// fn show(key: &fieldseal::open::PrivateKey) { println!("{key:?}"); }
/// ```
/// ```compile_fail
/// fn copy(key: &fieldseal::open::PrivateKey) -> fieldseal::open::PrivateKey { key.clone() }
/// ```
pub struct PrivateKey(Repr);

enum Repr {
    Hpke9(Box<receiver::PrivateKey>),
    EcdhEs(x25519_dalek::StaticSecret),
}

impl PrivateKey {
    /// A private key from its 32 bytes, which must be uniformly random or derived by HPKE's
    /// `DeriveKeyPair` (RFC 9180 section 7.1.3).
    pub fn from_seed(alg: Alg, seed: Zeroizing<[u8; PRIVATE_KEY_LEN]>) -> Result<Self> {
        Ok(Self(match alg {
            Alg::Hpke9 => Repr::Hpke9(Box::new(receiver::expand(&seed))),
            Alg::EcdhEs => Repr::EcdhEs((*seed).into()),
        }))
    }

    /// The private key that HPKE's DeriveKeyPair makes of secret bytes: RFC 9180 section 7.1.3 with
    /// DHKEM(X25519, HKDF-SHA256) for ECDH-ES, and draft-ietf-hpke-pq with MLKEM768-X25519 for HPKE-9. The same bytes
    /// give the same key, and a key tells nothing about them. They must have the entropy of a key.
    ///
    /// Errors: none that can happen with an `ikm` of this length; `key-invalid` stands for them.
    pub fn derive(alg: Alg, ikm: &Zeroizing<[u8; PRIVATE_KEY_LEN]>) -> Result<Self> {
        Ok(Self(match alg {
            Alg::Hpke9 => Repr::Hpke9(Box::new(receiver::derive_private_key(ikm.as_slice()))),
            Alg::EcdhEs => Repr::EcdhEs(ecdh_es::derive_private_key(ikm.as_slice())?),
        }))
    }

    /// The only algorithm that this key opens.
    pub fn alg(&self) -> Alg {
        match self.0 {
            Repr::Hpke9(_) => Alg::Hpke9,
            Repr::EcdhEs(_) => Alg::EcdhEs,
        }
    }

    /// The public key's bytes.
    pub fn public(&self) -> Vec<u8> {
        match &self.0 {
            Repr::Hpke9(key) => key.public(),
            Repr::EcdhEs(key) => x25519_dalek::PublicKey::from(key).to_bytes().to_vec(),
        }
    }

    /// Opens a token.
    ///
    /// Errors: `token-wrong-key` if the algorithm is not this key's; `open-failed` for everything that
    /// decryption finds, whatever it was, so that nobody learns from it.
    pub fn open(&self, token: &Token) -> Result<Opened> {
        let mut plaintext = self.decrypt(token)?;
        let value = value_of(&plaintext, token.header())?;
        let start = value.as_ptr().addr() - plaintext.as_ptr().addr();
        let value = start..start + value.len();
        let text = String::from_utf8(core::mem::take(&mut *plaintext)).map_err(|error| {
            *plaintext = error.into_bytes();
            Error::new(Code::OpenFailed)
        })?;
        Ok(Opened { plaintext: Text::new(text), value })
    }

    /// The plaintext of a token, with the padding.
    fn decrypt(&self, token: &Token) -> Result<Zeroizing<Vec<u8>>> {
        let header = token.header();
        if header.alg != self.alg() {
            return Err(Error::new(Code::TokenWrongKey));
        }
        self.decrypt_parts(header.epk.as_ref(), token.parts(), token.parts().protected())
    }

    pub(crate) fn decrypt_parts(
        &self,
        epk: Option<&[u8; x25519::LEN]>,
        parts: &Parts,
        aad: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let failed = Error::new(Code::OpenFailed);
        match &self.0 {
            Repr::Hpke9(key) => {
                let (text, tag) = parts.ciphertext().split_last_chunk::<TAG_LEN>().ok_or(failed)?;
                let mut text = Zeroizing::new(text.to_vec());
                key.open_in_place(parts.encrypted_key(), aad, &mut text, tag)?;
                Ok(text)
            }
            Repr::EcdhEs(key) => {
                let mut text = Zeroizing::new(parts.ciphertext().to_vec());
                ecdh_es::open_in_place(key, epk.ok_or(failed)?, parts.iv(), aad, &mut text, parts.tag())?;
                Ok(text)
            }
        }
    }
}

/// An opened value. It has no `Debug`, and is wiped on drop.
///
/// ```compile_fail
/// fn show(value: &fieldseal::open::Opened) { println!("{value:?}"); }
/// ```
pub struct Opened {
    /// As it was decrypted, so that nothing of it is copied.
    plaintext: Text,
    /// Where the value is in it.
    value: Range<usize>,
}

impl Opened {
    /// The value's JSON text, exactly as it was sealed.
    pub fn json(&self) -> &str {
        self.plaintext.get(self.value.clone()).unwrap_or_default()
    }

    /// The text of a value that is a string; `None` for any other type.
    pub fn text(&self) -> Option<Text> {
        serde_json::from_str(self.json()).ok().map(Text::new)
    }

    /// The values in it, as JSON text, with the names and kinds that the header gives them: the members of a
    /// form, or the one value, which has no name.
    pub fn members<'a>(&'a self, header: &'a Header) -> Vec<(&'a str, Kind, &'a str)> {
        review::members(self.json(), header)
    }

    /// Reads the value as the kind that the header declares, and compares the header's hints with it. Anyone
    /// can make a token, so what a page vouches for is looked at again here.
    pub fn review(&self, header: &Header) -> Review {
        review::of(self.json(), header)
    }
}

/// The JSON text of the value. The plaintext object holds `v`, and `p` if it was padded; nothing else and
/// nothing twice. The value of a form has the members that its header declares.
fn value_of<'a>(plaintext: &'a [u8], header: &Header) -> Result<&'a str> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Plaintext<'a> {
        #[serde(borrow)]
        v: &'a RawValue,
        #[serde(borrow, default, rename = "p")]
        _p: Option<&'a RawValue>,
    }
    let failed = Error::new(Code::OpenFailed);
    // Serde would read a struct from an array as well: the members in order, without their names.
    if !plaintext.trim_ascii_start().starts_with(b"{") {
        return Err(failed);
    }
    let Plaintext { v, .. } = serde_json::from_slice(plaintext).map_err(|_| failed)?;
    let mut declared = header.fields.iter().map(|(name, _)| name.as_str()).peekable();
    match declared.peek().is_none() || members::are(v.get(), declared) {
        true => Ok(v.get()),
        false => Err(failed),
    }
}

#[cfg(test)]
mod tests;
