//! The search for typed values in bytes that should hold none: as typed, and in every form in which software passes text on.

use base64ct::{Base64Unpadded, Base64UrlUnpadded, Encoding};
use memchr::memmem;

/// Shorter values are found by chance in any long token, so they count only where they stand alone.
const LONG: usize = 6;

/// Searches `bytes` for `value` and names the form in which it was found.
pub fn find(bytes: &[u8], value: &str) -> Option<&'static str> {
    forms(value).into_iter().find(|(_, form)| holds(bytes, form)).map(|(name, _)| name)
}

/// A value in all its forms, without the ones that are equal to another.
fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![("as typed", value.as_bytes().to_vec())];
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    if digits.len() >= LONG {
        forms.push(("digits only", digits.into_bytes()));
    }
    let plus: String = form_urlencoded::byte_serialize(value.as_bytes()).collect();
    let percent = plus.replace('+', "%20");
    forms.push(("form-encoded in lower case", lower_escapes(&plus).into_bytes()));
    forms.push(("percent-encoded in lower case", lower_escapes(&percent).into_bytes()));
    forms.push(("form-encoded", plus.into_bytes()));
    forms.push(("percent-encoded", percent.into_bytes()));
    // The URL standard leaves these alone in a path or a query, other encoders don't.
    let loose = value.replace(' ', "%20");
    forms.push(("percent-encoded spaces", loose.into_bytes()));
    let html = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    forms.push(("HTML-escaped text", html.clone().into_bytes()));
    forms.push(("HTML-escaped", html.replace('"', "&quot;").replace('\'', "&#39;").into_bytes()));
    let json = serde_json::Value::from(value).to_string();
    let json = json[1..json.len() - 1].to_owned();
    forms.push(("JSON, ASCII only", ascii_json(&json).into_bytes()));
    forms.push(("JSON", json.into_bytes()));
    let utf16: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    forms.push(("UTF-16", utf16));
    if value.len() >= LONG {
        let hex = |upper: bool| -> Vec<u8> {
            let text: String = value.bytes().map(|b| format!("{b:02x}")).collect();
            if upper { text.to_uppercase().into_bytes() } else { text.into_bytes() }
        };
        forms.push(("hex", hex(false)));
        forms.push(("hex in upper case", hex(true)));
        for before in 0..3 {
            forms.push(("base64", base64::<Base64Unpadded>(value.as_bytes(), before)));
            forms.push(("base64url", base64::<Base64UrlUnpadded>(value.as_bytes(), before)));
        }
        let reversed: String = value.chars().rev().collect();
        forms.push(("reversed", reversed.into_bytes()));
    }
    forms
}

/// The characters of base64 that only the value decides, if `before` bytes modulo three stand in front of it.
fn base64<E: Encoding>(value: &[u8], before: usize) -> Vec<u8> {
    let text = E::encode_string(&[&vec![0; before][..], value].concat());
    let first = (before * 8).div_ceil(6);
    let last = (before + value.len()) * 8 / 6;
    text.as_bytes()[first..last].to_vec()
}

/// `%2F` as `%2f`.
fn lower_escapes(text: &str) -> String {
    let mut parts = text.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escape, rest) = part.split_at(part.len().min(2));
        lower.push('%');
        lower += &escape.to_lowercase();
        lower += rest;
    }
    lower
}

/// JSON with every character outside ASCII as `\uXXXX`, as many writers do.
fn ascii_json(json: &str) -> String {
    let mut text = String::new();
    for c in json.chars() {
        if c.is_ascii() {
            text.push(c);
        } else {
            let mut units = [0; 2];
            text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

/// Whether the bytes hold the form; a short one must not be part of a longer word.
fn holds(bytes: &[u8], form: &[u8]) -> bool {
    let word =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    memmem::find_iter(bytes, form).any(|at| {
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        form.len() >= LONG || (!word(before) && !word(bytes.get(at + form.len())))
    })
}

#[cfg(test)]
mod tests {
    use super::find;
    use base64ct::{Base64, Base64Url, Encoding};

    #[test]
    fn every_form_is_found() {
        let value = "Zoë & \"Bo\" / 4242 4242";
        let surrounded = |text: &str| format!("x={text}&y").into_bytes();
        for text in [
            value,
            "Zo%C3%AB+%26+%22Bo%22+%2F+4242+4242",
            "Zo%c3%ab%20%26%20%22Bo%22%20%2f%204242%204242",
            "Zo\\u00eb & \\\"Bo\\\" / 4242 4242",
            "Zoë &amp; &quot;Bo&quot; / 4242 4242",
            "42424242",
        ] {
            assert!(find(&surrounded(text), value).is_some(), "{text}");
        }
        for before in ["", "a", "ab", "abc"] {
            let bytes = format!("{before}{value}tail");
            assert!(find(Base64::encode_string(bytes.as_bytes()).as_bytes(), value).is_some());
            assert!(find(Base64Url::encode_string(bytes.as_bytes()).as_bytes(), value).is_some());
        }
        assert_eq!(find(b"x=another value&y", value), None);
    }

    #[test]
    fn a_short_value_counts_where_it_stands_alone() {
        assert_eq!(find(b"cvc=7391&next=1", "7391"), Some("as typed"));
        assert_eq!(find(b"token=aB7391xyz", "7391"), None);
        assert_eq!(find(b"\"cvc\":\"7391\"", "7391"), Some("as typed"));
    }
}
