//! Fingerprints: HMAC-SHA-256 (RFC 2104) over a value's normal form, so that equal values are found without
//! opening any.
//!
//! The key is derived by HKDF-SHA-256 (RFC 5869) for one class of data and one label. Fingerprints of different
//! labels cannot be joined, so whoever is given those of one purpose cannot follow people into another. The
//! secret behind the keys is random and its own: it is wrapped as the other keys are, so it stays the same when
//! the passphrase changes, and when the signing key does.

use crate::error::{Code, Error, Result};
use base64ct::{Base64UrlUnpadded, Encoding};
use fieldseal::kind::Kind;
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// The first line of what a key is derived for. A change of what is hashed changes it.
const FORMAT: &str = "fieldseal-keyholder-fingerprint-v1";

const MAX_LABEL_LEN: usize = 64;

/// What fingerprints are for: those of different labels have nothing in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Label(String);

impl Label {
    /// A label of 1 to 64 letters, digits and the characters `-`, `_` and `.`. Without one, the default is the
    /// empty label.
    ///
    /// Errors: `label-invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        let is_fine = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        match (1..=MAX_LABEL_LEN).contains(&text.len()) && text.bytes().all(is_fine) {
            true => Ok(Self(text.to_owned())),
            false => Err(Error::new(Code::LabelInvalid)),
        }
    }
}

/// The secret that the keys are derived from. It has no `Debug` and no `Clone`, and is wiped on drop.
pub(super) struct Root(Zeroizing<[u8; 32]>);

impl Root {
    pub(super) fn new(secret: &Zeroizing<[u8; 32]>) -> Self {
        Self(secret.clone())
    }

    /// The secret itself, to be wrapped.
    pub(super) fn secret(&self) -> &Zeroizing<[u8; 32]> {
        &self.0
    }

    /// The fingerprint of a value of this kind: 32 bytes in base64url. `valid` says whether `normal` is a
    /// normal form, so that what is none never equals what is one.
    pub(super) fn of(&self, label: &Label, kind: Kind, valid: bool, normal: &str) -> Result<String> {
        let failed = || Error::new(Code::Internal);
        let mut key = Zeroizing::new([0; 32]);
        // No class and no label holds a line break, so no two keys are derived for the same text.
        let info = format!("{FORMAT}\n{}\n{}", kind.class().as_str(), label.0);
        let hkdf = Hkdf::<Sha256>::new(None, self.0.as_slice());
        hkdf.expand(info.as_bytes(), key.as_mut_slice()).map_err(|_| failed())?;
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).map_err(|_| failed())?;
        mac.update(kind.as_str().as_bytes());
        mac.update(if valid { b"\nvalid\n" } else { b"\nother\n" });
        mac.update(normal.as_bytes());
        Ok(Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_of_a_holder_a_label_a_kind_and_a_value() {
        let root = |byte| Root::new(&Zeroizing::new([byte; 32]));
        let label = |text| Label::parse(text).unwrap();
        let kind = |id| Kind::parse(id).unwrap();
        let of = |root: Root, label, kind, valid, value| root.of(&label, kind, valid, value).unwrap();
        let same = of(root(1), label("a"), kind("us-ssn"), true, "\"078051120\"");
        assert_eq!(of(root(1), label("a"), kind("us-ssn"), true, "\"078051120\""), same);
        assert_eq!(same.len(), 43);
        for other in [
            of(root(2), label("a"), kind("us-ssn"), true, "\"078051120\""),
            of(root(1), label("b"), kind("us-ssn"), true, "\"078051120\""),
            of(root(1), Label::default(), kind("us-ssn"), true, "\"078051120\""),
            of(root(1), label("a"), kind("us-itin"), true, "\"078051120\""),
            of(root(1), label("a"), kind("us-ssn"), false, "\"078051120\""),
            of(root(1), label("a"), kind("us-ssn"), true, "\"078051121\""),
        ] {
            assert_ne!(other, same);
        }
        for bad in ["", "a b", "a\n", "é", &"a".repeat(65)] {
            assert!(Label::parse(bad).is_err(), "{bad}");
        }
    }

    /// Computed with Python's `hmac` and `hashlib`, step by step as RFC 5869 section 2 says.
    #[test]
    fn is_what_the_standards_say() {
        let root = Root::new(&Zeroizing::new([1; 32]));
        let found =
            root.of(&Label::default(), Kind::parse("us-ssn").unwrap(), true, "\"078051120\"").unwrap();
        assert_eq!(found, "bnrT_ARSwm47oVYCfxaKuPpUeAfoAeC_OQghjihtGZg");
    }
}
