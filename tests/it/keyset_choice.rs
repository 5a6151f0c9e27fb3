//! Pins, and which key of a set seals what and when.

use crate::support::{Outcomes, Party};
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Class;
use fieldseal::open::PrivateKey;
use fieldseal::sealer::Sealer;
use fieldseal::suite::Alg;
use fieldseal::{Code, NumericDate};
use zeroize::Zeroizing;

/// A key as a table names it: its class and when it begins and ends.
type Row = (&'static str, Option<u64>, Option<u64>);

fn set(rows: &[Row]) -> KeySet {
    let jwk = |(n, (scope, nbf, exp)): (usize, &Row)| {
        let seed = Zeroizing::new([n as u8 + 1; 32]);
        let public = PrivateKey::from_seed(Alg::EcdhEs, seed).unwrap().public();
        let scope: Scope = scope.parse().unwrap();
        Jwk::new(Alg::EcdhEs, scope, &public, nbf.map(NumericDate), exp.map(NumericDate)).unwrap()
    };
    KeySet::new(rows.iter().enumerate().map(jwk).collect())
}

/// Which key of the set is chosen, by its place, or why none is.
fn chosen(set: &KeySet, class: Class, now: u64) -> Result<usize, Code> {
    let key = set.choose(class, NumericDate(now)).map_err(|error| error.kind())?;
    Ok(set.keys().position(|k| k.kid() == key.kid()).unwrap())
}

#[test]
fn the_key_that_seals() {
    use Class::{Contact, Payment};
    use Code::{KeyExpired, KeyMissing, KeyNotYetValid};
    type Case = (&'static str, &'static [Row], Class, u64, Result<usize, Code>);
    let cases: &[Case] = &[
        ("no end and no start", &[("payment", None, None)], Payment, 0, Ok(0)),
        ("from its first second", &[("payment", Some(50), Some(100))], Payment, 50, Ok(0)),
        ("until its last second", &[("payment", Some(50), Some(100))], Payment, 99, Ok(0)),
        ("not before it starts", &[("payment", Some(50), Some(100))], Payment, 49, Err(KeyNotYetValid)),
        ("not when it ends", &[("payment", Some(50), Some(100))], Payment, 100, Err(KeyExpired)),
        ("no key of the class", &[("payment", None, None)], Contact, 50, Err(KeyMissing)),
        ("* serves any class", &[("*", None, None)], Contact, 50, Ok(0)),
        ("the class goes before *", &[("*", None, None), ("payment", None, None)], Payment, 50, Ok(1)),
        ("* serves the others", &[("*", None, None), ("payment", None, None)], Contact, 50, Ok(0)),
        (
            "an expired class key does not fall back to *",
            &[("*", None, None), ("payment", None, Some(10))],
            Payment,
            50,
            Err(KeyExpired),
        ),
        (
            "a future class key does not fall back to *",
            &[("*", None, None), ("payment", Some(90), None)],
            Payment,
            50,
            Err(KeyNotYetValid),
        ),
        (
            "in an overlap the newest",
            &[("payment", Some(10), Some(90)), ("payment", Some(40), Some(200))],
            Payment,
            50,
            Ok(1),
        ),
        (
            "whatever their order",
            &[("payment", Some(40), Some(200)), ("payment", Some(10), Some(90))],
            Payment,
            50,
            Ok(0),
        ),
        (
            "before the overlap the old one",
            &[("payment", Some(10), Some(90)), ("payment", Some(40), Some(200))],
            Payment,
            39,
            Ok(0),
        ),
        (
            "the newest ended first",
            &[("payment", Some(10), Some(90)), ("payment", Some(40), Some(60))],
            Payment,
            60,
            Ok(0),
        ),
        ("a start beats none", &[("payment", None, None), ("payment", Some(1), None)], Payment, 50, Ok(1)),
        (
            "of equals the first",
            &[("payment", Some(1), None), ("payment", Some(1), None)],
            Payment,
            50,
            Ok(0),
        ),
        (
            "one ended and one to come",
            &[("payment", Some(90), None), ("payment", None, Some(10))],
            Payment,
            50,
            Err(KeyNotYetValid),
        ),
        (
            "the same the other way round",
            &[("payment", None, Some(10)), ("payment", Some(90), None)],
            Payment,
            50,
            Err(KeyNotYetValid),
        ),
        ("an expired *", &[("*", None, Some(10))], Payment, 50, Err(KeyExpired)),
        ("a * to come", &[("*", Some(90), None)], Payment, 50, Err(KeyNotYetValid)),
    ];
    for (case, rows, class, now, expected) in cases {
        assert_eq!(chosen(&set(rows), *class, *now), *expected, "{case}");
    }
}

#[test]
fn a_star_key_serves_every_class_and_a_class_key_only_its_own() {
    for class in Class::ALL {
        assert_eq!(chosen(&set(&[("*", None, None)]), class, 0), Ok(0));
        for other in Class::ALL {
            let rows = [(other.as_str(), None, None)];
            let expected = if class == other { Ok(0) } else { Err(Code::KeyMissing) };
            assert_eq!(chosen(&set(&rows), class, 0), expected, "{class:?} with a key for {other:?}");
        }
    }
}

#[test]
fn when_the_set_ends() {
    type Case = (&'static str, &'static [Row], Option<u64>);
    let cases: &[Case] = &[
        ("never", &[("*", None, None)], None),
        ("with its only key", &[("*", None, Some(90))], Some(90)),
        (
            "with the last key of a class",
            &[("payment", None, Some(50)), ("payment", None, Some(90))],
            Some(90),
        ),
        (
            "with the class that ends first",
            &[("payment", None, Some(50)), ("contact", None, Some(40)), ("*", None, None)],
            Some(40),
        ),
        ("not while one key goes on", &[("payment", None, Some(50)), ("payment", None, None)], None),
    ];
    for (case, rows, expected) in cases {
        assert_eq!(set(rows).exp(), expected.map(NumericDate), "{case}");
    }
}

#[test]
fn pins() {
    let parties = [1, 2, 3].map(|n| Party::new(Alg::EcdhEs, n));
    let set = KeySet::new(parties.iter().map(|party| party.jwk.clone()).collect());
    let kids: Vec<_> = parties.iter().map(|party| party.jwk.kid()).collect();
    let lower = kids[0].to_lowercase();
    let padded = format!("{}=", kids[0]);
    let of_another = Party::new(Alg::EcdhEs, 4).jwk.kid().to_owned();
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("one of three", &[kids[1]], &[kids[1]]),
        ("two of three, in the set's order", &[kids[2], kids[0]], &[kids[0], kids[2]]),
        ("all", &kids, &kids),
        ("one that is there and one that is not", &[&of_another, kids[2]], &[kids[2]]),
        ("a key of somebody else", &[&of_another], &[]),
        ("another case", &[&lower], &[]),
        ("padded", &[&padded], &[]),
        ("a part", &[&kids[0][..20]], &[]),
        ("empty", &[""], &[]),
        ("no pin at all", &[], &[]),
    ];
    let mut outcomes = Outcomes::default();
    for (case, pins, left) in cases {
        match set.clone().pinned(pins.iter().copied()) {
            Ok(set) => assert_eq!(set.keys().map(Jwk::kid).collect::<Vec<_>>(), *left, "{case}"),
            Err(error) if left.is_empty() => {
                outcomes.refused::<()>(case, Err(error), Code::KeysetPinMismatch);
            }
            Err(error) => panic!("{case}: {error}"),
        }
    }
    outcomes.check();
}

