//! National identification numbers, each as its authority defines it.

use super::calendar::Date;
use super::check::{luhn, mod11_10, mod97, value, verhoeff};
use super::text::{Text, alphanumeric, must, number, sized};
use super::{Read, Reason};
use crate::prelude::*;
use zeroize::Zeroizing;

/// A number as its region's ISO 3166-1 code and the number in its one spelling.
///
/// Errors: `region` for a country whose numbers are not known here; those of the number.
pub(super) fn read(region: &str, typed: &str) -> Read<(Text, Text)> {
    let region = region.to_ascii_uppercase();
    let typed = alphanumeric(typed)?;
    let (length, check): (usize, fn(&str) -> Read<()>) = match region.as_str() {
        "GB" => (9, nino),
        "CA" => (9, sin),
        "IN" => (12, aadhaar),
        "BR" => (11, cpf),
        "DE" => (11, steuer_id),
        "ES" => (9, dni),
        "FR" => (15, nir),
        "IT" => (16, codice_fiscale),
        _ => return Err(Reason::Region),
    };
    // What cannot begin a number is said before a length is: waiting for more digits would not help.
    let letters = typed.bytes().any(|b| b.is_ascii_alphabetic());
    must(!letters || matches!(region.as_str(), "GB" | "ES" | "FR" | "IT"), Reason::Format)?;
    sized(&typed, length, length)?;
    check(&typed)?;
    Ok((Zeroizing::new(region), typed))
}

fn are_digits(text: &str) -> Read<()> {
    must(text.bytes().all(|b| b.is_ascii_digit()), Reason::Format)
}

/// United Kingdom, National Insurance number: HMRC, National Insurance Manual NIM39110. It has no check
/// digit.
fn nino(text: &str) -> Read<()> {
    let (prefix, rest) = text.split_at(2);
    let (digits, suffix) = rest.split_at(6);
    must(prefix.bytes().all(|b| b.is_ascii_alphabetic()), Reason::Format)?;
    are_digits(digits)?;
    must(matches!(suffix, "A" | "B" | "C" | "D"), Reason::Format)?;
    let barred = prefix.contains(['D', 'F', 'I', 'Q', 'U', 'V']) || prefix.ends_with('O');
    must(!barred && !"BG GB NK KN TN NT ZZ".contains(prefix), Reason::Range)
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
    let first = &text[..1];
    must(text.trim_start_matches(first) != "", Reason::Range)?;
    let right = |len: usize| {
        let sum: u32 =
            text.bytes().take(len).zip((2..=len as u32 + 1).rev()).map(|(b, w)| value(b) * w).sum();
        sum * 10 % 11 % 10 == number(&text[len..=len])
    };
    must(right(9) && right(10), Reason::CheckDigit)
}

/// Germany, Steuerliche Identifikationsnummer: Abgabenordnung section 139b and Bundeszentralamt für Steuern,
/// ISO/IEC 7064 MOD 11,10. Of the first ten digits exactly one comes twice, or three times but not in a row.
fn steuer_id(text: &str) -> Read<()> {
    let body = &text[..10];
    let count = |digit: char| body.matches(digit).count();
    let repeated: Vec<char> = ('0'..='9').filter(|digit| count(*digit) > 1).collect();
    let fits = match repeated.as_slice() {
        [digit] => {
            let thrice = [*digit; 3].iter().collect::<String>();
            count(*digit) <= 3 && !body.contains(&thrice)
        }
        _ => false,
    };
    must(fits && !text.starts_with('0'), Reason::Range)?;
    must(mod11_10(text), Reason::CheckDigit)
}

/// Spain, DNI and NIE: Real Decreto 1553/2005 and Orden INT/2058/2008, a letter by the remainder of 23.
fn dni(text: &str) -> Read<()> {
    let (body, letter) = text.split_at(8);
    let (lead, rest) = body.split_at(1);
    are_digits(rest)?;
    let lead = match lead {
        "X" => 0,
        "Y" => 1,
        "Z" => 2,
        _ => {
            are_digits(lead)?;
            number(lead)
        }
    };
    must(letter.bytes().all(|b| b.is_ascii_alphabetic()), Reason::Format)?;
    let remainder = (lead * 10_000_000 + number(rest)) % 23;
    let wanted = b"TRWAGMYFPDXBNJZSQVHLCKE"[remainder as usize];
    must(letter.as_bytes()[0] == wanted, Reason::CheckDigit)
}

/// France, numéro d'inscription au répertoire: Code de la sécurité sociale R161-1 and INSEE. The two
/// departments of Corsica, 2A and 2B, count as 19 and 18.
fn nir(text: &str) -> Read<()> {
    let number_of = text.replacen("2A", "19", 1);
    let number_of = number_of.replacen("2B", "18", 1);
    let is_corsica = matches!(&text[5..7], "2A" | "2B");
    must(number_of.bytes().all(|b| b.is_ascii_digit()), Reason::Format)?;
    must(is_corsica || number_of == text, Reason::Format)?;
    let month = number(&number_of[3..5]);
    let known =
        matches!(&text[..1], "1" | "2" | "3" | "4" | "7" | "8") && matches!(month, 1..=12 | 20..=42 | 50..);
    must(known, Reason::Range)?;
    let (body, key) = number_of.split_at(13);
    must(97 - mod97(body.bytes()) == number(key), Reason::CheckDigit)
}

/// Italy, codice fiscale: Decreto Ministeriale 23 December 1976. Letters in the places of digits tell people
/// with the same code apart.
fn codice_fiscale(text: &str) -> Read<()> {
    const ODD: [u8; 26] =
        [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
    const DIGITS: &str = "LMNPQRSTUV";
    let mut plain = String::new();
    for (c, shape) in text.chars().zip("LLLLLLDDLDDLDDDL".chars()) {
        let digit = DIGITS.find(c).and_then(|at| char::from_digit(at as u32, 10));
        plain.push(match shape {
            'D' if c.is_ascii_alphabetic() => digit.ok_or(Reason::Format)?,
            'D' => c,
            _ if c.is_ascii_alphabetic() => c,
            _ => return Err(Reason::Format),
        });
    }
    let month = "ABCDEHLMPRST".find(&plain[8..9]).ok_or(Reason::Range)? as u32 + 1;
    let day = number(&plain[9..11]);
    // Women's days count from 41. The century is not in the code, so a leap year is taken.
    Date::new(2000, month, if day > 40 { day - 40 } else { day })?;
    // A digit and the letter of its place in the alphabet weigh the same.
    let weight = |(i, b): (usize, u8)| {
        let at = if b.is_ascii_digit() { value(b) } else { value(b) - 10 };
        if i % 2 == 0 { u32::from(ODD[at as usize]) } else { at }
    };
    let sum: u32 = text.bytes().take(15).enumerate().map(weight).sum();
    must(sum % 26 == value(text.as_bytes()[15]) - 10, Reason::CheckDigit)
}
