//! What opening finds out about a value: whether it is one of its kind, and whether its hints are true.

use crate::json::Object;
use crate::jwe::header::Header;
use crate::kind::{Context, Kind};
use crate::prelude::*;
use alloc::collections::BTreeMap;
use serde_json::value::RawValue;

/// What to make of an opened value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// Whether the value, or each value of a form, is one of its kind at the time of sealing.
    pub valid: bool,
    /// Whether every hint is what the value gives; `None` if there is no hint.
    pub hint_matches: Option<bool>,
}

pub(super) fn of(value: &str, header: &Header) -> Review {
    let members = members(value, header);
    let mut valid = !members.is_empty();
    let mut computed = Object::default();
    for (name, kind, value) in members {
        match read(kind, value, header) {
            Some(normal) => publish(&mut computed, name, kind, &normal, header),
            None => valid = false,
        }
    }
    let hint_matches =
        header.hint.as_ref().map(|hint| hint.iter().all(|(name, said)| computed.get(name) == Some(said)));
    Review { valid, hint_matches }
}

/// The values in a value, with their names and kinds.
pub(super) fn members<'a>(value: &'a str, header: &'a Header) -> Vec<(&'a str, Kind, &'a str)> {
    let members =
        if header.kind.is_form() { form(value, header) } else { Some(Vec::from([("", header.kind, value)])) };
    // A form that cannot be read as one has no valid value; opening has refused it before.
    members.unwrap_or_default()
}

/// The value's normal form. What needs a region to be read was sealed with it, so none is given here.
fn read(kind: Kind, value: &str, header: &Header) -> Option<Text> {
    kind.read(value, &Context { region: None, now: header.iat }).ok()
}

/// All that the kind could publish; what was published is compared with it.
fn publish(computed: &mut Object, name: &str, kind: Kind, normal: &str, header: &Header) {
    let prefix = if name.is_empty() { String::new() } else { [name, "."].concat() };
    // Its own names are always allowed.
    let _ = kind.publish_into(computed, &prefix, normal, kind.hints(), header.iat);
}

fn form<'a>(value: &'a str, header: &'a Header) -> Option<Vec<(&'a str, Kind, &'a str)>> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(value).ok()?;
    let member = |(name, kind): &'a (String, Kind)| Some((name.as_str(), *kind, members.remove(name)?.get()));
    header.fields.iter().map(member).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::suite::Alg;
    use crate::{NumericDate, Origin};

    fn header(kind: &str, hint: &[(&str, Json)], fields: &[(&str, &str)]) -> Header {
        let kind_of = |id: &str| Kind::parse(id).expect("a kind");
        let mut object = Object::default();
        for (name, value) in hint {
            object.insert(name, value.clone()).expect("a new name");
        }
        Header {
            alg: Alg::Hpke9,
            kid: String::new(),
            epk: None,
            field: "f".to_owned(),
            kind: kind_of(kind),
            fields: fields.iter().map(|(name, id)| ((*name).to_owned(), kind_of(id))).collect(),
            iss: Origin::parse("https://shop.example").expect("an origin"),
            iat: NumericDate(1_782_907_200),
            jti: String::new(),
            exp: None,
            sub: None,
            once: false,
            hint: Some(object).filter(|_| !hint.is_empty()),
            consent: None,
        }
    }

    fn text(text: &str) -> Json {
        Json::String(text.to_owned())
    }

    #[test]
    fn what_is_said_of_a_value() {
        let card = "\"4242424242424242\"";
        for (kind, value, hint, valid, matches) in [
            ("card-number", card, &[][..], true, None),
            ("card-number", "\"4242424242424241\"", &[], false, None),
            ("card-number", "4242", &[], false, None),
            ("card-number", card, &[("last4", text("4242")), ("brand", text("visa"))], true, Some(true)),
            ("card-number", card, &[("last4", text("4243"))], true, Some(false)),
            ("card-number", card, &[("brand", text("amex"))], true, Some(false)),
            // What the kind does not publish, or publishes as something else, is not true either.
            ("card-number", card, &[("cvc", text("737"))], true, Some(false)),
            ("card-number", card, &[("last4", Json::Integer(4242))], true, Some(false)),
            ("card-number", "\"4242424242424241\"", &[("valid", Json::Bool(true))], false, Some(false)),
            ("card-number", card, &[("valid", Json::Bool(false))], true, Some(false)),
            ("card-number", "\"\"", &[("last4", text("4242"))], true, Some(false)),
            ("date-of-birth", "\"2008-07-01\"", &[("age-band", text("18-24"))], true, Some(true)),
            // The age is that at the time of sealing.
            ("date-of-birth", "\"2008-07-02\"", &[("age-band", text("18-24"))], true, Some(false)),
            ("text", "\"x\"", &[("last4", text("x"))], true, Some(false)),
        ] {
            let review = of(value, &header(kind, hint, &[]));
            assert_eq!(review, Review { valid, hint_matches: matches }, "{kind} {value} {hint:?}");
        }
    }

    #[test]
    fn what_is_said_of_a_form() {
        let fields = [("card.1", "card-number"), ("expiry", "card-expiry")];
        let value = r#"{"card.1":"4242424242424242","expiry":"2029-04"}"#;
        let review = |value, hint: &[_]| of(value, &header("payment-form", hint, &fields));
        assert_eq!(review(value, &[]), Review { valid: true, hint_matches: None });
        let hint = [("card.1.last4", text("4242")), ("expiry.valid", Json::Bool(true))];
        assert_eq!(review(value, &hint), Review { valid: true, hint_matches: Some(true) });
        let hint = [("card.last4", text("4242"))];
        assert_eq!(review(value, &hint), Review { valid: true, hint_matches: Some(false) });
        let bad = r#"{"card.1":"4242424242424242","expiry":"2019-04"}"#;
        assert_eq!(review(bad, &[]), Review { valid: false, hint_matches: None });
    }
}
