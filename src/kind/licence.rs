//! Driver's licences of the United States, by state.

use super::text::part;
use super::{Read, Reason};
use crate::ascii::{is, words};

/// The formats that each state and the District of Columbia issue or have issued, as their licensing
/// agencies publish them: `L` is a letter, `D` a digit, `X` either, and how many of them follow.
const FORMATS: &str = "\
    US-AL D1-8\nUS-AK D1-7\nUS-AZ L1D8|L2D3-6|D9\nUS-AR D4-9\nUS-CA L1D7\nUS-CO D9|L1D3-6|L2D2-5\n\
    US-CT D9\nUS-DE D1-7\nUS-DC D7|D9\nUS-FL L1D12\nUS-GA D7-9\nUS-HI L1D8|D9\nUS-ID L2D6L1|D9\n\
    US-IL L1D11-12\nUS-IN L1D9|D9-10\nUS-IA D9|D3L2D4\nUS-KS D1L1D1L1D1|L1D8|D9\nUS-KY L1D8-9|D9\n\
    US-LA D1-9\nUS-ME D7-8|D7L1\nUS-MD L1D12\nUS-MA L1D8|L2D7|D9\nUS-MI L1D10|L1D12\nUS-MN L1D12\n\
    US-MS D9\nUS-MO L1D5-9|L1D6L1|D8L2|D9L1|D9|D3L1D6\nUS-MT L1D8|D9|D13|D14\nUS-NE L1D3-8\n\
    US-NV D9|D10|D12|X1D8\nUS-NH D2L3D5|L3D8\nUS-NJ L1D14\nUS-NM D8|D9\n\
    US-NY L1D7|L1D18|D8|D9|D16|L8\nUS-NC D1-12\nUS-ND L3D6|D9\nUS-OH L1D4-8|L2D3-7|D8\n\
    US-OK L1D9|D9\nUS-OR L1D6|D1-9\nUS-PA D8\nUS-RI L1D6|D7\nUS-SC D5-11\nUS-SD D6-10|D12\n\
    US-TN D7-9\nUS-TX D7-8\nUS-UT D4-10\nUS-VT D8|D7L1\nUS-VA L1D8-11|D9|D12\nUS-WA X12\n\
    US-WV D7|L1D6|L2D5\nUS-WI L1D13\nUS-WY D9-10";

/// Finds the state, and whether the number is in one of its formats. Errors: `region` for what is no state,
/// `format`, `incomplete` and `too-long` for what no licence of the state looks like.
pub(super) fn check(region: &str, number: &str) -> Read<&'static str> {
    let is = |line: &&str| {
        let (long, short) = (part(line, 0, 5), part(line, 3, 5));
        long.eq_ignore_ascii_case(region) || short.eq_ignore_ascii_case(region)
    };
    let line = words(FORMATS, b"\n").find(is).ok_or(Reason::Region)?;
    let mut reason = Reason::Format;
    for format in words(part(line, 6, line.len()), b"|") {
        match fits(format, number) {
            Ok(()) => return Ok(part(line, 0, 5)),
            // Of all formats' reasons, the one that is nearest to a licence.
            Err(Reason::TooLong) if reason == Reason::Incomplete => {}
            Err(Reason::Format) => {}
            Err(nearer) => reason = nearer,
        }
    }
    Err(reason)
}

/// Whether the text has this format. Neighbouring parts of a format share no character, so taking as much as
/// fits never takes too much.
fn fits(format: &str, text: &str) -> Read<()> {
    let mut taken = 0;
    let mut format = format.bytes();
    let mut next = format.next();
    let mut last: &[u8] = b"";
    while let Some(class) = next {
        last = match class {
            b'L' => b"AZaz",
            b'D' => b"09",
            _ => b"09AZaz",
        };
        // The least and the most, which are the same where one is left out.
        let (mut least, mut most) = (0, 0);
        loop {
            next = format.next();
            match next {
                Some(b'-') => (least, most) = (most, 0),
                Some(digit @ b'0'..=b'9') => most = most * 10 + usize::from(digit - b'0'),
                _ => break,
            }
        }
        let start = taken;
        while taken < text.len() && taken < start + most && is(text.as_bytes()[taken], last) {
            taken += 1;
        }
        if taken < start + if least == 0 { most } else { least } {
            return Err(if taken == text.len() { Reason::Incomplete } else { Reason::Format });
        }
    }
    match text.as_bytes().get(taken) {
        None => Ok(()),
        Some(next) if is(*next, last) => Err(Reason::TooLong),
        Some(_) => Err(Reason::Format),
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
            for format in line[6..].split('|') {
                let mut example = String::new();
                for (at, c) in format.char_indices() {
                    if c.is_ascii_uppercase() {
                        let class = if c == 'L' { "A" } else { "7" };
                        let rest = &format[at + 1..];
                        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                        example += &class.repeat(rest[..end].parse().expect("a count"));
                    }
                }
                assert!(check(&line[..5], &example).is_ok(), "{line}: {example}");
            }
        }
    }
}
