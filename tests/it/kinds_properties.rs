//! What holds for every kind whatever the value: reading is idempotent, a mask shows no more than it says,
//! hints are true, and all values of a kind look alike when they are sealed.

use crate::kinds::{CLOCK, every_file};
use crate::support::{Party, entropy};
use fieldseal::kind::{Context, Kind, edit::Edit};
use fieldseal::sealer::SealOptions;
use fieldseal::suite::Alg;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

const NOWHERE: Context<'static> = Context { region: None, now: CLOCK };

/// Every normal form of the case files, with its kind.
fn normal_forms() -> Vec<(Kind, String)> {
    let mut found = Vec::new();
    for (kind, file) in every_file() {
        for case in file.cases {
            let context = Context { region: case.region.as_deref(), now: CLOCK };
            if let Ok(normal) = kind.read(case.r#in.get(), &context) {
                found.push((kind, normal.to_string()));
            }
        }
    }
    found
}

/// Text of the characters that numbers, dates and names are typed with, and some that never are.
fn typed() -> impl Strategy<Value = String> {
    let alphabet = "0123456789012345678901234567890123456789ABCXYZabcxyz -./:<+()@,'\u{a0}\u{661}\u{ff15}\u{202a}é🦀\0\"\\";
    let pieces: Vec<char> = alphabet.chars().collect();
    prop::collection::vec(select(pieces), 0..24).prop_map(|chars| chars.into_iter().collect())
}

fn region() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, Some("US"), Some("GB"), Some("US-CA"), Some("TX"), Some("DE"), Some("XX"), Some("")])
}

fn kind() -> impl Strategy<Value = Kind> {
    select(Kind::all().filter(|kind| !kind.is_form()).collect::<Vec<_>>())
}

#[test]
fn reading_a_normal_form_again_gives_the_same() {
    for (kind, normal) in normal_forms() {
        let again = kind.read(&normal, &NOWHERE);
        assert_eq!(again.as_deref().map(String::as_str), Ok(normal.as_str()), "{kind:?}");
    }
}

