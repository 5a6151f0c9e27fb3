//! HPKE: RFC 9180 and draft-ietf-hpke-pq, every suite of the files that the library knows. The product uses one of
//! them, MLKEM768-X25519 with SHAKE256 and AES-256-GCM; each of its three parts is in a suite here, and the JOSE
//! vectors have the three together.

use super::{bytes, file};
use crate::support::Bytes;
use fieldseal::open::{PRIVATE_KEY_LEN, PrivateKey};
use fieldseal::suite::Alg;
use hpke::aead::{Aead, AesGcm128, AesGcm256, ChaCha20Poly1305};
use hpke::kdf::{
    HkdfSha256, HkdfSha384, HkdfSha512, Kdf, KdfShake128, KdfShake256, KdfTurboShake128, KdfTurboShake256,
};
use hpke::kem::*;
use hpke::{Deserializable, OpModeR, OpModeS, Serializable, setup_receiver, setup_sender_with_rng};
use serde_json::Value;
use zeroize::Zeroizing;

#[test]
fn rfc_9180() {
    let Some(vectors) = file("rfc9180-base-subset.json") else { return };
    let ran = vectors.as_array().unwrap().iter().filter(|vector| run_suite(vector)).count();
    // X25519 and P-256, each with three AEADs.
    assert_eq!(ran, 6);
}

#[test]
fn hpke_pq() {
    let Some(vectors) = file("hpke-pq.json") else { return };
    let vectors = vectors.as_array().unwrap();
    let xwing = |vector: &&Value| vector["kem_id"] == 0x647a;
    assert_eq!(vectors.iter().filter(xwing).filter(|vector| run_suite(vector)).count(), 2);
    let others: Vec<_> = vectors.iter().filter(|vector| !xwing(vector)).collect();
    let ran = others.iter().filter(|vector| run_suite(vector)).count();
    let unknown: Vec<_> =
        others.iter().filter(|vector| !known(vector)).map(|v| v["kem_id"].as_u64()).collect();
    // All but ML-KEM-512 (0x40) and X448 (0x21), which the library does not have.
    assert_eq!((ran, unknown), (9, vec![Some(0x40), Some(0x21)]));
}

/// What the product derives a private key with is DeriveKeyPair of the two KEMs that it has.
#[test]
fn derived_private_keys() {
    for (name, kem, alg) in
        [("rfc9180-base-subset.json", 0x20, Alg::EcdhEs), ("hpke-pq.json", 0x647a, Alg::Hpke9)]
    {
        let Some(vectors) = file(name) else { continue };
        let vectors: Vec<_> = vectors.as_array().unwrap().iter().filter(|v| v["kem_id"] == kem).collect();
        assert!(vectors.len() >= 2, "{name}");
        for vector in vectors {
            let ikm: [u8; PRIVATE_KEY_LEN] = bytes(vector, "ikmR").try_into().unwrap();
            let derived = PrivateKey::derive(alg, &Zeroizing::new(ikm)).unwrap();
            assert_eq!((derived.alg(), derived.public()), (alg, bytes(vector, "pkRm")), "{name}");
            let read: [u8; PRIVATE_KEY_LEN] = bytes(vector, "skRm").try_into().unwrap();
            assert_eq!(PrivateKey::from_seed(alg, read.into()).unwrap().public(), derived.public());
        }
    }
}

fn known(vector: &Value) -> bool {
    !matches!(vector["kem_id"].as_u64(), Some(0x40 | 0x21))
}

/// Runs a suite by its three numbers; `false` if its KEM is unknown.
fn run_suite(vector: &Value) -> bool {
    match vector["kem_id"].as_u64().unwrap() {
        0x10 => with_kdf::<DhP256HkdfSha256>(vector),
        0x11 => with_kdf::<DhP384HkdfSha384>(vector),
        0x20 => with_kdf::<X25519HkdfSha256>(vector),
        0x41 => with_kdf::<MlKem768>(vector),
        0x42 => with_kdf::<MlKem1024>(vector),
        0x50 => with_kdf::<MlKem768P256>(vector),
        0x51 => with_kdf::<MlKem1024P384>(vector),
        0x647a => with_kdf::<XWing>(vector),
        _ => return false,
    }
    true
}

