//! No error tells a value, and every code is documented.

use crate::support::*;
use fieldseal::form::FormField;
use fieldseal::json::{Json, Object};
use fieldseal::jwe::Token;
use fieldseal::keyset::signed::{Signer, Unverified};
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Kind;
use fieldseal::open::Expect;
use fieldseal::sealer::{SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal::{Code, Error, MAX_VALUE_LEN, NumericDate, Origin};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::path::Path;

const CANARY: &str = "4929-CANARY-1234";

/// Gathers errors, and looks for any piece of the canary in what each of them says.
#[derive(Default)]
struct Watch(HashSet<Code>);

impl Watch {
    fn see<T>(&mut self, result: Result<T, Error>) {
        let Err(error) = result else { return };
        let said =
            format!("{error}\n{error:?}\n{error:#?}\n{}\n{}", error.message(), error.member().unwrap_or(""));
        for piece in CANARY.as_bytes().windows(4) {
            let piece = std::str::from_utf8(piece).unwrap();
            assert!(!said.contains(piece), "{} tells the value", error.code());
        }
        self.0.insert(error.kind());
    }

    /// The errors of this kind all came up.
    fn saw(&self, codes: &[Code]) {
        let missed: Vec<_> = codes.iter().filter(|code| !self.0.contains(code)).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }
}

/// Every string and every name in a JSON value, one after the other, replaced by the canary or joined with it.
fn with_canary(value: &Value) -> Vec<Value> {
    let mut variants = vec![json!(CANARY), json!([CANARY]), json!({ CANARY: CANARY })];
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                for variant in with_canary(inner) {
                    let mut members = members.clone();
                    members.insert(name.clone(), variant);
                    variants.push(Value::Object(members));
                }
                let mut members = members.clone();
                let moved = members.remove(name).unwrap();
                members.insert(format!("{name}{CANARY}"), moved);
                variants.push(Value::Object(members));
            }
            let mut members = members.clone();
            members.insert(CANARY.to_owned(), json!(CANARY));
            variants.push(Value::Object(members));
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                for variant in with_canary(item) {
                    let mut items = items.clone();
                    items[at] = variant;
                    variants.push(Value::Array(items));
                }
            }
        }
        Value::String(text) => variants.push(json!(format!("{text}{CANARY}"))),
        _ => {}
    }
    variants
}

/// Texts around the canary that no reader takes.
fn broken_texts() -> Vec<String> {
    let twice = format!("{{\"{CANARY}\":1,\"{CANARY}\":2}}");
    let mut texts =
        vec![CANARY.to_owned(), format!("\"{CANARY}"), format!("{{\"keys\":[\"{CANARY}\"]}}"), twice];
    texts.extend(["{\"keys\":", "[", "{", "https://", "a.b.c.d."].map(|start| format!("{start}{CANARY}")));
    texts
}

#[test]
fn key_sets_tell_nothing() {
    let mut watch = Watch::default();
    for text in broken_texts() {
        watch.see(KeySet::parse(&text));
        watch.see(Signer::parse(&text));
        watch.see(Unverified::parse(&text, &Signer::new([1; 32])));
        watch.see(Origin::parse(&text));
        watch.see(text.parse::<Scope>());
        watch.see(text.parse::<Alg>());
        watch.see(Kind::parse(&text));
    }
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let set: Value = serde_json::from_str(&KeySet::new(vec![party.jwk.clone()]).to_json()).unwrap();
        for variant in with_canary(&set) {
            watch.see(KeySet::parse(&variant.to_string()));
        }
        watch.see(KeySet::new(vec![party.jwk.clone()]).pinned([CANARY]));
        let long = [CANARY.as_bytes(); 76].concat();
        watch.see(Jwk::new(alg, Scope::All, &long, None, None));
        watch.see(Jwk::new(alg, Scope::All, CANARY.as_bytes(), None, None));
    }
    use Code::*;
    watch.saw(&[
        KeysetMalformed,
        KeysetDuplicateMember,
        KeysetPinMismatch,
        KeyMalformed,
        KeyAlgUnknown,
        KeyLength,
        KeyThumbprintMismatch,
        OriginInvalid,
        KindUnknown,
    ]);
}

fn object(name: &str, value: Json) -> Option<Object> {
    let mut object = Object::default();
    object.insert(name, value).unwrap();
    Some(object)
}