/// What a mask may show of the values of each kind: so many characters at the end, at the beginning, or what
/// the catalogue says is public.
#[test]
fn a_mask_shows_no_more_than_it_says() {
    let shown: HashMap<&str, usize> = [
        ("card-number", 4),
        ("us-bank-account", 4),
        ("us-ssn", 4),
        ("us-itin", 4),
        ("us-ein", 4),
        ("phone", 4),
        ("drivers-licence", 4),
        ("health-insurance-id", 4),
        ("national-id", 3),
        ("passport-number", 3),
        ("medical-record-number", 2),
        ("iban", 4),
        ("person-name", 1),
        ("username", 1),
        ("email", 1),
        ("date-of-birth", 4),
    ]
    .into();
    let mut lengths: HashMap<Kind, HashSet<usize>> = HashMap::new();
    for (kind, normal) in normal_forms() {
        let mask = kind.mask(&normal);
        let value: Value = serde_json::from_str(&normal).expect("JSON");
        let text = match &value {
            Value::String(text) => text.clone(),
            Value::Object(parts) => {
                let part = parts.get("number").or(parts.get("account"));
                part.and_then(Value::as_str).unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        // The public parts are taken away; what is left of the mask is bullets and what it shows.
        let public = match kind.as_str() {
            "email" => text.rfind('@').map_or("", |at| &text[at..]).to_owned(),
            "iban" => text.chars().take(2).collect(),
            "drivers-licence" | "national-id" => value["region"].as_str().unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        let rest = mask.replacen(&public, "", 1);
        let letters = rest.chars().filter(|c| c.is_alphanumeric()).count();
        let most = shown.get(kind.as_str()).copied().unwrap_or(0);
        assert!(letters <= most, "{kind:?} shows {letters} characters in {}", *mask);
        let outside = if value.is_string() { public.chars().count() } else { 0 };
        let hidden = text.chars().count().saturating_sub(outside);
        let few = most > 1 && kind.as_str() != "date-of-birth";
        assert!(letters == 0 || !few || hidden >= letters + 3, "{kind:?} hides too little in {}", *mask);
        if !["email", "person-name", "username"].contains(&kind.as_str()) && text.len() > 7 {
            lengths.entry(kind).or_default().insert(mask.chars().count());
        }
    }
    for (kind, lengths) in lengths {
        assert_eq!(lengths.len(), 1, "{kind:?} has masks of lengths {lengths:?}, which tell about the value");
    }
}

/// An address in one text has no country that anybody could tell.
#[test]
fn a_hint_that_does_not_apply_is_left_out() {
    for (id, value) in [
        ("postal-address", r#""12 High Street, Anytown""#),
        ("billing-address", r#"{"line1":"12 High Street"}"#),
        ("card-number", r#""""#),
        ("iban", "null"),
    ] {
        let kind: Kind = id.parse().expect("a kind");
        let hint = kind.publish(value, kind.hints(), CLOCK).expect("its own hints");
        assert!(hint.is_empty(), "{id} publishes {}", hint.to_json());
    }
}

#[test]
fn a_hint_is_only_what_its_kind_allows() {
    for (kind, normal) in normal_forms() {
        for other in ["brand", "last4", "bin", "country", "domain", "year", "valid", "number", "", "Last4"] {
            let published = kind.publish(&normal, &[other], CLOCK);
            if kind.hints().contains(&other) {
                assert!(published.is_ok(), "{kind:?} {other}");
            } else {
                assert_eq!(
                    published.map_err(|e| e.kind()),
                    Err(fieldseal::Code::HintNotAllowed),
                    "{kind:?} {other}"
                );
            }
        }
    }
}

/// The plaintext of every value is the kind's size class, or that doubled until the value fits: nothing else
/// about a value shows in its token.
#[test]
fn all_values_of_a_kind_look_alike() {
    let party = Party::new(Alg::EcdhEs, 1);
    let sealer = party.sealer();
    let mut seen: HashMap<(Kind, usize), usize> = HashMap::new();
    for (kind, normal) in normal_forms() {
        let mut options = SealOptions::new("f", kind);
        options.once = true;
        options.exp = None;
        let token = sealer.seal_json(&normal, &options, CLOCK, entropy()).expect("a normal form is sealed");
        let mut size = kind.size_class();
        while size < normal.len() + 13 {
            size *= 2;
        }
        let length = *seen.entry((kind, size)).or_insert(token.len());
        assert_eq!(token.len(), length, "{kind:?} {}", normal.len());
    }
    let ordinary = seen.keys().filter(|(kind, size)| kind.size_class() == *size).count();
    assert!(ordinary >= 36, "the ordinary values of a kind fit its size class");
}

proptest! {
    #[test]
    fn reading_never_panics_and_is_idempotent(kind in kind(), text in typed(), region in region()) {
        let context = Context { region, now: CLOCK };
        if let Ok(normal) = kind.read_text(&text, &context) {
            let again = kind.read(&normal, &NOWHERE).map(|again| again.to_string());
            prop_assert_eq!(again.as_deref().ok(), Some(normal.as_str()), "{:?} {:?}", kind, text);
            let mask = kind.mask(&normal);
            prop_assert!(normal.len() < 8 || !mask.contains(normal.trim_matches('"')));
            prop_assert!(kind.publish(&normal, kind.hints(), CLOCK).is_ok());
        }
    }

    #[test]
    fn any_json_is_read_or_refused(kind in kind(), text in ".{0,40}") {
        let _ = kind.read(&text, &NOWHERE);
        let _ = kind.mask(&text);
        let _ = kind.publish(&text, kind.hints(), CLOCK);
    }

    /// Help while typing never loses a letter or digit that was typed, and the caret stays inside.
    #[test]
    fn an_edit_keeps_what_was_typed(kind in kind(), before in typed(), after in typed(), at in 0_usize..30, forward: bool) {
        let units: Vec<u16> = after.encode_utf16().collect();
        let edit = Edit { before: &before, after: &after, caret: at.min(units.len()), forward };
        if let Some((text, caret)) = kind.edit(&edit) {
            prop_assert!(caret <= text.encode_utf16().count());
            let significant = |text: &str| -> usize {
                text.chars().filter(|c| c.is_alphanumeric()).count()
            };
            // A month is led by a zero; a separator that was deleted takes one character with it.
            let kept = significant(&text);
            prop_assert!(kept + 1 >= significant(&after) && kept <= significant(&after) + 1, "{:?}", kind);
            // What the help left is good as it is, save that what remains of a deletion is not completed.
            let again = Edit { before: &text, after: &text, caret, forward };
            prop_assert!(before.len() > after.len() || kind.edit(&again).is_none(), "{:?} {:?} {}", kind, after, *text);
        }
    }
}
