//! Whole forms: one token per class of data, each holding an object of the fields of its class.
//!
//! A form's tokens are smaller than one token a field, and still each goes to the people who hold the
//! key of its class.

use crate::json;
use crate::jwe::Fields;
use crate::jwe::header;
use crate::kind::{Class, Kind};
use crate::prelude::*;
use crate::sealer::{Prepared, SealOptions, Sealer};
use crate::{Code, Error, NumericDate, Result};
use zeroize::Zeroizing;

/// A field of a form.
pub struct FormField {
    /// The member's name in the sealed object: 1 to 256 bytes, no control characters.
    pub name: String,
    /// What the value is.
    pub kind: Kind,
    /// The value's JSON text.
    pub value: Zeroizing<String>,
}

impl Sealer {
    /// Seals the fields, one token for each class among them, in the order of [`Class::ALL`].
    ///
    /// `options` gives a token's options for the form kind of its class (`payment-form` and so on), and
    /// `prepare` is called once for each token, with that kind.
    ///
    /// Errors: `field-invalid` (also for a name that comes twice), `option-invalid` (also for more fields
    /// of one class than a header holds: 2048 bytes of names and kinds), those of [`Sealer::seal_json`].
    /// On an error no token is given at all.
    pub fn seal_form(
        &self,
        fields: &[FormField],
        options: impl Fn(Kind) -> SealOptions,
        now: NumericDate,
        mut prepare: impl FnMut(Kind) -> Result<Prepared>,
    ) -> Result<Vec<(Class, String)>> {
        let mut tokens = Vec::new();
        for class in Class::ALL {
            let members: Vec<_> = fields.iter().filter(|field| field.kind.class() == class).collect();
            if members.is_empty() {
                continue;
            }
            let (value, kinds) = object(&members)?;
            let kind = Kind::of_form(class)?;
            let options = options(kind);
            if options.kind != kind {
                return Err(Error::of(Code::OptionInvalid, "kind"));
            }
            let token = self.seal(&value, &options, kinds, now, prepare(kind)?)?;
            tokens.push((class, token));
        }
        Ok(tokens)
    }
}

/// The sealed object's JSON text, and the kinds of its members for the header.
fn object(members: &[&FormField]) -> Result<(Zeroizing<String>, Fields)> {
    let mut kinds = Fields::new();
    // Names may double when escaped; with the capacity right the buffer never moves.
    let len = members.iter().map(|m| 6 * m.name.len() + m.value.len() + 4).sum::<usize>() + 2;
    let mut value = Zeroizing::new(String::with_capacity(len));
    value.push('{');
    for member in members {
        if !header::is_name(&member.name) || kinds.iter().any(|(name, _)| *name == member.name) {
            return Err(Error::new(Code::FieldInvalid));
        }
        if member.kind.is_form() {
            return Err(Error::new(Code::KindUnknown));
        }
        if !kinds.is_empty() {
            value.push(',');
        }
        json::push_string(&mut value, &member.name);
        value.push(':');
        value.push_str(&member.value);
        kinds.push((member.name.clone(), member.kind));
    }
    value.push('}');
    Ok((value, kinds))
}
