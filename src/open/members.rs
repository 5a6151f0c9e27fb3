//! The members of a form's value, which must be those that the header declares: the header's kinds are
//! what a policy goes by, so nothing may hide beside them.

use core::fmt;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

/// Whether `object` is a JSON object with exactly these members, in this order, each once.
pub(super) fn are<'a>(object: &str, declared: impl Iterator<Item = &'a str>) -> bool {
    let mut reader = serde_json::Deserializer::from_str(object);
    reader.deserialize_map(Declared(declared)).is_ok() && reader.end().is_ok()
}

struct Declared<I>(I);

impl<'de, 'a, I: Iterator<Item = &'a str>> Visitor<'de> for Declared<I> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the declared members")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        // Values can be long, and only names matter here.
        while let Some(name) = map.next_key::<alloc::borrow::Cow<'de, str>>()? {
            if self.0.next() != Some(&*name) {
                return Err(A::Error::custom("another member"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        if self.0.next().is_none() { Ok(()) } else { Err(A::Error::custom("a member is missing")) }
    }
}

#[cfg(test)]
mod tests {
    use super::are;

    #[test]
    fn only_the_declared_members_in_order() {
        let declared = |object| are(object, ["a", "b\n"].into_iter());
        assert!(declared(r#"{"a":1,"b\n":{"x":[2]}}"#));
        assert!(declared(r#"{ "\u0061" : "y" , "b\u000a" : null }"#));
        for other in [
            r#"{}"#,
            r#"{"a":1}"#,
            r#"{"b\n":1,"a":1}"#,
            r#"{"a":1,"b\n":1,"c":1}"#,
            r#"{"a":1,"a":2,"b\n":1}"#,
            r#"{"a":1,"b\n":1,"b\n":2}"#,
            r#"["a","b\n"]"#,
            r#""a""#,
            r#"{"a":1,"b\n":1}{}"#,
        ] {
            assert!(!declared(other), "{other}");
        }
    }
}
