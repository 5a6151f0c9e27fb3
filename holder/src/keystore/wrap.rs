//! Wrapping: AES-256-GCM under the key-encryption key, with the key's public facts authenticated.
//!
//! A wrapped key is `nonce (12) || ciphertext (32) || tag (16)`.

use crate::error::{Code, Error, Result};
use crate::store::{KeyRow, SubjectRow};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use zeroize::Zeroizing;

const NONCE_LEN: usize = 12;
const SECRET_LEN: usize = 32;
const TAG_LEN: usize = 16;

/// The first line of every label. A change of format changes it.
const FORMAT: &str = "fieldseal-keyholder-wrap-v1";

/// The key-encryption key. `aes-gcm` wipes its key schedule on drop.
pub(super) struct Kek(Aes256Gcm);

/// What a wrapped key is, as additional authenticated data. A wrapped key that is moved to another row,
/// or whose row is changed, does not unwrap.
pub(super) struct Label(String);

impl Label {
    /// Every line has a fixed meaning and none can hold a line break, so no two labels are the same.
    pub(super) fn key(row: &KeyRow) -> Self {
        let time = |time: Option<fieldseal::NumericDate>| time.map_or("-".to_owned(), |t| t.0.to_string());
        let (kid, alg, class) = (&row.kid, row.alg.as_str(), row.scope.as_str());
        let mut label =
            format!("{FORMAT}\nseal\n{kid}\n{alg}\n{class}\n{}\n{}", time(row.nbf), time(row.exp));
        // Whoever can only write to the database must not take a revocation back.
        if let Some(revoked) = row.life.revoked {
            label.push_str(&format!("\nrevoked\n{}", revoked.0));
        }
        // Nor put off the day on which it is destroyed. A key without one has the label that it always had.
        if let Some(destroys) = row.destroys {
            label.push_str(&format!("\ndestroys\n{}", destroys.0));
        }
        Self(label)
    }

    pub(super) fn signing(kid: &str) -> Self {
        Self(format!("{FORMAT}\nsign\n{kid}\nEd25519"))
    }

    /// What a person's keys are derived with. A name holds no control character, and so no line break.
    pub(super) fn subject(subject: &SubjectRow) -> Self {
        Self(format!("{FORMAT}\nsubject\n{}\n{}", subject.id, subject.created.0))
    }

    /// The secret that the keys of fingerprints are derived from, of the key holder with this signing key.
    pub(super) fn fingerprint(kid: &str) -> Self {
        Self(format!("{FORMAT}\nfingerprint\n{kid}\nHKDF-SHA-256"))
    }
}

impl Kek {
    /// Errors: `internal` for what is not 32 bytes.
    pub(super) fn new(key: &[u8]) -> Result<Self> {
        Aes256Gcm::new_from_slice(key).map(Self).map_err(|_| Error::new(Code::Internal))
    }

    /// Wraps 32 secret bytes.
    ///
    /// The nonce is random. Under one key-encryption key there are as many messages as keys were ever
    /// made and people registered, far below the 2^32 at which NIST SP 800-38D section 8.3 draws the line.
    pub(super) fn wrap(&self, label: &Label, secret: &Zeroizing<[u8; SECRET_LEN]>) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce)
            .map_err(|_| Error::new(Code::Core(fieldseal::Code::RandomnessUnavailable)))?;
        let mut body = secret.clone();
        let tag = self
            .0
            .encrypt_inout_detached(&Nonce::from(nonce), label.0.as_bytes(), body.as_mut_slice().into())
            .map_err(|_| Error::new(Code::Internal))?;
        Ok([nonce.as_slice(), body.as_slice(), tag.as_slice()].concat())
    }

    /// Unwraps what [`Kek::wrap`] made of the same label, and gives `None` for anything else.
    pub(super) fn unwrap(&self, label: &Label, wrapped: &[u8]) -> Option<Zeroizing<[u8; SECRET_LEN]>> {
        let (nonce, rest) = wrapped.split_first_chunk::<NONCE_LEN>()?;
        let (body, tag) = rest.split_last_chunk::<TAG_LEN>()?;
        let mut secret = Zeroizing::new(<[u8; SECRET_LEN]>::try_from(body).ok()?);
        self.0
            .decrypt_inout_detached(
                &Nonce::from(*nonce),
                label.0.as_bytes(),
                secret.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .ok()?;
        Some(secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek(byte: u8) -> Kek {
        Kek::new(&[byte; 32]).unwrap()
    }

    #[test]
    fn unwraps_only_what_was_wrapped_and_with_its_own_label() {
        let secret = Zeroizing::new([7; 32]);
        let label = Label::signing("kid");
        let wrapped = kek(1).wrap(&label, &secret).unwrap();
        assert_eq!(wrapped.len(), NONCE_LEN + SECRET_LEN + TAG_LEN);
        assert_eq!(kek(1).unwrap(&label, &wrapped).map(|s| *s), Some([7; 32]));
        assert!(kek(2).unwrap(&label, &wrapped).is_none());
        assert!(kek(1).unwrap(&Label::signing("other"), &wrapped).is_none());
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert!(kek(1).unwrap(&label, &changed).is_none(), "byte {at}");
            assert!(kek(1).unwrap(&label, &wrapped[..at]).is_none(), "cut at {at}");
        }
        changed_by_one_more(&wrapped, &label);
    }

    fn changed_by_one_more(wrapped: &[u8], label: &Label) {
        let mut longer = wrapped.to_vec();
        longer.push(0);
        assert!(kek(1).unwrap(label, &longer).is_none());
    }

    #[test]
    fn never_wraps_the_same_way_twice() {
        let (label, secret) = (Label::signing("kid"), Zeroizing::new([7; 32]));
        assert_ne!(kek(1).wrap(&label, &secret).unwrap(), kek(1).wrap(&label, &secret).unwrap());
    }

    #[test]
    fn a_label_names_everything_that_a_page_trusts_about_a_key() {
        let row = || KeyRow {
            kid: "k".to_owned(),
            alg: fieldseal::suite::Alg::Hpke9,
            scope: fieldseal::keyset::Scope::All,
            created: fieldseal::NumericDate(1),
            nbf: Some(fieldseal::NumericDate(2)),
            exp: None,
            destroys: None,
            public: Vec::new(),
            wrapped: Vec::new(),
            life: crate::store::Life::default(),
        };
        let changed = [
            KeyRow { kid: "l".to_owned(), ..row() },
            KeyRow { alg: fieldseal::suite::Alg::EcdhEs, ..row() },
            KeyRow { scope: fieldseal::keyset::Scope::Class(fieldseal::kind::Class::Payment), ..row() },
            KeyRow { nbf: None, ..row() },
            KeyRow { exp: Some(fieldseal::NumericDate(2)), ..row() },
            KeyRow { destroys: Some(fieldseal::NumericDate(3)), ..row() },
            KeyRow { destroys: Some(fieldseal::NumericDate(4)), ..row() },
            KeyRow {
                life: crate::store::Life { revoked: Some(fieldseal::NumericDate(3)), ..Default::default() },
                ..row()
            },
        ];
        let labels: std::collections::HashSet<_> =
            changed.iter().chain([&row()]).map(|row| Label::key(row).0).collect();
        assert_eq!(labels.len(), changed.len() + 1);
    }
}
