//! How an opened value is written: one JSON object, the same on the command line and over HTTP.

use crate::keystore::Answer;
use crate::wiped::Wiped;
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
    let header = &answer.header;
    let review = answer.value.review(header);
    let facts = Facts {
        field: &header.field,
        kind: header.kind.as_str(),
        iss: header.iss.as_str(),
        iat: header.iat.0,
        jti: &header.jti,
        sub: header.sub.as_deref(),
        valid: review.valid,
        hint_matches: review.hint_matches,
    };
    let facts = serde_json::to_vec(&facts)?;
    // The object is left open for one more member.
    out.push(facts.strip_suffix(b"}").unwrap_or(&facts));
    out.push(b",\"value\":");
    write_on_one_line(out, answer.value.json());
    out.push(b"}");
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
