//! X-Wing by itself: the vectors of draft-connolly-cfrg-xwing-kem, through the crate that HPKE-9 stands on.

use super::{bytes, file};
use fieldseal::open::PrivateKey;
use fieldseal::suite::{Alg, RecipientKey};
use x_wing::kem::{Decapsulate, Decapsulator, KeyExport};
use x_wing::{Ciphertext, DecapsulationKey};
use zeroize::Zeroizing;

#[test]
fn key_encapsulation_and_decapsulation() {
    let Some(vectors) = file("xwing.json") else { return };
    let mut ran = 0;
    for vector in vectors.as_array().unwrap() {
        let [seed, eseed, shared, secret, public, ciphertext] =
            ["seed", "eseed", "ss", "sk", "pk", "ct"].map(|name| bytes(vector, name));
        assert_eq!(seed, secret, "a private key is its seed");
        let seed: [u8; 32] = seed.try_into().unwrap();
        let key = DecapsulationKey::from(seed);
        assert_eq!(key.encapsulation_key().to_bytes().to_vec(), public);
        let eseed: [u8; 64] = eseed.try_into().unwrap();
        let (made, agreed) = key.encapsulation_key().encapsulate_deterministic(&eseed.into());
        assert_eq!((made.to_vec(), agreed.to_vec()), (ciphertext.clone(), shared.clone()));
        let ciphertext = Ciphertext::try_from(&ciphertext[..]).unwrap();
        assert_eq!(key.decapsulate(&ciphertext).to_vec(), shared);
        // The product makes the same public key of the same seed, and reads it.
        let product = PrivateKey::from_seed(Alg::Hpke9, Zeroizing::new(seed)).unwrap();
        assert_eq!(product.public(), public);
        assert_eq!(RecipientKey::parse(Alg::Hpke9, &public).unwrap().as_bytes(), public);
        ran += 1;
    }
    assert_eq!(ran, 3);
}
