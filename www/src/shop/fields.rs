//! What the checkout must send sealed. A test compares this with the page.

use axum::http::{Method, request::Parts};
use fieldseal::{Origin, Result, server::Guard};

/// Fields without which there is no order, with their kinds.
const REQUIRED: &[(&str, &str)] = &[
    ("full_name", "person-name"),
    ("email", "email"),
    ("address_line1", "postal-address"),
    ("address_city", "postal-address"),
    ("address_postcode", "postal-address"),
    ("card_number", "card-number"),
    ("card_expiry", "card-expiry"),
    ("card_cvc", "card-cvc"),
];

/// Fields that may be left out.
const OPTIONAL: &[(&str, &str)] = &[
    ("phone", "phone"),
    ("address_country", "postal-address"),
    ("delivery", "choice"),
    ("gift", "boolean"),
    ("note", "text"),
    ("ssn", "us-ssn"),
];

/// The guard of the shop. It also watches the entries that the page sends in clear: a card number has no business there.
pub(super) fn guard(origins: &[Origin]) -> Result<Guard> {
    let mut guard = Guard::builder().watch();
    for origin in origins {
        guard = guard.origin(origin.clone());
    }
    for (name, kind) in REQUIRED {
        guard = guard.required(name, kind.parse()?);
    }
    for (name, kind) in OPTIONAL {
        guard = guard.optional(name, kind.parse()?);
    }
    guard.build()
}

/// Whether a request is an order, which must be whole. Of all others no field is required, but none may come in clear.
pub(super) fn are_submitted(request: &Parts) -> bool {
    request.method == Method::POST && request.uri.path() == "/order"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
        tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
    }

    #[test]
    fn the_page_and_the_guard_agree() {
        let page = include_str!("../../pages/checkout.html");
        let tags = page.split('<').filter_map(|part| part.split_once('>')).map(|(tag, _)| tag);
        let mut sealed: Vec<_> = tags
            .filter_map(|tag| {
                let required = tag.split_whitespace().any(|word| word == "required");
                Some((attribute(tag, "data-seal")?, attribute(tag, "data-kind")?, required))
            })
            .collect();
        let mut declared: Vec<_> = [(REQUIRED, true), (OPTIONAL, false)]
            .into_iter()
            .flat_map(|(fields, required)| fields.iter().map(move |&(name, kind)| (name, kind, required)))
            .collect();
        sealed.sort_unstable();
        sealed.dedup();
        declared.sort_unstable();
        assert_eq!(sealed, declared);
    }

    #[test]
    fn the_guard_stands() {
        let origin = Origin::parse("http://localhost:8080").expect("an origin");
        assert!(guard(&[origin]).is_ok());
        assert!(guard(&[]).is_err());
    }
}
