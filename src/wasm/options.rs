//! Options, as the JSON text that the JavaScript side makes of them. A member that is not known is an
//! error: a misspelt `once` must not seal a value that opens twice.

use super::controls::Control;
use crate::ascii::words;
use crate::json::{Json, Object};
use crate::kind::Kind;
use crate::prelude::*;
use crate::sealer::SealOptions;
use crate::{Code, Error, NumericDate, Result};

/// `{ field, kind, sub?, exp?, once?, hint?, consent?, region?, check? }`
pub(super) fn parse(options: &str) -> Result<SealOptions> {
    let members = object(options)?;
    let mut members = Members::of(&members);
    let mut kind = None;
    members.text("kind", &mut kind)?;
    let kind = Kind::parse(&kind.ok_or(wrong("kind"))?)?;
    members.read(kind)
}

/// The same without `kind`, for a form, whose tokens have the kinds of their classes.
pub(super) fn parse_form(options: &str) -> Result<SealOptions> {
    Members::of(&object(options)?).read(Kind::parse("general-form")?)
}

/// A guard's options: `{ sub?, consent?, lifetime?, check?, fields?: { [entry]: { exp?, once?, hint?, region?,
/// check? … } } }`.
#[derive(Default)]
pub(super) struct GuardOptions {
    sub: Option<String>,
    consent: Option<Object>,
    lifetime: Option<u64>,
    check: Option<bool>,
    fields: Option<Object>,
}

impl GuardOptions {
    pub(super) fn parse(options: &str, now: NumericDate) -> Result<Self> {
        let members = object(options)?;
        let mut members = Members::of(&members);
        let mut parsed = Self::default();
        members.text("sub", &mut parsed.sub)?;
        members.plain("consent", &mut parsed.consent)?;
        members.whole("lifetime", &mut parsed.lifetime)?;
        members.truth("check", &mut parsed.check)?;
        members.plain("fields", &mut parsed.fields)?;
        members.end()?;
        // A mistake shows now and not on submit: in a field's options, and in those of all, for any field.
        if let Some(fields) = &parsed.fields {
            for (name, _) in fields.iter() {
                parsed.rehearse(name, now)?;
            }
        }
        parsed.rehearse("any", now)?;
        Ok(parsed)
    }

    fn rehearse(&self, name: &str, now: NumericDate) -> Result<()> {
        let mut options = SealOptions::new(name, Kind::parse("text")?);
        self.for_field(&mut options, now)?;
        // Which hints an entry may have is for its kind to say, which its control tells.
        options.hint.clear();
        options.check(now)
    }

    /// The options of one entry sealed `now`, into options that name it.
    fn for_field(&self, options: &mut SealOptions, now: NumericDate) -> Result<()> {
        match self.fields.as_ref().and_then(|fields| fields.get(&options.field)) {
            None => {}
            Some(Json::Object(own)) => {
                if own.get("field").is_some() {
                    return Err(wrong("fields"));
                }
                Members::of(own).fill(options)?;
            }
            Some(_) => return Err(wrong("fields")),
        }
        if options.sub.is_none() {
            options.sub.clone_from(&self.sub);
        }
        if options.consent.is_none() {
            options.consent.clone_from(&self.consent);
        }
        if let (None, Some(mut seconds)) = (options.exp, self.lifetime) {
            // What is said of all fields does not make a security code last longer than it may.
            if let (true, Some(most)) = (options.kind.is_once(), options.kind.lifetime()) {
                seconds = seconds.min(most);
            }
            options.exp = Some(now.plus(seconds));
        }
        options.check &= self.check.unwrap_or(true);
        Ok(())
    }

    /// The options of a control, which may say some of them itself.
    pub(super) fn of_control(&self, control: &Control, now: NumericDate) -> Result<SealOptions> {
        let mut options = SealOptions::new(&control.entry, control.kind()?);
        self.for_field(&mut options, now)?;
        if let (true, Some(hint)) = (options.hint.is_empty(), &control.hint) {
            options.hint = names(hint);
        }
        if options.region.is_none() {
            options.region.clone_from(&control.region);
        }
        options.check &= control.check;
        Ok(options)
    }
}

