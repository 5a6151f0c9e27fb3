//! What of a value may be shown where the value may not. The hidden part looks the same for all values, so a
//! mask says no more than the characters that it shows.

use super::read::parse;
use crate::Kind;
use crate::json::Json;
use crate::prelude::*;

const HIDDEN: &str = "•••";

impl Kind {
    /// The mask of a value in its normal form, given as JSON text. What is not in normal form is hidden as a
    /// whole.
    pub fn mask(self, normal: &str) -> Text {
        let mut out = Text::default();
        let value = parse(normal).ok();
        let text = match value.as_ref().map(|value| &value.0) {
            Some(Json::String(text)) => text,
            Some(Json::Object(parts)) => {
                let part = |name| parts.get(name).and_then(Json::as_str).unwrap_or_default();
                match self.as_str() {
                    "us-bank-account" => part("account"),
                    "drivers-licence" | "national-id" => {
                        out.push_str(part("region"));
                        out.push(' ');
                        part("number")
                    }
                    _ => "",
                }
            }
            _ => "",
        };
        let characters = |from_end: usize| {
            let start =
                text.char_indices().rev().nth(from_end.wrapping_sub(1)).map_or(text.len(), |(at, _)| at);
            // However short a value is, three of its characters stay hidden.
            if from_end + 3 <= text.chars().count() { &text[start..] } else { "" }
        };
        let (hidden, shown) = match self.as_str() {
            "card-number" | "us-bank-account" => ("•••• ", characters(4)),
            "card-expiry" => ("••/••", ""),
            "us-ssn" | "us-itin" => ("•••-••-", characters(4)),
            "us-ein" => ("••-•••", characters(4)),
            "phone" => ("••• ", characters(4)),
            "drivers-licence" | "health-insurance-id" => (HIDDEN, characters(4)),
            "national-id" | "passport-number" => (HIDDEN, characters(3)),
            "medical-record-number" => (HIDDEN, characters(2)),
            "iban" if text.len() > 8 => {
                out.push_str(text.get(..2).unwrap_or_default());
                ("•• •••• ", characters(4))
            }
            "date-of-birth" if text.len() == 10 => {
                out.push_str(text.get(..4).unwrap_or_default());
                ("-••-••", "")
            }
            "person-name" | "username" | "email" => {
                let at = text.rfind('@').filter(|_| self.as_str() == "email");
                let first = text.chars().next().filter(|_| at.unwrap_or(text.len()) > 1);
                out.extend(first);
                (HIDDEN, at.map_or("", |at| &text[at..]))
            }
            _ => (HIDDEN, ""),
        };
        out.push_str(hidden);
        out.push_str(shown);
        out
    }
}
