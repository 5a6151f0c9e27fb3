//! Hints: what a developer may publish about a value, kind by kind, and how each is computed from the value.
//! A hint that is typed in by hand could say anything; one that is computed can be checked when the value is
//! opened.

use super::payment::Brand;
use super::text::Text;
use super::{contact, identity};
use crate::json::{Json, Object};
use crate::prelude::*;
use crate::{Code, Error, Kind, NumericDate, Result};
use zeroize::Zeroizing;

/// Says only that the value was valid when it was sealed.
const VALID: &str = "valid";

impl Kind {
    /// The names of the hints that this kind allows.
    ///
    /// Of a card number they are what PCI DSS 4.0 requirement 3.4.1 lets everybody see: the BIN and the last
    /// four digits.
    pub fn hints(self) -> &'static [&'static str] {
        match self.as_str() {
            "card-number" => &["brand", "last4", "bin", VALID],
            "iban" => &["country", "last4", VALID],
            "us-bank-account" => &["last4", VALID],
            "email" => &["domain", VALID],
            "phone" => &["country-code", VALID],
            "date-of-birth" => &["year", "age-band", VALID],
            "drivers-licence" | "national-id" => &["region", VALID],
            "postal-address" | "billing-address" => &["country"],
            "card-expiry" | "us-ssn" | "us-itin" | "us-ein" | "passport-number" => &[VALID],
            _ => &[],
        }
    }

    /// The hints of these names for a value in normal form, sealed at a time. A hint that does not apply to
    /// the value, such as the country of an address without one, is left out.
    ///
    /// Errors: `hint-not-allowed` for a name that the kind does not have.
    pub fn publish<'a>(
        self,
        normal: &str,
        names: impl IntoIterator<Item = &'a str>,
        sealed: NumericDate,
    ) -> Result<Object> {
        let mut hint = Object::default();
        self.publish_into(&mut hint, "", normal, names, sealed)?;
        Ok(hint)
    }

    /// The same for a member of a form, whose hints are called `member.hint`.
    pub(crate) fn publish_into<'a>(
        self,
        hint: &mut Object,
        prefix: &str,
        normal: &str,
        names: impl IntoIterator<Item = &'a str>,
        sealed: NumericDate,
    ) -> Result<()> {
        for name in names {
            if !self.hints().contains(&name) {
                return Err(Error::new(Code::HintNotAllowed));
            }
            if let Some(value) = self.compute(name, normal, sealed) {
                // A name that comes twice says the same twice.
                let _ = hint.insert(&[prefix, name].concat(), value);
            }
        }
        Ok(())
    }

    fn compute(self, name: &str, normal: &str, sealed: NumericDate) -> Option<Json> {
        let value = Json::parse(normal.as_bytes(), Code::ValueInvalid, Code::ValueInvalid).ok()?;
        let (text, mut parts): (Text, _) = match value {
            Json::String(text) if !text.is_empty() => (Zeroizing::new(text), Object::default()),
            Json::Object(parts) => (Zeroizing::default(), parts),
            _ => return None,
        };
        if name == VALID {
            return Some(Json::Bool(true));
        }
        let mut part = |name: &str| match parts.take(name) {
            Some(Json::String(text)) => Some(Zeroizing::new(text)),
            _ => None,
        };
        let last4 =
            |text: &str| text.len().checked_sub(4).and_then(|at| text.get(at..)).map(ToOwned::to_owned);
        let found = match (self.as_str(), name) {
            ("card-number", "brand") => Brand::of(&text).name.to_owned(),
            ("card-number", "bin") => text.get(..6)?.to_owned(),
            ("us-bank-account", _) => last4(&part("account").filter(|account| account.len() > 6)?)?,
            (_, "last4") => last4(&text)?,
            ("iban", _) => text.get(..2)?.to_owned(),
            ("email", _) => text.rsplit_once('@')?.1.to_owned(),
            ("phone", _) => contact::country_code(text.get(1..)?)?.to_owned(),
            ("date-of-birth", "year") => {
                return Some(Json::Integer(super::text::number(text.get(..4)?).into()));
            }
            ("date-of-birth", _) => identity::age_band(&text, sealed)?.to_owned(),
            (_, name) => part(name)?.as_str().to_owned(),
        };
        Some(Json::String(found))
    }
}
