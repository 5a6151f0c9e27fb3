//! What anyone can read of a token: its protected header. This is for display; nothing here opens a token.

use fieldseal::json::{Json, Object};
use fieldseal::jwe::Token;
use serde::Serialize;

/// The members of the protected header that the pages show.
#[derive(Clone, Debug, Serialize)]
pub struct Header {
    /// The algorithm, `HPKE-9` or `ECDH-ES`.
    pub alg: &'static str,
    /// The thumbprint of the key that it was sealed to.
    pub kid: String,
    /// The field that the value was sealed for.
    pub field: String,
    /// The kind of data.
    pub kind: &'static str,
    /// The origin of the page that sealed it.
    pub iss: String,
    /// When it was sealed, in seconds since 1970.
    pub iat: u64,
    /// What the page published about the value, such as a card's last four digits.
    pub hint: Vec<(String, String)>,
    /// The class that the kind belongs to. It is not in the header: the catalogue of kinds decides it.
    pub class: &'static str,
}

/// Reads the header of a token, and answers `None` for everything else.
pub fn header(value: &str) -> Option<Header> {
    let header = Token::parse(value).ok()?.into_header();
    Some(Header {
        alg: header.alg.as_str(),
        kid: header.kid,
        field: header.field,
        kind: header.kind.as_str(),
        iss: header.iss.as_str().to_owned(),
        iat: header.iat.0,
        class: header.kind.class().as_str(),
        hint: header
            .hint
            .iter()
            .flat_map(Object::iter)
            .map(|(name, said)| (name.to_owned(), text(said)))
            .collect(),
    })
}

fn text(said: &Json) -> String {
    match said {
        Json::String(text) => text.clone(),
        Json::Integer(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}
