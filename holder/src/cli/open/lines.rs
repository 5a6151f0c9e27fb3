//! NDJSON: a token a line or an object a line, and an object a line for what came of it.

use super::batch::{BYTES, Batch, Piece, Render, Source, Submitted, TOKENS};
use super::input::Input;
use crate::answer;
use crate::cli::output::error_of;
use crate::error::{Code, Error, Result};
use crate::holder::{Outcome, Submission};
use crate::policy::{Expectation, Refusal};
use crate::wiped::Wiped;
use fieldseal::kind::Kind;
use serde::Deserialize;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// The longest line: the longest token with room to spare. A longer one is an error of its own, and
/// the next line is read as if nothing had been.
const MAX_LINE: u64 = 1 << 20;

/// How many bytes of output a line has, usually.
const USUAL_LINE: usize = 512;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    token: String,
    field: Option<String>,
    kind: Option<String>,
    origin: Option<String>,
    sub: Option<String>,
}

/// Lines, read as they come and never as a whole.
pub(in crate::cli) struct Lines {
    input: BufReader<Input>,
    /// Hold where a line says nothing else.
    defaults: Expectation,
    place: u64,
    /// Whether somebody may be waiting at the other end: then what has come is a batch.
    is_stream: bool,
    length: Option<u64>,
}

impl Lines {
    pub(super) fn new(input: Input, defaults: Expectation) -> Self {
        let length = input.length();
        let is_stream = matches!(input, Input::Stream(_));
        let input = BufReader::with_capacity(64 * 1024, input);
        Self { input, defaults, place: 0, is_stream, length }
    }
}

impl Source for Lines {
    fn go_to(&mut self, place: u64) -> Result<()> {
        self.place = place;
        self.input.seek(SeekFrom::Start(place)).map(drop).map_err(|_| Error::new(Code::InputUnreadable))
    }

    fn next(&mut self) -> Result<Option<Batch>> {
        let start = self.place;
        let mut submissions = Vec::with_capacity(TOKENS);
        while submissions.len() < TOKENS && self.place - start < BYTES {
            let line = next(&mut self.input, &self.defaults, &mut self.place);
            match line.map_err(|_| Error::new(Code::InputUnreadable))? {
                Some(submitted) => submissions.push(submitted),
                None => break,
            }
            // A slow stream is answered line by line, a fast one in full batches.
            if self.is_stream && !self.input.buffer().contains(&b'\n') {
                break;
            }
        }
        let batch = Batch { submissions, around: Box::new(Answers), end: self.place };
        Ok((!batch.submissions.is_empty()).then_some(batch))
    }

    fn length(&self) -> Option<u64> {
        self.length
    }
}

/// The next line that is not empty. `place` moves behind it.
fn next(input: &mut impl BufRead, defaults: &Expectation, place: &mut u64) -> io::Result<Option<Submitted>> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?;
        *place += read as u64;
        if read == 0 {
            return Ok(None);
        }
        if read as u64 == MAX_LINE && line.last() != Some(&b'\n') {
            *place += input.skip_until(b'\n')? as u64;
            return Ok(Some(Err(Code::LineMalformed)));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(parse(line.trim_ascii(), defaults)));
        }
    }
}

fn parse(line: &[u8], defaults: &Expectation) -> Submitted {
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

/// Nothing stands around a token: each outcome is a line.
struct Answers;

impl Render for Answers {
    fn render(self: Box<Self>, outcomes: Vec<Outcome>) -> Result<Piece> {
        let mut out = Wiped::with_capacity(outcomes.len() * USUAL_LINE);
        for outcome in &outcomes {
            write(&mut out, outcome)?;
        }
        Ok(Piece::Bytes(out))
    }
}

/// Appends an outcome as a line of JSON.
pub(super) fn write(out: &mut Wiped, outcome: &Outcome) -> Result<()> {
    write_line(out, outcome, answer::write)
}

/// Appends what came of a token as a line of JSON: what `each` writes, or the error.
pub(in crate::cli) fn write_line<T>(
    out: &mut Wiped,
    outcome: &std::result::Result<T, Refusal>,
    each: impl FnOnce(&mut Wiped, &T) -> io::Result<()>,
) -> Result<()> {
    let written = match outcome {
        Ok(answer) => each(out, answer),
        Err(refusal) => {
            let code = refusal.shown();
            serde_json::to_writer(&mut *out, &error_of(code, code.message())).map_err(io::Error::from)
        }
    };
    written.map_err(|_| Error::new(Code::Internal))?;
    out.push(b"\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &'static [u8]) -> Lines {
        let defaults = Expectation { field: Some("card".to_owned()), ..Expectation::default() };
        Lines { is_stream: false, ..Lines::new(Input::Stream(Box::new(input)), defaults) }
    }

    fn all(input: &'static [u8]) -> Vec<std::result::Result<String, Code>> {
        let mut lines = lines(input);
        let mut all = Vec::new();
        while let Some(batch) = lines.next().unwrap() {
            all.extend(
                batch.submissions.into_iter().map(|submitted| {
                    submitted.map(|s| format!("{} {}", s.token, s.expectation.field.unwrap()))
                }),
            );
        }
        assert_eq!(lines.place, input.len() as u64);
        all
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
        assert_eq!(all(input.leak()), [Err(Code::LineMalformed), Ok("next card".to_owned())]);
    }

    /// Memory stays flat whatever is in the lines.
    #[test]
    fn a_batch_ends_by_tokens_or_by_bytes() {
        let mut short = lines("a\n".repeat(3 * TOKENS).leak().as_bytes());
        assert_eq!(short.next().unwrap().unwrap().submissions.len(), TOKENS);
        let long = "a".repeat(1 << 19) + "\n";
        let mut long = lines(long.repeat(20).leak().as_bytes());
        assert_eq!(long.next().unwrap().unwrap().submissions.len(), 8);
    }
}
