//! Properties: nothing that arrives makes a reader panic, and what is sealed opens.

use crate::support::{Party, options};
use fieldseal::Origin;
use fieldseal::jwe::Token;
use fieldseal::keyset::KeySet;
use fieldseal::keyset::signed::{Signer, Unverified};
use fieldseal::suite::Alg;
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::LazyLock;

static TOKENS: LazyLock<[String; 2]> = LazyLock::new(|| {
    Alg::ALL.map(|alg| Party::new(alg, 1).seal("\"4929 1234 5678 9012\"", &options("card-number")))
});
static SET: LazyLock<String> = LazyLock::new(|| KeySet::new(vec![Party::new(Alg::EcdhEs, 1).jwk]).to_json());

/// Every reader of the crate, with the same text.
fn read_everything(text: &str) {
    let _ = Token::parse(text);
    let _ = KeySet::parse(text);
    let _ = Unverified::parse(text, &Signer::new([1; 32]));
    let _ = Signer::parse(text);
    let _ = Origin::parse(text);
}

/// JSON of whole numbers, strings and the rest, with space between.
fn json() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", "", " ", "\n\t", "\r"]);
    let string = prop_oneof![".{0,8}", r#"[\\"/\x00-\x20a\u{1F980}]{0,6}"#]
        .prop_map(|s: String| serde_json::to_string(&s).unwrap());
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i32>().prop_map(|n| n.to_string()),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(|n| n.to_string()),
        string.clone(),
        prop::sample::select(vec![r#""\u00e9""#, r#""\ud83e\udd80""#, r#""\/\b\f""#]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let item = (space.clone(), inner.clone()).prop_map(|(space, item)| format!("{space}{item}{space}"));
        prop_oneof![
            prop::collection::vec(item.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            // A map, so that no name comes twice.
            prop::collection::btree_map(string.clone(), item, 0..6).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("{name} :{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in any::<String>()) {
        read_everything(&text);
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_everything(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_text_of_the_right_letters_makes_a_reader_panic(text in "[A-Za-z0-9_=.-]{0,200}") {
        read_everything(&text);
        // With a header in front, the rest is read with care, too.
        let header = TOKENS[0].split('.').next().unwrap();
        read_everything(&format!("{header}.{text}"));
    }

    #[test]
    fn no_json_makes_a_reader_panic(json in json()) {
        read_everything(&json);
        read_everything(&format!("{{\"keys\":[{json}]}}"));
        for token in &*TOKENS {
            read_everything(&crate::support::with_header(token, &json));
        }
    }

    /// A good token with a piece replaced is refused or does not open.
    #[test]
    fn no_spliced_token_opens(alg in 0..2usize, from in any::<Index>(), len in 0..40usize, other in "[A-Za-z0-9_.-]{0,8}") {
        let token = &TOKENS[alg];
        let start = from.index(token.len());
        let end = (start + len).min(token.len());
        let spliced = format!("{}{other}{}", &token[..start], &token[end..]);
        prop_assume!(spliced != *token);
        prop_assert!(Party::new(Alg::ALL[alg], 1).open(&spliced).is_err());
    }

    /// What this reader takes, every JSON reader takes; and it takes all JSON of whole numbers.
    #[test]
    fn the_reader_agrees_with_another(json in json()) {
        let set = SET.replacen('{', &format!("{{\"x\":{json},"), 1);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&set).is_ok());
        prop_assert!(KeySet::parse(&set).is_ok(), "{}", set);
    }

    /// The same with one character replaced, removed or added: it may refuse more, and never takes more.
    #[test]
    fn the_reader_takes_no_more_than_another(
        json in json(),
        at in any::<Index>(),
        remove in any::<bool>(),
        other in prop_oneof![any::<char>().prop_map(String::from), "[\\[\\]{}:,\"\\\\0-9eE.+-]{0,2}"],
    ) {
        let mut chars: Vec<String> = json.chars().map(String::from).collect();
        let at = at.index(chars.len());
        if remove {
            chars[at] = other;
        } else {
            chars.insert(at, other);
        }
        let set = SET.replacen('{', &format!("{{\"x\":{},", chars.concat()), 1);
        if KeySet::parse(&set).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&set).is_ok(), "{}", set);
        }
    }

    #[test]
    fn every_text_comes_back(text in any::<String>(), alg in prop::sample::select(Alg::ALL.to_vec())) {
        let party = Party::new(alg, 1);
        let json = serde_json::to_string(&text).unwrap();
        let token = Token::parse(&party.seal(&json, &options("text"))).unwrap();
        let opened = party.private.open(&token).unwrap();
        prop_assert_eq!(opened.json(), &json);
        prop_assert_eq!(opened.text().map(|text| text.to_string()), Some(text));
    }

    #[test]
    fn every_json_comes_back(json in json()) {
        let party = Party::new(Alg::EcdhEs, 1);
        prop_assert_eq!(party.open(&party.seal(&json, &options("json"))), Ok(json));
    }

    /// A name that a sealer takes is one that the token's reader takes.
    #[test]
    fn every_field_name_comes_back(field in any::<String>()) {
        let party = Party::new(Alg::EcdhEs, 1);
        let mut options = options("text");
        options.field.clone_from(&field);
        if let Ok(token) = party.sealer().seal_json("1", &options, crate::support::NOW, crate::support::entropy()) {
            let token = Token::parse(&token);
            prop_assert_eq!(token.map(|token| token.header().field.clone()), Ok(field));
        }
    }
}
