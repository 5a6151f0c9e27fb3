//! What anyone can read of a token: its protected header. This is for display; nothing here checks or opens a token.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};

/// The members of the protected header that the pages show.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Header {
    /// The algorithm, `HPKE-9` or `ECDH-ES`.
    pub alg: String,
    /// The thumbprint of the key that it was sealed to.
    pub kid: String,
    /// The field that the value was sealed for.
    pub field: String,
    /// The kind of data.
    pub kind: String,
    /// The origin of the page that sealed it.
    pub iss: String,
    /// When it was sealed, in seconds since 1970.
    pub iat: u64,
    /// The class that the kind belongs to. It is not in the header: the catalogue of kinds decides it.
    #[serde(skip_deserializing, default)]
    pub class: &'static str,
}

/// Reads the header of a value that has the form of a token, and answers `None` for everything else.
///
/// A token is a compact JWE (RFC 7516 section 7.1): five parts, the first of them the header, in base64url.
pub fn header(value: &str) -> Option<Header> {
    let mut parts = value.split('.');
    let protected = parts.next()?;
    if parts.count() != 4 {
        return None;
    }
    let json = Base64UrlUnpadded::decode_vec(protected).ok()?;
    let mut header: Header = serde_json::from_slice(&json).ok()?;
    header.class = class_of(&header.kind);
    Some(header)
}

/// The class of a kind, by which the key holder decides who may open it.
///
/// The shop has no business with the sealing library, so it keeps this small copy; a test compares it with the catalogue.
pub fn class_of(kind: &str) -> &'static str {
    match kind {
        "person-name" | "postal-address" | "billing-address" | "phone" | "email" | "contact-form" => {
            "contact"
        }
        "us-ssn" | "us-itin" | "us-ein" | "drivers-licence" | "passport-number" | "date-of-birth"
        | "national-id" | "identity-form" => "identity",
        "card-number" | "card-expiry" | "card-cvc" | "iban" | "us-bank-account" | "transaction"
        | "payment-history" | "payment-form" => "payment",
        "medical-record-number"
        | "health-insurance-id"
        | "diagnosis"
        | "treatment"
        | "medication"
        | "health-note"
        | "health-form" => "health",
        "username" | "password" | "security-answer" | "auth-token" | "session-data" | "credential-form" => {
            "credential"
        }
        _ => "general",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header_of_a_token_only() {
        let protected = Base64UrlUnpadded::encode_string(
            br#"{"alg":"HPKE-9","kid":"k","typ":"sealed+jwe","field":"card_cvc","kind":"card-cvc","iss":"https://shop.example","iat":1,"jti":"j"}"#,
        );
        let read = header(&format!("{protected}.AA..AA.")).expect("a token");
        assert_eq!(
            (read.field.as_str(), read.kind.as_str(), read.class),
            ("card_cvc", "card-cvc", "payment")
        );

        for other in ["", "4242424242424242", "a.b.c.d.e", "....", &protected, &format!("{protected}.AA.AA")]
        {
            assert!(header(other).is_none());
        }
    }
}
