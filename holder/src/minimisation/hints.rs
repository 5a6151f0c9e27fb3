//! Which hints say more than they have to. A hint stands in the token's header, for everybody who has the token; a mask
//! is shown to those with a credential for it.

use super::Field;
use fieldseal::kind::Kind;
use serde::Serialize;

/// How much a hint narrows down who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Identifies {
    /// That the value is one of its kind, and nothing else.
    Nothing,
    /// To a country, a state or an age group.
    Little,
    /// To few, beside what else is known of them.
    Some,
    /// Often to one by itself.
    Much,
}

/// What a hint says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Says {
    /// In words.
    pub(crate) what: &'static str,
    /// How much it identifies.
    pub(crate) identifies: Identifies,
    /// Whether the kind's mask does not show it.
    pub(crate) wider: bool,
}

/// A hint that says more than it has to, and why.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct HintFinding {
    #[serde(flatten)]
    pub(crate) field: Field,
    /// The hint.
    pub(crate) hint: String,
    /// What it says.
    pub(crate) says: &'static str,
    /// How much it identifies.
    pub(crate) identifies: Identifies,
    /// Whether it says more than the kind's mask shows.
    pub(crate) wider_than_mask: bool,
    /// Whether nothing was asked of the field's values, so that the hint is all that is left of a use.
    pub(crate) unused: bool,
}

/// What a hint of a kind says; `None` if the kind does not have it. In a form it stands behind the member's name and a
/// dot, and counts as that of the kind of the form's class which says most by it.
pub(crate) fn of(kind: Kind, hint: &str) -> Option<Says> {
    if !kind.is_form() {
        return says(kind, hint).filter(|_| kind.hints().contains(&hint));
    }
    let (_, own) = hint.rsplit_once('.')?;
    let kinds = Kind::all().filter(|inner| inner.class() == kind.class() && !inner.is_form());
    kinds.filter_map(|inner| of(inner, own)).max_by_key(|says| (says.wider, says.identifies))
}

fn says(kind: Kind, hint: &str) -> Option<Says> {
    use Identifies::{Little, Much, Nothing, Some as Few};
    let (what, identifies, wider) = match (kind.as_str(), hint) {
        (_, "valid") => ("that it is one of its kind", Nothing, false),
        ("postal-address" | "billing-address", "country") => ("the country", Little, true),
        ("phone", "country-code") => ("the country of the number", Little, true),
        ("email", "domain") => ("an employer, or a domain of one's own", Much, false),
        ("drivers-licence" | "national-id", "region") => ("the state or country", Little, false),
        ("date-of-birth", "year") => ("the year of birth", Few, false),
        ("date-of-birth", "age-band") => ("the age group", Little, true),
        ("card-number", "brand") => ("the card scheme", Little, true),
        ("card-number", "bin") => ("the bank, and often the product", Few, true),
        ("card-number" | "iban" | "us-bank-account", "last4") => ("four digits of it", Few, false),
        ("iban", "country") => ("the country of the bank", Little, false),
        _ => return None,
    };
    Some(Says { what, identifies, wider })
}

/// What is to be said about the hints of a field.
pub(super) fn findings(field: &Field, kind: Kind, hints: &[String], unused: bool) -> Vec<HintFinding> {
    let finding = |hint: &String| {
        let Says { what, identifies, wider } = of(kind, hint)?;
        let is_found = wider || identifies == Identifies::Much || unused && identifies > Identifies::Nothing;
        is_found.then(|| HintFinding {
            field: field.clone(),
            hint: hint.clone(),
            says: what,
            identifies,
            wider_than_mask: wider,
            unused,
        })
    };
    hints.iter().filter_map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldseal::NumericDate;
    use fieldseal::json::Json;

    /// A value of each kind that has hints, in normal form.
    const SAMPLES: [(&str, &str); 13] = [
        ("postal-address", r#"{"line1":"1 Main St","city":"Springfield","country":"US"}"#),
        ("billing-address", r#"{"line1":"1 Main St","city":"Springfield","country":"US"}"#),
        ("phone", r#""+442079460173""#),
        ("email", r#""pat@shop.example""#),
        ("us-ssn", r#""219099998""#),
        ("us-itin", r#""900700000""#),
        ("us-ein", r#""123456789""#),
        ("drivers-licence", r#"{"region":"US-CA","number":"A1234567"}"#),
        ("date-of-birth", r#""1987-06-05""#),
        ("national-id", r#"{"region":"GB","number":"AB123456C"}"#),
        ("card-number", r#""4242424242424242""#),
        ("iban", r#""DE89370400440532013000""#),
        ("us-bank-account", r#"{"routing":"021000021","account":"123456789"}"#),
    ];

    /// Whoever adds a hint to the catalogue says here what it tells.
    #[test]
    fn every_hint_is_known() {
        for kind in Kind::all() {
            for hint in kind.hints() {
                assert!(of(kind, hint).is_some(), "{} {hint}", kind.as_str());
                assert!(*hint == "valid" || SAMPLES.iter().any(|(id, _)| *id == kind.as_str()));
            }
        }
        assert_eq!(of(Kind::parse("text").unwrap(), "valid"), None);
    }

    /// Held against the catalogue: what a mask shows of a value, a hint does not say beyond it.
    #[test]
    fn a_hint_is_wider_where_the_mask_does_not_show_it() {
        for (id, sample) in SAMPLES {
            let kind = Kind::parse(id).unwrap();
            let mask = kind.mask(sample);
            for hint in kind.hints().iter().filter(|hint| **hint != "valid") {
                let published = kind.publish(sample, &[hint], NumericDate(1_795_477_931)).unwrap();
                let text = match published.get(hint).unwrap() {
                    Json::String(text) => text.clone(),
                    Json::Integer(number) => number.to_string(),
                    other => panic!("{other:?}"),
                };
                let is_shown = mask.contains(&text);
                assert_eq!(of(kind, hint).unwrap().wider, !is_shown, "{id} {hint}: {text} in the mask");
            }
        }
    }

    #[test]
    fn a_form_is_judged_by_what_says_most() {
        let form = Kind::parse("payment-form").unwrap();
        let last4 = of(form, "card.last4").unwrap();
        assert!(!last4.wider && last4.identifies == Identifies::Some);
        assert!(of(form, "a.b.bin").unwrap().wider);
        assert_eq!((of(form, "last4"), of(form, "card.domain")), (None, None));
    }

    #[test]
    fn what_is_found_is_wider_or_identifies_or_is_of_no_use() {
        let field = Field { origin: "o".to_owned(), field: "f".to_owned(), kind: "k".to_owned() };
        let found = |id: &str, unused| -> Vec<String> {
            let kind = Kind::parse(id).unwrap();
            let hints: Vec<String> = kind.hints().iter().map(|hint| (*hint).to_owned()).collect();
            findings(&field, kind, &hints, unused).into_iter().map(|finding| finding.hint).collect()
        };
        assert_eq!(found("card-number", false), ["brand", "bin"]);
        assert_eq!(found("card-number", true), ["brand", "last4", "bin"]);
        assert_eq!(found("email", false), ["domain"]);
        assert!(found("us-ssn", true).is_empty());
    }
}
