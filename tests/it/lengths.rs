//! What a token's length tells: nothing within a size class.

use crate::support::{Party, options};
use fieldseal::kind::Kind;
use fieldseal::sealer::SealOptions;
use fieldseal::suite::Alg;
use proptest::prelude::*;

/// The bytes that the wrapping `{"v":,"p":""}` takes of a size class.
const OVERHEAD: usize = 13;

/// The token's length for a value of this many bytes of JSON.
fn length(party: &Party, kind: Kind, len: usize) -> usize {
    party.seal(&"1".repeat(len), &SealOptions::new("field", kind).unchecked()).len()
}

/// The length of BASE64URL without padding.
const fn encoded(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

/// For each kind: the shortest value, the longest of its size class, the first that is too long for it, and so on
/// through three doublings.
#[test]
fn every_size_class_of_every_kind() {
    let party = Party::new(Alg::EcdhEs, 1);
    for kind in Kind::all().filter(|kind| !kind.is_form()) {
        let mut first = 1;
        let mut size = kind.size_class();
        for _ in 0..3 {
            let last = size - OVERHEAD;
            let shortest = length(&party, kind, first);
            for len in [first + 1, (first + last) / 2, last - 1, last] {
                assert_eq!(length(&party, kind, len), shortest, "{kind:?} with {len} bytes");
            }
            let difference = length(&party, kind, last + 1) - shortest;
            assert_eq!(difference, encoded(2 * size) - encoded(size), "{kind:?} beyond {size}");
            (first, size) = (last + 1, 2 * size);
        }
    }
}

/// The sizes that `docs/format.md` promises, for both algorithms.
#[test]
fn the_ciphertext_is_the_size_class_and_the_tag() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        for kind in Kind::all().filter(|kind| !kind.is_form()) {
            let token = party.seal("true", &SealOptions::new("field", kind).unchecked());
            let lengths: Vec<_> = token.split('.').skip(1).map(str::len).collect();
            let expected = match alg {
                Alg::Hpke9 => [encoded(1120), 0, encoded(kind.size_class() + 16), 0],
                Alg::EcdhEs => [0, encoded(12), encoded(kind.size_class()), encoded(16)],
            };
            assert_eq!(lengths, expected, "{kind:?}");
        }
    }
}

#[test]
fn answers_look_alike() {
    let party = Party::new(Alg::Hpke9, 1);
    let lengths = |id: &str, values: &[&str]| {
        let mut lengths: Vec<_> = values.iter().map(|v| party.seal(v, &options(id)).len()).collect();
        lengths.dedup();
        lengths.len()
    };
    assert_eq!(lengths("boolean", &["true", "false", "null"]), 1);
    assert_eq!(lengths("card-number", &["\"\"", "\"4111111111111111\"", "\"6011 0000 0000 0000 004\""]), 1);
    assert_eq!(lengths("card-cvc", &["\"123\"", "\"1234\""]), 1);
    assert_eq!(lengths("password", &["\"\"", "\"correct horse battery staple\""]), 1);
    assert_eq!(lengths("number", &["0", "-1", "9007199254740993", "1e400"]), 1);
}

fn single_kind() -> impl Strategy<Value = Kind> {
    let kinds: Vec<_> = Kind::all().filter(|kind| !kind.is_form()).collect();
    prop::sample::select(kinds)
}

proptest! {
    /// Two values of one kind that fit its size class make tokens of one length.
    #[test]
    fn values_within_a_size_class_are_alike(kind in single_kind(), a in ".{0,40}", b in ".{0,40}") {
        let party = Party::new(Alg::EcdhEs, 1);
        let json = |text: &str| serde_json::to_string(text).unwrap();
        let (a, b) = (json(&a), json(&b));
        prop_assume!(a.len().max(b.len()) <= kind.size_class() - OVERHEAD);
        let options = SealOptions::new("field", kind).unchecked();
        prop_assert_eq!(party.seal(&a, &options).len(), party.seal(&b, &options).len());
    }

    /// Of any value, the length shows the number of doublings and nothing else.
    #[test]
    fn lengths_are_few(kind in single_kind(), len in 1usize..20_000) {
        let party = Party::new(Alg::EcdhEs, 1);
        let mut size = kind.size_class();
        while size < len + OVERHEAD {
            size *= 2;
        }
        let shortest = length(&party, kind, 1);
        prop_assert_eq!(length(&party, kind, len) - shortest, encoded(size) - encoded(kind.size_class()));
    }
}
