//! What reading and opening a token take from the heap. A key holder opens millions, and memory that is taken is
//! memory that must be wiped.

#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use allocation_counter::measure;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::open::PrivateKey;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal::{Kind, NumericDate};
use zeroize::Zeroizing;

/// A value that leaves no doubt about where it is.
const VALUE: &str = "\"4242 4242 4242 4242\"";

fn sealed(alg: Alg) -> (PrivateKey, String) {
    let key = PrivateKey::from_seed(alg, Zeroizing::new([7; 32])).unwrap();
    let keys = KeySet::new(vec![Jwk::new(alg, Scope::All, &key.public(), None, None).unwrap()]);
    let sealer = Sealer::new(keys, "https://shop.example").unwrap();
    let options = SealOptions::new("card", Kind::parse("card-number").unwrap()).unchecked();
    let entropy = Zeroizing::new([9; Entropy::LEN]);
    let token =
        sealer.seal_json(VALUE, &options, NumericDate(1_790_000_000), Entropy::new(&entropy)).unwrap();
    (key, token)
}

/// Opening takes the memory of the plaintext, in which the value stays, and nothing else.
#[test]
fn opening_takes_what_it_gives() {
    for alg in Alg::ALL {
        let (key, token) = sealed(alg);
        let token = Token::parse(&token).unwrap();
        let mut opened = None;
        let heap = measure(|| opened = Some(key.open(&token).unwrap()));
        assert_eq!((heap.count_total, heap.count_current), (1, 1), "{}", alg.as_str());
        // A card number is padded to 64 bytes or less, with the object around it.
        assert!(heap.bytes_total <= 128, "{} bytes", heap.bytes_total);
        assert_eq!(opened.unwrap().json(), VALUE);
        assert_eq!(measure(|| assert!(key.open(&token).is_ok())).bytes_current, 0);
    }
}

/// A token that was read has one piece of memory for its parts and one for each text that its header keeps: `kid`,
/// `field`, `iss` and `jti`. The rest was the reader's of JSON, which keeps nothing.
#[test]
fn reading_keeps_one_piece_of_memory_and_the_texts_of_the_header() {
    for (alg, most) in [(Alg::Hpke9, 19), (Alg::EcdhEs, 31)] {
        let (_, text) = sealed(alg);
        let mut token = None;
        let heap = measure(|| token = Some(Token::parse(&text).unwrap()));
        assert_eq!(heap.count_current, 5, "{}", alg.as_str());
        assert!(heap.count_total <= most, "{} {}", alg.as_str(), heap.count_total);
        // The header is in it twice while it is read, as it is and decoded.
        assert!(heap.bytes_current < 2 * text.len() as i64, "{heap:?}");
        drop(token);
    }
}
