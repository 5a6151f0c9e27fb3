//! What a control for a kind tells the browser: how to fill it in, and which keyboard to show.

use crate::Kind;

impl Kind {
    /// The `autocomplete` attribute (WHATWG HTML, "autofill field name"). `off` where a browser should not keep
    /// the value; browsers have no name for most identifiers.
    pub fn autocomplete(self) -> &'static str {
        match self.as_str() {
            "person-name" => "name",
            "postal-address" => "street-address",
            "billing-address" => "billing street-address",
            "phone" => "tel",
            "email" => "email",
            "date-of-birth" => "bday",
            "card-number" => "cc-number",
            "card-expiry" => "cc-exp",
            "card-cvc" => "cc-csc",
            "username" => "username",
            "password" => "current-password",
            "text" | "number" | "boolean" | "choice" | "date" => "on",
            _ => "off",
        }
    }

    /// The `inputmode` attribute (WHATWG HTML, "input modalities").
    pub fn input_mode(self) -> &'static str {
        match self.as_str() {
            "phone" => "tel",
            "email" => "email",
            "number" => "decimal",
            "us-ssn" | "us-itin" | "us-ein" | "card-number" | "card-expiry" | "card-cvc" => "numeric",
            _ => "text",
        }
    }

    /// Whether its text runs from left to right on every page: groups of digits would change places otherwise.
    pub fn is_left_to_right(self) -> bool {
        matches!(self.input_mode(), "tel" | "email" | "numeric")
            || matches!(
                self.as_str(),
                "iban"
                    | "us-bank-account"
                    | "national-id"
                    | "drivers-licence"
                    | "passport-number"
                    | "auth-token"
            )
    }
}
