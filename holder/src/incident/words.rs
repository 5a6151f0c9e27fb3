//! Words of a language for kinds, measures and steps: what the notices and the report speak with.

use super::data::{Library, invalid};
use crate::error::{Code, Error, Result};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The words of one language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// The language's own name.
    #[expect(dead_code, reason = "for whoever reads the file")]
    language: String,
    /// The kinds, by their ids.
    kinds: BTreeMap<String, String>,
    /// The measures that protect people, by their ids.
    measures: BTreeMap<String, Measure>,
    /// What was done, by the step's name.
    done: BTreeMap<String, String>,
}

/// A measure that protects people.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Measure {
    /// What it is called.
    pub(super) title: String,
    /// What the site does.
    pub(super) site: String,
    /// What the person does.
    pub(super) person: String,
}

impl Words {
    /// Those of a language. Errors: `language-unknown`, `incident-data-invalid`.
    pub(super) fn of(library: &Library, lang: &str) -> Result<Self> {
        let name = format!("words/{lang}.json");
        match library.text(&name) {
            Some(_) => library.json(&name),
            None => Err(Error::about(Code::LanguageUnknown, lang)),
        }
    }

    /// A kind in words; its id, if there are none.
    pub(super) fn kind<'a>(&'a self, id: &'a str) -> &'a str {
        self.kinds.get(id).map_or(id, String::as_str)
    }

    /// A measure. Errors: `incident-data-invalid`.
    pub(super) fn measure(&self, id: &str) -> Result<&Measure> {
        self.measures.get(id).ok_or_else(|| invalid("words", format_args!("no measure {id:?}")))
    }

    /// What a step did, if that is anything to tell others.
    pub(super) fn done(&self, step: &str) -> Option<&str> {
        self.done.get(step).map(String::as_str)
    }
}
