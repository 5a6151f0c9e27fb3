//! What the one who opens expects of a token: field, kind, origin, subject and times.

use crate::support::{NOW, ORIGIN, Outcomes, Party, entropy, kind, options};
use fieldseal::jwe::Token;
use fieldseal::open::{CLOCK_SKEW, Expect};
use fieldseal::sealer::SealOptions;
use fieldseal::suite::Alg;
use fieldseal::{Code, NumericDate};

fn token(sub: Option<&str>, exp: Option<NumericDate>) -> Token {
    let mut options = options("card-number");
    options.sub = sub.map(str::to_owned);
    options.exp = exp;
    Token::parse(&Party::new(Alg::EcdhEs, 1).seal("1", &options)).unwrap()
}

#[test]
fn expectations() {
    use Code::{TokenWrongField, TokenWrongKind, TokenWrongOrigin, TokenWrongSubject};
    let all = Expect {
        field: Some("field"),
        kind: Some(kind("card-number")),
        origin: Some(ORIGIN),
        sub: Some("customer-17"),
    };
    let none = Expect::default();
    let cases = [
        ("nothing", none, None),
        ("everything as it is", all, None),
        ("another field", Expect { field: Some("cvc"), ..all }, Some(TokenWrongField)),
        ("another case of the field", Expect { field: Some("Field"), ..all }, Some(TokenWrongField)),
        ("an empty field", Expect { field: Some(""), ..all }, Some(TokenWrongField)),
        ("another kind", Expect { kind: Some(kind("card-cvc")), ..all }, Some(TokenWrongKind)),
        ("the kind of a form", Expect { kind: Some(kind("payment-form")), ..all }, Some(TokenWrongKind)),
        ("another host", Expect { origin: Some("https://evil.example"), ..all }, Some(TokenWrongOrigin)),
        ("another scheme", Expect { origin: Some("http://shop.example"), ..all }, Some(TokenWrongOrigin)),
        ("another port", Expect { origin: Some("https://shop.example:8443"), ..all }, Some(TokenWrongOrigin)),
        (
            "an origin and a path",
            Expect { origin: Some("https://shop.example/"), ..all },
            Some(TokenWrongOrigin),
        ),
        ("a subdomain", Expect { origin: Some("https://a.shop.example"), ..all }, Some(TokenWrongOrigin)),
        ("another person", Expect { sub: Some("customer-18"), ..all }, Some(TokenWrongSubject)),
    ];
    let mut outcomes = Outcomes::default();
    for (case, expect, code) in cases {
        let checked = token(Some("customer-17"), None).check(&expect, NOW);
        match code {
            Some(code) => outcomes.refused(case, checked, code),
            None => outcomes.accepted(case, checked),
        }
    }
    let anonymous = token(None, None);
    outcomes.refused("a person and there is none", anonymous.check(&all, NOW), TokenWrongSubject);
    outcomes.accepted("no person", anonymous.check(&Expect { sub: None, ..all }, NOW));
    outcomes.check();
}

#[test]
fn times() {
    use Code::{TokenExpired, TokenFromTheFuture};
    let exp = NOW.plus(60);
    let early = |seconds| NumericDate(NOW.0 - seconds);
    let cases = [
        ("when it was sealed", Some(exp), NOW, None),
        ("its last second", Some(exp), NumericDate(exp.0 - 1), None),
        ("when it ends", Some(exp), exp, Some(TokenExpired)),
        ("long after", Some(exp), NumericDate::MAX, Some(TokenExpired)),
        ("no end, long after", None, NumericDate::MAX, None),
        ("a clock ahead by what is allowed", None, early(CLOCK_SKEW), None),
        ("a clock ahead by a second more", None, early(CLOCK_SKEW + 1), Some(TokenFromTheFuture)),
        ("a clock ahead by all", None, NumericDate(0), Some(TokenFromTheFuture)),
    ];
    let mut outcomes = Outcomes::default();
    for (case, exp, now, code) in cases {
        let checked = token(None, exp).check(&Expect::default(), now);
        match code {
            Some(code) => outcomes.refused(case, checked, code),
            None => outcomes.accepted(case, checked),
        }
    }
    outcomes.check();
}

/// A token that never opens would lose the value, and one that ends in milliseconds would never end.
#[test]
fn ends_that_make_no_sense_are_not_sealed() {
    let party = Party::new(Alg::EcdhEs, 1);
    let mut outcomes = Outcomes::default();
    for (case, exp, good) in [
        ("a second later", NOW.plus(1), true),
        ("the latest second", NumericDate(99_999_999_999), true),
        ("at once", NOW, false),
        ("in the past", NumericDate(0), false),
        ("in milliseconds", NumericDate(NOW.0 * 1000), false),
        ("the largest number", NumericDate::MAX, false),
    ] {
        let options = SealOptions { exp: Some(exp), ..options("text") };
        let sealed = party.sealer().seal_json("1", &options, NOW, entropy());
        match good {
            true => outcomes.accepted(case, sealed.map(drop)),
            false => outcomes.refused(case, sealed, Code::OptionInvalid),
        }
    }
    outcomes.check();
}
