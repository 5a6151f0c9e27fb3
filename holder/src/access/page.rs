//! The page for people: one file with nothing to load and no script, which prints well. What is shown came from
//! whoever filled in a form, so the template escapes all of it.

use super::document::purpose;
use super::{Held, Report, Use, because, words, written};
use crate::error::{Code, Error, Result};
use askama::Template;
use fieldseal::NumericDate;
use fieldseal::json::{Json, Object};
use fieldseal::jwe::Header;
use fieldseal::kind::Kind;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

#[derive(Template)]
#[template(path = "access.html")]
struct Page<'a> {
    subject: &'a str,
    /// For people, and for machines.
    made: String,
    datetime: String,
    values: Vec<Item<'a>>,
    withheld: Vec<Item<'a>>,
    unnamed: bool,
}

/// A value, or what is kept and is not shown.
struct Item<'a> {
    name: String,
    field: &'a str,
    lines: Vec<Line>,
    because: &'static str,
    valid: bool,
    facts: Vec<(&'static str, String)>,
    opened: Vec<Opened>,
}

/// A value, with the name of the member where it is one of several.
struct Line {
    name: String,
    value: String,
}

struct Opened {
    /// For people, and for machines.
    time: String,
    datetime: String,
    what: &'static str,
    who: String,
    purpose: String,
}

/// Writes the report as a page.
pub(super) fn write(report: &Report) -> Result<String> {
    let values = report.values.iter().map(|held| {
        let header = &held.answer.header;
        Item {
            lines: lines(held),
            valid: held.answer.value.review(header).valid,
            ..item(report, header, &held.uses)
        }
    });
    let withheld = report.withheld.iter();
    let withheld =
        withheld.map(|kept| Item { because: because(kept.code), ..item(report, &kept.header, &kept.uses) });
    let page = Page {
        subject: &report.subject,
        made: shown(report.made),
        datetime: written(report.made),
        values: values.collect(),
        withheld: withheld.collect(),
        unnamed: report.values.iter().any(|held| held.answer.header.sub.is_none()),
    };
    page.render().map_err(|_| Error::new(Code::Internal))
}

fn item<'a>(report: &Report, header: &'a Header, uses: &[Use]) -> Item<'a> {
    let mut facts = vec![("Given on", header.iss.as_str().to_owned()), ("Given at", shown(header.iat))];
    if let Some(purpose) = purpose(header) {
        facts.push(("For", purpose.to_owned()));
    }
    if let Some(consent) = &header.consent {
        facts.push(("Agreed to", flat(consent)));
    }
    if let Some(hints) = &header.hint {
        facts.push(("Also visible without opening", flat(hints)));
    }
    if let Some(until) = header.opens_until() {
        facts.push(("Can be opened until", shown(until)));
    }
    if let Some(until) = report.ends.get(&header.kid) {
        facts.push(("Kept at the longest until", shown(*until)));
    }
    let opened = uses.iter().map(|used| Opened {
        time: shown(used.time),
        datetime: written(used.time),
        what: what(&used.action),
        who: match &used.credential {
            Some(name) => format!("{} ({name})", used.roles.join(", ")),
            None => used.roles.join(", "),
        },
        purpose: used.purpose.clone().unwrap_or_else(|| "none stated".to_owned()),
    });
    Item {
        name: words(header.kind.as_str()),
        field: &header.field,
        lines: Vec::new(),
        because: "",
        valid: true,
        facts,
        opened: opened.collect(),
    }
}

/// The values in a value: the members of a form or of an object, or the one that it is.
fn lines(held: &Held) -> Vec<Line> {
    let (header, value) = (&held.answer.header, &held.answer.value);
    if header.kind.is_form() {
        let member = |(name, kind, json): (&str, Kind, &str)| Line {
            name: format!("{name} ({})", words(kind.as_str())),
            value: plain(json),
        };
        return value.members(header).into_iter().map(member).collect();
    }
    // Numbers stay as they were written, for they may be longer than what a reader keeps.
    match serde_json::from_str::<Members<'_>>(value.json()) {
        Ok(Members(members)) => {
            members.into_iter().map(|(name, value)| Line { name, value: plain(value.get()) }).collect()
        }
        Err(_) => vec![Line { name: String::new(), value: plain(value.json()) }],
    }
}

/// The members of an object in the order in which they were sealed: an address begins with its first line.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        from.deserialize_map(Reader)
    }
}

/// A text as itself, and all else as it is in JSON.
fn plain(json: &str) -> String {
    match json.trim_ascii() {
        "null" => "no answer".to_owned(),
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        json => serde_json::from_str::<String>(json).unwrap_or_else(|_| json.to_owned()),
    }
}

fn flat(object: &Object) -> String {
    let member = |(name, value): (&str, &Json)| match value {
        Json::String(text) => format!("{name}: {text}"),
        Json::Integer(number) => format!("{name}: {number}"),
        Json::Bool(yes) => format!("{name}: {}", if *yes { "yes" } else { "no" }),
        Json::Null | Json::Array(_) | Json::Object(_) => name.to_owned(),
    };
    object.iter().map(member).collect::<Vec<_>>().join("; ")
}

/// A time to the minute, in UTC as the page says.
fn shown(time: NumericDate) -> String {
    written(time).chars().take(16).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// What was done, for somebody who has never heard of tokens.
fn what(action: &str) -> &'static str {
    match action {
        "open" => "Read",
        "open-masked" => "Shown in part",
        "verify" => "Compared, without being shown",
        "fingerprint" => "Compared with others, without being shown",
        "rewrap" => "Moved to a new key, without being shown",
        _ => "Used",
    }
}
