//! Whole forms: one token a class, each with an object of the fields of its class.

use crate::support::{NOW, ORIGIN, Party, entropy, kind};
use fieldseal::form::FormField;
use fieldseal::jwe::Token;
use fieldseal::keyset::{Jwk, KeySet, Scope};
use fieldseal::kind::Class;
use fieldseal::sealer::{SealOptions, Sealer};
use fieldseal::suite::Alg;
use fieldseal::{Code, MAX_VALUE_LEN};

fn form_field(name: &str, id: &str, value: &str) -> FormField {
    FormField {
        name: name.into(),
        kind: kind(id),
        value: fieldseal::Text::new(value.into()),
        region: None,
        hint: vec![],
    }
}

fn seal_form(sealer: &Sealer, fields: &[FormField], name: &str) -> fieldseal::Result<Vec<(Class, String)>> {
    let options = |kind| SealOptions::new(name, kind).unchecked();
    sealer.seal_form(fields, options, NOW, |kind| sealer.prepare(kind, NOW, entropy()))
}

#[test]
fn a_form_makes_one_token_a_class() {
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        let fields = [
            form_field("card", "card-number", "\"4929\""),
            form_field("note \"x\"", "text", "\"\\n\""),
            form_field("cvc", "card-cvc", "123"),
            form_field("email", "email", "null"),
        ];
        let tokens = seal_form(&party.sealer(), &fields, "checkout").unwrap();
        let expected = [
            (Class::Contact, "contact-form", r#"{"email":null}"#, vec![("email", "email")]),
            (
                Class::Payment,
                "payment-form",
                r#"{"card":"4929","cvc":123}"#,
                vec![("card", "card-number"), ("cvc", "card-cvc")],
            ),
            (Class::General, "general-form", r#"{"note \"x\"":"\n"}"#, vec![("note \"x\"", "text")]),
        ];
        assert_eq!(tokens.len(), expected.len());
        for ((class, token), (expected_class, form, json, members)) in tokens.iter().zip(expected) {
            assert_eq!((*class, party.open(token).as_deref()), (expected_class, Ok(json)));
            let token = Token::parse(token).unwrap();
            let header = token.header();
            let members: Vec<_> = members.iter().map(|(name, id)| ((*name).to_owned(), kind(id))).collect();
            assert_eq!(
                (header.kind, header.field.as_str(), &header.fields),
                (kind(form), "checkout", &members)
            );
        }
    }
}

#[test]
fn forms_with_one_fault() {
    let party = Party::new(Alg::EcdhEs, 1);
    let sealer = party.sealer();
    let card = || form_field("card", "card-number", "1");
    let code = |fields: &[FormField]| seal_form(&sealer, fields, "f").map_err(|e| e.kind());
    assert_eq!(code(&[]), Ok(vec![]));
    assert_eq!(code(&[card(), card()]), Err(Code::FieldInvalid));
    assert_eq!(code(&[card(), form_field("", "text", "1")]), Err(Code::FieldInvalid));
    assert_eq!(code(&[card(), form_field("a\n", "text", "1")]), Err(Code::FieldInvalid));
    assert_eq!(code(&[form_field("f", "payment-form", "1")]), Err(Code::KindUnknown));
    let long = form_field("long", "text", &"1".repeat(MAX_VALUE_LEN));
    assert_eq!(code(&[card(), long]), Err(Code::ValueTooLong));
    // One class without a key: nothing of the form is sealed.
    let payment = Scope::Class(Class::Payment);
    let jwk = Jwk::new(Alg::EcdhEs, payment, &party.private.public(), None, None).unwrap();
    let narrow = Sealer::new(KeySet::new(vec![jwk]), ORIGIN).unwrap();
    let both = [card(), form_field("email", "email", "1")];
    assert_eq!(seal_form(&narrow, &both, "f").unwrap_err().kind(), Code::KeyMissing);
    // Options of another kind than the form's would make a token that nothing reads.
    let other = |_| SealOptions::new("f", kind("card-number")).unchecked();
    let prepare = |kind| sealer.prepare(kind, NOW, entropy());
    let error = sealer.seal_form(&[card()], other, NOW, prepare).unwrap_err();
    assert_eq!((error.kind(), error.member()), (Code::OptionInvalid, Some("kind")));
}

/// However many fields a form has, it is refused when it is sealed or it opens.
#[test]
fn a_form_that_is_sealed_opens() {
    let party = Party::new(Alg::EcdhEs, 1);
    let mut refused = 0;
    for n in [1, 40, 41, 60, 200] {
        let fields: Vec<_> =
            (0..n).map(|i| form_field(&format!("a field with a name, number {i}"), "text", "1")).collect();
        match seal_form(&party.sealer(), &fields, "f") {
            Ok(tokens) => assert!(party.open(&tokens[0].1).is_ok(), "{n} fields"),
            Err(error) => {
                assert_eq!((error.kind(), error.member()), (Code::OptionInvalid, Some("fields")));
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "there is a limit");
}

/// A value that is not one JSON value could bring members along that no header declares.
#[test]
fn nothing_hides_beside_the_declared_members() {
    let party = Party::new(Alg::Hpke9, 1);
    for hidden in [r#"1,"ssn":"219-09-9999""#, r#"1,"card":2"#, r#"1},"p":{"x":1"#] {
        let tokens = seal_form(&party.sealer(), &[form_field("card", "card-number", hidden)], "f").unwrap();
        let opened = party.open(&tokens[0].1);
        assert_eq!(opened.map_err(|e| e.kind()), Err(Code::OpenFailed), "{hidden}");
    }
}