#[test]
fn sealing_tells_nothing() {
    let mut watch = Watch::default();
    let party = Party::new(Alg::EcdhEs, 1);
    let sealer = party.sealer();
    let long = CANARY.repeat(200);
    let cases: &[fn(&mut SealOptions, &str)] = &[
        |o, _| o.field = format!("{CANARY}\n"),
        |o, long| o.field = long.to_owned(),
        |o, _| o.sub = Some(format!("{CANARY}\0")),
        |o, long| o.sub = Some(long.to_owned()),
        |o, _| o.hint = vec![CANARY.into()],
        |o, _| {
            o.hint = vec![CANARY.into()];
            o.check = true;
        },
        |o, long| o.consent = object(long, Json::Bool(true)),
    ];
    for change in cases {
        let mut options = options("text");
        change(&mut options, &long);
        let sealed = sealer.seal_json(&format!("\"{CANARY}\""), &options, NOW, entropy());
        assert!(sealed.is_err());
        watch.see(sealed);
    }
    let longest = CANARY.repeat(MAX_VALUE_LEN / CANARY.len() + 1);
    watch.see(sealer.seal_json(&longest, &options("text"), NOW, entropy()));
    watch.see(sealer.seal_json(CANARY, &options("payment-form"), NOW, entropy()));
    watch.see(Sealer::new(KeySet::new(vec![]), CANARY));
    let no_key = Sealer::new(KeySet::new(vec![]), ORIGIN).unwrap();
    watch.see(no_key.seal_json(CANARY, &options("text"), NOW, entropy()));
    // Prepared for another key.
    let other = Party::new(Alg::EcdhEs, 2).sealer().prepare(kind("text"), NOW, entropy()).unwrap();
    watch.see(sealer.seal_prepared(CANARY, &options("text"), NOW, other));
    let field = |name: &str| FormField {
        name: name.into(),
        kind: kind("text"),
        value: fieldseal::Text::new(CANARY.into()),
        region: None,
        hint: vec![],
    };
    for fields in [
        vec![field(CANARY), field(CANARY)],
        vec![field("a\n")],
        (0..200).map(|n| field(&format!("{CANARY}{n}"))).collect(),
    ] {
        let options = |kind| SealOptions::new(CANARY, kind).unchecked();
        watch.see(sealer.seal_form(&fields, options, NOW, |kind| sealer.prepare(kind, NOW, entropy())));
    }
    use Code::*;
    watch.saw(&[
        FieldInvalid,
        OptionInvalid,
        ValueTooLong,
        KindUnknown,
        OriginInvalid,
        KeyMissing,
        TokenWrongKey,
    ]);
}

#[test]
fn opening_tells_nothing() {
    let mut watch = Watch::default();
    for text in broken_texts() {
        watch.see(Token::parse(&text));
    }
    for alg in Alg::ALL {
        let (party, stranger) = (Party::new(alg, 1), Party::new(alg, 2));
        let other = Party::new(if alg == Alg::Hpke9 { Alg::EcdhEs } else { Alg::Hpke9 }, 1);
        let mut options = SealOptions::new(CANARY, kind("text"));
        options.sub = Some(CANARY.into());
        options.exp = Some(NOW.plus(1));
        options.consent = object("a", Json::String(CANARY.into()));
        let token = party.seal(&format!("\"{CANARY}\""), &options);
        watch.see(stranger.open(&token));
        watch.see(other.open(&token));
        let header: Value = serde_json::from_str(&header_json(&token)).unwrap();
        for variant in with_canary(&header) {
            watch.see(party.open(&with_header(&token, &variant.to_string())));
        }
        for at in 1..5 {
            watch.see(party.open(&with_part(&token, at, CANARY)));
            watch.see(party.open(&with_part(&token, at, &encode(CANARY))));
        }
        // A value that is no JSON, so that the reader of the plaintext fails with the value before it.
        for value in [
            CANARY.to_owned(),
            format!("\"{CANARY}"),
            format!("\"{CANARY}\",\"v\":1"),
            format!("{{{CANARY}}}"),
        ] {
            watch.see(party.open(&party.seal(&value, &options)));
        }
        let token = Token::parse(&token).unwrap();
        let text = CANARY;
        for expect in [
            Expect { field: Some("x"), ..Expect::default() },
            Expect { kind: Some(kind("email")), ..Expect::default() },
            Expect { origin: Some(text), ..Expect::default() },
            Expect { sub: Some("x"), ..Expect::default() },
        ] {
            watch.see(token.check(&expect, NOW));
        }
        watch.see(token.check(&Expect::default(), NOW.plus(1)));
        watch.see(token.check(&Expect::default(), NumericDate(0)));
    }
    use Code::*;
    watch.saw(&[
        TokenMalformed,
        TokenAlgUnknown,
        TokenWrongKey,
        TokenWrongField,
        TokenWrongKind,
        TokenWrongOrigin,
        TokenWrongSubject,
        TokenExpired,
        TokenFromTheFuture,
        OpenFailed,
    ]);
}

/// A token in a log shows its public header and none of what is sealed.
#[test]
fn a_printed_token_shows_no_ciphertext() {
    for alg in Alg::ALL {
        let token = Party::new(alg, 1).seal(&format!("\"{CANARY}\""), &options("text"));
        let said = format!("{0:?} {0:#?}", Token::parse(&token).unwrap());
        assert!(said.contains("Token") && said.contains("Header"));
        for part in parts(&token).iter().skip(1).filter(|part| !part.is_empty()) {
            let numbers = format!("{:?}", &decode(part)[..8]);
            assert!(!said.contains(&part[..12]) && !said.contains(numbers.trim_matches(['[', ']'])));
        }
        assert!(!said.contains("parts") && !said.contains(CANARY));
    }
}

/// Every code is in a table of the specification, under "Error codes", with its text.
#[test]
fn every_code_is_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/format.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let heading = text.lines().position(|line| line.starts_with('#') && line.contains("Error codes"));
    let heading = heading.unwrap_or_else(|| panic!("docs/format.md has no section \"Error codes\""));
    let section: Vec<_> =
        text.lines().skip(heading + 1).take_while(|line| !line.starts_with("## ")).collect();
    let section = section.join("\n");
    let row = |code: &Code| format!("| `{}` | {} |", code.as_str(), code.message());
    let missing: Vec<_> = Code::ALL.iter().map(row).filter(|row| !section.contains(row)).collect();
    assert!(missing.is_empty(), "not in docs/format.md: {missing:?}");
}

/// A message says what to do next, and ends as a sentence does.
#[test]
fn messages_are_sentences() {
    for code in Code::ALL {
        let message = code.message();
        assert!(message.ends_with('.') && message.starts_with(char::is_uppercase), "{}", code.as_str());
        assert_eq!(Error::new(*code).to_string(), message);
        assert!(Error::of(*code, "exp").to_string().ends_with("(member \"exp\")"));
    }
}
