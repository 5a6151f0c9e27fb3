//! National identification numbers, each as its authority defines it.

use super::calendar::Date;
use super::check::{luhn, mod11_10, mod97, verhoeff, weighted};
use super::text::{are_digits, is_shaped, must, number, part, sized};
use super::{Read, Reason};
use crate::ascii::{is, only};

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

/// United Kingdom, National Insurance number: HMRC, National Insurance Manual NIM39110. It has no check
/// digit.
fn nino(text: &str) -> Read<()> {
    must(is_shaped(text, b"AA999999A") && only(part(text, 8, 9), b"AD"), Reason::Format)?;
    let prefix = part(text, 0, 2);
    let barred = prefix.bytes().any(|b| b"DFIQUV".contains(&b)) || prefix.ends_with('O');
    let unused = b"BGGBNKKNTNNTZZ".chunks_exact(2).any(|pair| pair == prefix.as_bytes());
    must(!barred && !unused, Reason::Range)
}

/// Canada, Social Insurance Number: Service Canada. Numbers that begin with 0 or 8 are not given to people.
fn sin(text: &str) -> Read<()> {
    must(only(part(text, 0, 1), b"1799"), Reason::Range)?;
    must(luhn(text), Reason::CheckDigit)
}

/// India, Aadhaar: Unique Identification Authority of India, "A UID Numbering Scheme".
fn aadhaar(text: &str) -> Read<()> {
    must(only(part(text, 0, 1), b"29"), Reason::Range)?;
    must(verhoeff(text), Reason::CheckDigit)
}

/// Brazil, Cadastro de Pessoas Físicas: Receita Federal, two check digits modulo 11.
fn cpf(text: &str) -> Read<()> {
    must(text.bytes().any(|b| text.as_bytes()[0] != b), Reason::Range)?;
    let right = |len: usize, weights| {
        weighted(part(text, 0, len), weights) * 10 % 11 % 10 == number(part(text, len, len + 1))
    };
    let weights = &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2];
    must(right(9, &weights[1..]) && right(10, weights), Reason::CheckDigit)
}

/// Germany, Steuerliche Identifikationsnummer: Abgabenordnung section 139b and Bundeszentralamt für Steuern,
/// ISO/IEC 7064 MOD 11,10. Of the first ten digits exactly one comes twice, or three times but not in a row.
fn steuer_id(text: &str) -> Read<()> {
    let body = part(text, 0, 10);
    // For each digit, how often it came already: a bit more each time.
    let (mut seen, mut twice, mut thrice, mut more) = (0u16, 0u16, 0u16, 0u16);
    for b in body.bytes() {
        let digit = 1 << (b & 15);
        (seen, twice, thrice, more) =
            (seen | digit, twice | seen & digit, thrice | twice & digit, more | thrice & digit);
    }
    let in_a_row = body.as_bytes().windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
    let fits = twice.is_power_of_two() && more == 0 && !in_a_row;
    must(fits && !body.starts_with('0'), Reason::Range)?;
    must(mod11_10(text), Reason::CheckDigit)
}

/// Spain, DNI and NIE: Real Decreto 1553/2005 and Orden INT/2058/2008, a letter by the remainder of 23.
fn dni(text: &str) -> Read<()> {
    let lead = text.as_bytes()[0];
    must(is(lead, b"09XZ") && is_shaped(part(text, 1, 9), b"9999999A"), Reason::Format)?;
    // X, Y and Z count as 0, 1 and 2.
    let lead = if is(lead, b"XZ") { lead - b'X' } else { lead - b'0' };
    let remainder = (u32::from(lead) * 10_000_000 + number(part(text, 1, 8))) % 23;
    must(text.as_bytes()[8] == b"TRWAGMYFPDXBNJZSQVHLCKE"[remainder as usize], Reason::CheckDigit)
}

/// France, numéro d'inscription au répertoire: Code de la sécurité sociale R161-1 and INSEE. The two
/// departments of Corsica, 2A and 2B, count as 19 and 18.
fn nir(text: &str) -> Read<()> {
    let (head, body, key) = (part(text, 0, 5), part(text, 7, 13), part(text, 13, 15));
    let department = match part(text, 5, 7) {
        "2A" => "19",
        "2B" => "18",
        other => other,
    };
    must(are_digits(head) && are_digits(department) && are_digits(part(text, 7, 15)), Reason::Format)?;
    let month = number(part(text, 3, 5));
    must(is(text.as_bytes()[0], b"1478") && matches!(month, 1..=12 | 20..=42 | 50..), Reason::Range)?;
    must(97 - mod97(mod97(mod97(0, head), department), body) == number(key), Reason::CheckDigit)
}

/// Italy, codice fiscale: Decreto Ministeriale 23 December 1976. Letters in the places of digits tell people
/// with the same code apart.
fn codice_fiscale(text: &str) -> Read<()> {
    const ODD: &[u8; 26] = b"BAFHJNPRTVCESULDGIMOQKWZYX";
    let index = |all: &[u8], b: u8| all.iter().position(|c| *c == b);
    // The month and the day, in which letters stand for digits too.
    let (mut month, mut day, mut sum) = (0, 0, 0);
    for (at, (b, class)) in text.bytes().zip(b"AAAAAA99M99A999A").enumerate() {
        let digit = if b.is_ascii_digit() { Some(usize::from(b - b'0')) } else { index(b"LMNPQRSTUV", b) };
        match class {
            b'9' => {
                let digit = digit.ok_or(Reason::Format)?;
                if matches!(at, 9 | 10) {
                    day = day * 10 + digit as u32;
                }
            }
            _ => must(b.is_ascii_alphabetic(), Reason::Format)?,
        }
        if *class == b'M' {
            month = index(b"ABCDEHLMPRST", b).map_or(0, |at| at as u32 + 1);
        }
        // A digit and the letter of its place in the alphabet weigh the same.
        let letter = if b.is_ascii_digit() { b - b'0' } else { b - b'A' };
        if at == 15 {
            // Women's days count from 41. The century is not in the code, so a leap year is taken.
            Date::new(2000, month, if day > 40 { day - 40 } else { day })?;
            must(sum % 26 == u32::from(letter), Reason::CheckDigit)?;
        }
        sum += u32::from(if at % 2 == 0 { ODD[usize::from(letter)] - b'A' } else { letter });
    }
    Ok(())
}
