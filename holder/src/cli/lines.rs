//! NDJSON input: a token a line, read as it comes and never as a whole.

use crate::error::Code;
use crate::holder::Submission;
use crate::policy::Expectation;
use fieldseal::kind::Kind;
use serde::Deserialize;
use std::io::{self, BufRead, BufReader, Read};
use std::thread;
use tokio::sync::mpsc;

/// The longest line: the longest token with room to spare. A longer one is an error of its own, and
/// the next line is read as if nothing had been.
const MAX_LINE: u64 = 1 << 20;

/// How many lines wait to be opened, so that reading and opening go on at the same time.
const AHEAD: usize = 512;

/// A line of input.
pub(super) struct Line {
    pub(super) submission: Result<Submission, Code>,
    /// How much of the input it took.
    pub(super) bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    token: String,
    field: Option<String>,
    kind: Option<String>,
    origin: Option<String>,
    sub: Option<String>,
}

/// Reads lines on a thread of their own, for input may block. `defaults` hold where a line says
/// nothing else.
pub(super) fn read(
    input: impl Read + Send + 'static,
    defaults: Expectation,
) -> mpsc::Receiver<io::Result<Line>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    thread::spawn(move || {
        let mut input = BufReader::with_capacity(64 * 1024, input);
        loop {
            let line = next(&mut input, &defaults).transpose();
            let Some(line) = line else { break };
            let is_last = line.is_err();
            // The receiver is gone when the output is, and then there is nothing left to do.
            if sender.blocking_send(line).is_err() || is_last {
                break;
            }
        }
    });
    receiver
}

/// The next line that is not empty.
fn next(input: &mut impl BufRead, defaults: &Expectation) -> io::Result<Option<Line>> {
    let mut bytes = 0;
    loop {
        let mut line = Vec::new();
        let read = input.take(MAX_LINE).read_until(b'\n', &mut line)?;
        bytes += read as u64;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            bytes += input.skip_until(b'\n')? as u64;
            return Ok(Some(Line { submission: Err(Code::LineMalformed), bytes }));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Line { submission: parse(line.trim_ascii(), defaults), bytes }));
        }
    }
}

fn parse(line: &[u8], defaults: &Expectation) -> Result<Submission, Code> {
    let text = std::str::from_utf8(line).map_err(|_| Code::LineMalformed)?;
    if !text.starts_with('{') {
        return Ok(Submission { token: text.to_owned(), expectation: defaults.clone() });
    }
    let item: Item = serde_json::from_str(text).map_err(|_| Code::LineMalformed)?;
    let kind = item.kind.as_deref().map(Kind::parse).transpose();
    Ok(Submission {
        token: item.token,
        expectation: Expectation {
            field: item.field.or_else(|| defaults.field.clone()),
            kind: kind.map_err(|error| Code::Core(error.kind()))?.or(defaults.kind),
            origin: item.origin.or_else(|| defaults.origin.clone()),
            sub: item.sub.or_else(|| defaults.sub.clone()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut input: &[u8]) -> Vec<Result<String, Code>> {
        let defaults = Expectation { field: Some("card".to_owned()), ..Expectation::default() };
        let mut lines = Vec::new();
        while let Some(line) = next(&mut input, &defaults).unwrap() {
            lines.push(line.submission.map(|s| format!("{} {}", s.token, s.expectation.field.unwrap())));
        }
        lines
    }

    #[test]
    fn lines_are_tokens_or_objects() {
        let input = b"a.b\r\n\n  \n{\"token\":\"c\",\"field\":\"cvc\"}\n{\"token\":\"d\"}\n\xff\n{\n{\"token\":\"x\",\"token\":\"y\"}\nlast";
        let malformed = || Err(Code::LineMalformed);
        assert_eq!(
            all(input),
            [
                Ok("a.b card".to_owned()),
                Ok("c cvc".to_owned()),
                Ok("d card".to_owned()),
                malformed(),
                malformed(),
                malformed(),
                Ok("last card".to_owned()),
            ]
        );
    }

    #[test]
    fn a_line_without_end_is_one_error() {
        let mut input = vec![b'a'; 3 << 20];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(all(&input), [Err(Code::LineMalformed), Ok("next card".to_owned())]);
    }
}