fn object(options: &str) -> Result<Object> {
    let json = Json::parse(options.as_bytes(), Code::OptionInvalid, Code::OptionInvalid)?;
    json.into_object().ok_or(Error::new(Code::OptionInvalid))
}

fn wrong(name: &'static str) -> Error {
    Error::of(Code::OptionInvalid, name)
}

/// The members of an object that is being read: how many it has beside those that were asked for. What is read
/// is put where it belongs and not given back, which would be twice the size.
struct Members<'a> {
    object: &'a Object,
    left: usize,
}

impl<'a> Members<'a> {
    fn of(object: &'a Object) -> Self {
        Self { object, left: object.iter().len() }
    }

    /// Everything but the kind.
    fn read(&mut self, kind: Kind) -> Result<SealOptions> {
        let mut field = None;
        self.text("field", &mut field)?;
        let mut options = SealOptions::new(&field.ok_or(wrong("field"))?, kind);
        self.fill(&mut options)?;
        Ok(options)
    }

    /// Everything but the kind and the field.
    fn fill(&mut self, options: &mut SealOptions) -> Result<()> {
        let (mut exp, mut once, mut check) = (None, None, None);
        self.text("sub", &mut options.sub)?;
        self.whole("exp", &mut exp)?;
        self.truth("once", &mut once)?;
        self.list("hint", &mut options.hint)?;
        self.plain("consent", &mut options.consent)?;
        self.text("region", &mut options.region)?;
        self.truth("check", &mut check)?;
        self.end()?;
        options.exp = exp.map(NumericDate);
        options.once = once.unwrap_or_default();
        options.check = check.unwrap_or(true);
        Ok(())
    }

    fn get(&mut self, name: &str) -> Option<&'a Json> {
        let found = self.object.get(name);
        self.left -= usize::from(found.is_some());
        found
    }

    fn text(&mut self, name: &'static str, into: &mut Option<String>) -> Result<()> {
        match self.get(name) {
            None => {}
            Some(Json::String(text)) => *into = Some(text.clone()),
            Some(_) => return Err(wrong(name)),
        }
        Ok(())
    }

    fn whole(&mut self, name: &'static str, into: &mut Option<u64>) -> Result<()> {
        match self.get(name) {
            None => {}
            Some(Json::Integer(n)) if *n >= 0 => *into = Some(n.unsigned_abs()),
            Some(_) => return Err(wrong(name)),
        }
        Ok(())
    }

    fn truth(&mut self, name: &'static str, into: &mut Option<bool>) -> Result<()> {
        match self.get(name) {
            None => {}
            Some(Json::Bool(truth)) => *into = Some(*truth),
            Some(_) => return Err(wrong(name)),
        }
        Ok(())
    }

    fn list(&mut self, name: &'static str, into: &mut Vec<String>) -> Result<()> {
        match self.get(name) {
            None => {}
            Some(Json::Array(items)) => {
                for item in items {
                    into.push(item.as_str().ok_or(wrong(name))?.to_owned());
                }
            }
            Some(_) => return Err(wrong(name)),
        }
        Ok(())
    }

    fn plain(&mut self, name: &'static str, into: &mut Option<Object>) -> Result<()> {
        match self.get(name) {
            None => {}
            Some(Json::Object(object)) => *into = Some(object.clone()),
            Some(_) => return Err(wrong(name)),
        }
        Ok(())
    }

    fn end(&self) -> Result<()> {
        if self.left == 0 { Ok(()) } else { Err(Error::new(Code::OptionInvalid)) }
    }
}

/// Words with spaces between.
pub(super) fn names(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for name in words(text, b" \t\n\r\x0c") {
        names.push(name.to_owned());
    }
    names
}
