//! What the seal holds when it was made by somebody else: well encrypted, but not always the profile's object.

use crate::support::{Bytes, NOW, Outcomes, Party, encode, options, parts};
use fieldseal::Code;
use fieldseal::jwe::Token;
use fieldseal::suite::Alg;
use hpke::aead::AesGcm256;
use hpke::kdf::KdfShake256;
use hpke::kem::XWing;
use hpke::{Deserializable, Kem, OpModeS, Serializable, setup_sender_with_rng};

type PublicKey = <XWing as Kem>::PublicKey;

/// A token around any plaintext, made with HPKE alone from RFC 9180 and the header of a good token.
fn around(party: &Party, plaintext: &[u8], info: &[u8]) -> String {
    let protected = parts(&party.seal("1", &options("text"))).swap_remove(0);
    let key = PublicKey::from_bytes(&party.private.public()).unwrap();
    let (enc, mut context) = setup_sender_with_rng::<AesGcm256, KdfShake256, XWing>(
        &OpModeS::Base,
        &key,
        info,
        &mut Bytes::fresh(),
    )
    .unwrap();
    let ciphertext = context.seal(plaintext, protected.as_bytes()).unwrap();
    format!("{protected}.{}..{}.", encode(enc.to_bytes()), encode(ciphertext))
}

#[test]
fn plaintexts_of_other_makers() {
    let party = Party::new(Alg::Hpke9, 1);
    let good: &[(&str, &str)] = &[
        ("without padding", r#"{"v":1}"#),
        ("padding first", r#"{"p":"0000","v":1}"#),
        ("space", " {\t\"v\" :\n 1 , \"p\" : \"\" }\r\n"),
        ("escaped names", r#"{"\u0076":1,"\u0070":"0"}"#),
    ];
    for (case, plaintext) in good {
        assert_eq!(party.open(&around(&party, plaintext.as_bytes(), b"")).as_deref(), Ok("1"), "{case}");
    }
    let bad: &[(&str, &[u8])] = &[
        ("empty", b""),
        ("not JSON", b"not json"),
        ("the value alone", b"\"4929\""),
        ("null", b"null"),
        ("an array of the members", br#"["4929","000"]"#),
        ("an array of the value", br#"["4929"]"#),
        ("no value", br#"{"p":"0"}"#),
        ("an empty object", b"{}"),
        ("a value twice", br#"{"v":1,"v":2}"#),
        ("a value twice, once escaped", br#"{"v":1,"\u0076":2}"#),
        ("padding twice", br#"{"v":1,"p":"","p":""}"#),
        ("another member", br#"{"x":1}"#),
        ("one member more", br#"{"v":1,"x":2}"#),
        ("a name in capitals", br#"{"V":1}"#),
        ("nothing for a value", br#"{"v":}"#),
        ("a value that is no JSON", br#"{"v":01}"#),
        ("two values", br#"{"v":1 2}"#),
        ("a trailing comma", br#"{"v":1,}"#),
        ("cut short", br#"{"v":1"#),
        ("two texts", br#"{"v":1}{"v":1}"#),
        ("a NUL behind it", b"{\"v\":1}\0"),
        ("a byte order mark", b"\xef\xbb\xbf{\"v\":1}"),
        ("no UTF-8 in the value", b"{\"v\":\"\xff\"}"),
        ("no UTF-8 in the padding", b"{\"v\":1,\"p\":\"\xff\"}"),
        ("UTF-16", b"{\0\"\0v\0\"\0:\x001\0}\0"),
    ];
    let mut outcomes = Outcomes::default();
    for (case, plaintext) in bad {
        outcomes.refused(case, party.open(&around(&party, plaintext, b"")), Code::OpenFailed);
    }
    outcomes.refused("another info", party.open(&around(&party, br#"{"v":1}"#, b"info")), Code::OpenFailed);
    outcomes.check();
}

/// The wrapping that a sealer writes cannot be broken out of by a value that is not JSON.
#[test]
fn a_value_that_is_not_json_does_not_open() {
    let mut outcomes = Outcomes::default();
    for alg in Alg::ALL {
        let party = Party::new(alg, 1);
        for value in
            ["1,\"v\":2", "1,\"p\":\"\"", "1}", "1,\"x\":2", "", " ", "4929", "undefined", "'a'", "1,"]
        {
            let token = party.seal(value, &options("text"));
            let expected = if value == "4929" { None } else { Some(Code::OpenFailed) };
            let case = format!("{}: {value}", alg.as_str());
            match expected {
                Some(code) => outcomes.refused(&case, party.open(&token), code),
                None => outcomes.accepted(&case, party.open(&token)),
            }
        }
    }
    outcomes.check();
}

/// A token keeps its header's promise only with its own key: the same header sealed to another key is caught.
#[test]
fn the_header_of_one_key_sealed_to_another() {
    let (ours, theirs) = (Party::new(Alg::Hpke9, 1), Party::new(Alg::Hpke9, 2));
    let token = around(&theirs, br#"{"v":1}"#, b"");
    assert_eq!(theirs.open(&token).as_deref(), Ok("1"));
    assert_eq!(ours.open(&token).unwrap_err().kind(), Code::OpenFailed);
    let header = Token::parse(&token).unwrap().header().clone();
    assert_eq!((header.iat, header.kid.as_str()), (NOW, theirs.jwk.kid()));
}
