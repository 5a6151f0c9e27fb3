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
            if let Some(kind) = kind_of(class, fields)? {
                let options = options(kind);
                if options.kind != kind {
                    return Err(Error::of(Code::OptionInvalid, "kind"));
                }
                tokens.push((class, self.seal_class(fields, &options, now, &mut prepare)?));
            }
        }
        Ok(tokens)
    }

    /// Seals those of the fields that are of the class of the options' kind.
    pub(crate) fn seal_class(
        &self,
        fields: &[FormField],
        options: &SealOptions,
        now: NumericDate,
        prepare: &mut dyn FnMut(Kind) -> Result<Prepared>,
    ) -> Result<String> {
        options.check(now)?;
        let mut value = Text::default();
        let mut contents = Contents::default();
        object(fields, options, now, &mut value, &mut contents)?;
        self.seal(&value, options, &contents, now, prepare(options.kind)?)
    }
}

/// The kind of the token for the fields of a class; none where there are no such fields.
pub(crate) fn kind_of(class: Class, fields: &[FormField]) -> Result<Option<Kind>> {
    if fields.iter().any(|field| field.kind.class() == class) {
        Kind::of_form(class).map(Some)
    } else {
        Ok(None)
    }
}

/// Writes the sealed object's JSON text, and what its members ask of the token.
fn object(
    fields: &[FormField],
    options: &SealOptions,
    now: NumericDate,
    value: &mut Text,
    contents: &mut Contents,
) -> Result<()> {
    let members = || fields.iter().filter(|field| field.kind.class() == options.kind.class());
    // Names may grow sixfold when escaped, and normal forms are rarely longer than what was typed, so the
    // buffer seldom moves.
    value.reserve(members().map(|m| 6 * m.name.len() + m.value.len() + 32).sum::<usize>() + 2);
    value.push('{');
    for FormField { name, kind, value: typed, region, hint } in members() {
        if !header::is_name(name) || contents.fields.iter().any(|(other, _)| other == name) {
            return Err(Error::new(Code::FieldInvalid));
        }
        if kind.is_form() {
            return Err(Error::new(Code::KindUnknown));
        }
        if !contents.fields.is_empty() {
            value.push(',');
        }
        json::push_string(value, name);
        value.push(':');
        let region = region.as_deref().or(options.region.as_deref());
        let normal = options.read(*kind, typed, region, now)?;
        value.push_str(&normal);
        let prefix = [name, "."].concat();
        kind.publish_into(&mut contents.hint, &prefix, &normal, hint, now)?;
        contents.once |= kind.is_once();
        contents.lifetime = match (contents.lifetime, kind.lifetime()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        contents.fields.push((name.clone(), *kind));
    }
    value.push('}');
    Ok(())
}
