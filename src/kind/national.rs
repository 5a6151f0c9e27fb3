//! National identification numbers, each as its authority defines it.

use super::calendar::Date;
use super::check::{luhn, mod11_10, mod97, value, verhoeff};
use super::text::{are_digits, are_letters, must, number, part, sized};
use super::{Read, Reason};

/// A country's number: how many characters, whether letters are among them, and what must hold.
type Number = (&'static str, usize, bool, fn(&str) -> Read<()>);

static NUMBERS: [Number; 8] = [
    ("GB", 9, true, nino),
    ("CA", 9, false, sin),
    ("IN", 12, false, aadhaar),
    ("BR", 11, false, cpf),
    ("DE", 11, false, steuer_id),
    ("ES", 9, true, dni),
    ("FR", 15, true, nir),
    ("IT", 16, true, codice_fiscale),
];

/// Finds the country, and whether the number is one of its. Errors: `region` for a country whose numbers are
/// not known here; those of the number.
pub(super) fn check(region: &str, number: &str) -> Read<&'static str> {
    let of_region = |(code, ..): &&Number| code.eq_ignore_ascii_case(region);
    let (code, length, letters, holds) = NUMBERS.iter().find(of_region).ok_or(Reason::Region)?;
    // What cannot begin a number is said before a length is: waiting for more digits would not help.
    must(*letters || are_digits(number), Reason::Format)?;
    sized(number, *length, *length)?;
    holds(number)?;
    Ok(code)
}

/// Errors: `format` where there is something else than digits.
fn only_digits(text: &str) -> Read<()> {
    must(are_digits(text), Reason::Format)
}

/// United Kingdom, National Insurance number: HMRC, National Insurance Manual NIM39110. It has no check
/// digit.
fn nino(text: &str) -> Read<()> {
    let (prefix, suffix) = (part(text, 0, 2), part(text, 8, 9));
    must(are_letters(prefix), Reason::Format)?;
    only_digits(part(text, 2, 8))?;
    must(matches!(suffix, "A" | "B" | "C" | "D"), Reason::Format)?;
    let barred = prefix.bytes().any(|b| b"DFIQUV".contains(&b)) || prefix.ends_with('O');
    let unused = b"BGGBNKKNTNNTZZ".chunks_exact(2).any(|pair| pair == prefix.as_bytes());
    must(!barred && !unused, Reason::Range)
}

/// Canada, Social Insurance Number: Service Canada. Numbers that begin with 0 or 8 are not given to people.
fn sin(text: &str) -> Read<()> {
    must(!text.starts_with(['0', '8']), Reason::Range)?;
    must(luhn(text), Reason::CheckDigit)
}

/// India, Aadhaar: Unique Identification Authority of India, "A UID Numbering Scheme".
fn aadhaar(text: &str) -> Read<()> {
    must(!text.starts_with(['0', '1']), Reason::Range)?;
    must(verhoeff(text), Reason::CheckDigit)
}

/// Brazil, Cadastro de Pessoas Físicas: Receita Federal, two check digits modulo 11.
fn cpf(text: &str) -> Read<()> {
    must(text.bytes().any(|b| text.as_bytes()[0] != b), Reason::Range)?;
    let right = |len: usize| {
        let weights = (2..=len as u32 + 1).rev();
        let sum: u32 = text.bytes().take(len).zip(weights).map(|(b, weight)| value(b) * weight).sum();
        sum * 10 % 11 % 10 == number(part(text, len, len + 1))
    };
    must(right(9) && right(10), Reason::CheckDigit)
}

/// Germany, Steuerliche Identifikationsnummer: Abgabenordnung section 139b and Bundeszentralamt für Steuern,
/// ISO/IEC 7064 MOD 11,10. Of the first ten digits exactly one comes twice, or three times but not in a row.
fn steuer_id(text: &str) -> Read<()> {
    let body = &text.as_bytes()[..10];
    let mut counts = [0; 10];
    for b in body {
        counts[value(*b) as usize % 10] += 1;
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    let in_a_row = body.windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
    let fits = repeated == 1 && !in_a_row && counts.iter().all(|count| *count <= 3);
    must(fits && body[0] != b'0', Reason::Range)?;
    must(mod11_10(text), Reason::CheckDigit)
}

/// Spain, DNI and NIE: Real Decreto 1553/2005 and Orden INT/2058/2008, a letter by the remainder of 23.
fn dni(text: &str) -> Read<()> {
    let (lead, rest, letter) = (part(text, 0, 1), part(text, 1, 8), part(text, 8, 9));
    only_digits(rest)?;
    let lead = match lead {
        "X" => 0,
        "Y" => 1,
        "Z" => 2,
        _ => {
            only_digits(lead)?;
            number(lead)
        }
    };
    must(are_letters(letter), Reason::Format)?;
    let remainder = (lead * 10_000_000 + number(rest)) % 23;
    must(letter.as_bytes()[0] == b"TRWAGMYFPDXBNJZSQVHLCKE"[remainder as usize], Reason::CheckDigit)
}

/// France, numéro d'inscription au répertoire: Code de la sécurité sociale R161-1 and INSEE. The two
/// departments of Corsica, 2A and 2B, count as 19 and 18.
fn nir(text: &str) -> Read<()> {
    let department = match part(text, 5, 7) {
        "2A" => "19",
        "2B" => "18",
        other => other,
    };
    let parts = [part(text, 0, 5), department, part(text, 7, 13)];
    let key = part(text, 13, 15);
    for digits in [parts[0], department, parts[2], key] {
        only_digits(digits)?;
    }
    let known = b"123478".contains(&text.as_bytes()[0])
        && matches!(number(part(text, 3, 5)), 1..=12 | 20..=42 | 50..);
    must(known, Reason::Range)?;
    must(97 - mod97(parts.iter().flat_map(|part| part.bytes())) == number(key), Reason::CheckDigit)
}

/// Italy, codice fiscale: Decreto Ministeriale 23 December 1976. Letters in the places of digits tell people
/// with the same code apart.
fn codice_fiscale(text: &str) -> Read<()> {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    let index = |all: &[u8], b: u8| all.iter().position(|c| *c == b);
    let mut plain = [0; 16];
    for (at, (b, is_digit)) in text.bytes().zip(*b"LLLLLLDDLDDLDDDL").enumerate() {
        plain[at] = match (is_digit == b'D', b.is_ascii_digit()) {
            (true, true) | (false, false) => b,
            // No index here is above 9.
            (true, false) => b'0' + index(b"LMNPQRSTUV", b).ok_or(Reason::Format)? as u8,
            (false, true) => return Err(Reason::Format),
        };
    }
    let month = index(b"ABCDEHLMPRST", plain[8]).ok_or(Reason::Range)? as u32 + 1;
    let day = value(plain[9]) * 10 + value(plain[10]);
    // Women's days count from 41. The century is not in the code, so a leap year is taken.
    Date::new(2000, month, if day > 40 { day - 40 } else { day })?;
    // A digit and the letter of its place in the alphabet weigh the same.
    let weight = |(i, b): (usize, u8)| {
        let at = if b.is_ascii_digit() { value(b) } else { value(b) - 10 };
        if i % 2 == 0 { u32::from(ODD[at as usize]) } else { at }
    };
    let sum: u32 = text.bytes().take(15).enumerate().map(weight).sum();
    must(sum % 26 == value(plain[15]) - 10, Reason::CheckDigit)
}
