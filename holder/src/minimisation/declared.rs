//! What a site says that its forms take: the file that its guard writes (`guard.declared()` of `fieldseal/server` and
//! of the feature `server`).

use super::Field;
use crate::error::{Code, Error, Result};
use fieldseal::kind::Kind;
use serde::Deserialize;
use std::path::Path;

/// The longest file: 1 MiB. A longer one is some other file, named by mistake.
const MAX_LEN: u64 = 1 << 20;

/// What one guard declares.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    origins: Vec<String>,
    fields: Vec<Row>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    kind: String,
    #[serde(default = "required")]
    required: bool,
    /// What pages publish about it. A guard does not know that, so people add it.
    #[serde(default)]
    hints: Vec<String>,
}

/// As a guard takes a field of which nothing else is said.
fn required() -> bool {
    true
}

/// A declared field beside its name.
pub(crate) struct Entry<'a> {
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) hints: &'a [String],
}

impl Declared {
    /// Reads a file.
    ///
    /// Errors: `input-unreadable`; `declared-malformed` with the place, or with the kind or the hint that there is not.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let unreadable = || Error::about(Code::InputUnreadable, path.display());
        if path.metadata().map_err(|_| unreadable())?.len() > MAX_LEN {
            return Err(unreadable());
        }
        Self::parse(&std::fs::read_to_string(path).map_err(|_| unreadable())?)
    }

    fn parse(text: &str) -> Result<Self> {
        let malformed = |about: &dyn std::fmt::Display| Error::about(Code::DeclaredMalformed, about);
        let declared: Self = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        for Row { kind, hints, .. } in &declared.fields {
            let known = Kind::parse(kind).map_err(|_| malformed(&format_args!("there is no kind {kind}")))?;
            if let Some(hint) = hints.iter().find(|hint| super::hints::of(known, hint).is_none()) {
                return Err(malformed(&format_args!("{kind} has no hint {hint}")));
            }
        }
        Ok(declared)
    }

    /// Every field at every origin.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Field, Entry<'_>)> {
        self.fields.iter().flat_map(move |row| {
            self.origins.iter().filter_map(move |origin| {
                let entry =
                    Entry { kind: Kind::parse(&row.kind).ok()?, required: row.required, hints: &row.hints };
                let (field, kind) = (row.name.clone(), row.kind.clone());
                Some((Field { origin: origin.clone(), field, kind }, entry))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guards_declaration_is_read() {
        let declared = Declared::parse(
            r#"{"origins":["https://a.example","https://b.example"],
                "fields":[{"name":"card","kind":"card-number","required":true,"hints":["last4"]},
                          {"name":"checkout","kind":"payment-form","required":false,"hints":["card.bin"]},
                          {"name":"note","kind":"text"}]}"#,
        )
        .unwrap();
        let fields: Vec<_> = declared.fields().collect();
        assert_eq!(fields.len(), 6);
        let (field, entry) = &fields[1];
        assert_eq!((field.origin.as_str(), field.field.as_str()), ("https://b.example", "card"));
        assert!(entry.required && entry.hints == ["last4"]);
        assert!(fields.iter().any(|(field, entry)| field.field == "note" && entry.required));
    }

    #[test]
    fn what_is_none_is_told_with_what_is_wrong() {
        for (text, complaint) in [
            ("", "line 1"),
            ("[]", "expected"),
            (r#"{"origins":[],"fields":[{"name":"a","kind":"x"}]}"#, "there is no kind x"),
            (
                r#"{"origins":[],"fields":[{"name":"a","kind":"text","hints":["last4"]}]}"#,
                "text has no hint last4",
            ),
            (r#"{"origins":[],"fields":[{"name":"a","kind":"text","hint":[]}]}"#, "hint"),
        ] {
            let error = Declared::parse(text).unwrap_err();
            assert_eq!(error.code(), Code::DeclaredMalformed);
            assert!(error.to_string().contains(complaint), "{error}");
        }
    }
}
