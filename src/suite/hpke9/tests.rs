//! Both sides against published vectors, and against the crate that implements the whole of HPKE.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use super::receiver::{PrivateKey, expand};
use super::sender::{PublicKey, setup_sender};
use super::xwing::{ENC_LEN, ML_KEM_CIPHERTEXT_LEN};
use crate::prelude::*;
use crate::suite::TAG_LEN;
use crate::vectors::vectors;
use crate::{Code, Error, Result, base64url};
use core::convert::Infallible;
use hpke::aead::AesGcm256;
use hpke::kdf::KdfShake256;
use hpke::kem::XWing;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeS, Serializable, setup_sender_with_rng};
use ml_kem::ml_kem_768;
use proptest::prelude::*;
use serde_json::Value;
use static_assertions::assert_impl_all;
use x_wing::kem::Decapsulate;
use x25519_dalek::StaticSecret;
use zeroize::ZeroizeOnDrop;

// What an expanded key is made of wipes itself.
assert_impl_all!(ml_kem_768::DecapsulationKey: ZeroizeOnDrop);
assert_impl_all!(StaticSecret: ZeroizeOnDrop);

/// Gives out the seed's bytes in order, each once: the randomness of an encapsulation, as the vectors give it.
struct Once<'a> {
    bytes: &'a [u8; 64],
    taken: usize,
}

impl TryRng for Once<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> core::result::Result<u32, Infallible> {
        let mut word = [0; 4];
        self.try_fill_bytes(&mut word)?;
        Ok(u32::from_le_bytes(word))
    }

    fn try_next_u64(&mut self) -> core::result::Result<u64, Infallible> {
        let mut word = [0; 8];
        self.try_fill_bytes(&mut word)?;
        Ok(u64::from_le_bytes(word))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> core::result::Result<(), Infallible> {
        out.copy_from_slice(&self.bytes[self.taken..][..out.len()]);
        self.taken += out.len();
        Ok(())
    }
}

impl TryCryptoRng for Once<'_> {}

/// What the other implementation seals.
fn sealed(public: &[u8], seed: &[u8; 64], aad: &[u8], text: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let public = <XWing as Kem>::PublicKey::from_bytes(public).unwrap();
    let mut rng = Once { bytes: seed, taken: 0 };
    let (enc, mut context) =
        setup_sender_with_rng::<AesGcm256, KdfShake256, XWing>(&OpModeS::Base, &public, b"", &mut rng)
            .unwrap();
    (enc.to_bytes().to_vec(), context.seal(text, aad).unwrap())
}

