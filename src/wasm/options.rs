//! Options, as the JSON text that the JavaScript side makes of them. A member that is not known is an
//! error: a misspelt `once` must not seal a value that opens twice.

use super::controls::Control;
use crate::json::{Json, Object};
use crate::kind::Kind;
use crate::prelude::*;
use crate::sealer::SealOptions;
use crate::{Code, Error, NumericDate, Result};

/// Everything but the kind.
pub(super) struct Template(SealOptions);

impl Template {
    pub(super) fn of_kind(&self, kind: Kind) -> SealOptions {
        SealOptions { kind, ..self.0.clone() }
    }
}

/// `{ field, kind, sub?, exp?, once?, hint?, consent?, region?, check? }`
pub(super) fn parse(options: &str) -> Result<SealOptions> {
    let mut members = object(options)?;
    let kind = text(&mut members, "kind")?.ok_or(Error::of(Code::OptionInvalid, "kind"))?.parse()?;
    finish(members, kind)
}

/// The same without `kind`, for a form.
pub(super) fn parse_form(options: &str) -> Result<Template> {
    finish(object(options)?, Kind::parse("general-form")?).map(Template)
}

/// A guard's options: `{ sub?, consent?, lifetime?, check?, fields?: { [entry]: { exp?, once?, hint?, region?,
/// check? … } } }`.
pub(super) struct GuardOptions {
    sub: Option<String>,
    consent: Option<Object>,
    lifetime: Option<u64>,
    check: Option<bool>,
    fields: Object,
}

impl GuardOptions {
    pub(super) fn parse(options: &str, now: NumericDate) -> Result<Self> {
        let mut members = object(options)?;
        let parsed = Self {
            sub: text(&mut members, "sub")?,
            consent: plain(&mut members, "consent")?,
            lifetime: whole(&mut members, "lifetime")?,
            check: truth(&mut members, "check")?,
            fields: plain(&mut members, "fields")?.unwrap_or_default(),
        };
        none_left(&members)?;
        // A mistake shows now and not on submit: in a field's options, and in those of all, for any field.
        for name in parsed.fields.iter().map(|(name, _)| name).chain(["any"]) {
            let mut options = parsed.for_field(name, Kind::parse("text")?, now)?;
            // Which hints an entry may have is for its kind to say, which its control tells.
            options.hint.clear();
            options.check(now)?;
        }
        Ok(parsed)
    }

    /// The options of one entry sealed `now`.
    pub(super) fn for_field(&self, field: &str, kind: Kind, now: NumericDate) -> Result<SealOptions> {
        let mut own = match self.fields.get(field) {
            None => Object::default(),
            Some(Json::Object(own)) => own.clone(),
            Some(_) => return Err(Error::of(Code::OptionInvalid, "fields")),
        };
        own.insert("field", Json::String(field.to_owned()))
            .ok_or(Error::of(Code::OptionInvalid, "fields"))?;
        let mut options = finish(own, kind)?;
        options.sub = options.sub.or_else(|| self.sub.clone());
        options.consent = options.consent.or_else(|| self.consent.clone());
        options.exp = options.exp.or(self.lifetime.map(|seconds| now.plus(seconds)));
        options.check &= self.check.unwrap_or(true);
        Ok(options)
    }

    /// The options of a control, which may say some of them itself.
    pub(super) fn of_control(&self, control: &Control, now: NumericDate) -> Result<SealOptions> {
        let mut options = self.for_field(&control.entry, control.kind()?, now)?;
        if options.hint.is_empty() {
            options.hint = names(&control.attribute("data-hint").unwrap_or_default());
        }
        options.region = options.region.or_else(|| control.attribute("data-region"));
        options.check &= control.attribute("data-check").as_deref() != Some("off");
        Ok(options)
    }
}

fn finish(mut members: Object, kind: Kind) -> Result<SealOptions> {
    let m = &mut members;
    let field = text(m, "field")?.ok_or(Error::of(Code::OptionInvalid, "field"))?;
    let options = SealOptions {
        sub: text(m, "sub")?,
        exp: whole(m, "exp")?.map(NumericDate),
        once: truth(m, "once")?.unwrap_or_default(),
        hint: list(m, "hint")?,
        consent: plain(m, "consent")?,
        region: text(m, "region")?,
        check: truth(m, "check")?.unwrap_or(true),
        ..SealOptions::new(&field, kind)
    };
    none_left(&members)?;
    Ok(options)
}

fn object(options: &str) -> Result<Object> {
    let json = Json::parse(options.as_bytes(), Code::OptionInvalid, Code::OptionInvalid)?;
    json.into_object().ok_or(Error::new(Code::OptionInvalid))
}

fn none_left(members: &Object) -> Result<()> {
    if members.is_empty() { Ok(()) } else { Err(Error::new(Code::OptionInvalid)) }
}

fn text(members: &mut Object, name: &'static str) -> Result<Option<String>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::of(Code::OptionInvalid, name)),
    }
}

fn whole(members: &mut Object, name: &'static str) -> Result<Option<u64>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::Integer(n)) if n >= 0 => Ok(Some(n.unsigned_abs())),
        Some(_) => Err(Error::of(Code::OptionInvalid, name)),
    }
}

fn truth(members: &mut Object, name: &'static str) -> Result<Option<bool>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::Bool(truth)) => Ok(Some(truth)),
        Some(_) => Err(Error::of(Code::OptionInvalid, name)),
    }
}

fn list(members: &mut Object, name: &'static str) -> Result<Vec<String>> {
    let wrong = Error::of(Code::OptionInvalid, name);
    let text = |item| if let Json::String(text) = item { Ok(text) } else { Err(wrong) };
    match members.take(name) {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) => items.into_iter().map(text).collect(),
        Some(_) => Err(wrong),
    }
}

/// Words with spaces between.
pub(super) fn names(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(ToOwned::to_owned).collect()
}

fn plain(members: &mut Object, name: &'static str) -> Result<Option<Object>> {
    match members.take(name) {
        None => Ok(None),
        Some(Json::Object(object)) => Ok(Some(object)),
        Some(_) => Err(Error::of(Code::OptionInvalid, name)),
    }
}
