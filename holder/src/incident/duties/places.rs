//! Countries, parts of them, and unions of them.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The file that says which countries a union has.
pub(super) const FILE: &str = "regions.json";

/// The unions, by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Places(BTreeMap<String, Vec<String>>);

impl Places {
    /// Whether one of these has a place in it.
    pub(super) fn any_has(&self, these: &[String], place: &str) -> bool {
        these.iter().any(|this| self.has(this, place))
    }

    /// Whether `place` is `this` or in it: `US-CA` is in `US`, and `DE` is in `EU`.
    fn has(&self, this: &str, place: &str) -> bool {
        let is_in = |whole: &str| {
            place.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        match self.0.get(this) {
            Some(members) => place == this || members.iter().any(|member| is_in(member)),
            None => is_in(this),
        }
    }

    /// Whether a rule may name this.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name) || is_place(name)
    }
}

/// Whether this is a country or a part of one (ISO 3166-1 alpha-2, ISO 3166-2). Hints come from whoever made the token,
/// so what is none of these counts as not known.
pub(super) fn is_place(text: &str) -> bool {
    let (country, part) = text.split_once('-').unwrap_or((text, "0"));
    let is_country = country.len() == 2 && country.bytes().all(|c| c.is_ascii_uppercase());
    let is_part =
        (1..=3).contains(&part.len()) && part.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_country && is_part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_in_its_country_and_union() {
        let places: Places = serde_json::from_str(r#"{"EU":["DE","FR"]}"#).unwrap();
        let has = |this: &str, place: &str| places.has(this, place);
        assert!(has("US", "US-CA") && has("US-CA", "US-CA") && has("EU", "DE-BY") && has("EU", "EU"));
        assert!(!has("US-CA", "US") && !has("EU", "GB") && !has("US", "USA") && !has("US-C", "US-CA"));
    }

    #[test]
    fn what_is_no_place_is_not_known() {
        for good in ["DE", "US-CA", "GB-ENG", "FR-75"] {
            assert!(is_place(good), "{good}");
        }
        for bad in ["", "de", "DEU", "US-", "US-CALI", "unknown", "<b>", "US-CA-1", "DE\n"] {
            assert!(!is_place(bad), "{bad}");
        }
    }
}
