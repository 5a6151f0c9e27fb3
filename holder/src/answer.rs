//! How an opened value is written: one JSON object, the same on the command line and over HTTP.

use crate::keystore::{Answer, Finding, Found, Part};
use crate::wiped::Wiped;
use fieldseal::jwe::Header;
use serde::Serialize;
use std::io;

/// What an object says beside the value.
#[derive(Serialize)]
struct Facts<'a> {
    field: &'a str,
    kind: &'a str,
    iss: &'a str,
    iat: u64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
    /// Whether the value is one of its kind.
    valid: bool,
    /// Whether the header's hints are what the value gives, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint_matches: Option<bool>,
}

/// Appends an answer as a JSON object on one line.
///
/// The value's JSON text goes in as it was sealed: a number keeps its digits and a string its escapes,
/// and no further copy of the value is made on the way.
pub(crate) fn write(out: &mut Wiped, answer: &Answer) -> io::Result<()> {
    let review = answer.value.review(&answer.header);
    write_facts(out, &answer.header, review.valid, review.hint_matches)?;
    out.push(b",\"value\":");
    write_on_one_line(out, answer.value.json());
    out.push(b"}");
    Ok(())
}

/// Appends what was found out about a value as a JSON object on one line: `masked` and `hints`, `equal`, or
/// `fingerprint`. Of a form, each member has its own under `fields`.
pub(crate) fn write_finding(out: &mut Wiped, finding: &Finding) -> io::Result<()> {
    write_facts(out, &finding.header, finding.valid, finding.hint_matches)?;
    let is_form = finding.header.kind.is_form();
    match &finding.found {
        Found::Equal(equal) => out.push(if *equal { b",\"equal\":true" } else { b",\"equal\":false" }),
        Found::Masks(masks) => write_parts(out, is_form, masks, |out, mask| {
            out.push(b"\"masked\":");
            serde_json::to_writer(&mut *out, mask.masked.as_str())?;
            out.push(b",\"hints\":");
            out.push(mask.hints.to_json().as_bytes());
            Ok(())
        })?,
        Found::Fingerprints(fingerprints) => write_parts(out, is_form, fingerprints, |out, fingerprint| {
            out.push(b"\"fingerprint\":");
            serde_json::to_writer(&mut *out, fingerprint)?;
            Ok(())
        })?,
    }
    out.push(b"}");
    Ok(())
}

fn write_parts<T>(
    out: &mut Wiped,
    is_form: bool,
    parts: &[Part<T>],
    members: impl Fn(&mut Wiped, &T) -> io::Result<()>,
) -> io::Result<()> {
    if !is_form {
        for part in parts {
            out.push(b",");
            members(out, &part.found)?;
        }
        return Ok(());
    }
    out.push(b",\"fields\":{");
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            out.push(b",");
        }
        serde_json::to_writer(&mut *out, &part.name)?;
        out.push(b":{\"kind\":");
        serde_json::to_writer(&mut *out, part.kind.as_str())?;
        out.push(b",");
        members(out, &part.found)?;
        out.push(b"}");
    }
    out.push(b"}");
    Ok(())
}

/// Begins the object, and leaves it open for more members.
fn write_facts(out: &mut Wiped, header: &Header, valid: bool, hint_matches: Option<bool>) -> io::Result<()> {
    let facts = Facts {
        field: &header.field,
        kind: header.kind.as_str(),
        iss: header.iss.as_str(),
        iat: header.iat.0,
        jti: &header.jti,
        sub: header.sub.as_deref(),
        valid,
        hint_matches,
    };
    let facts = serde_json::to_vec(&facts)?;
    out.push(facts.strip_suffix(b"}").unwrap_or(&facts));
    Ok(())
}

/// JSON allows line breaks only between its tokens, never inside a string, so a space means the same.
fn write_on_one_line(out: &mut Wiped, json: &str) {
    for (i, line) in json.split(['\n', '\r']).enumerate() {
        if i > 0 {
            out.push(b" ");
        }
        out.push(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_end_its_line() {
        let mut out = Wiped::default();
        write_on_one_line(&mut out, "{\n\"a\":\r\n[1,\"\\n\"]}");
        assert_eq!(out.as_ref(), b"{ \"a\":  [1,\"\\n\"]}");
    }
}