fn opened(key: &PrivateKey, enc: &[u8], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let (text, tag) = sealed.split_at(sealed.len() - TAG_LEN);
    let mut text = text.to_vec();
    let before = text.clone();
    let outcome = key.open_in_place(enc, aad, &mut text, tag);
    // What does not open is not written to.
    assert!(outcome.is_ok() || text == before);
    outcome.map(|()| text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The same randomness gives the same bytes.
    #[test]
    fn seals_as_another_implementation_does(
        seed: [u8; 32],
        randomness in prop::array::uniform(any::<u8>()),
        aad in prop::collection::vec(any::<u8>(), 0..300),
        text in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let public = expand(&seed).public();
        let key = PublicKey::parse(public.as_slice().try_into().unwrap()).unwrap();
        let own = setup_sender(&key, &randomness).unwrap().seal(&aad, text.clone().into()).unwrap();
        let enc = base64url::decode(&own.encrypted_key).unwrap();
        prop_assert_eq!((enc, own.ciphertext), sealed(&public, &randomness, &aad, &text));
    }

    #[test]
    fn opens_what_another_implementation_seals(
        seed: [u8; 32],
        randomness in prop::array::uniform(any::<u8>()),
        aad in prop::collection::vec(any::<u8>(), 0..300),
        text in prop::collection::vec(any::<u8>(), 0..300),
        changed in 0..ENC_LEN,
        bit in 0..8_u32,
    ) {
        let other = <XWing as Kem>::PrivateKey::from_bytes(&seed).unwrap();
        let key = expand(&seed);
        prop_assert_eq!(key.public(), XWing::sk_to_pk(&other).to_bytes().to_vec());
        let (mut enc, sealed) = sealed(&key.public(), &randomness, &aad, &text);
        prop_assert_eq!(opened(&key, &enc, &aad, &sealed), Ok(text));
        // The highest bit of an X25519 key is ignored when it is multiplied (RFC 7748 section 5), but hashed.
        enc[changed] ^= 1 << bit;
        prop_assert_eq!(opened(&key, &enc, &aad, &sealed), Err(Error::new(Code::OpenFailed)));
    }

    #[test]
    fn derives_the_keys_that_another_implementation_does(ikm in prop::collection::vec(any::<u8>(), 32..80)) {
        let (_, public) = XWing::derive_keypair(&ikm);
        prop_assert_eq!(super::receiver::derive_private_key(&ikm).public(), public.to_bytes().to_vec());
    }
}

/// FIPS 203 section 6.3: what was changed decapsulates too, to a secret that only the private key gives.
#[test]
fn a_changed_ciphertext_gives_the_secret_of_implicit_rejection() {
    let (seed, key) = ([7; 32], expand(&[7; 32]));
    let (enc, _) = sealed(&key.public(), &[9; 64], b"", b"");
    let enc: [u8; ENC_LEN] = enc.try_into().unwrap();
    let right = key.decapsulate(&enc).unwrap();
    for place in [0, ML_KEM_CIPHERTEXT_LEN / 2, ML_KEM_CIPHERTEXT_LEN - 1] {
        let mut changed = enc;
        changed[place] ^= 1;
        let rejected = key.decapsulate(&changed).unwrap();
        assert_ne!(*rejected, *right);
        let expected = x_wing::DecapsulationKey::from(seed).decapsulate(&changed.into());
        assert_eq!(rejected.as_slice(), expected.as_slice());
    }
}

#[test]
fn x25519_keys_of_low_order_give_no_secret() {
    let key = expand(&[7; 32]);
    let (mut enc, text) = sealed(&key.public(), &[9; 64], b"", b"text");
    enc[ML_KEM_CIPHERTEXT_LEN..].fill(0);
    assert!(key.decapsulate(enc.as_slice().try_into().unwrap()).is_none());
    assert_eq!(opened(&key, &enc, b"", &text), Err(Error::new(Code::OpenFailed)));
}

#[test]
fn parts_of_another_length() {
    let key = expand(&[7; 32]);
    let (enc, text) = sealed(&key.public(), &[9; 64], b"", b"text");
    let (text, tag) = text.split_at(4);
    for (enc, tag) in [(&enc[1..], tag), (&[&enc[..], &[0]].concat(), tag), (&enc, &tag[1..]), (&enc, &[])] {
        let failed = key.open_in_place(enc, b"", &mut text.to_owned(), tag);
        assert_eq!(failed, Err(Error::new(Code::OpenFailed)));
    }
}

fn bytes<const N: usize>(vector: &Value, name: &str) -> [u8; N] {
    let text = vector[name].as_str().unwrap();
    let bytes: Vec<u8> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// The KEM of draft-connolly-cfrg-xwing-kem and of draft-ietf-hpke-pq, whose suites have another KDF or AEAD; the
/// schedule's vector is that of JOSE, which is opened where tokens are.
#[test]
fn decapsulation() {
    let (mut xwing, hpke) = (vectors("xwing.json"), vectors("hpke-pq.json"));
    let is_empty = xwing.is_empty() && hpke.is_empty();
    let renamed = [("skRm", "sk"), ("enc", "ct"), ("shared_secret", "ss")];
    xwing.extend(hpke.into_iter().filter(|vector| vector["kem_id"] == 0x647a).map(|mut vector| {
        renamed.into_iter().for_each(|(from, to)| vector[to] = vector[from].take());
        vector
    }));
    for vector in &xwing {
        let secret = expand(&bytes(vector, "sk")).decapsulate(&bytes(vector, "ct")).unwrap();
        assert_eq!(*secret, bytes(vector, "ss"));
    }
    assert!(is_empty || xwing.len() == 5);
}
