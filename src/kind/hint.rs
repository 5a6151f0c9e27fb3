//! Hints: what a developer may publish about a value, kind by kind, and how each is computed from the value.
//! A hint that is typed in by hand could say anything; one that is computed can be checked when the value is
//! opened.

use super::brand::Brand;
use super::read::parse;
use super::text::{number, part};
use super::{contact, identity};
use crate::json::{Json, Object};
use crate::prelude::*;
use crate::{Code, Error, Kind, NumericDate, Result};

impl Kind {
    /// The names of the hints that this kind allows.
    ///
    /// Of a card number they are what PCI DSS 4.0 requirement 3.4.1 lets everybody see: the BIN and the last
    /// four digits.
    pub fn hints(self) -> &'static [&'static str] {
        self.0.hints
    }

    /// The hints of these names for a value in normal form, sealed at a time. A hint that does not apply to
    /// the value, such as the country of an address without one, is left out.
    ///
    /// Errors: `hint-not-allowed` for a name that the kind does not have.
    pub fn publish(self, normal: &str, names: &[impl AsRef<str>], sealed: NumericDate) -> Result<Object> {
        let mut hint = Object::default();
        self.publish_into(&mut hint, "", normal, names, sealed)?;
        Ok(hint)
    }

    /// The same for a member of a form, whose hints are called `member.hint`.
    pub(crate) fn publish_into(
        self,
        hint: &mut Object,
        prefix: &str,
        normal: &str,
        names: &[impl AsRef<str>],
        sealed: NumericDate,
    ) -> Result<()> {
        for name in names.iter().map(AsRef::as_ref) {
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
        let value = parse(normal).ok()?;
        let (text, parts) = match &value.0 {
            Json::String(text) if !text.is_empty() => (text.as_str(), None),
            Json::Object(parts) => {
                (parts.get("account").and_then(Json::as_str).unwrap_or_default(), Some(parts))
            }
            _ => return None,
        };
        let found = match name {
            "valid" => return Some(Json::Bool(true)),
            "year" => return Some(Json::Integer(number(part(text, 0, 4)).into())),
            "brand" => Brand::of(text).name,
            "bin" => text.get(..6)?,
            // Of a short account the last four digits would be most of it.
            "last4" if text.len() > 6 => text.get(text.len() - 4..)?,
            "domain" => text.get(text.bytes().rposition(|b| b == b'@')? + 1..)?,
            "country-code" => contact::country_code(text.get(1..)?)?,
            "age-band" => identity::age_band(text, sealed)?,
            "country" if self.as_str() == "iban" => text.get(..2)?,
            name => parts?.get(name)?.as_str()?,
        };
        Some(Json::String(found.to_owned()))
    }
}
