//! Reading: RFC 8259, with whole numbers only and no name twice in an object.

use super::{Json, Object};
use crate::prelude::*;

/// Deeper than anything in the profile.
const MAX_DEPTH: usize = 16;
/// More members than any object of the profile has. Each new name is compared with those before it, so
/// without a limit a megabyte of short names would take seconds.
const MAX_MEMBERS: usize = 512;
/// The largest whole number that every JSON reader keeps exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Malformed,
    Duplicate,
}

type Result<T> = core::result::Result<T, Fault>;

pub(super) fn parse(text: &[u8]) -> Result<Json> {
    let text = core::str::from_utf8(text).map_err(|_| Fault::Malformed)?;
    let mut reader = Reader { rest: text };
    let value = reader.value(MAX_DEPTH)?;
    reader.skip_space();
    if reader.rest.is_empty() { Ok(value) } else { Err(Fault::Malformed) }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.rest.as_bytes().first() {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
    }

    /// Takes one character if it is this one, with the white space before it.
    fn eat(&mut self, c: char) -> bool {
        self.skip_space();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, c: char) -> Result<()> {
        if self.eat(c) { Ok(()) } else { Err(Fault::Malformed) }
    }

    fn value(&mut self, depth: usize) -> Result<Json> {
        let depth = depth.checked_sub(1).ok_or(Fault::Malformed)?;
        self.skip_space();
        match self.rest.as_bytes().first() {
            Some(b'{') => self.object(depth).map(Json::Object),
            Some(b'[') => self.array(depth).map(Json::Array),
            Some(b'"') => self.string().map(Json::String),
            Some(b'-' | b'0'..=b'9') => self.integer().map(Json::Integer),
            _ => self.literal(),
        }
    }

    fn literal(&mut self) -> Result<Json> {
        for (text, value) in [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if let Some(rest) = self.rest.strip_prefix(text) {
                self.rest = rest;
                return Ok(value);
            }
        }
        Err(Fault::Malformed)
    }

    fn object(&mut self, depth: usize) -> Result<Object> {
        let mut object = Object::default();
        self.expect('{')?;
        if self.eat('}') {
            return Ok(object);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.expect(':')?;
            let value = self.value(depth)?;
            if object.0.len() == MAX_MEMBERS {
                return Err(Fault::Malformed);
            }
            object.insert(&name, value).ok_or(Fault::Duplicate)?;
            if self.eat('}') {
                return Ok(object);
            }
            self.expect(',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Result<Vec<Json>> {
        let mut items = Vec::new();
        self.expect('[')?;
        if self.eat(']') {
            return Ok(items);
        }
        loop {
            items.push(self.value(depth)?);
            if self.eat(']') {
                return Ok(items);
            }
            self.expect(',')?;
        }
    }

    /// A whole number in its one spelling: no leading zero, no fraction, no exponent, no -0.
    fn integer(&mut self) -> Result<i64> {
        let (negative, digits) = match self.rest.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, self.rest),
        };
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = digits.as_bytes().get(..digits.len() - rest.len()).unwrap_or_default();
        let leading_zero = digits.first() == Some(&b'0') && (digits.len() > 1 || negative);
        if digits.is_empty() || digits.len() > 16 || leading_zero || rest.starts_with(['.', 'e', 'E']) {
            return Err(Fault::Malformed);
        }
        // Sixteen digits fit in an i64 with room to spare.
        let n = digits.iter().fold(0i64, |n, digit| n * 10 + i64::from(digit - b'0'));
        self.rest = rest;
        if n > MAX_SAFE_INTEGER {
            return Err(Fault::Malformed);
        }
        Ok(if negative { -n } else { n })
    }

    fn string(&mut self) -> Result<String> {
        let mut rest = self.rest.strip_prefix('"').ok_or(Fault::Malformed)?.chars();
        let mut out = String::new();
        loop {
            match rest.next().ok_or(Fault::Malformed)? {
                '"' => break,
                '\\' => out.push(escape(&mut rest)?),
                c if c < ' ' => return Err(Fault::Malformed),
                c => out.push(c),
            }
        }
        self.rest = rest.as_str();
        Ok(out)
    }
}

fn escape(rest: &mut core::str::Chars<'_>) -> Result<char> {
    Ok(match rest.next().ok_or(Fault::Malformed)? {
        c @ ('"' | '\\' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => {
            let unit = hex4(rest)?;
            let code = match unit {
                // A surrogate pair stands for one character (RFC 8259 section 7); half a pair for none.
                0xd800..=0xdbff => {
                    if (rest.next(), rest.next()) != (Some('\\'), Some('u')) {
                        return Err(Fault::Malformed);
                    }
                    match hex4(rest)? {
                        low @ 0xdc00..=0xdfff => 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00),
                        _ => return Err(Fault::Malformed),
                    }
                }
                _ => unit,
            };
            char::from_u32(code).ok_or(Fault::Malformed)?
        }
        _ => return Err(Fault::Malformed),
    })
}

fn hex4(rest: &mut core::str::Chars<'_>) -> Result<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit << 4 | rest.next().and_then(|c| c.to_digit(16)).ok_or(Fault::Malformed)?;
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;

    #[test]
    fn good_texts_come_back() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "9007199254740991",
            "-9007199254740991",
            "\"\"",
            "[]",
            "{}",
            r#"[1,"a",null,[]]"#,
            r#"{"a":1,"b":{"a":2}}"#,
            "\"\u{1F980}\u{0}\"".replace('\0', "\\u0000").as_str(),
        ] {
            let object = parse(format!("{{\"x\":{text}}}").as_bytes());
            let Ok(Json::Object(object)) = object else { panic!("{text}") };
            assert_eq!(object.to_json(), format!("{{\"x\":{text}}}"));
        }
    }

    #[test]
    fn escapes_and_space_are_read() {
        let text = " { \"a\\u0062\\n\\/\" : \"\\ud83e\\udd80\" , \"c\" : [ 1 , 2 ] } ";
        let Ok(Json::Object(object)) = parse(text.as_bytes()) else { panic!() };
        assert_eq!(object.get("ab\n/").and_then(Json::as_str), Some("\u{1F980}"));
    }

    #[test]
    fn bad_texts_are_refused() {
        for text in [
            "",
            " ",
            "nul",
            "truex",
            "01",
            "-0",
            "-",
            "1.0",
            "1e3",
            "9007199254740992",
            "99999999999999999999",
            "+1",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\ud800\\u0041\"",
            "\"\\udc00\"",
            "\"\n\"",
            "[1,]",
            "[1 2]",
            "[",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "{\"a\":1",
            "1 2",
            "'a'",
            "\u{feff}1",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Fault::Malformed), "{text}");
        }
        assert_eq!(parse(b"\"\xff\""), Err(Fault::Malformed));
        assert_eq!(parse("[".repeat(17).as_bytes()), Err(Fault::Malformed));
        assert_eq!(parse(b"{\"a\":1,\"\\u0061\":2}"), Err(Fault::Duplicate));
        let members = |n| (0..n).map(|n| format!("\"{n}\":0")).collect::<Vec<_>>().join(",");
        assert!(parse(format!("{{{}}}", members(MAX_MEMBERS)).as_bytes()).is_ok());
        assert_eq!(parse(format!("{{{}}}", members(MAX_MEMBERS + 1)).as_bytes()), Err(Fault::Malformed));
    }
}
