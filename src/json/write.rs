//! Writing, without the formatting machinery, which would be a tenth of the wasm module.

use super::{Json, Object};
use crate::NumericDate;
use crate::prelude::*;

/// Writes JSON objects member by member, in the order of the calls.
pub(crate) struct Writer(String);

impl Writer {
    pub(crate) fn object() -> Self {
        // A token's header fits, so it is not copied while it grows.
        let mut text = String::with_capacity(512);
        text.push('{');
        Self(text)
    }

    fn name(&mut self, name: &str) {
        push_name(&mut self.0, name);
    }

    pub(crate) fn string(&mut self, name: &str, value: &str) {
        self.name(name);
        push_string(&mut self.0, value);
    }

    pub(crate) fn date(&mut self, name: &str, value: NumericDate) {
        self.number(name, value.0);
    }

    pub(crate) fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        push_digits(&mut self.0, value, 1);
    }

    /// A member whose value is JSON text already.
    pub(crate) fn raw(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    pub(crate) fn object_member(&mut self, name: &str, value: &Object) {
        self.name(name);
        push_object(&mut self.0, value);
    }

    pub(crate) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

/// Appends a whole number's JSON text.
pub(crate) fn push_integer(out: &mut String, n: i64) {
    if n < 0 {
        out.push('-');
    }
    push_digits(out, n.unsigned_abs(), 1);
}

/// Appends decimal digits, so many at least.
pub(crate) fn push_digits(out: &mut String, n: u64, width: u32) {
    if n > 9 || width > 1 {
        push_digits(out, n / 10, width.saturating_sub(1));
    }
    // A remainder by ten is one digit.
    out.push(char::from(b'0' + (n % 10) as u8));
}

/// Appends the name of an object's next member.
pub(crate) fn push_name(out: &mut String, name: &str) {
    if !out.ends_with('{') {
        out.push(',');
    }
    push_string(out, name);
    out.push(':');
}

/// Appends `text` as a JSON string (RFC 8259 section 7), with the short escapes where there are any.
pub(crate) fn push_string(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push('"');
    // What needs no escape goes over in one piece: character by character this was a third of a seal that was prepared.
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // Both ends are beside a byte of ASCII, so they are between characters.
        out.push_str(text.get(start..at).unwrap_or_default());
        start = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            8 => out.push_str("\\b"),
            12 => out.push_str("\\f"),
            _ => {
                out.push_str("\\u00");
                out.push(char::from(HEX[usize::from(byte >> 4)]));
                out.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out.push('"');
}

fn push_json(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(v) => out.push_str(if *v { "true" } else { "false" }),
        Json::Integer(v) => push_integer(out, *v),
        Json::String(v) => push_string(out, v),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                push_json(out, item);
            }
            out.push(']');
        }
        Json::Object(members) => push_object(out, members),
    }
}

fn push_object(out: &mut String, members: &Object) {
    out.push('{');
    for (name, item) in members.iter() {
        push_name(out, name);
        push_json(out, item);
    }
    out.push('}');
}

/// The JSON text of an object.
pub(crate) fn to_string(object: &Object) -> String {
    let mut out = String::new();
    push_object(&mut out, object);
    out
}
