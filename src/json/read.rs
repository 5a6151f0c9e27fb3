//! Reading: RFC 8259, with whole numbers only and no name twice in an object.

use super::{Json, Object};
use crate::ascii::part;
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

pub(super) fn parse(text: &[u8]) -> Result<Json, Fault> {
    let rest = core::str::from_utf8(text).map_err(|_| Fault::Malformed)?;
    let mut reader = Reader { rest, duplicate: false };
    match reader.value(MAX_DEPTH) {
        Some(value) if reader.peek() == 0 && reader.rest.is_empty() => Ok(value),
        None if reader.duplicate => Err(Fault::Duplicate),
        _ => Err(Fault::Malformed),
    }
}

/// Every method gives `None` for what is malformed: one bit less to pass on than a fault, at two dozen places.
struct Reader<'a> {
    rest: &'a str,
    /// Whether what was malformed is that an object names a member twice.
    duplicate: bool,
}

impl Reader<'_> {
    /// Takes a byte; zero at the end. Behind the first byte of a longer character, nothing is left to take.
    fn take(&mut self) -> u8 {
        let byte = self.rest.as_bytes().first().copied().unwrap_or_default();
        self.rest = self.rest.get(1..).unwrap_or_default();
        byte
    }

    /// The next byte behind white space, which is taken; zero at the end.
    fn peek(&mut self) -> u8 {
        loop {
            match self.rest.as_bytes().first() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.take(),
                next => return next.copied().unwrap_or_default(),
            };
        }
    }

    /// Takes one character if it is this one, with the white space before it.
    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == byte;
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        if self.eat(byte) { Some(()) } else { None }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        let depth = depth.checked_sub(1)?;
        Some(match self.peek() {
            b'{' => Json::Object(self.object(depth)?),
            b'[' => Json::Array(self.array(depth)?),
            b'"' => Json::String(self.string()?),
            b'-' | b'0'..=b'9' => Json::Integer(self.integer()?),
            b'n' => self.literal("null", Json::Null)?,
            b't' => self.literal("true", Json::Bool(true))?,
            _ => self.literal("false", Json::Bool(false))?,
        })
    }

    fn literal(&mut self, text: &str, value: Json) -> Option<Json> {
        self.rest = self.rest.strip_prefix(text)?;
        Some(value)
    }

    fn object(&mut self, depth: usize) -> Option<Object> {
        let mut object = Object::default();
        self.expect(b'{')?;
        if self.eat(b'}') {
            return Some(object);
        }
        loop {
            let name = self.string()?;
            self.expect(b':')?;
            let value = self.value(depth)?;
            if object.0.len() == MAX_MEMBERS {
                return None;
            }
            if object.get(&name).is_some() {
                self.duplicate = true;
                return None;
            }
            object.0.push((name, value));
            if self.eat(b'}') {
                return Some(object);
            }
            self.expect(b',')?;
        }
    }

    fn array(&mut self, depth: usize) -> Option<Vec<Json>> {
        let mut items = Vec::new();
        self.expect(b'[')?;
        if self.eat(b']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth)?);
            if self.eat(b']') {
                return Some(items);
            }
            self.expect(b',')?;
        }
    }

    /// A whole number in its one spelling: no leading zero, no fraction, no exponent, no -0.
    fn integer(&mut self) -> Option<i64> {
        let negative = self.eat(b'-');
        let text = self.rest;
        let mut n = 0i64;
        while let Some(digit @ b'0'..=b'9') = self.rest.as_bytes().first() {
            // What is too long wraps around, and is refused for its length.
            n = n.wrapping_mul(10).wrapping_add(i64::from(digit - b'0'));
            self.take();
        }
        let length = text.len() - self.rest.len();
        let leading_zero = text.starts_with('0') && (length > 1 || negative);
        let is_whole = !matches!(self.rest.as_bytes().first(), Some(b'.' | b'e' | b'E'));
        let fits = matches!(length, 1..=16) && !leading_zero && is_whole && n <= MAX_SAFE_INTEGER;
        if fits { Some(if negative { -n } else { n }) } else { None }
    }

    fn string(&mut self) -> Option<String> {
        self.expect(b'"')?;
        let mut out = String::new();
        loop {
            let ends = |b: u8| b == b'"' || b == b'\\' || b < b' ';
            let plain = self.rest.bytes().position(ends)?;
            out.push_str(part(self.rest, 0, plain));
            self.rest = part(self.rest, plain, self.rest.len());
            match self.take() {
                b'"' => return Some(out),
                b'\\' => out.push(self.escape()?),
                _ => return None,
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let code = match self.take() {
            c @ (b'"' | b'\\' | b'/') => c.into(),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => match self.hex4()? {
                // A surrogate pair stands for one character (RFC 8259 section 7); half a pair for none.
                high @ 0xd800..=0xdbff => {
                    let pair = self.take() == b'\\' && self.take() == b'u';
                    match self.hex4()? {
                        low @ 0xdc00..=0xdfff if pair => 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00),
                        _ => return None,
                    }
                }
                unit => unit,
            },
            _ => return None,
        };
        char::from_u32(code)
    }

    fn hex4(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.take()).to_digit(16)?;
        }
        Some(unit)
    }
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
