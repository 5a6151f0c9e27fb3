//! The file for machines: a JSON object, `format` telling its version. `docs/governance/access.md` describes it.

use super::{Report, Use, because, words, written};
use crate::error::{Code, Error, Result};
use fieldseal::json::{Json, Object};
use fieldseal::jwe::Header;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What a reader looks for first.
const FORMAT: &str = "fieldseal-subject-access/1";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    subject: &'a str,
    made: String,
    purpose: &'a str,
    values: Vec<Item<'a>>,
    withheld: Vec<Kept<'a>>,
    left_out: LeftOut,
}

/// What a token says of its value.
#[derive(Serialize)]
struct Facts<'a> {
    field: &'a str,
    kind: &'a str,
    kind_name: String,
    class: &'static str,
    origin: &'a str,
    sealed: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_until: Option<String>,
    /// The name of the token, by which the site finds it.
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hints: Option<Map<String, Value>>,
}

#[derive(Serialize)]
struct Item<'a> {
    #[serde(flatten)]
    facts: Facts<'a>,
    /// Whether it names the person itself, and was not only taken for theirs.
    named: bool,
    /// The kinds of a form's members.
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    valid: bool,
    value: &'a RawValue,
    opened: Vec<Opened<'a>>,
}

#[derive(Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    facts: Facts<'a>,
    because: &'static str,
    opened: Vec<Opened<'a>>,
}

#[derive(Serialize)]
struct Opened<'a> {
    time: String,
    action: &'a str,
    roles: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purpose: Option<&'a str>,
}

#[derive(Serialize)]
struct LeftOut {
    of_others: u64,
    unnamed: u64,
    unreadable: u64,
}

/// Writes the report as JSON.
pub(super) fn write(report: &Report) -> Result<Vec<u8>> {
    let mut values = Vec::with_capacity(report.values.len());
    for held in &report.values {
        let header = &held.answer.header;
        let value = serde_json::from_str(held.answer.value.json()).map_err(|_| Error::new(Code::Internal))?;
        let kinds = header.fields.iter().map(|(name, kind)| (name.clone(), Value::from(kind.as_str())));
        values.push(Item {
            facts: facts(report, header),
            named: header.sub.is_some(),
            fields: kinds.collect(),
            valid: held.answer.value.review(header).valid,
            value,
            opened: held.uses.iter().map(opened).collect(),
        });
    }
    let kept = report.withheld.iter().map(|kept| Kept {
        facts: facts(report, &kept.header),
        because: because(kept.code),
        opened: kept.uses.iter().map(opened).collect(),
    });
    let document = Document {
        format: FORMAT,
        subject: &report.subject,
        made: written(report.made),
        purpose: &report.purpose,
        values,
        withheld: kept.collect(),
        left_out: LeftOut {
            of_others: report.left_out.others,
            unnamed: report.left_out.unnamed,
            unreadable: report.left_out.unreadable,
        },
    };
    let mut json = serde_json::to_vec_pretty(&document).map_err(|_| Error::new(Code::Internal))?;
    json.push(b'\n');
    Ok(json)
}

fn facts<'a>(report: &Report, header: &'a Header) -> Facts<'a> {
    Facts {
        field: &header.field,
        kind: header.kind.as_str(),
        kind_name: words(header.kind.as_str()),
        class: header.kind.class().as_str(),
        origin: header.iss.as_str(),
        sealed: written(header.iat),
        expires: header.opens_until().map(written),
        kept_until: report.ends.get(&header.kid).copied().map(written),
        token: &header.jti,
        purpose: purpose(header),
        consent: header.consent.as_ref().map(members),
        hints: header.hint.as_ref().map(members),
    }
}

/// What the person was told that the value is for, if the token says so.
pub(super) fn purpose(header: &Header) -> Option<&str> {
    header.consent.as_ref()?.get("purpose")?.as_str()
}

fn opened(used: &Use) -> Opened<'_> {
    Opened {
        time: written(used.time),
        action: &used.action,
        roles: &used.roles,
        credential: used.credential.as_deref(),
        purpose: used.purpose.as_deref(),
    }
}

/// Consents and hints are flat.
fn members(object: &Object) -> Map<String, Value> {
    object.iter().map(|(name, value)| (name.to_owned(), plain(value))).collect()
}

fn plain(value: &Json) -> Value {
    match value {
        Json::String(text) => text.as_str().into(),
        Json::Integer(number) => (*number).into(),
        Json::Bool(yes) => (*yes).into(),
        Json::Null | Json::Array(_) | Json::Object(_) => Value::Null,
    }
}