fn with_kdf<M: Kem>(vector: &Value) {
    match vector["kdf_id"].as_u64().unwrap() {
        1 => with_aead::<M, HkdfSha256>(vector),
        2 => with_aead::<M, HkdfSha384>(vector),
        3 => with_aead::<M, HkdfSha512>(vector),
        0x10 => with_aead::<M, KdfShake128>(vector),
        0x11 => with_aead::<M, KdfShake256>(vector),
        0x12 => with_aead::<M, KdfTurboShake128>(vector),
        0x13 => with_aead::<M, KdfTurboShake256>(vector),
        other => panic!("KDF {other:#x}"),
    }
}

fn with_aead<M: Kem, K: Kdf>(vector: &Value) {
    match vector["aead_id"].as_u64().unwrap() {
        1 => run::<M, K, AesGcm128>(vector),
        2 => run::<M, K, AesGcm256>(vector),
        3 => run::<M, K, ChaCha20Poly1305>(vector),
        other => panic!("AEAD {other:#x}"),
    }
}

fn run<M: Kem, K: Kdf, A: Aead>(vector: &Value) {
    assert_eq!(vector["mode"], 0, "base mode");
    let (private, public) = M::derive_keypair(&bytes(vector, "ikmR"));
    assert_eq!(public.to_bytes().to_vec(), bytes(vector, "pkRm"));
    // The private key is compared by what it makes: the library clamps an X25519 scalar when it writes it.
    let read = M::PrivateKey::from_bytes(&bytes(vector, "skRm")).unwrap();
    assert_eq!(M::sk_to_pk(&read).to_bytes(), public.to_bytes());

    // The sender draws `ikmE` and nothing else.
    let (info, mut rng) = (bytes(vector, "info"), Bytes::new(bytes(vector, "ikmE")));
    let (enc, mut sender) =
        setup_sender_with_rng::<A, K, M>(&OpModeS::Base, &public, &info, &mut rng).unwrap();
    assert_eq!(enc.to_bytes().to_vec(), bytes(vector, "enc"));
    let enc = M::EncappedKey::from_bytes(&bytes(vector, "enc")).unwrap();
    let mut receiver = setup_receiver::<A, K, M>(&OpModeR::Base, &private, &enc, &info).unwrap();

    let base = bytes(vector, "base_nonce");
    let mut sequence = 0;
    for encryption in vector["encryptions"].as_array().unwrap() {
        let [plaintext, aad, ciphertext] = ["pt", "aad", "ct"].map(|name| bytes(encryption, name));
        // A vector shows some of the messages only; a nonce is the base nonce and the message's number.
        let nonce = bytes(encryption, "nonce");
        let number = nonce.iter().zip(&base).fold(0_u64, |number, (a, b)| number << 8 | u64::from(a ^ b));
        while sequence < number {
            receiver.open(&sender.seal(b"", b"").unwrap(), b"").unwrap();
            sequence += 1;
        }
        sequence += 1;
        assert_eq!(sender.seal(&plaintext, &aad).unwrap(), ciphertext);
        assert_eq!(receiver.open(&ciphertext, &aad).unwrap(), plaintext);
    }
    for export in vector["exports"].as_array().unwrap() {
        let mut exported = vec![0; export["L"].as_u64().unwrap() as usize];
        for context in [&sender_export(&sender), &receiver_export(&receiver) as &dyn Fn(&[u8], &mut [u8])] {
            exported.fill(0);
            context(&bytes(export, "exporter_context"), &mut exported);
            assert_eq!(exported, bytes(export, "exported_value"));
        }
    }
}

fn sender_export<A: Aead, K: Kdf, M: Kem>(
    context: &hpke::aead::AeadCtxS<A, K, M>,
) -> impl Fn(&[u8], &mut [u8]) {
    |info, out| context.export(info, out).unwrap()
}

fn receiver_export<A: Aead, K: Kdf, M: Kem>(
    context: &hpke::aead::AeadCtxR<A, K, M>,
) -> impl Fn(&[u8], &mut [u8]) {
    |info, out| context.export(info, out).unwrap()
}