#[test]
fn a_set_comes_back_from_its_own_json() {
    let hpke = Party::new(Alg::Hpke9, 1).private.public();
    let ecdh = Party::new(Alg::EcdhEs, 2).private.public();
    let date = |n| Some(NumericDate(n));
    let mut keys = vec![
        Jwk::new(Alg::Hpke9, Scope::All, &hpke, None, None).unwrap(),
        Jwk::new(Alg::EcdhEs, Scope::All, &ecdh, date(0), date(NumericDate::MAX.0)).unwrap(),
    ];
    for (class, n) in Class::ALL.into_iter().zip(3..) {
        let public = Party::new(Alg::Hpke9, n).private.public();
        keys.push(Jwk::new(Alg::Hpke9, Scope::Class(class), &public, date(5), date(6)).unwrap());
    }
    let set = KeySet::new(keys);
    let json = set.to_json();
    assert_eq!(KeySet::parse(&json), Ok(set));
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["keys"].as_array().unwrap().len(), 8);
    let error = Sealer::new(KeySet::parse(&json).unwrap(), "null").unwrap_err();
    assert_eq!(error.kind(), Code::OriginInvalid);
}

#[test]
fn one_key_serves_one_scope() {
    let public = Party::new(Alg::Hpke9, 1).private.public();
    let key = |class| Jwk::new(Alg::Hpke9, Scope::Class(class), &public, None, None).unwrap();
    let twice = KeySet::new(vec![key(Class::Payment), key(Class::Contact)]).to_json();
    assert_eq!(KeySet::parse(&twice).unwrap_err().kind(), Code::KeysetMalformed);
}
