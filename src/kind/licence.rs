//! Driver's licences of the United States, by state.

use super::text::{Text, alphanumeric};
use super::{Read, Reason};
use zeroize::Zeroizing;

/// The formats that each state and the District of Columbia issue or have issued, as their licensing
/// agencies publish them: `L` is a letter, `D` a digit, `X` either, and how many of them follow.
const FORMATS: &str = "AL D1-8\nAK D1-7\nAZ L1D8|L2D3-6|D9\nAR D4-9\nCA L1D7\nCO D9|L1D3-6|L2D2-5\nCT D9\nDE D1-7\nDC D7|D9\n\
                       FL L1D12\nGA D7-9\nHI L1D8|D9\nID L2D6L1|D9\nIL L1D11-12\nIN L1D9|D9-10\nIA D9|D3L2D4\n\
                       KS D1L1D1L1D1|L1D8|D9\nKY L1D8-9|D9\nLA D1-9\nME D7-8|D7L1\nMD L1D12\nMA L1D8|L2D7|D9\nMI L1D10|L1D12\n\
                       MN L1D12\nMS D9\nMO L1D5-9|L1D6L1|D8L2|D9L1|D9|D3L1D6\nMT L1D8|D9|D13|D14\nNE L1D3-8\n\
                       NV D9|D10|D12|X1D8\nNH D2L3D5|L3D8\nNJ L1D14\nNM D8|D9\nNY L1D7|L1D18|D8|D9|D16|L8\nNC D1-12\nND L3D6|D9\n\
                       OH L1D4-8|L2D3-7|D8\nOK L1D9|D9\nOR L1D6|D1-9\nPA D8\nRI L1D6|D7\nSC D5-11\nSD D6-10|D12\nTN D7-9\nTX D7-8\n\
                       UT D4-10\nVT D8|D7L1\nVA L1D8-11|D9|D12\nWA X12\nWV D7|L1D6|L2D5\nWI L1D13\nWY D9-10";

/// A licence as `US-CA` and its number. Errors: `region` for what is no state, `format` and `incomplete`
/// for what no licence of the state looks like.
pub(super) fn read(region: &str, number: &str) -> Read<(Text, Text)> {
    let number = alphanumeric(number)?;
    let region = region.to_ascii_uppercase();
    let state = region.strip_prefix("US-").unwrap_or(&region);
    let of_state = |line: &&str| line.get(..2) == Some(state);
    let formats = FORMATS.split('\n').find(of_state).ok_or(Reason::Region)?;
    let mut reason = Reason::Format;
    for format in formats[3..].split('|') {
        match fits(format, number.as_bytes()) {
            Ok(()) => {
                let region = Zeroizing::new(["US-", state].concat());
                return Ok((region, number));
            }
            // Of all formats' reasons, the one that is nearest to a licence.
            Err(Reason::TooLong) if reason == Reason::Incomplete => {}
            Err(Reason::Format) => {}
            Err(nearer) => reason = nearer,
        }
    }
    Err(reason)
}

/// Whether the text has this format. Neighbouring parts of a format share no character, or the second of
/// them has a fixed length at the end, so taking as much as fits never takes too much.
fn fits(format: &str, mut text: &[u8]) -> Read<()> {
    let mut parts = format.as_bytes();
    while let [class, rest @ ..] = parts {
        let end = rest.iter().position(u8::is_ascii_uppercase).unwrap_or(rest.len());
        let (range, after) = rest.split_at(end);
        parts = after;
        let range = core::str::from_utf8(range).unwrap_or_default();
        let (least, most) = range.split_once('-').unwrap_or((range, range));
        let (least, most) = (super::text::number(least) as usize, super::text::number(most) as usize);
        let is = |b: &u8| match class {
            b'L' => b.is_ascii_alphabetic(),
            b'D' => b.is_ascii_digit(),
            _ => true,
        };
        let taken = text.iter().take(most).take_while(|b| is(b)).count();
        if taken < least {
            return Err(if taken == text.len() { Reason::Incomplete } else { Reason::Format });
        }
        text = &text[taken..];
    }
    match text {
        [] => Ok(()),
        [next, ..] if format.ends_with('L') || next.is_ascii_digit() => Err(Reason::TooLong),
        _ => Err(Reason::Format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;

    #[test]
    fn every_format_is_well_formed() {
        assert_eq!(FORMATS.split('\n').count(), 51);
        for line in FORMATS.split('\n') {
            for format in line[3..].split('|') {
                let mut example = String::new();
                for (at, c) in format.char_indices() {
                    if c.is_ascii_uppercase() {
                        let class = if c == 'L' { "A" } else { "7" };
                        let rest = &format[at + 1..];
                        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                        example += &class.repeat(rest[..end].parse().expect("a count"));
                    }
                }
                assert!(read(&line[..2], &example).is_ok(), "{line}: {example}");
            }
        }
    }
}
