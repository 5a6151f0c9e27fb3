//! Whole forms: one token per class of data, each holding an object of the fields of its class.
//!
//! A form's tokens are smaller than one token a field, and still each goes to the people who hold the
//! key of its class.

use crate::json;
use crate::jwe::header;
use crate::kind::{Class, Kind};
use crate::prelude::*;
use crate::sealer::{Contents, Prepared, SealOptions, Sealer};
use crate::{Code, Error, NumericDate, Result};

/// A field of a form.
pub struct FormField {
    /// The member's name in the sealed object: 1 to 256 bytes, no control characters.
    pub name: String,
    /// What the value is.
    pub kind: Kind,
    /// The value's JSON text.
    pub value: Text,
    /// The country or state that it is about, where the kind asks for it.
    pub region: Option<String>,
    /// Names of the hints to publish about it; in the header each stands behind the field's name and a dot.
    pub hint: Vec<String>,
}

impl Sealer {
    /// Seals the fields, one token for each class among them, in the order of [`Class::ALL`].
    ///
    /// `options` gives a token's options for the form kind of its class (`payment-form` and so on), and
    /// `prepare` is called once for each token, with that kind.
    ///
    /// A token is `once`, and lives as long, as the strictest of its fields asks.
    ///
    /// Errors: `field-invalid` (also for a name that comes twice), `option-invalid` (also for more fields
    /// of one class than a header holds: 2048 bytes of names and kinds), `hint-not-allowed` (also for hints in
    /// `options`, as a hint is a field's), those of [`Sealer::seal_json`]. On an error no token is given at all.
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
            let kind = Kind::of_form(class)?;
            let options = options(kind);
            if options.kind != kind {
                return Err(Error::of(Code::OptionInvalid, "kind"));
            }
            options.check(now)?;
            let (value, contents) = object(&members, &options, now)?;
            tokens.push((class, self.seal(&value, &options, contents, now, prepare(kind)?)?));
        }
        Ok(tokens)
    }
}

/// The sealed object's JSON text, and what its members ask of the token.
fn object(members: &[&FormField], options: &SealOptions, now: NumericDate) -> Result<(Text, Contents)> {
    let mut contents = Contents::default();
    // Names may grow sixfold when escaped, and normal forms are rarely longer than what was typed, so the
    // buffer seldom moves.
    let len = members.iter().map(|m| 6 * m.name.len() + m.value.len() + 32).sum::<usize>() + 2;
    let mut value = Text::with_capacity(len);
    value.push('{');
    for FormField { name, kind, value: typed, region, hint } in members {
        if !header::is_name(name) || contents.fields.iter().any(|(other, _)| other == name) {
            return Err(Error::new(Code::FieldInvalid));
        }
        if kind.is_form() {
            return Err(Error::new(Code::KindUnknown));
        }
        if !contents.fields.is_empty() {
            value.push(',');
        }
        json::push_string(&mut value, name);
        value.push(':');
        let region = region.as_deref().or(options.region.as_deref());
        let normal = options.read(*kind, typed, region, now)?;
        value.push_str(&normal);
        let prefix = [name, "."].concat();
        kind.publish_into(&mut contents.hint, &prefix, &normal, hint, now)?;
        contents.once |= kind.is_once();
        contents.lifetime = [contents.lifetime, kind.lifetime()].into_iter().flatten().min();
        contents.fields.push((name.clone(), *kind));
    }
    value.push('}');
    Ok((value, contents))
}
