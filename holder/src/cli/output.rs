//! What the commands print: results to the standard output, all else to standard error.

use crate::error::{Code, Error, Result};
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

const RED: &str = "\x1b[1;31m";
const PLAIN: &str = "\x1b[0m";

/// The standard streams.
#[derive(Clone, Copy)]
pub(super) struct Output {
    json: bool,
    terminal: bool,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, terminal: io::stdout().is_terminal() }
    }

    /// Whether the results are for a machine.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// Whether the results are shown on a terminal.
    pub(super) fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// Sends bytes on as they are. Errors: `output-failed`, `output-closed`.
    pub(super) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        self.write(&[bytes])
    }

    /// Prints a line. Errors: `output-failed`, `output-closed`.
    pub(super) fn line(&self, text: &str) -> Result<()> {
        self.write(&[self.safe(text).as_bytes(), b"\n"])
    }

    /// Prints a JSON value on a line.
    pub(super) fn value(&self, value: &impl Serialize) -> Result<()> {
        let json = serde_json::to_string(value).map_err(|_| Error::new(Code::Internal))?;
        self.line(&json)
    }

    /// Prints lines that are complete. A terminal gets them with control characters made visible.
    pub(super) fn lines(&self, bytes: &[u8]) -> Result<()> {
        match std::str::from_utf8(bytes) {
            Ok(text) if self.terminal => self.write(&[self.safe(text).as_bytes()]),
            _ => self.write(&[bytes]),
        }
    }

    /// Says something to the person, not to the machine.
    pub(super) fn note(&self, text: &str) {
        if !self.json {
            // There is nobody to tell that nobody can be told.
            let _ = writeln!(io::stderr(), "{}", visible(text));
        }
    }

    /// Says to a machine how a long command ended.
    pub(super) fn summary(&self, value: &impl Serialize) {
        if let (true, Ok(json)) = (self.json, serde_json::to_string(value)) {
            // There is nobody to tell that nobody can be told.
            let _ = writeln!(io::stderr(), "{json}");
        }
    }

    /// Says what went wrong.
    pub(super) fn error(&self, error: &Error) {
        self.problem(error.code(), &error.to_string());
    }

    /// Says what went wrong with a token.
    pub(super) fn refusal(&self, code: Code) {
        self.problem(code, code.message());
    }

    fn problem(&self, code: Code, detail: &str) {
        let _ = if self.json {
            let document = error_of(code, detail);
            writeln!(io::stderr(), "{document}")
        } else {
            // Colours only on a terminal, and not with NO_COLOR.
            writeln!(anstream::stderr(), "{RED}error{PLAIN}[{}]: {}", code.as_str(), visible(detail))
        };
    }

    fn safe<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.terminal { visible(text) } else { Cow::Borrowed(text) }
    }

    fn write(&self, parts: &[&[u8]]) -> Result<()> {
        let mut out = io::stdout().lock();
        let written = parts.iter().try_for_each(|part| out.write_all(part)).and_then(|()| out.flush());
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Error::new(Code::OutputClosed),
            _ => Error::new(Code::OutputFailed),
        })
    }
}

/// An error as machines are told it.
pub(super) fn error_of(code: Code, detail: &str) -> serde_json::Value {
    serde_json::json!({ "error": { "code": code.as_str(), "detail": detail } })
}

/// Text that a terminal shows and does not obey. What is printed may come from whoever filled in a
/// form: control characters, and those that turn the direction of writing, are spelled out.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| matches!(c, '\n' | '\t' | '\'' | '"' | '\\') || c.escape_debug().len() == 1;
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_plain(c) { out.push(c) } else { out.extend(c.escape_debug()) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_shown_text_and_given_no_orders() {
        assert_eq!(visible("Zoë \"x\" \\ 'y'\n\t日本 🙂"), "Zoë \"x\" \\ 'y'\n\t日本 🙂");
        assert_eq!(visible("\x1b[2Ja\u{9b}\u{7f}\u{202e}\r\0"), "\\u{1b}[2Ja\\u{9b}\\u{7f}\\u{202e}\\r\\0");
    }
}
